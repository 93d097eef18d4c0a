namespace Hypervex.Cli.Targets;

/// <summary>What to search for: a vector, or the neighbours of a stored record.</summary>
internal sealed record SearchQuery
{
    /// <summary>The query vector; null when <see cref="Id"/> is given.</summary>
    public float[]? Vector { get; init; }

    /// <summary>The record whose neighbours are wanted; null when <see cref="Vector"/> is given.</summary>
    public string? Id { get; init; }

    /// <summary>Records that hits shall be like, instead of a query; null = none.</summary>
    public IReadOnlyList<string>? Positive { get; init; }

    /// <summary>Records that hits shall be unlike.</summary>
    public IReadOnlyList<string> Negative { get; init; } = [];

    /// <summary>How the examples become a question.</summary>
    public RecommendStrategy Strategy { get; init; }

    /// <summary>The field whose values make groups; null = no groups.</summary>
    public string? GroupBy { get; init; }

    /// <summary>Greatest number of hits of a group.</summary>
    public int GroupSize { get; init; } = 1;

    /// <summary>How hits that differ are chosen; null = they are the nearest.</summary>
    public DiversityOptions? Diversity { get; init; }

    /// <summary>Number of hits, or of groups.</summary>
    public required int K { get; init; }

    /// <summary>Filter, beam width and what to return.</summary>
    public required SearchOptions Options { get; init; }
}
