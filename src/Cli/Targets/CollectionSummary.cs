using System.Text.Json.Nodes;
using Hypervex.Cli.Input;

namespace Hypervex.Cli.Targets;

/// <summary>What a collection is and holds, as far as its target tells; sizes in bytes.</summary>
internal sealed record CollectionSummary
{
    /// <summary>The collection's name.</summary>
    public required string Name { get; init; }

    /// <summary>Live records.</summary>
    public required long Count { get; init; }

    /// <summary>Greatest number of records; null = unlimited.</summary>
    public long? Capacity { get; init; }

    /// <summary>Durability of writes that name none.</summary>
    public Durability? Durability { get; init; }

    /// <summary>The codes that searches of the default field run on.</summary>
    public CodeStats? Codes { get; init; }

    /// <summary>Components of the default field's vectors; null until the first one is written.</summary>
    public int? Dimension { get; init; }

    /// <summary>The default field's metric.</summary>
    public Metric? Metric { get; init; }

    /// <summary>c of the curvature -c of the default field; null without a field of hyperbolic space.</summary>
    public double? Curvature { get; init; }

    /// <summary>Whether the default field moves points outside of its domain into it; null without a field of hyperbolic space.</summary>
    public bool? Project { get; init; }

    /// <summary>The default field's graph parameters.</summary>
    public HnswOptions? Index { get; init; }

    /// <summary>Vectors linked into graphs, all fields together.</summary>
    public long? Linked { get; init; }

    /// <summary>Vectors that wait for linking, all fields together.</summary>
    public long? Pending { get; init; }

    /// <summary>Full-precision rows.</summary>
    public long? RowBytes { get; init; }

    /// <summary>Graphs and codes in memory.</summary>
    public long? IndexBytes { get; init; }

    /// <summary>Codes in memory: part of <see cref="IndexBytes"/>, the rest is graphs.</summary>
    public long? CodeBytes { get; init; }

    /// <summary>The record table in memory.</summary>
    public long? RecordTableBytes { get; init; }

    /// <summary>Rows in memory.</summary>
    public long? RowMemoryBytes { get; init; }

    /// <summary>Reserved by writes under way.</summary>
    public long? PendingBytes { get; init; }

    /// <summary>All memory that the collection holds.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Of <see cref="MemoryBytes"/>, for each vector.</summary>
    public double? BytesPerVector { get; init; }

    /// <summary>The log on disk.</summary>
    public long? LogBytes { get; init; }

    /// <summary>The part of the log that is out of date, 0 to 1.</summary>
    public double? GarbageRatio { get; init; }

    /// <summary>Row files on disk.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>Where rows are read from.</summary>
    public RowAccess? RowAccess { get; init; }

    /// <summary>What the checks in the background have found; null while they are turned off.</summary>
    public ScrubStats? Scrub { get; init; }

    /// <summary>Open file handles of the whole database.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>The collection's directory.</summary>
    public string? StoragePath { get; init; }

    /// <summary>The summary of an open collection.</summary>
    public static CollectionSummary From(Collection collection, int? openFiles = null)
    {
        CollectionStats stats = collection.GetStats();
        VectorFieldOptions? hyperbolic = collection.Options.Vectors.GetValueOrDefault("") is { Metric: Hypervex.Metric.Poincare or Hypervex.Metric.Lorentz } found ? found : null;
        VectorFieldStats? field = stats.Fields.FirstOrDefault(field => field.Name.Length == 0);
        return new CollectionSummary
        {
            Name = stats.Name,
            Count = stats.Count,
            Capacity = stats.Capacity,
            Durability = stats.Durability,
            Codes = field?.Codes,
            Dimension = field?.Dimension,
            Metric = field?.Metric,
            Curvature = hyperbolic?.Curvature,
            Project = hyperbolic?.Project,
            Index = field?.Index,
            Linked = stats.Fields.Sum(field => field.Linked),
            Pending = stats.Fields.Sum(field => field.Pending),
            RowBytes = stats.Fields.Sum(field => field.RowBytes),
            IndexBytes = stats.Fields.Sum(field => field.IndexBytes),
            CodeBytes = stats.Fields.Sum(field => field.CodeBytes),
            RecordTableBytes = stats.RecordTableBytes,
            RowMemoryBytes = stats.Fields.Sum(field => field.RowMemoryBytes),
            PendingBytes = stats.PendingBytes,
            MemoryBytes = stats.MemoryBytes,
            BytesPerVector = stats.BytesPerVector,
            LogBytes = stats.LogBytes,
            GarbageRatio = stats.GarbageRatio,
            ChunkBytes = stats.ChunkBytes,
            RowAccess = stats.RowAccess,
            Scrub = stats.Scrub,
            OpenFiles = openFiles,
            StoragePath = stats.StoragePath,
        };
    }

    /// <summary>The JSON form; what is unknown is null.</summary>
    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["count"] = Count,
        ["capacity"] = Capacity,
        ["durability"] = Durability is { } durability ? Choice.Word(durability) : null,
        ["dimension"] = Dimension,
        ["metric"] = Metric is { } metric ? Choice.Word(metric) : null,
        ["curvature"] = Curvature,
        ["project"] = Project,
        ["index"] = Index is null ? null : new JsonObject
        {
            ["type"] = Choice.Word(Index.Type),
            ["m"] = Index.M,
            ["ef_construction"] = Index.EfConstruction,
            ["ef"] = Index.Ef,
        },
        ["codes"] = Codes is null ? null : new JsonObject { ["kind"] = Choice.Word(Codes.Kind), ["state"] = Choice.Word(Codes.State), ["progress"] = Codes.Progress },
        ["linked"] = Linked,
        ["pending"] = Pending,
        ["row_bytes"] = RowBytes,
        ["index_bytes"] = IndexBytes,
        ["code_bytes"] = CodeBytes,
        ["graph_bytes"] = IndexBytes - CodeBytes,
        ["record_table_bytes"] = RecordTableBytes,
        ["row_memory_bytes"] = RowMemoryBytes,
        ["pending_bytes"] = PendingBytes,
        ["memory_bytes"] = MemoryBytes,
        ["bytes_per_vector"] = BytesPerVector,
        ["log_bytes"] = LogBytes,
        ["garbage_ratio"] = GarbageRatio,
        ["chunk_bytes"] = ChunkBytes,
        ["row_access"] = RowAccess is { } access ? Choice.Word(access) : null,
        ["scrub"] = Scrub is null ? null : new JsonObject
        {
            ["last_finished"] = Scrub.LastFinished?.UtcDateTime,
            ["running"] = Scrub.IsRunning,
            ["bytes_checked"] = Scrub.BytesChecked,
            ["problems"] = Scrub.Problems,
            ["repaired"] = Scrub.Repaired,
            ["findings"] = new JsonArray([.. Scrub.Findings.Select(finding => new JsonObject { ["file"] = finding.File, ["message"] = finding.Message })]),
        },
        ["open_files"] = OpenFiles,
        ["storage_path"] = StoragePath,
    };
}
