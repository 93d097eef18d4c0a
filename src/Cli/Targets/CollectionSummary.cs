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

    /// <summary>Components of the default field's vectors; null until the first one is written.</summary>
    public int? Dimension { get; init; }

    /// <summary>The default field's metric.</summary>
    public Metric? Metric { get; init; }

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

    /// <summary>The log on disk.</summary>
    public long? LogBytes { get; init; }

    /// <summary>The collection's directory.</summary>
    public string? StoragePath { get; init; }

    /// <summary>The summary of an open collection.</summary>
    public static CollectionSummary From(CollectionStats stats)
    {
        VectorFieldStats? field = stats.Fields.FirstOrDefault(field => field.Name.Length == 0);
        return new CollectionSummary
        {
            Name = stats.Name,
            Count = stats.Count,
            Capacity = stats.Capacity,
            Dimension = field?.Dimension,
            Metric = field?.Metric,
            Index = field?.Index,
            Linked = stats.Fields.Sum(field => field.Linked),
            Pending = stats.Fields.Sum(field => field.Pending),
            RowBytes = stats.Fields.Sum(field => field.RowBytes),
            IndexBytes = stats.Fields.Sum(field => field.IndexBytes),
            LogBytes = stats.LogBytes,
            StoragePath = stats.StoragePath,
        };
    }

    /// <summary>The JSON form; what is unknown is null.</summary>
    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["count"] = Count,
        ["capacity"] = Capacity,
        ["dimension"] = Dimension,
        ["metric"] = Metric is { } metric ? Choice.Word(metric) : null,
        ["index"] = Index is null ? null : new JsonObject
        {
            ["type"] = Choice.Word(Index.Type),
            ["m"] = Index.M,
            ["ef_construction"] = Index.EfConstruction,
            ["ef"] = Index.Ef,
        },
        ["linked"] = Linked,
        ["pending"] = Pending,
        ["row_bytes"] = RowBytes,
        ["index_bytes"] = IndexBytes,
        ["log_bytes"] = LogBytes,
        ["storage_path"] = StoragePath,
    };
}
