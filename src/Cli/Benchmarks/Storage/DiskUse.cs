using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// Bytes of a directory: the sum of the files' lengths, and the space that they take (files may be sparse or have space taken ahead),
/// as <c>du</c> counts it; null without that program.
/// </summary>
internal readonly record struct DiskUse(long FileBytes, long? AllocatedBytes)
{
    /// <summary>What counts: the allocated space where it is known.</summary>
    public long Bytes => AllocatedBytes ?? FileBytes;

    /// <summary>Looks at a directory.</summary>
    public static DiskUse Of(string directory) =>
        new(new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length), Allocated(directory));

    /// <summary>The JSON form.</summary>
    public JsonObject ToJson(string what, long records) => new()
    {
        ["state"] = what,
        ["records"] = records,
        ["file_bytes"] = FileBytes,
        ["allocated_bytes"] = AllocatedBytes,
        ["bytes_per_record"] = Math.Round(Bytes / (double)records, 1),
    };

    private static long? Allocated(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            using var du = Process.Start(new ProcessStartInfo("du", ["-s", "-B1", directory]) { RedirectStandardOutput = true })!;
            string text = du.StandardOutput.ReadToEnd();
            du.WaitForExit();
            return long.TryParse(text.Split('\t')[0], CultureInfo.InvariantCulture, out long bytes) ? bytes : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
