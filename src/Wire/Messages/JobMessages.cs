using System.Text.Json.Serialization;

namespace Hypervex.Wire;

/// <summary>Work that goes on after the request that began it was answered.</summary>
public sealed record JobMessage
{
    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary><c>snapshot</c>, <c>restore</c>, <c>compact</c> or <c>checkpoint</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The collection that it is about.</summary>
    public required string Collection { get; init; }

    /// <summary><c>running</c>, <c>done</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public required string State { get; init; }

    /// <summary>What it is doing: <c>writing</c>, <c>checking</c>, <c>restoring</c> or <c>verifying</c>; null where that is not told apart.</summary>
    public string? Stage { get; init; }

    /// <summary>How much of the stage is done, 0 to 1; null where that is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? Progress { get; init; }

    /// <summary>When it began.</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTime? FinishedAt { get; init; }

    /// <summary>The snapshot that it writes or restores.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Records in the snapshot, restored, or moved by a compaction.</summary>
    public long? Records { get; init; }

    /// <summary>Bytes of the snapshot, or of the log behind a compaction.</summary>
    public long? Bytes { get; init; }

    /// <summary>Why it failed.</summary>
    public JobProblem? Problem { get; init; }
}

/// <summary>Why a job failed.</summary>
public sealed record JobProblem
{
    /// <summary>The code that a problem answer would have.</summary>
    public required string Code { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Detail { get; init; }
}

/// <summary>Jobs, the newest first.</summary>
public sealed record JobList
{
    /// <summary>The jobs.</summary>
    public required IReadOnlyList<JobMessage> Jobs { get; init; }
}

/// <summary>A snapshot in the server's store.</summary>
public sealed record SnapshotMessage
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its length.</summary>
    public required long Bytes { get; init; }

    /// <summary>When the file was written.</summary>
    public required DateTime CreatedAt { get; init; }
}

/// <summary>The snapshots of a collection in the server's store, by name.</summary>
public sealed record SnapshotList
{
    /// <summary>The snapshots.</summary>
    public required IReadOnlyList<SnapshotMessage> Snapshots { get; init; }
}

/// <summary>How a snapshot is to be restored.</summary>
public sealed record RestoreMessage
{
    /// <summary>The collection that it is restored into; null = the one in whose store it is.</summary>
    public string? Into { get; init; }

    /// <summary>Whether the content of a collection that exists may be replaced.</summary>
    public bool? Replace { get; init; }
}
