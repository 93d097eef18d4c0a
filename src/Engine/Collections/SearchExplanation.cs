namespace Hypervex;

/// <summary>How a search found its hits.</summary>
public enum SearchPlan
{
    /// <summary>The graph was walked.</summary>
    Graph = 0,

    /// <summary>The graph was walked towards rows that the filter allows; the others were stepped over or passed.</summary>
    FilteredGraph = 1,

    /// <summary>All rows, or all that the filter allows, were compared: exact.</summary>
    Scan = 2,
}

/// <summary>What a search with <see cref="SearchOptions.Explain"/> did. When it had to be repeated because rows went under it, the last round is described.</summary>
public sealed record SearchExplanation
{
    /// <summary>How the hits were found.</summary>
    public required SearchPlan Plan { get; init; }

    /// <summary>Records that were expected to match the filter; null without a filter, and where no index could tell.</summary>
    public required long? EstimatedMatches { get; init; }

    /// <summary>Records that match the filter; null without one.</summary>
    public required long? Matches { get; init; }

    /// <summary>Records that were read to decide whether they match.</summary>
    public required long RecordsRead { get; init; }

    /// <summary>Rows that were compared while walking and scanning.</summary>
    public required long Distances { get; init; }

    /// <summary>Width of the beam; 0 when rows were scanned.</summary>
    public required int Ef { get; init; }

    /// <summary>Microseconds that finding the matching records took.</summary>
    public required double FilterMicroseconds { get; init; }

    /// <summary>Microseconds that finding the nearest of them took.</summary>
    public required double SearchMicroseconds { get; init; }

    /// <summary>Microseconds that reading the hits' records took.</summary>
    public required double ReadMicroseconds { get; init; }

    /// <summary>What made the search slower than it could be, in sentences; each names its field.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
