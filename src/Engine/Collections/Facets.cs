namespace Hypervex;

/// <summary>A value of a field and how many records have it.</summary>
/// <param name="Value">A string, number, boolean or null; numbers that a filter takes for equal are one value.</param>
/// <param name="Count">Records that have it, or have it as an item of an array.</param>
public readonly record struct FacetCount(MetadataValue Value, long Count);

/// <summary>How often the values of a field occur.</summary>
/// <param name="Values">The most frequent values first, at most as many as were asked for; equally frequent ones by kind and text.</param>
/// <param name="DifferentValues">How many different values there are.</param>
public sealed record FacetCounts(IReadOnlyList<FacetCount> Values, long DifferentValues);
