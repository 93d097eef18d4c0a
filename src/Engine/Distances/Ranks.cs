using System.Runtime.CompilerServices;

namespace Hypervex.Distances;

/// <summary>From the rank that a kernel yields to the distance that an answer shows. Both order rows alike.</summary>
internal static class Ranks
{
    /// <summary>The metric's distance: see the table of metrics in the documentation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToDistance(Metric metric, float rank) => metric switch
    {
        Metric.L2 => MathF.Sqrt(rank),
        // Rows of length 1 in float32 are up to 1e-7 longer: opposite ones would pass 2.
        Metric.Cosine => MathF.Min(0.5f * rank, 2),
        _ => rank,
    };

    /// <summary>The rank of a distance, up to rounding.</summary>
    public static float FromDistance(Metric metric, float distance) => metric switch
    {
        Metric.L2 => distance * distance,
        Metric.Cosine => 2 * distance,
        _ => distance,
    };

    /// <summary>
    /// The factor of <see cref="ISpace{TScorer}.Slack"/> on ranks of a metric. Measured at equal work: on l2 longer links
    /// gain recall (sift, fashion-mnist), under cosine they lose it (text); under dot ranks may be negative, where a factor
    /// would work the wrong way.
    /// </summary>
    public static float Slack(Metric metric) => metric switch
    {
        Metric.L2 => 1.1f,
        Metric.Manhattan => 1.05f,
        _ => 1,
    };
}
