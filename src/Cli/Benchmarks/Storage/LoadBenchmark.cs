using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// Latencies of searches at half of the greatest rate, before and during checkpoints and compaction. Only searches that were due while
/// the work ran count as "during"; the writes that give it something to do are made between two pieces of work.
/// </summary>
internal static class LoadBenchmark
{
    private const double Load = 0.5;
    private const int Queries = 1_000;
    private const int FewestPieces = 3;

    /// <summary>Measures the pieces of work one after the other in one database.</summary>
    public static IEnumerable<JsonObject> Measure(StorageSettings settings, CancellationToken cancellationToken)
    {
        using TemporaryDirectory directory = new("hypervex-bench", settings.Directory);
        using var database = Database.Open(directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem });
        Collection collection = database.CreateCollection("load", settings.CollectionOptions);
        BenchmarkRecords records = new(settings.Dimension);
        records.Fill(collection, 0, settings.Records, cancellationToken: cancellationToken);
        collection.WaitForIndex(cancellationToken);
        collection.Checkpoint(cancellationToken);
        float[][] queries = [.. Enumerable.Range(0, Queries).Select(number => records.Query(number))];
        double rate = Load * OpenLoop.MaximumRate(collection, queries, settings.Duration);

        int changed = Math.Max(1, settings.Records / 100);
        yield return Measure(
            "checkpoint", settings, collection, queries, rate, FewestPieces,
            piece => records.Fill(collection, 0, changed, rowOffset: (piece + 1L) * settings.Records, cancellationToken: cancellationToken),
            () => collection.Checkpoint(cancellationToken));

        // A third of everything becomes garbage, which is what the background waits for.
        int overwritten = Math.Max(1, settings.Records / 3);
        yield return Measure(
            "compaction", settings, collection, queries, rate, fewest: 1,
            piece => records.Fill(collection, 0, overwritten, rowOffset: (piece + 100L) * settings.Records, cancellationToken: cancellationToken),
            () => collection.Compact(cancellationToken));
    }

    private static JsonObject Measure(
        string work, StorageSettings settings, Collection collection, float[][] queries, double rate, int fewest, Action<int> prepare, Action run)
    {
        var loop = OpenLoop.Start(collection, queries, rate);
        long begin = Stopwatch.GetTimestamp();
        Thread.Sleep(settings.Duration);
        long beforeEnd = Stopwatch.GetTimestamp();
        List<(long From, long To)> pieces = [];
        for (int piece = 0; piece < fewest || Stopwatch.GetElapsedTime(beforeEnd) < settings.Duration; piece++)
        {
            prepare(piece);
            collection.WaitForIndex();
            long from = Stopwatch.GetTimestamp();
            run();
            pieces.Add((from, Stopwatch.GetTimestamp()));
        }

        IReadOnlyList<(long Due, long Latency)> samples = loop.Stop();
        LatencySamples before = new(), during = new();
        foreach ((long due, long latency) in samples)
        {
            if (due >= begin && due < beforeEnd)
            {
                before.Add(latency);
            }
            else if (pieces.Exists(piece => due >= piece.From && due < piece.To))
            {
                during.Add(latency);
            }
        }

        JsonObject row = new()
        {
            ["work"] = work,
            ["records"] = settings.Records,
            ["pieces"] = pieces.Count,
            ["longest_ms"] = Math.Round(pieces.Max(piece => piece.To - piece.From) * 1e3 / Stopwatch.Frequency, 1),
            ["searches_per_second"] = Math.Round(rate, 1),
            ["searches_before"] = before.Count,
            ["searches_during"] = during.Count,
        };
        AddPercentiles(row, "before", before);
        AddPercentiles(row, "during", during);
        row["p99_ratio"] = during.Count == 0 ? null : Math.Round(during.PercentileMicroseconds(0.99) / before.PercentileMicroseconds(0.99), 2);
        return row;
    }

    private static void AddPercentiles(JsonObject row, string when, LatencySamples samples)
    {
        row[$"p50_{when}_us"] = samples.Count == 0 ? null : Math.Round(samples.PercentileMicroseconds(0.5), 1);
        row[$"p99_{when}_us"] = samples.Count == 0 ? null : Math.Round(samples.PercentileMicroseconds(0.99), 1);
    }
}
