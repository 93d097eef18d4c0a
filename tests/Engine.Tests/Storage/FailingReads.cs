using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>The disk, whose chunk files (or those of another folder) cannot be read while <see cref="Fail"/> is set, and cannot be mapped ever.</summary>
internal sealed class FailingReads : IFileSystem
{
    private readonly DiskFileSystem _disk = new();

    /// <summary>The folder whose files it is about.</summary>
    public string Folder { get; init; } = "chunks";

    /// <summary>Whether reads of chunks fail.</summary>
    public volatile bool Fail;

    /// <summary>Called before each read of them, by the thread that reads.</summary>
    public Action? Reading { get; set; }

    private int _failed;
    private long _read;

    /// <summary>Reads that failed.</summary>
    public int Failed => Volatile.Read(ref _failed);

    /// <summary>Bytes of these files that were read.</summary>
    public long BytesRead => Interlocked.Read(ref _read);

    public bool IsDurable => _disk.IsDurable;

    public bool CanMap => _disk.CanMap;

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public bool DirectoryExists(string path) => _disk.DirectoryExists(path);

    public bool FileExists(string path) => _disk.FileExists(path);

    public IReadOnlyList<string> ListFiles(string directory) => _disk.ListFiles(directory);

    public IReadOnlyList<string> ListDirectories(string directory) => _disk.ListDirectories(directory);

    public IFile Open(string path, OpenMode mode) => path.Contains($"/{Folder}/", StringComparison.Ordinal) ? new ChunkFile(_disk.Open(path, mode), this) : _disk.Open(path, mode);

    public void Rename(string source, string target) => _disk.Rename(source, target);

    public void DeleteFile(string path) => _disk.DeleteFile(path);

    public void DeleteDirectory(string path) => _disk.DeleteDirectory(path);

    public void SyncDirectory(string path) => _disk.SyncDirectory(path);

    public IDisposable? TryLock(string path) => _disk.TryLock(path);

    private sealed class ChunkFile(IFile file, FailingReads owner) : IFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Read(Span<byte> buffer, long offset)
        {
            if (owner.Fail)
            {
                Interlocked.Increment(ref owner._failed);
                throw StorageErrors.From(new IOException("Input/output error"), Path, "read");
            }

            owner.Reading?.Invoke();
            int read = file.Read(buffer, offset);
            Interlocked.Add(ref owner._read, read);
            return read;
        }

        public void Write(ReadOnlySpan<byte> buffer, long offset) => file.Write(buffer, offset);

        public void Sync() => file.Sync();

        public void SetLength(long length) => file.SetLength(length);

        public void Allocate(long offset, long length) => file.Allocate(offset, length);

        public bool TryRelease(long offset, long length) => file.TryRelease(offset, length);

        public IMapping Map(long length) => throw new InvalidOperationException("A chunk was mapped.");

        public void Dispose() => file.Dispose();
    }
}
