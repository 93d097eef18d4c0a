namespace Hypervex.Cli.Targets;

/// <summary>What to search for: a vector, or the neighbours of a stored record.</summary>
internal sealed record SearchQuery
{
    /// <summary>The query vector; null when <see cref="Id"/> is given.</summary>
    public float[]? Vector { get; init; }

    /// <summary>The record whose neighbours are wanted; null when <see cref="Vector"/> is given.</summary>
    public string? Id { get; init; }

    /// <summary>Number of hits.</summary>
    public required int K { get; init; }

    /// <summary>Filter, beam width and what to return.</summary>
    public required SearchOptions Options { get; init; }
}
