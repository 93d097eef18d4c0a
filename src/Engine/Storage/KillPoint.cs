namespace Hypervex.Storage;

/// <summary>Steps after which the process may end and nothing acknowledged may be lost (R2 of the reliability table).</summary>
internal enum KillPlace
{
    BeforeAppend,
    AfterAppend,
    BeforeSync,
    AfterSync,
    BeforeApply,
    InsideApply,
    BeforeSegmentCreate,
    InsideSegmentCreate,
    AfterSegmentCreate,
    BeforeZeroFill,
    AfterZeroFill,
    RecoveryBeforeRename,
    RecoveryAfterRename,
    RecoveryAfterCut,
    ReplaceBeforeSync,
    ReplaceBeforeRename,
    ReplaceBetweenRenames,
    ReplaceBeforeDirectorySync,
    CreateAfterSchema,
    CreateBeforeCatalog,
    DropAfterCatalog,
    DropAfterDelete,
    BeforeClosingMark,
    AfterClosingMark,
    CompactionBeforeLogSync,
    CompactionBeforeSync,
    CompactionBeforeRename,
    CompactionAfterRename,
    CompactionBeforeCheckpoint,
    CompactionBeforeRemoval,
    CompactionInsideRemoval,
    CompactionAfterRemoval,
    ReclaimInsideMoves,
    ReclaimBeforeCheckpoint,
    ReclaimBeforeShrink,
    ReclaimAfterShrink,
    ReclaimBeforeChunkRemoval,
    ReclaimAfterChunkRemoval,
    ReclaimInsideErase,
    SnapshotBeforeSync,
    SnapshotBeforeRename,
    SnapshotAfterRename,
    RestoreAfterMarker,
    RestoreInsideFill,
    RestoreBeforeCatalog,
    RestoreAfterCatalog,
    RestoreInsideBatch,
    RestoreAfterSchema,
    RestoreBeforeCommit,
    RestoreAfterCommit,
    RestoreInsideApply,
    RestoreAfterAbandon,
    AlterAfterSchema,
}

/// <summary>
/// The test door at each <see cref="KillPlace"/>: a driver process arms it with a hook that ends the process. Costs one read of a static
/// field when it is not armed, which in a shipped process is always. Thread safety: arm before the database opens.
/// </summary>
internal static class KillPoint
{
    private static Action<KillPlace>? s_hook;

    public static void Arm(Action<KillPlace>? hook) => s_hook = hook;

    public static void Hit(KillPlace place) => s_hook?.Invoke(place);
}
