namespace Hypervex.Cli.Benchmarks;

/// <summary>
/// Distances in float64 with plain loops, independent of the engine's kernels: the judge of ties between a hit and the
/// k-th true neighbour.
/// </summary>
internal static class ReferenceDistance
{
    /// <summary>The distance under a metric (docs/limits.md lists their definitions); in hyperbolic space of curvature -1.</summary>
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
            Metric.Poincare => 2 * Math.Asinh(Math.Sqrt(squares / ((1 - uu) * (1 - vv)))),
            Metric.Lorentz => LorentzDistance(u, v),
            _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "There is no reference for this metric."),
        };
    }

    private static double LorentzDistance(ReadOnlySpan<float> u, ReadOnlySpan<float> v)
    {
        double squares = 0, products = 0, uu = 1, vv = 1;
        for (int i = 1; i < u.Length; i++)
        {
            double a = u[i], b = v[i];
            squares += (a - b) * (a - b);
            products += (a - b) * (a + b);
            uu += a * a;
            vv += b * b;
        }

        double times = products / (Math.Sqrt(uu) + Math.Sqrt(vv));
        return 2 * Math.Asinh(Math.Sqrt(Math.Max(0, (squares - (times * times)) / 4)));
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
