namespace Hypervex.Distances;

/// <summary>Scores: greater is better, whatever the metric.</summary>
internal static class Scores
{
    /// <summary>cos(u, v) for cosine, &lt;u, v&gt; for dot, else 1 / (1 + distance).</summary>
    public static float FromDistance(Metric metric, float distance) => metric switch
    {
        Metric.Cosine => 1 - distance,
        Metric.Dot => -distance,
        _ => 1 / (1 + distance),
    };
}
