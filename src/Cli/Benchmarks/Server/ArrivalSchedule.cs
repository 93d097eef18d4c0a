using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>
/// Moments at which requests are due, evenly spaced, whether or not those before have been answered. Each goes to the next connection that is free; while none is, requests are late, and their
/// latency counts from the moment at which they were due (no coordinated omission).
/// Thread safety: all members from any thread.
/// </summary>
/// <param name="begin">When the first is due, in Stopwatch ticks.</param>
/// <param name="perSecond">Requests a second; infinite = each as soon as its connection is free.</param>
/// <param name="duration">How long requests arrive.</param>
internal sealed class ArrivalSchedule(long begin, double perSecond, TimeSpan duration)
{
    private readonly long _end = begin + (long)(duration.TotalSeconds * Stopwatch.Frequency);
    private long _next = -1;

    /// <summary>Takes the next request and waits until it is due.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <param name="due">When it was due.</param>
    /// <returns>False: there is none any more.</returns>
    public bool TryTake(out long number, out long due)
    {
        number = Interlocked.Increment(ref _next);
        if (double.IsPositiveInfinity(perSecond))
        {
            due = Stopwatch.GetTimestamp();
            return due < _end;
        }

        due = begin + (long)(number * (Stopwatch.Frequency / perSecond));
        if (due >= _end)
        {
            return false;
        }

        WaitUntil(due);
        return true;
    }

    // Spinning all the time would take a processor from the server; sleeping all the time would oversleep by what the system's timers are late.
    private static void WaitUntil(long due)
    {
        const double LateSeconds = 0.00008;
        double left = (due - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency;
        if (left > LateSeconds)
        {
            Sleep(left - LateSeconds);
        }

        while (Stopwatch.GetTimestamp() < due)
        {
            Thread.SpinWait(8);
        }
    }

    private static void Sleep(double seconds)
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.Sleep((int)(seconds * 1e3));
            return;
        }

        long whole = (long)seconds;
        _ = NanoSleep(new TimeSpec(whole, (long)((seconds - whole) * 1e9)), IntPtr.Zero);
    }

    [DllImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NanoSleep(in TimeSpec time, IntPtr rest);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
