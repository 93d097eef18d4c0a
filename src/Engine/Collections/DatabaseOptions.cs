using Hypervex.Storage;

namespace Hypervex;

/// <summary>When a write is acknowledged. A stronger level never weakens another writer's.</summary>
public enum Durability
{
    /// <summary>After fsync: survives process kill, operating system crash and power loss.</summary>
    Fsync = 0,

    /// <summary>
    /// After the write call; a timer syncs every <see cref="DatabaseOptions.BatchInterval"/>, also when idle. A power loss
    /// costs at most the last interval plus one sync, and only as a suffix.
    /// </summary>
    Batch = 1,

    /// <summary>After the write call; the operating system syncs when it likes. Survives process kill only.</summary>
    OperatingSystem = 2,
}

/// <summary>Where searches read full-precision rows from.</summary>
public enum RowAccess
{
    /// <summary>Read-only maps of the files: the system keeps in memory what is used. An I/O error under a map ends the process.</summary>
    Map = 0,

    /// <summary>A copy in memory, read when a collection opens: no page fault later, and an I/O error is an exception. Files are not mapped.</summary>
    Memory = 1,

    /// <summary>
    /// The files, by one read of the system for each row: nothing is mapped or kept, so memory holds only graphs and codes, and an I/O error is an exception. A search over
    /// codes reads the rows that it ranks again; a graph without codes is walked by reads, a system call for each row.
    /// </summary>
    Read = 2,
}

/// <summary>Settings of an open <see cref="Database"/>; none of them is stored.</summary>
public sealed record DatabaseOptions
{
    /// <summary>Durability of writes that do not ask for another one, in collections that do not either.</summary>
    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>Longest time between two syncs under <see cref="Durability.Batch"/>.</summary>
    public TimeSpan BatchInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Threads that link new records into graphs, shared by all collections; 0 = one per processor.</summary>
    public int IndexingThreads { get; init; }

    /// <summary>
    /// Greatest number of records of one vector field that may have been acknowledged and not linked into its graph yet, 64 to 10,000,000; writes wait while as many do. A collection opens with as
    /// many as its log holds; where these are more, writes do not add to them.
    /// Searches find them all, by comparing each of them; while searches run, writes help to link, so that these stay a small part of what a search compares.
    /// </summary>
    public int PendingLimit { get; init; } = DefaultPendingLimit;

    /// <summary>
    /// Background compaction begins when this part of a range of the log's bytes is out of date (overwritten or deleted), 0.05 to 1; 1 = never.
    /// </summary>
    public double CompactionGarbageRatio { get; init; } = 0.3;

    /// <summary>
    /// Greatest number of file handles that the database keeps open (8 or more); files that are not used lose theirs and get another one when they
    /// are. 0 = half of what the process may have, at most 1,024.
    /// </summary>
    public int MaxOpenFiles { get; init; }

    /// <summary>
    /// Greatest number of bytes that the engine's own memory may take: record tables, graphs, codes, writes under way, and in memory the log and the rows
    /// (the system's page cache is not counted). A write that would need more gets <see cref="ErrorCode.MemoryLimit"/>, as does opening a collection that
    /// does not fit; reads and deletions go on. 0 = no limit.
    /// </summary>
    public long MemoryLimitBytes { get; init; }

    /// <summary>Where searches read full-precision rows from; the files are the same. Rows in memory are counted by the limit.</summary>
    public RowAccess RowAccess { get; init; } = RowAccess.Map;

    /// <summary>
    /// Bytes that a file <c>reserve</c> in the data directory keeps free. When a write meets a full disk the file is given up, so that deletions, checkpoints and
    /// compaction go on; records get <see cref="ErrorCode.DiskFull"/> until there is room for it again. 0 = none; <c>hypervex serve</c> keeps 64 MB.
    /// </summary>
    public long DiskReserveBytes { get; init; }

    /// <summary>
    /// How often everything that an open collection has on disk is read and checked in the background, above zero; <see cref="Timeout.InfiniteTimeSpan"/> = never. What a
    /// scrub finds is in <see cref="CollectionStats.Scrub"/>. A collection is scrubbed 10 minutes after its opening at the earliest.
    /// </summary>
    public TimeSpan ScrubInterval { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Greatest rate, in bytes a second, at which scrubs read, all collections together; 0 = as fast as it goes. Default 20 MB.</summary>
    public long ScrubBytesPerSecond { get; init; } = 20 << 20;

    /// <summary>
    /// Longest time that closing spends until its last checkpoints are taken, all collections together, zero to a day, or <see cref="Timeout.InfiniteTimeSpan"/> = as long as they take. A checkpoint
    /// that is not done by then is given up: nothing is lost, and the next opening replays what it would have held. The sync of a file that has begun is awaited.
    /// </summary>
    public TimeSpan ClosingCheckpointTime { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Source of time for timestamps and versions.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal const int DefaultPendingLimit = 100_000;

    /// <summary>The reserve of the open database; null without one.</summary>
    internal Storage.DiskReserve? Reserve { get; init; }

    /// <summary>Size at which a log segment is followed by the next; smaller in tests.</summary>
    internal long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>
    /// How long a deletion is kept in the log, zero to 3,650 days: its id and version, nothing of the record. A watch that was away for longer gets <see cref="ErrorCode.PositionExpired"/> once
    /// compaction has removed deletions that it has not been told of (<see cref="Collection.WatchAsync"/>). Zero = compaction removes them at once.
    /// </summary>
    public TimeSpan TombstoneRetention { get; init; }

    /// <summary>Called at each named step of a compaction: the door for tests.</summary>
    internal Action<KillPlace>? Reached { get; init; }

    /// <summary>A scrub writes down how far it is each time that it has read so much; smaller in tests.</summary>
    internal long ScrubSaveBytes { get; init; } = 256 << 20;

    /// <summary>Greatest size of a chunk of rows; smaller in tests.</summary>
    internal int ChunkBytes { get; init; } = 16 << 20;

    /// <summary>Greatest piece in which a restore writes its batch to the log; smaller in tests.</summary>
    internal int PieceBytes { get; init; } = 8 << 20;
}
