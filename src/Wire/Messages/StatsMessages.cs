using System.Text.Json.Serialization;

namespace Hypervex.Wire;

/// <summary>A field's index: its parameters and how far it is.</summary>
public sealed record IndexStats
{
    /// <summary>The kind of index: <c>hnsw</c> or <c>flat</c>; flat has no use for the parameters.</summary>
    public required string Type { get; init; }

    /// <summary>Links per node.</summary>
    public required int M { get; init; }

    /// <summary>Width of the beam while building.</summary>
    public required int EfConstruction { get; init; }

    /// <summary>Width of the beam while searching.</summary>
    public required int Ef { get; init; }

    /// <summary>Vectors that are linked into the graph.</summary>
    public required long Linked { get; init; }

    /// <summary>Vectors that wait for linking and are scanned exactly.</summary>
    public required long Pending { get; init; }

    /// <summary>The recall by the width of the beam, one curve for each size of answer that a target recall was asked of; null when there is none.</summary>
    public IReadOnlyList<RecallStats>? Recall { get; init; }
}

/// <summary>A measured curve that <c>target_recall</c> goes by.</summary>
public sealed record RecallStats
{
    /// <summary>Results of each search; the curve serves searches for at most as many.</summary>
    public required int K { get; init; }

    /// <summary>Vectors when it was measured.</summary>
    public required long Rows { get; init; }

    /// <summary>Searches of each point.</summary>
    public required int Queries { get; init; }

    /// <summary>By ascending width.</summary>
    public required IReadOnlyList<RecallAt> Points { get; init; }
}

/// <summary>One point of a curve.</summary>
public sealed record RecallAt
{
    /// <summary>Width of the beam.</summary>
    public required int Ef { get; init; }

    /// <summary>Mean share of the true nearest that were found, 0 to 1.</summary>
    public required float Recall { get; init; }
}

/// <summary>Bytes held in memory, or mapped.</summary>
public sealed record MemoryStats
{
    /// <summary>Full-precision rows of all fields.</summary>
    public required long RowBytes { get; init; }

    /// <summary>Graphs and codes of all fields.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>The id table.</summary>
    public required long RecordTableBytes { get; init; }
}

/// <summary>One vector field of a collection with several.</summary>
public sealed record FieldStats
{
    /// <summary>Components of each vector; null until the first one is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? Dimension { get; init; }

    /// <summary>The metric.</summary>
    public required string Metric { get; init; }

    /// <summary>The index.</summary>
    public required IndexStats Index { get; init; }
}

/// <summary>What a collection holds.</summary>
public sealed record StatsAnswer
{
    /// <summary>Live records.</summary>
    public required long Count { get; init; }

    /// <summary>Greatest number of records; null = unlimited.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long? Capacity { get; init; }

    /// <summary>Components of the default field's vectors; null until the first one is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? Dimension { get; init; }

    /// <summary>The default field's metric; null when there is no default field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Metric { get; init; }

    /// <summary>The server's data directory; null in memory.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? StoragePath { get; init; }

    /// <summary>The default field's index; null when there is no default field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IndexStats? Index { get; init; }

    /// <summary>Bytes in memory.</summary>
    public required MemoryStats Memory { get; init; }

    /// <summary>Bytes of the log on disk.</summary>
    public required long LogBytes { get; init; }

    /// <summary>The last sequence that searches see.</summary>
    public required ulong LastSequence { get; init; }

    /// <summary>All vector fields by name; absent when the default field is the only one.</summary>
    public IReadOnlyDictionary<string, FieldStats>? Vectors { get; init; }
}
