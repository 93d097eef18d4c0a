namespace Hypervex.Collections;

/// <summary>The parts of a scrub, in order.</summary>
internal enum ScrubPart
{
    /// <summary>The log.</summary>
    Log = 0,

    /// <summary>The descriptions of collection and database, the manifest, and the snapshots of the checkpoint that it names.</summary>
    Checkpoint = 1,

    /// <summary>Chunks of rows.</summary>
    Rows = 2,
}

/// <summary>How far a scrub is: everything before is checked.</summary>
/// <param name="Part">The part that it is in.</param>
/// <param name="Next">In the log the sequence from which on frames are to be checked; in the rows the slot.</param>
/// <param name="Field">In the rows: the field.</param>
internal readonly record struct ScrubPosition(ScrubPart Part, ulong Next, uint Field);
