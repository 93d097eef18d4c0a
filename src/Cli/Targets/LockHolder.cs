using System.Globalization;

namespace Hypervex.Cli.Targets;

/// <summary>Finds out which process has a data directory open, as well as the operating system lets this user see it.</summary>
internal static class LockHolder
{
    private const string LockFileName = "LOCK";

    /// <summary>A message that says who may hold the directory and what to do.</summary>
    public static string Describe(string dataPath)
    {
        string who = Find(dataPath) is (int id, string name)
            ? string.Create(CultureInfo.InvariantCulture, $"process {id} ({name})")
            : "another process";
        return $"The data directory \"{dataPath}\" is open in {who}. If that is `hypervex serve`, use its address: "
            + "--url http://127.0.0.1:8080 instead of --data. Otherwise close that process first; one process at a time can have a directory open.";
    }

    /// <summary>
    /// The process that has the lock file open (Linux: its descriptors are links under /proc). Null elsewhere, or when the
    /// process belongs to another user.
    /// </summary>
    internal static (int Id, string Name)? Find(string dataPath)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        string file = Path.Combine(Path.GetFullPath(dataPath), LockFileName);
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && id != Environment.ProcessId
                && HasOpen(directory, file))
            {
                return (id, NameOf(directory));
            }
        }

        return null;
    }

    private static bool HasOpen(string process, string file)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(process, "fd")).Any(link => new FileInfo(link).LinkTarget == file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            string line = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ').Trim();
            const int Longest = 120;
            return line.Length > Longest ? line[..Longest] + "…" : line;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }
}
