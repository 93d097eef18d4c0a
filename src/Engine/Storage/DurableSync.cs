using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hypervex.Storage;

/// <summary>
/// fsync that reports its failure. .NET 10's RandomAccess.FlushToDisk and FileStream.Flush(true) swallow EIO and ENOSPC on
/// Unix, so the system calls are made here: fdatasync on Linux, F_FULLFSYNC on macOS, FlushFileBuffers on Windows.
/// </summary>
internal static partial class DurableSync
{
    private const int FullFsyncCommand = 51;
    private const int OpenReadOnlyDirectoryLinux = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC
    private const int OpenReadOnlyMacOS = 0x1000000; // O_CLOEXEC
    private const int Interrupted = 4;

    public static void File(SafeFileHandle handle, string path)
    {
        bool ok;
        do
        {
            if (OperatingSystem.IsWindows())
            {
                ok = FlushFileBuffers(handle);
            }
            else if (OperatingSystem.IsMacOS())
            {
                ok = Fcntl(handle, FullFsyncCommand, 0) != -1;
            }
            else if (OperatingSystem.IsLinux())
            {
                ok = Fdatasync(handle) == 0;
            }
            else if (OperatingSystem.IsBrowser())
            {
                return; // the browser's file systems have their own durability calls behind IFileSystem
            }
            else
            {
                ok = Fsync(handle) == 0;
            }
        }
        while (!ok && !OperatingSystem.IsWindows() && Marshal.GetLastPInvokeError() == Interrupted);

        if (!ok)
        {
            throw StorageErrors.FromLastError(path, "fsync");
        }
    }

    public static void Directory(string path)
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsBrowser())
        {
            return; // NTFS journals directory changes; directories cannot be flushed there
        }

        int descriptor = Open(path, OperatingSystem.IsMacOS() ? OpenReadOnlyMacOS : OpenReadOnlyDirectoryLinux);
        if (descriptor < 0)
        {
            throw StorageErrors.FromLastError(path, "open the directory");
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Fsync(handle) != 0)
        {
            throw StorageErrors.FromLastError(path, "fsync the directory");
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafeFileHandle handle, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle handle);
}
