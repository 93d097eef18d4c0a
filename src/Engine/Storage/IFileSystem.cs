namespace Hypervex.Storage;

/// <summary>
/// The engine's only door to files. Three implementations: the disk, memory, and one that crashes (tests). Failures are
/// <see cref="HypervexException"/>s: <see cref="ErrorCode.DiskFull"/> or <see cref="ErrorCode.StorageUnavailable"/>.
/// Thread safety: all members may be called from any thread.
/// </summary>
internal interface IFileSystem
{
    /// <summary>Whether files outlive the process: only then checkpoints are worth taking.</summary>
    bool IsDurable { get; }

    /// <summary>Whether files can be mapped; else rows are kept in memory.</summary>
    bool CanMap { get; }

    void CreateDirectory(string path);

    bool DirectoryExists(string path);

    bool FileExists(string path);

    /// <summary>Names (not paths) of the files in a directory, in ordinal order.</summary>
    IReadOnlyList<string> ListFiles(string directory);

    /// <summary>Names (not paths) of the directories in a directory, in ordinal order.</summary>
    IReadOnlyList<string> ListDirectories(string directory);

    IFile Open(string path, OpenMode mode);

    /// <summary>Renames a file, replacing the target if there is one. Durable only after <see cref="SyncDirectory"/>.</summary>
    void Rename(string source, string target);

    void DeleteFile(string path);

    /// <summary>Deletes a directory with everything in it; nothing happens when it is not there.</summary>
    void DeleteDirectory(string path);

    /// <summary>Makes creations, renames and deletions in a directory durable.</summary>
    void SyncDirectory(string path);

    /// <summary>Takes the lock that keeps other openers out, or null when it is taken. Disposing releases it.</summary>
    IDisposable? TryLock(string path);
}

internal enum OpenMode
{
    /// <summary>Read an existing file.</summary>
    Read,

    /// <summary>Read and write an existing file.</summary>
    ReadWrite,

    /// <summary>Create a file that must not exist, for reading and writing.</summary>
    CreateNew,

    /// <summary>As <see cref="CreateNew"/>, with a file that nobody but its owner may read (mode 0600, where the system has modes).</summary>
    CreatePrivate,
}

/// <summary>An open file with positional reads and writes. Thread safety: reads and writes may run in parallel.</summary>
internal interface IFile : IDisposable
{
    string Path { get; }

    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends; returns the number of bytes read.</summary>
    int Read(Span<byte> buffer, long offset);

    void Write(ReadOnlySpan<byte> buffer, long offset);

    /// <summary>Makes data and length durable. A failure is final: never call it again on data that failed.</summary>
    void Sync();

    void SetLength(long length);

    /// <summary>Takes space on the medium for a range, so that later writes into it cannot run out of it.</summary>
    void Allocate(long offset, long length);

    /// <summary>
    /// Gives a range's space back to the medium where that is possible (the file's length stays); what stood there reads as zeros then. False where it is not.
    /// </summary>
    bool TryRelease(long offset, long length);

    /// <summary>Maps the first bytes of the file for reading. Only when <see cref="IFileSystem.CanMap"/>.</summary>
    IMapping Map(long length);
}

/// <summary>A read-only view of a file that shows later writes to it. The address is valid until it is disposed.</summary>
internal unsafe interface IMapping : IDisposable
{
    byte* Address { get; }
}
