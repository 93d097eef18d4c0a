using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>A database of many small collections: creating, opening, searching all, with memory and file handles.</summary>
internal static class CollectionsBenchmark
{
    private const int RecordsEach = 10;

    /// <summary>Measures one number of collections.</summary>
    public static async Task<JsonObject> MeasureAsync(StorageSettings settings, CancellationToken cancellationToken)
    {
        using TemporaryDirectory directory = new("hypervex-bench", settings.Directory);
        BenchmarkRecords records = new(settings.Dimension);
        long begin = Stopwatch.GetTimestamp();
        using (var database = Database.Open(directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem }))
        {
            for (int number = 0; number < settings.Collections; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                records.Fill(database.CreateCollection(ChildWork.NameOf(number), settings.CollectionOptions), 0, RecordsEach, cancellationToken: cancellationToken);
            }
        }

        double created = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        JsonObject found = await ChildProcess.RunAndKillAsync(ChildJob.Create(ChildRole.OpenAll, directory.Path, settings), cancellationToken).ConfigureAwait(false);
        JsonObject row = new()
        {
            ["collections"] = (int?)found["collections"],
            ["records"] = (long?)found["records"],
            ["created_ms"] = Math.Round(created, 1),
        };
        foreach (string figure in (string[])["opened_ms", "first_answer_ms", "all_searched_ms", "anon_rss_mb", "file_handles", "threads"])
        {
            row[figure] = found[figure]?.DeepClone();
        }

        return row;
    }
}
