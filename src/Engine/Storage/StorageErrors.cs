using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Hypervex.Storage;

/// <summary>Turns failures of the operating system into the two codes that callers can act on.</summary>
internal static class StorageErrors
{
    private const int NoSpaceUnix = 28;
    private const int QuotaExceededLinux = 122;
    private const int DiskFullWindows = 112;
    private const int HandleDiskFullWindows = 39;

    public static HypervexException From(Exception exception, string path, string verb)
    {
        int error = exception.HResult & 0xFFFF;
        bool full = OperatingSystem.IsWindows() ? error is DiskFullWindows or HandleDiskFullWindows : exception.HResult is NoSpaceUnix or QuotaExceededLinux;
        return full ? DiskFull(path, exception) : Unavailable(path, verb, ReasonOf(exception), exception);
    }

    public static HypervexException FromLastError(string path, string verb)
    {
        int error = Marshal.GetLastPInvokeError();
        var cause = new Win32Exception(error);
        return !OperatingSystem.IsWindows() && error is NoSpaceUnix or QuotaExceededLinux
            ? DiskFull(path, cause)
            : Unavailable(path, verb, $"error {error}, {cause.Message}", cause);
    }

    public static HypervexException Damaged(string path, long offset, string message) =>
        new(ErrorCode.Damaged, $"{path}, offset {offset}: {message}");

    private static string ReasonOf(Exception exception) => exception switch
    {
        FileNotFoundException => "it does not exist",
        DirectoryNotFoundException => "its directory does not exist",
        UnauthorizedAccessException => "permission denied, or it is a directory",
        PathTooLongException => "the path is too long",
        _ when !OperatingSystem.IsWindows() && exception.HResult > 0 => $"error {exception.HResult}, {new Win32Exception(exception.HResult).Message}",
        _ => "the system refused it",
    };

    private static HypervexException DiskFull(string path, Exception cause) =>
        new(ErrorCode.DiskFull, $"No space is left for {path}. Reads go on; free some space and write again.", cause);

    private static HypervexException Unavailable(string path, string verb, string reason, Exception cause) =>
        new(ErrorCode.StorageUnavailable, $"Could not {verb} {path} ({reason}).", cause);
}
