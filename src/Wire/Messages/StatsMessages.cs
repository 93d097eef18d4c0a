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

    /// <summary>The codes that searches run on, and how far those are that the setting asks for; null of a flat index, and until the first vector.</summary>
    public CodeFigures? Codes { get; init; }

    /// <summary>The recall by the width of the beam, one curve for each size of answer that a target recall was asked of; null when there is none.</summary>
    public IReadOnlyList<RecallStats>? Recall { get; init; }
}

/// <summary>A field's codes at work.</summary>
public sealed record CodeFigures
{
    /// <summary>What searches run on now: <c>none</c> (the full rows), <c>sq8</c>, <c>sq4</c> or <c>binary</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>ready</c>: as the setting says; <c>waiting</c>: others are wanted, and not begun or there are too few vectors; <c>training</c>.</summary>
    public required string State { get; init; }

    /// <summary>While training, the part of the vectors that have a new code, 0 to 1.</summary>
    public double? Progress { get; init; }
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

/// <summary>What a collection holds, in bytes; the parts that are in the engine's memory are counted by the memory limit.</summary>
public sealed record MemoryStats
{
    /// <summary>Full-precision rows of all fields, wherever they are read from.</summary>
    public required long RowBytes { get; init; }

    /// <summary>Graphs and codes of all fields.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>Graphs of all fields: part of <see cref="IndexBytes"/>.</summary>
    public required long GraphBytes { get; init; }

    /// <summary>Codes of all fields: part of <see cref="IndexBytes"/>.</summary>
    public required long CodeBytes { get; init; }

    /// <summary>The id table.</summary>
    public required long RecordTableBytes { get; init; }

    /// <summary>Rows that are in the engine's memory; 0 while they are mapped or read from their files.</summary>
    public required long RowMemoryBytes { get; init; }

    /// <summary>Reserved by writes, restores and trainings under way.</summary>
    public required long PendingBytes { get; init; }

    /// <summary>All of the engine's memory that the collection holds, reservations not included.</summary>
    public required long TotalBytes { get; init; }

    /// <summary><see cref="TotalBytes"/> for each vector; null while there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? BytesPerVector { get; init; }
}

/// <summary>What the last check of a collection's files in the background, and the one under way, have read and found.</summary>
public sealed record ScrubFigures
{
    /// <summary>When the last one finished; null when none has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTime? LastFinished { get; init; }

    /// <summary>Whether one is running now.</summary>
    public required bool Running { get; init; }

    /// <summary>Bytes read by the one under way, else by the last one.</summary>
    public required long BytesChecked { get; init; }

    /// <summary>Places that did not check.</summary>
    public required long Problems { get; init; }

    /// <summary>Of the problems, those that were put right at once.</summary>
    public required long Repaired { get; init; }

    /// <summary>The first problems, with what was done or is to be done about them.</summary>
    public required IReadOnlyList<ScrubFinding> Findings { get; init; }
}

/// <summary>One problem.</summary>
public sealed record ScrubFinding
{
    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>What does not check, and what was done or is to be done.</summary>
    public required string Message { get; init; }
}

/// <summary>What the whole database holds.</summary>
public sealed record DatabaseStats
{
    /// <summary>Bytes of the engine's memory, of all open collections and of searches under way.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The memory limit; null = none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long? MemoryLimit { get; init; }

    /// <summary>Open handles of log segments and row files.</summary>
    public required int OpenFiles { get; init; }
}

/// <summary>One vector field of a collection with several.</summary>
public sealed record FieldStats
{
    /// <summary>Components of each vector; null until the first one is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? Dimension { get; init; }

    /// <summary>The metric.</summary>
    public required string Metric { get; init; }

    /// <summary>c of the curvature -c under poincare and lorentz; null for other metrics.</summary>
    public double? Curvature { get; init; }

    /// <summary>Whether points outside of the domain of poincare or lorentz are moved into it; null for other metrics.</summary>
    public bool? Project { get; init; }

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

    /// <summary>c of the curvature -c under poincare and lorentz; null for other metrics.</summary>
    public double? Curvature { get; init; }

    /// <summary>Whether points outside of the domain of poincare or lorentz are moved into it; null for other metrics.</summary>
    public bool? Project { get; init; }

    /// <summary>When writes that name none are acknowledged: the collection's setting, else the server's.</summary>
    public required string Durability { get; init; }

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

    /// <summary>The part of the log that is out of date, 0 to 1.</summary>
    public required double GarbageRatio { get; init; }

    /// <summary>Bytes of row files on disk, or of rows in memory.</summary>
    public required long ChunkBytes { get; init; }

    /// <summary>Where full-precision rows are read from: <c>map</c>, <c>memory</c> or <c>read</c>.</summary>
    public required string RowAccess { get; init; }

    /// <summary>What the checks in the background have found; null while they are turned off, or without a disk.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ScrubFigures? Scrub { get; init; }

    /// <summary>The database that the collection is in.</summary>
    public required DatabaseStats Database { get; init; }

    /// <summary>The indexes of metadata fields; absent when there are none.</summary>
    public IReadOnlyList<FieldIndexAnswer>? FieldIndexes { get; init; }

    /// <summary>The last sequence that searches see.</summary>
    public required ulong LastSequence { get; init; }

    /// <summary>All vector fields by name; absent when the default field is the only one.</summary>
    public IReadOnlyDictionary<string, FieldStats>? Vectors { get; init; }
}
