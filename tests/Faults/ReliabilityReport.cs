using System.Globalization;
using System.Text;

namespace Hypervex.Faults.Tests;

/// <summary>
/// docs/reliability-report.md: one row for each fault of the long tier, written by the test that injected it when it has passed.
/// Thread safety: all members from any thread, and from the processes of two test projects: one writes at a time.
/// </summary>
internal static class ReliabilityReport
{
    private const string Header = """
        # Reliability report

        Written by the long tier (`./test --long`, tests/Faults and tests/Hostile); each row by its test, when it had passed. The faults are those of the
        reliability table (R1 to R14, L1 and L2); the controls that must fail run with the same tests.

        | id | fault | seed | figures | commit | src tree | date (UTC) |
        |---|---|---|---|---|---|---|

        """;

    /// <summary>Puts a row in place of the one with the same id, if the run was a full one.</summary>
    /// <param name="id">The row of the table.</param>
    /// <param name="isFull">Whether as many faults were injected as the long tier asks for.</param>
    /// <param name="fault">What was injected.</param>
    /// <param name="seed">The seed that repeats it.</param>
    /// <param name="figures">What was counted.</param>
    public static void Write(string id, bool isFull, string fault, long seed, string figures)
    {
        if (!isFull || Repository() is not { } repository)
        {
            return;
        }

        using FileStream turn = TakeTurn();
        string path = Path.Combine(repository, "docs", "reliability-report.md");
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(path))
        {
            foreach (string line in File.ReadLines(path).Where(line => line.StartsWith("| R", StringComparison.Ordinal) || line.StartsWith("| L", StringComparison.Ordinal)))
            {
                rows[line.Split('|')[1].Trim()] = line;
            }
        }

        string dirty = Tool.Run("git", "-C", repository, "status", "--porcelain", "src").Output.Length > 0 ? " with changes" : "";
        rows[id] = string.Create(
            CultureInfo.InvariantCulture,
            $"| {id} | {fault} | {seed} | {figures} | {Revision(repository, "HEAD")} | {Revision(repository, "HEAD:src")}{dirty} | {DateTime.UtcNow:yyyy-MM-dd HH:mm} |");
        File.WriteAllText(path, new StringBuilder(Header).AppendJoin('\n', rows.Values).Append('\n').ToString());
    }

    private static FileStream TakeTurn()
    {
        string path = Path.Combine(Path.GetTempPath(), "hypervex-reliability-report.lock");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(50); // another project writes its row
            }
        }
    }

    private static string Revision(string repository, string name) => Tool.Run("git", "-C", repository, "rev-parse", "--short=12", name).Output.Trim();

    private static string? Repository()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Hypervex.slnx")))
        {
            at = Path.GetDirectoryName(at);
        }

        return at;
    }
}
