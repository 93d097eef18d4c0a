using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Hypervex.Storage;

/// <summary>A file of the operating system, opened so that this process may rename and delete it meanwhile.</summary>
internal sealed class DiskFile : IFile
{
    private readonly SafeFileHandle _handle;

    public DiskFile(string path, OpenMode mode)
    {
        Path = path;
        _handle = File.OpenHandle(
            path,
            mode == OpenMode.CreateNew ? FileMode.CreateNew : FileMode.Open,
            mode == OpenMode.Read ? FileAccess.Read : FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete);
    }

    public string Path { get; }

    public long Length => RandomAccess.GetLength(_handle);

    public int Read(Span<byte> buffer, long offset)
    {
        int total = 0;
        try
        {
            while (total < buffer.Length)
            {
                int read = RandomAccess.Read(_handle, buffer[total..], offset + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, Path, "read");
        }

        return total;
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        try
        {
            RandomAccess.Write(_handle, buffer, offset);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, Path, "write");
        }
    }

    public void Sync() => DurableSync.File(_handle, Path);

    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, Path, "set the length of");
        }
    }

    public void Allocate(long offset, long length) => SpaceAllocation.Allocate(_handle, Path, offset, length);

    public bool TryRelease(long offset, long length) => SpaceAllocation.TryRelease(_handle, Path, offset, length);

    public IMapping Map(long length) => new Mapping(_handle, length);

    public void Dispose() => _handle.Dispose();

    private sealed unsafe class Mapping : IMapping
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;

        public Mapping(SafeFileHandle handle, long length)
        {
            _file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            byte* address = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
            Address = address + _view.PointerOffset;
        }

        public byte* Address { get; }

        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
