using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hypervex.Storage;

/// <summary>Takes space for a range of a file before a write into it is promised.</summary>
internal static partial class SpaceAllocation
{
    private const int NotSupported = 95;
    private const int Interrupted = 4;

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

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    private static partial int Fallocate(SafeFileHandle handle, int mode, long offset, long length);
}
