using System.Text.Json;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>What a child process of <c>bench storage</c> does before it is killed.</summary>
internal enum ChildRole
{
    /// <summary>Writes records, takes a checkpoint, writes the tail.</summary>
    Build = 0,

    /// <summary>Opens the database and searches once.</summary>
    Open,

    /// <summary>Opens the database and searches once in every collection.</summary>
    OpenAll,
}

/// <summary>One job of a child process; it travels as one argument, in JSON.</summary>
internal sealed record ChildJob
{
    /// <summary>What to do.</summary>
    public required ChildRole Role { get; init; }

    /// <summary>The data directory.</summary>
    public required string Path { get; init; }

    /// <summary>Components of a vector.</summary>
    public required int Dimension { get; init; }

    /// <summary>What finds vectors.</summary>
    public IndexType Index { get; init; }

    /// <summary>HNSW links per node and level.</summary>
    public required int M { get; init; }

    /// <summary>HNSW beam width while building.</summary>
    public required int EfConstruction { get; init; }

    /// <summary>Records to write; their ids follow those that are there.</summary>
    public int Records { get; init; }

    /// <summary>Records to write behind the checkpoint; null = no checkpoint is asked for.</summary>
    public int? Tail { get; init; }

    /// <summary>The options of the collection.</summary>
    public CollectionOptions Collection => new()
    {
        Vectors = new Dictionary<string, VectorFieldOptions>
        {
            [""] = new() { Dimension = Dimension, Metric = Metric.L2, Index = new HnswOptions { Type = Index, M = M, EfConstruction = EfConstruction } },
        },
    };

    /// <summary>A job on a directory with the settings' collection.</summary>
    public static ChildJob Create(ChildRole role, string path, StorageSettings settings) => new()
    {
        Role = role,
        Path = path,
        Dimension = settings.Dimension,
        Index = settings.Index.Type,
        M = settings.Index.M,
        EfConstruction = settings.Index.EfConstruction,
    };

    /// <summary>The argument.</summary>
    public string ToText() => JsonSerializer.Serialize(this);

    /// <summary>Reads the argument.</summary>
    public static ChildJob Parse(string text) => JsonSerializer.Deserialize<ChildJob>(text)!;
}
