using System.Text.Json.Nodes;

namespace Hypervex.Bench.Run;

/// <summary>
/// Puts tables and plots of the last results into docs/benchmarks.md: what stands between <c>&lt;!-- bench/run ID --&gt;</c> and
/// <c>&lt;!-- end --&gt;</c> is replaced. Quick results never get there.
/// </summary>
internal static class BenchmarkPage
{
    private const string End = "<!-- end -->";

    /// <summary>Writes all workloads of which there are results.</summary>
    public static void Write()
    {
        string page = File.ReadAllText(BenchPaths.Page);
        Directory.CreateDirectory(BenchPaths.Plots);
        JsonObject[] results =
        [
            .. Directory.EnumerateFiles(BenchPaths.Results, "*.json").Order(StringComparer.Ordinal)
                .Where(file => !file.EndsWith("-quick.json", StringComparison.Ordinal))
                .Select(file => JsonNode.Parse(File.ReadAllText(file))!.AsObject()),
        ];
        foreach (IGrouping<string, JsonObject> workload in results.Where(result => result["workload"] is not null).GroupBy(result => (string)result["workload"]!))
        {
            page = Replace(page, workload.Key, string.Join("\n", workload.Select(Section)));
        }

        File.WriteAllText(BenchPaths.Page, page);
    }

    /// <summary>A page with the content of one place replaced.</summary>
    /// <exception cref="InvalidOperationException">The page has no such place.</exception>
    public static string Replace(string page, string id, string content)
    {
        string begin = $"<!-- bench/run {id} -->";
        int from = page.IndexOf(begin, StringComparison.Ordinal);
        int to = from < 0 ? -1 : page.IndexOf(End, from, StringComparison.Ordinal);
        return to < 0
            ? throw new InvalidOperationException($"{BenchPaths.Page} has no place \"{begin}\" … \"{End}\".")
            : $"{page[..(from + begin.Length)]}\n{content.TrimEnd()}\n{page[to..]}";
    }

    private static string Section(JsonObject result)
    {
        string tables = ResultTables.Of(result);
        if (result["peers"] is not JsonArray peers)
        {
            return tables;
        }

        var set = (string)result["set"]!;
        string plot = SvgPlot.Draw(
            $"{set}: {result["dataset"]!["n"]} x {result["dataset"]!["d"]}, {result["dataset"]!["metric"]}",
            [.. peers.Select(peer => new PlotLine((string)peer!["name"]!, [.. peer["points"]!.AsArray().Select(point => ((double)point!["recall"]!, (double)point["qps"]!))]))]);
        File.WriteAllText(Path.Combine(BenchPaths.Plots, $"{set}.svg"), plot);
        return $"![{set}: recall against queries/s](benchmarks/{set}.svg)\n\n{tables}";
    }
}
