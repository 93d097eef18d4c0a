using System.Runtime.InteropServices;

namespace Hypervex.Collections;

/// <summary>
/// Makes the calling thread one of the background for the system's scheduler: where processors are short, a thread of a caller gets three times as much, and waits less for its turn. .NET's priorities do
/// nothing on Linux.
/// Thread safety: any thread; it acts on the one that calls.
/// </summary>
internal static partial class BackgroundThread
{
    /// <summary>What is added: a weight of 335 where others have 1,024 (sched(7)): less would starve linking, and whoever writes waits for that in the end.</summary>
    private const int Niceness = 5;

    /// <summary>Lowers the priority; nothing happens where the system does not let it.</summary>
    public static void Lower()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Nice(Niceness); // to what the process has; on Linux it is the calling thread's alone
        }
        else if (!OperatingSystem.IsBrowser())
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
    }

    [LibraryImport("libc", EntryPoint = "nice")]
    private static partial int Nice(int increment);
}
