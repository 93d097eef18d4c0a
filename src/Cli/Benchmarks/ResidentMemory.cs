using System.Globalization;

namespace Hypervex.Cli.Benchmarks;

/// <summary>
/// Memory of this process that is in RAM, in megabytes of 10^6 bytes: all of it, and the anonymous part (without mapped
/// files). From /proc/self/status; null where that does not exist.
/// </summary>
/// <param name="TotalMb">VmRSS.</param>
/// <param name="AnonymousMb">RssAnon.</param>
internal readonly record struct ResidentMemory(double? TotalMb, double? AnonymousMb)
{
    private const string StatusFile = "/proc/self/status";

    /// <summary>Reads the figures after a full garbage collection, so that garbage is not counted.</summary>
    public static ResidentMemory AfterCollection()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return File.Exists(StatusFile) ? Parse(File.ReadAllText(StatusFile)) : default;
    }

    /// <summary>Reads the figures from the text of a status file.</summary>
    internal static ResidentMemory Parse(string status) => new(Find(status, "VmRSS:"), Find(status, "RssAnon:"));

    private static double? Find(string status, string key)
    {
        foreach (string line in status.Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                string kibibytes = line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
                return double.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024 / 1e6;
            }
        }

        return null;
    }
}
