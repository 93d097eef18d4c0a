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

    public static IDisposable? TryTake(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(
                path,
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                OperatingSystem.IsWindows() ? FileShare.None : FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException exception) when (OperatingSystem.IsWindows() && (exception.HResult & 0xFFFF) == 32)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, path, "open the lock file");
        }

        if (OperatingSystem.IsWindows() || OperatingSystem.IsBrowser() || Flock(handle, ExclusiveNonBlocking) == 0)
        {
            return handle;
        }

        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return error is WouldBlockLinux or WouldBlockMacOS
            ? null
            : throw new HypervexException(ErrorCode.StorageUnavailable, $"Could not lock {path} (error {error}). Does the file system support flock?");
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle handle, int operation);
}
