namespace Hypervex;

/// <summary>What a snapshot or a restore is doing.</summary>
public enum SnapshotStage
{
    /// <summary>Records are copied into the archive.</summary>
    Writing = 0,

    /// <summary>The archive is checked; nothing has been changed.</summary>
    Checking = 1,

    /// <summary>Records are written into the collection.</summary>
    Restoring = 2,

    /// <summary>The restored records are compared with the archive.</summary>
    Verifying = 3,
}

/// <summary>How far a snapshot or a restore is. Reported every few thousand records, from the thread that does the work.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Records done in this stage.</param>
/// <param name="Total">Records of this stage; during <see cref="SnapshotStage.Checking"/> what the archive claims.</param>
public readonly record struct SnapshotProgress(SnapshotStage Stage, long Done, long Total);

/// <summary>What a snapshot holds.</summary>
public sealed record SnapshotReport
{
    /// <summary>The collection's name.</summary>
    public required string Collection { get; init; }

    /// <summary>The last operation of the collection's log that is in the snapshot.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>Records in the snapshot.</summary>
    public required long Records { get; init; }

    /// <summary>Length of the archive in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>When it was taken, to the millisecond.</summary>
    public required DateTimeOffset TakenAt { get; init; }
}

/// <summary>How a snapshot is restored.</summary>
public sealed record RestoreOptions
{
    /// <summary>Name of the collection to restore into; null = the name that the snapshot gives.</summary>
    public string? Collection { get; init; }

    /// <summary>Replace the content of a collection that exists; without it, one that exists is an error.</summary>
    public bool Replace { get; init; }

    /// <summary>Hears how far it is; null = nobody. It must not wait for a write to the collection, which waits for the restore.</summary>
    public IProgress<SnapshotProgress>? Progress { get; init; }
}

/// <summary>What a restore did. Every record was read back and is what the archive holds.</summary>
public sealed record RestoreReport
{
    /// <summary>The collection that was restored into.</summary>
    public required string Collection { get; init; }

    /// <summary>Whether the collection is new.</summary>
    public required bool Created { get; init; }

    /// <summary>Records restored.</summary>
    public required long Records { get; init; }

    /// <summary>Records deleted because the snapshot does not hold them.</summary>
    public required long Deleted { get; init; }

    /// <summary>The collection's last sequence when the restore was done.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>When the snapshot was taken.</summary>
    public required DateTimeOffset TakenAt { get; init; }
}
