using Hypervex.Storage;
using Microsoft.Win32.SafeHandles;

namespace Hypervex.FaultDriver;

/// <summary>
/// A control: the disk, but files are synced by RandomAccess.FlushToDisk, which swallows the errors of fsync on Unix (DESIGN.md, fact 1).
/// </summary>
internal sealed class SwallowingFileSystem : IFileSystem
{
    private readonly DiskFileSystem _disk = new();

    public bool IsDurable => _disk.IsDurable;

    public bool CanMap => _disk.CanMap;

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public bool DirectoryExists(string path) => _disk.DirectoryExists(path);

    public bool FileExists(string path) => _disk.FileExists(path);

    public IReadOnlyList<string> ListFiles(string directory) => _disk.ListFiles(directory);

    public IReadOnlyList<string> ListDirectories(string directory) => _disk.ListDirectories(directory);

    public IFile Open(string path, OpenMode mode) => new SwallowingFile(_disk.Open(path, mode));

    public void Rename(string source, string target) => _disk.Rename(source, target);

    public void DeleteFile(string path) => _disk.DeleteFile(path);

    public void DeleteDirectory(string path) => _disk.DeleteDirectory(path);

    /// <summary>.NET has no call that syncs a directory.</summary>
    public void SyncDirectory(string path)
    {
    }

    public IDisposable? TryLock(string path) => _disk.TryLock(path);

    private sealed class SwallowingFile(IFile file) : IFile
    {
        public string Path => file.Path;

        public long Length => file.Length;

        public int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> buffer, long offset) => file.Write(buffer, offset);

        public void Sync()
        {
            using SafeFileHandle handle = File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.FlushToDisk(handle);
        }

        public void SetLength(long length) => file.SetLength(length);

        public void Allocate(long offset, long length) => file.Allocate(offset, length);

        public bool TryRelease(long offset, long length) => file.TryRelease(offset, length);

        public IMapping Map(long length) => file.Map(length);

        public void Dispose() => file.Dispose();
    }
}
