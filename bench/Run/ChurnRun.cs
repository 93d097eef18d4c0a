using System.Diagnostics;
using System.Text.Json.Nodes;
using Hypervex.Cli;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.Benchmarks.Storage;

namespace Hypervex.Bench.Run;

/// <summary>
/// W1: so many live records, and a hundred times as many inserts and deletes, through the product's own calls; recall against exact search
/// of what lives then. hnswlib has no slot reuse to compare with.
/// </summary>
internal sealed class ChurnRun(BenchOptions options)
{
    private const int Dimension = 128;
    private const int Batch = 100;
    private const int QueryCount = 1_000;
    private const int Points = 20;
    private static readonly int[] s_efs = [16, 64];

    private readonly BenchmarkRecords _source = new(Dimension);
    private readonly int _live = options.Quick ? 1_000 : 10_000;
    private readonly int _pairs = options.Quick ? 5_000 : 500_000;

    /// <summary>Runs it; an insert and a delete are two of the million operations.</summary>
    public JsonObject Run()
    {
        using TemporaryDirectory directory = new("hypervex-churn", BenchPaths.Cache);
        using var database = Database.Open(directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem, IndexingThreads = options.BuildThreads });
        Collection collection = database.CreateCollection("churn", CollectionOptions.Create(Dimension, Metric.L2));
        float[][] queries = [.. Enumerable.Range(0, QueryCount).Select(number => _source.Query(number))];
        _source.Fill(collection, 0, _live);
        JsonArray curve = [Look(collection, queries, 0, 0)];
        long oldest = 0, next = _live;
        int pairsPerPoint = _pairs / Points;
        for (int point = 1; point <= Points; point++)
        {
            long begin = Stopwatch.GetTimestamp();
            for (int pair = 0; pair < pairsPerPoint; pair += Batch)
            {
                _source.Fill(collection, next, Batch);
                collection.DeleteBatch([.. Enumerable.Range(0, Batch).Select(i => BenchmarkRecords.Id(oldest + i))]);
                next += Batch;
                oldest += Batch;
            }

            curve.Add(Look(collection, queries, 2L * point * pairsPerPoint, Stopwatch.GetElapsedTime(begin).TotalSeconds));
        }

        return new JsonObject
        {
            ["workload"] = "W1",
            ["set"] = options.Quick ? "churn-quick" : "churn",
            ["parameters"] = new JsonObject { ["live"] = _live, ["operations"] = 2L * _pairs, ["d"] = Dimension, ["k"] = Workload.K, ["m"] = 16, ["ef_construction"] = 200, ["threads"] = options.BuildThreads },
            ["curve"] = curve,
            ["fall_of_recall"] = Math.Round(s_efs.Max(ef => Mean(curve, ef, 0, Points / 4) - Mean(curve, ef, curve.Count - (Points / 4), curve.Count)), 4),
            ["greatest_fall_of_recall"] = Math.Round(s_efs.Max(ef => Fall(curve, ef)), 4),
            ["bar"] = 0.005,
            ["machine"] = MachineDescription.ToJson(),
        };
    }

    private static double Fall(JsonArray curve, int ef)
    {
        double[] recalls = [.. curve.Select(point => (double)point![$"recall_at_ef_{ef}"]!)];
        return recalls[0] - recalls.Min();
    }

    // What lives changes from point to point, and with it the recall a little; quarters tell a trend from that.
    private static double Mean(JsonArray curve, int ef, int from, int to) =>
        curve.Skip(from).Take(to - from).Average(point => (double)point![$"recall_at_ef_{ef}"]!);

    private static JsonObject Look(Collection collection, float[][] queries, long operations, double seconds)
    {
        collection.WaitForIndex();
        JsonObject point = new() { ["operations"] = operations, ["seconds"] = Math.Round(seconds, 2) };
        Hit[] found = new Hit[Workload.K], exact = new Hit[Workload.K];
        foreach (int ef in s_efs)
        {
            int right = 0;
            foreach (float[] query in queries)
            {
                int all = collection.Search(query, new SearchOptions { Exact = true }, exact);
                int some = collection.Search(query, new SearchOptions { Ef = ef }, found);
                right += found.Take(some).Count(hit => exact.Take(all).Any(truth => truth.Handle == hit.Handle));
            }

            point[$"recall_at_ef_{ef}"] = Math.Round(right / (double)(Workload.K * queries.Length), 4);
        }

        CollectionStats stats = collection.GetStats();
        point["records"] = stats.Count;
        point["row_mb"] = Math.Round(stats.Fields[0].RowBytes / 1e6, 1);
        point["index_mb"] = Math.Round(stats.Fields[0].IndexBytes / 1e6, 1);
        point["log_mb"] = Math.Round(stats.LogBytes / 1e6, 1);
        Console.Error.WriteLine($"W1 churn: {point.ToJsonString()}");
        return point;
    }
}
