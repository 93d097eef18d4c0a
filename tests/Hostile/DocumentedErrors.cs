using System.Globalization;
using System.Text.RegularExpressions;

namespace Hypervex.Hostile.Tests;

/// <summary>The codes and statuses of docs/errors.md.</summary>
internal static partial class DocumentedErrors
{
    /// <summary>The status of every code.</summary>
    public static IReadOnlyDictionary<string, int> Statuses { get; } = Row().Matches(File.ReadAllText(Path.Combine(Root(), "docs", "errors.md")))
        .ToDictionary(row => row.Groups[1].Value, row => int.Parse(row.Groups[2].Value, CultureInfo.InvariantCulture));

    /// <summary>Whether a client's bytes, of whatever kind, may be answered with a code: those that tell of a fault of the server or its disk may not.</summary>
    public static bool IsForClients(string code) =>
        Statuses.TryGetValue(code, out int status) && status != 500 && code is not ("log_failed" or "locked" or "opening" or "storage_unavailable" or "memory_limit" or "disk_full");

    private static string Root()
    {
        string at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Hypervex.slnx")))
        {
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException($"The repository's root was not found above {AppContext.BaseDirectory}.");
        }

        return at;
    }

    [GeneratedRegex(@"^\| `([a-z_]+)` \| (\d\d\d) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
