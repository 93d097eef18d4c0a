namespace Hypervex.Cli.Benchmarks;

/// <summary>
/// Distances in float64 with plain loops, independent of the engine's kernels: the judge of ties between a hit and the
/// k-th true neighbour.
/// </summary>
internal static class ReferenceDistance
{
    /// <summary>The distance under a metric (docs/limits.md lists their definitions).</summary>
    public static double Between(Metric metric, ReadOnlySpan<float> u, ReadOnlySpan<float> v)
    {
        if (metric == Metric.Hamming)
        {
            return DifferingBits(u, v);
        }

        double dot = 0, squares = 0, absolute = 0, uu = 0, vv = 0;
        for (int i = 0; i < u.Length; i++)
        {
            double a = u[i], b = v[i];
            dot += a * b;
            squares += (a - b) * (a - b);
            absolute += Math.Abs(a - b);
            uu += a * a;
            vv += b * b;
        }

        return metric switch
        {
            Metric.L2 => Math.Sqrt(squares),
            Metric.Cosine => 1 - (dot / Math.Sqrt(uu * vv)),
            Metric.Dot => -dot,
            Metric.Manhattan => absolute,
            _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "There is no reference for this metric."),
        };
    }

    private static int DifferingBits(ReadOnlySpan<float> u, ReadOnlySpan<float> v)
    {
        int bits = 0;
        for (int i = 0; i < u.Length; i++)
        {
            bits += int.PopCount((byte)u[i] ^ (byte)v[i]);
        }

        return bits;
    }
}
