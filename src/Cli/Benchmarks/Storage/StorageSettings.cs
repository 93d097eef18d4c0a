namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>What <c>bench storage</c> measures, one word each.</summary>
internal enum StoragePart
{
    /// <summary>Durable inserts by batch size and number of writers.</summary>
    Inserts = 0,

    /// <summary>Opening after a kill.</summary>
    Open,

    /// <summary>Checkpoint and compaction while searches run.</summary>
    Load,

    /// <summary>Disk use after overwriting and deleting.</summary>
    Disk,

    /// <summary>A database of many collections.</summary>
    Collections,

    /// <summary>Memory per record.</summary>
    Memory,

    /// <summary>Opening with field indexes.</summary>
    FieldIndexes,
}

/// <summary>The settings of one <c>bench storage</c>.</summary>
internal sealed record StorageSettings
{
    /// <summary>What is measured, in this order.</summary>
    public required IReadOnlyList<StoragePart> Parts { get; init; }

    /// <summary>Records of each database, and the most that one insert row writes.</summary>
    public required int Records { get; init; }

    /// <summary>Components of a vector.</summary>
    public required int Dimension { get; init; }

    /// <summary>Records per atomic batch.</summary>
    public required IReadOnlyList<int> Batches { get; init; }

    /// <summary>Threads that write at the same time.</summary>
    public required IReadOnlyList<int> Writers { get; init; }

    /// <summary>When the measured inserts are acknowledged.</summary>
    public required Durability Durability { get; init; }

    /// <summary>Graph parameters.</summary>
    public required HnswOptions Index { get; init; }

    /// <summary>Longest duration of one row of inserts, least duration of searches before and during a piece of work.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long each row of inserts is rehearsed before it is measured.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Records written behind the last checkpoint before the kill.</summary>
    public required IReadOnlyList<int> Tails { get; init; }

    /// <summary>Collections of the many-collections database.</summary>
    public required int Collections { get; init; }

    /// <summary>Where databases are made; null = the system's place for temporary files.</summary>
    public required string? Directory { get; init; }

    /// <summary>The options of every collection.</summary>
    public CollectionOptions CollectionOptions => new()
    {
        Vectors = new Dictionary<string, VectorFieldOptions>
        {
            [""] = new() { Dimension = Dimension, Metric = Metric.L2, Index = Index },
        },
    };
}
