using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>Where a field's rows lie: the mean of some of them, which codes are relative to, and how far they lie around it.</summary>
/// <param name="Mean">float32[components that are coded].</param>
/// <param name="SquaredLength">The mean of the rows' squared distances from it.</param>
internal readonly record struct MeanOfRows(float[] Mean, double SquaredLength)
{
    // The mean of so many is a good one.
    private const int SampleRows = 4096;

    // Codes hold what a row differs from the mean, with an error in proportion to its length. Rows around another mean are
    // longer by the distance of the two: from this share of their mean squared length on (a twentieth of the error) it is
    // worth training anew.
    private const double DriftWorthTraining = 0.1;

    /// <summary>Of live rows that are spread evenly over the slots.</summary>
    public static MeanOfRows Of(HnswGraph graph, IRowSource rows, Metric metric, ScratchPool scratchPool)
    {
        double[] sum = new double[CodeShape.Of(metric, rows.Dimension).Components];
        float[] row = new float[rows.Dimension];
        double squares = 0;
        int count = 0;
        uint slotCount = graph.SlotCount;
        uint stride = Math.Max(1, slotCount / SampleRows);
        for (uint slot = 0; slot < slotCount; slot += stride)
        {
            if (!TryCopy(graph, rows, slot, row, scratchPool))
            {
                continue;
            }

            HyperbolicRows.ToBall(metric, row);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += row[i];
                squares += (double)row[i] * row[i];
            }

            count++;
        }

        float[] mean = Array.ConvertAll(sum, x => (float)(x / Math.Max(1, count)));
        return new MeanOfRows(mean, (squares / Math.Max(1, count)) - mean.Sum(x => (double)x * x));
    }

    private static bool TryCopy(HnswGraph graph, IRowSource rows, uint slot, float[] row, ScratchPool scratchPool)
    {
        // While scratch is rented no row goes away that was live before.
        SearchScratch scratch = scratchPool.Rent();
        try
        {
            bool isLive = graph.Live.Contains(slot);
            if (isLive)
            {
                rows.Copy(slot, row);
            }

            return isLive;
        }
        finally
        {
            scratchPool.Return(scratch);
        }
    }

    /// <summary>Whether the rows have moved away from a mean so far that codes relative to it are worth replacing.</summary>
    public bool HasLeft(float[] trainedOn)
    {
        double moved = 0;
        for (int i = 0; i < Mean.Length; i++)
        {
            double difference = Mean[i] - trainedOn[i];
            moved += difference * difference;
        }

        return moved > DriftWorthTraining * SquaredLength;
    }
}
