namespace Hypervex.FaultDriver;

/// <summary>What one operation of the workload does.</summary>
internal enum OperationKind
{
    /// <summary>Write all ids as one batch.</summary>
    Upsert,

    /// <summary>Delete all ids as one batch.</summary>
    Delete,

    /// <summary>Merge one member into the metadata of one id, if it exists.</summary>
    ChangeMetadata,

    /// <summary>Give one id that exists a new vector, metadata and document.</summary>
    Rewrite,

    /// <summary>Sync the log.</summary>
    Flush,

    /// <summary>Alter the codes, and take a checkpoint.</summary>
    Checkpoint,

    /// <summary>Compact the collection.</summary>
    Compact,

    /// <summary>Take a snapshot, and restore it into a database in memory.</summary>
    Snapshot,

    /// <summary>Create the side collection that the one id names, unless it exists.</summary>
    CreateCollection,

    /// <summary>Drop the side collection that the one id names.</summary>
    DropCollection,
}
