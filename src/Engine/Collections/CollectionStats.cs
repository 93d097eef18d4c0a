namespace Hypervex;

/// <summary>What one vector field holds.</summary>
public sealed record VectorFieldStats
{
    /// <summary>The field's name; the default field's is empty.</summary>
    public required string Name { get; init; }

    /// <summary>Components of each vector; null until the first one is written.</summary>
    public required int? Dimension { get; init; }

    /// <summary>The field's metric.</summary>
    public required Metric Metric { get; init; }

    /// <summary>The field's graph parameters.</summary>
    public required HnswOptions Index { get; init; }

    /// <summary>The field's codes, as they are set; <see cref="Codes"/> tells those there are.</summary>
    public required QuantizationKind Quantization { get; init; }

    /// <summary>Vectors that are linked into the graph.</summary>
    public required long Linked { get; init; }

    /// <summary>Vectors that wait for linking and are scanned exactly.</summary>
    public required long Pending { get; init; }

    /// <summary>Bytes of full-precision rows, wherever they are read from.</summary>
    public required long RowBytes { get; init; }

    /// <summary>Bytes of the graph and codes in memory.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>Bytes of the codes alone; the rest of <see cref="IndexBytes"/> is the graph.</summary>
    public long CodeBytes { get; init; }

    /// <summary>The codes that searches run on now; null of a flat index, and until the first vector.</summary>
    public CodeStats? Codes { get; init; }

    /// <summary>Bytes of full-precision rows in the engine's memory; 0 while they are mapped or read from their files.</summary>
    public long RowMemoryBytes { get; init; }

    /// <summary>The recall by the width of the beam, for the sizes of answers that a recall was asked of.</summary>
    public IReadOnlyList<RecallProfile> RecallProfiles { get; init; } = [];
}

/// <summary>What a collection holds.</summary>
public sealed record CollectionStats
{
    /// <summary>The collection's name.</summary>
    public required string Name { get; init; }

    /// <summary>Live records.</summary>
    public required long Count { get; init; }

    /// <summary>Greatest number of records; null = unlimited.</summary>
    public required long? Capacity { get; init; }

    /// <summary>Durability of writes that do not ask for another one: the collection's, else the database's.</summary>
    public Durability Durability { get; init; }

    /// <summary>The vector fields, the default one first.</summary>
    public required IReadOnlyList<VectorFieldStats> Fields { get; init; }

    /// <summary>The indexes of metadata fields, in order of their declaration.</summary>
    public IReadOnlyList<FieldIndexState> FieldIndexes { get; init; } = [];

    /// <summary>The collection's directory; null in memory.</summary>
    public required string? StoragePath { get; init; }

    /// <summary>Bytes of the log on disk.</summary>
    public required long LogBytes { get; init; }

    /// <summary>The part of the log's bytes that is out of date, 0 to 1: what a compaction would take away, deletes not counted.</summary>
    public required double GarbageRatio { get; init; }

    /// <summary>Bytes of row files on disk, or of rows in memory.</summary>
    public required long ChunkBytes { get; init; }

    /// <summary>Where full-precision rows are read from; <see cref="RowAccess.Memory"/> without a disk.</summary>
    public required RowAccess RowAccess { get; init; }

    /// <summary>Bytes of the id table in memory.</summary>
    public required long RecordTableBytes { get; init; }

    /// <summary>
    /// Bytes of memory that the collection holds: the record table, graphs, codes, field indexes, 128 KB for each open vector field, and without a disk rows and log.
    /// </summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes that writes, restores and trainings under way have reserved beyond <see cref="MemoryBytes"/>.</summary>
    public required long PendingBytes { get; init; }

    /// <summary><see cref="MemoryBytes"/> for each vector; null while there is none.</summary>
    public double? BytesPerVector => Fields.Sum(each => each.Linked + each.Pending) is var vectors and > 0 ? (double)MemoryBytes / vectors : null;

    /// <summary>What the scrubs in the background have found; null without a disk, or while <see cref="DatabaseOptions.ScrubInterval"/> turns them off.</summary>
    public ScrubStats? Scrub { get; init; }

    /// <summary>The last sequence that searches see.</summary>
    public required ulong LastSequence { get; init; }
}

/// <summary>What the scrubs of a collection in the background have read and found: the last one that finished, and the one under way.</summary>
public sealed record ScrubStats
{
    /// <summary>When the last scrub finished; null when none has.</summary>
    public required DateTimeOffset? LastFinished { get; init; }

    /// <summary>Whether one is running now. One that closing has interrupted goes on when the collection is open again.</summary>
    public required bool IsRunning { get; init; }

    /// <summary>Bytes read by the scrub that is under way, else by the last one.</summary>
    public required long BytesChecked { get; init; }

    /// <summary>Places that did not check.</summary>
    public required long Problems { get; init; }

    /// <summary>Of <see cref="Problems"/>, those that were put right at once: what is derived from the log is written anew.</summary>
    public required long Repaired { get; init; }

    /// <summary>At most 32 problems of each of the two scrubs, with what was done or is to be done about them.</summary>
    public required IReadOnlyList<VerifyFinding> Findings { get; init; }
}

/// <summary>What a compaction did.</summary>
public sealed record CompactionReport
{
    /// <summary>Bytes of log and row files before.</summary>
    public required long BytesBefore { get; init; }

    /// <summary>Bytes of log and row files afterwards. May be more than before when records were written meanwhile.</summary>
    public required long BytesAfter { get; init; }

    /// <summary>Records that were copied: into another log segment, or to another row.</summary>
    public required long RecordsMoved { get; init; }
}

/// <summary>What the opening of a collection found and did.</summary>
public sealed record RecoveryReport
{
    /// <summary>Operations replayed from the log.</summary>
    public required long Replayed { get; init; }

    /// <summary>Bytes behind the last whole write that were cut off: a write that was never acknowledged as durable.</summary>
    public required long TornBytes { get; init; }

    /// <summary>Whole operations above the durable mark that were kept and made durable again.</summary>
    public required long Rewritten { get; init; }

    /// <summary>Why a checkpoint was passed over and the whole log replayed; null when none was.</summary>
    public required string? CheckpointProblem { get; init; }

    /// <summary>Time it took.</summary>
    public required TimeSpan Elapsed { get; init; }
}

/// <summary>One finding of <see cref="Collection.Verify"/>.</summary>
/// <param name="File">The file, relative to the data directory; empty for a finding in memory.</param>
/// <param name="Message">What does not hold.</param>
public sealed record VerifyFinding(string File, string Message);

/// <summary>The result of <see cref="Collection.Verify"/>.</summary>
public sealed record VerifyReport
{
    /// <summary>Frames whose checksums were checked.</summary>
    public required long Frames { get; init; }

    /// <summary>Rows compared with the log.</summary>
    public required long Rows { get; init; }

    /// <summary>Graph nodes whose invariants were checked.</summary>
    public required long Nodes { get; init; }

    /// <summary>What does not hold; empty when all is well.</summary>
    public required IReadOnlyList<VerifyFinding> Findings { get; init; }

    /// <summary>Whether nothing was found.</summary>
    public bool Ok => Findings.Count == 0;
}
