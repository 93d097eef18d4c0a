using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// The least that a durable insert can take: one write of the same bytes and one fdatasync, one after the other, into a file whose space
/// is already taken and zero-filled. Linux only.
/// </summary>
internal static class SyncFloor
{
    /// <summary>Measures writes of a size, as many as fit into the duration.</summary>
    /// <returns>Null where there is no fdatasync.</returns>
    public static JsonObject? Measure(string directory, int batch, int bytes, TimeSpan duration)
    {
        const long MostBytes = 256 << 20;
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        string path = Path.Combine(directory, "floor");
        long room = Math.Clamp(MostBytes / bytes, 16, 20_000) * bytes;
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
        byte[] content = new byte[bytes];
        for (long offset = 0; offset < room; offset += bytes)
        {
            RandomAccess.Write(file, content, offset);
        }

        Sync(file);
        new Random(1).NextBytes(content);
        LatencySamples samples = new();
        long begin = Stopwatch.GetTimestamp();
        for (long offset = 0; offset < room && Stopwatch.GetElapsedTime(begin) < duration; offset += bytes)
        {
            long before = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, content, offset);
            Sync(file);
            samples.Add(Stopwatch.GetTimestamp() - before);
        }

        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new JsonObject
        {
            ["batch"] = batch,
            ["bytes"] = bytes,
            ["batches_per_second"] = Math.Round(samples.Count / seconds, 1),
            ["records_per_second"] = Math.Round(samples.Count * (double)batch / seconds, 1),
            ["p50_us"] = Math.Round(samples.PercentileMicroseconds(0.5), 1),
            ["p99_us"] = Math.Round(samples.PercentileMicroseconds(0.99), 1),
        };
    }

    private static void Sync(SafeFileHandle file)
    {
        if (FDataSync(file) != 0)
        {
            throw new IOException($"fdatasync failed: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FDataSync(SafeFileHandle file);
}
