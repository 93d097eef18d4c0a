using Hypervex.Distances;

namespace Hypervex.Collections;

/// <summary>
/// The query of <see cref="RecommendStrategy.AverageVector"/>: with p and n the means of the positive and negative examples, 2 p - n, or p without negative ones.
/// Thread safety: pure functions.
/// </summary>
internal static class AverageExample
{
    public static float[] Of(FieldSchema field, float[][] positive, float[][] negative)
    {
        var measure = Measure.Of(field.Options);
        if (measure.IsHyperbolic || VectorShape.IsBits(measure.Metric))
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument, $"The strategy average_vector cannot be used under {SchemaNames.Of(measure.Metric)}, whose points have no sums; use best_score.");
        }

        int dimension = positive[0].Length;
        var query = new double[dimension];
        AddMean(query, positive, negative.Length == 0 ? 1 : 2, measure);
        AddMean(query, negative, -1, measure);
        float[] result = Array.ConvertAll(query, component => (float)component);
        return VectorDomain.Check(measure, result, out _) == ErrorCode.ZeroNorm
            ? throw new HypervexException(ErrorCode.ZeroNorm, "The examples cancel each other out: their average has no direction. Leave one out, or use best_score.")
            : result;
    }

    private static void AddMean(double[] sum, float[][] vectors, double weight, Measure measure)
    {
        foreach (float[] vector in vectors)
        {
            // Vectors of a field whose dimension is undecided may differ; there is nothing to find then.
            double length = measure.Metric == Metric.Cosine ? Math.Sqrt(vector.Sum(component => (double)component * component)) : 1;
            for (int i = 0; i < Math.Min(sum.Length, vector.Length); i++)
            {
                sum[i] += weight * vector[i] / length / vectors.Length;
            }
        }
    }
}
