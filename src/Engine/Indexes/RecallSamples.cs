namespace Hypervex.Indexes;

/// <summary>
/// Recall of one kind of query: for each width of the beam the mean over the queries and its standard error. Thread safety:
/// one thread.
/// </summary>
internal sealed class RecallSamples(int widths)
{
    private readonly double[] _sum = new double[widths];
    private readonly double[] _sumOfSquares = new double[widths];

    /// <summary>Queries counted at the first width, which is measured for all of them.</summary>
    public int Count { get; private set; }

    /// <summary>Counts one query.</summary>
    /// <param name="recalls">Its recall at each width.</param>
    public void Add(ReadOnlySpan<double> recalls)
    {
        Count++;
        for (int i = 0; i < recalls.Length; i++)
        {
            _sum[i] += recalls[i];
            _sumOfSquares[i] += recalls[i] * recalls[i];
        }
    }

    /// <summary>The mean at a width.</summary>
    public double Mean(int width) => _sum[width] / Count;

    /// <summary>The standard error of the mean at a width.</summary>
    public double StandardError(int width)
    {
        double mean = Mean(width);
        double variance = Math.Max(0, (_sumOfSquares[width] / Count) - (mean * mean));
        return Math.Sqrt(variance / Math.Max(1, Count - 1));
    }
}
