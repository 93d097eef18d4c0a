using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hypervex.Storage;

/// <summary>
/// The exclusive lock on a data directory: flock on Unix (the kernel drops it when the process ends, however it ends; a
/// second open in the same process conflicts too), a share-nothing handle on Windows.
/// </summary>
internal static partial class DirectoryLock
{
    private const int ExclusiveNonBlocking = 2 | 4;
    private const int WouldBlockLinux = 11;
    private const int WouldBlockMacOS = 35;
    private const int SharingViolationWindows = 32;
    private const int ReadWriteCloseOnExecLinux = 2 | 0x80000;
    private const int ReadWriteCloseOnExecMacOS = 2 | 0x1000000;

    public static IDisposable? TryTake(string path)
    {
        try
        {
            return OperatingSystem.IsWindows() || OperatingSystem.IsBrowser()
                ? File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
                : TryTakeUnix(path);
        }
        catch (IOException exception) when (OperatingSystem.IsWindows() && (exception.HResult & 0xFFFF) == SharingViolationWindows)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, path, "open the lock file");
        }
    }

    private static SafeFileHandle? TryTakeUnix(string path)
    {
        if (!File.Exists(path))
        {
            using FileStream created = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        }

        // Not File.OpenHandle: it takes a shared flock of its own, which would conflict with the owner's exclusive one.
        int descriptor = Open(path, OperatingSystem.IsMacOS() ? ReadWriteCloseOnExecMacOS : ReadWriteCloseOnExecLinux);
        if (descriptor < 0)
        {
            throw StorageErrors.FromLastError(path, "open the lock file");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Flock(handle, ExclusiveNonBlocking) == 0)
        {
            return handle;
        }

        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return error is WouldBlockLinux or WouldBlockMacOS
            ? null
            : throw new HypervexException(ErrorCode.StorageUnavailable, $"Could not lock {path} (error {error}). Does the file system support flock?");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle handle, int operation);
}
