using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hypervex.Storage;

/// <summary>Takes space for a range of a file before a write into it is promised.</summary>
internal static partial class SpaceAllocation
{
    private const int NotSupported = 95;
    private const int Interrupted = 4;
    private const int KeepSize = 1;
    private const int PunchHole = 2;

    /// <summary>
    /// fallocate on Linux. Where the file system has none (or on another operating system) the file is only extended: a
    /// full disk is then found by the write itself.
    /// </summary>
    public static void Allocate(SafeFileHandle handle, string path, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            int result;
            do
            {
                result = Fallocate(handle, 0, offset, length);
            }
            while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);

            if (result == 0)
            {
                return;
            }

            if (Marshal.GetLastPInvokeError() != NotSupported)
            {
                throw StorageErrors.FromLastError(path, "take space for");
            }
        }

        if (RandomAccess.GetLength(handle) < offset + length)
        {
            try
            {
                RandomAccess.SetLength(handle, offset + length);
            }
            catch (IOException exception)
            {
                throw StorageErrors.From(exception, path, "extend");
            }
        }
    }

    /// <summary>Punches a hole into a file on Linux; false where that is not supported.</summary>
    public static bool TryRelease(SafeFileHandle handle, string path, long offset, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        int result;
        do
        {
            result = Fallocate(handle, KeepSize | PunchHole, offset, length);
        }
        while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);

        if (result != 0 && Marshal.GetLastPInvokeError() != NotSupported)
        {
            throw StorageErrors.FromLastError(path, "give back the space of");
        }

        return result == 0;
    }

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    private static partial int Fallocate(SafeFileHandle handle, int mode, long offset, long length);
}
