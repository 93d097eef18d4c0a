namespace Hypervex;

/// <summary>One search of a batch: for a vector, or for the neighbours of a stored record.</summary>
public sealed record SearchRequest
{
    /// <summary>The query, <c>float32[dimension]</c>; empty when <see cref="Id"/> is given. Must not change until the batch has returned.</summary>
    public ReadOnlyMemory<float> Query { get; init; }

    /// <summary>The record whose vector is the query and which is not among the hits; null when <see cref="Query"/> is given.</summary>
    public string? Id { get; init; }

    /// <summary>Number of hits, 1 to 10,000.</summary>
    public int K { get; init; } = 10;

    /// <summary>Field, filter, beam and what to return. Its token stops this search, and with it the batch.</summary>
    public SearchOptions Options { get; init; }
}
