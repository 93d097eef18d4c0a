namespace Hypervex.Server.Metrics;

/// <summary>What a metric is called and means; docs/metrics.md prints the list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
/// <param name="Help">What it is, in a few words.</param>
/// <param name="Labels">The names of its labels.</param>
internal sealed record MetricDescription(string Name, string Type, string Help, params IReadOnlyList<string> Labels);
