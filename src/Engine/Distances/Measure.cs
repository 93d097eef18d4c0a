using System.Runtime.CompilerServices;

namespace Hypervex.Distances;

/// <summary>A field's metric with its curvature: turns the ranks that a kernel yields into the distances that an answer shows. Both order rows alike.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Curvature">c of the curvature -c; 1 for metrics that have none.</param>
internal readonly record struct Measure(Metric Metric, double Curvature = 1)
{
    // Far above what rounding does to ranks and distances: at 43, the greatest distance there is, 25 units in the last place.
    private const float RankMargin = 1e-4f;

    /// <summary>What a field measures by.</summary>
    public static Measure Of(VectorFieldOptions options) => new(options.Metric, options.Curvature);

    /// <summary>Whether the metric is one of hyperbolic space.</summary>
    public bool IsHyperbolic => Metric is Metric.Poincare or Metric.Lorentz;

    /// <summary>
    /// The factor of <see cref="ISpace{TScorer}.Slack"/> on ranks. Measured at equal work: on l2 longer links gain recall (sift, fashion-mnist), under cosine
    /// they lose it (text); under dot ranks may be negative, where a factor would work the wrong way.
    /// </summary>
    public float Slack => Metric switch
    {
        Metric.L2 => 1.1f,
        Metric.Manhattan => 1.05f,
        _ => 1,
    };

    /// <summary>The metric's distance: see the table of metrics in the documentation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float ToDistance(float rank) => Metric switch
    {
        Metric.L2 => MathF.Sqrt(rank),
        // Rows of length 1 in float32 are up to 1e-7 longer: opposite ones would pass 2.
        Metric.Cosine => MathF.Min(0.5f * rank, 2),
        Metric.Poincare or Metric.Lorentz => (float)(2 * Math.Asinh(Math.Sqrt(rank)) / Math.Sqrt(Curvature)),
        _ => rank,
    };

    /// <summary>The rank of a distance, up to rounding.</summary>
    public float ToRank(float distance)
    {
        switch (Metric)
        {
            case Metric.L2:
                return distance * distance;
            case Metric.Cosine:
                return 2 * distance;
            case Metric.Poincare or Metric.Lorentz:
                double sinh = Math.Sinh(0.5 * Math.Sqrt(Curvature) * distance);
                return (float)(sinh * sinh);
            default:
                return distance;
        }
    }

    /// <summary>A rank beyond which every row is farther than a distance, so that a scan need not take the distances of most rows; infinite where taking them costs nothing.</summary>
    public float RankBeyond(float distance) => IsHyperbolic ? ToRank(distance) * (1 + RankMargin) : float.PositiveInfinity;
}
