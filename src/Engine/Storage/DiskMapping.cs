using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Hypervex.Storage;

/// <summary>A read-only map of a file of the operating system; it needs the file's handle only while it is made. Thread safety: reads from any thread.</summary>
internal sealed unsafe class DiskMapping : IMapping
{
    private readonly MemoryMappedViewAccessor _view;

    public DiskMapping(SafeFileHandle handle, long length)
    {
        // The object would keep the handle open; the view does without it.
        using var file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* address = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        Address = address + _view.PointerOffset;
    }

    public byte* Address { get; }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
