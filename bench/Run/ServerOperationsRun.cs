using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.Benchmarks.Server;
using Hypervex.Cli.Benchmarks.Storage;

namespace Hypervex.Bench.Run;

/// <summary>
/// S1: 10,000 x 1,024 through REST, one client that asks again as soon as it has its answer: add, get, update, search, delete, each durable before it is acknowledged; beside them one write and fdatasync of as
/// many bytes as a record has, and the memory of the empty and of the filled server.
/// </summary>
internal sealed class ServerOperationsRun(BenchOptions options)
{
    private const int RecordOverhead = 100;
    private const double MemoryBarMb = 45;

    /// <summary>Runs it.</summary>
    public JsonObject Run()
    {
        ServerBenchmarkSettings settings = Settings(new Uri("http://localhost"));
        using var data = new ServerBenchmarkData(settings);
        var points = new List<LoadPoint>();
        JsonObject? floor = null;
        var memory = new JsonArray();
        for (int repetition = 0; repetition < options.Repetitions; repetition++)
        {
            floor = SyncFloor.Measure(BenchPaths.Cache, 1, (sizeof(float) * settings.Dimension) + RecordOverhead, settings.Duration) ?? floor;
            using MeasuredServer server = MeasuredServer.Start();
            double? empty = server.AnonymousMb;
            var benchmark = new ServerBenchmark(settings with { Target = server.Rest }, data) { Filled = () => memory.Add(Memory(server, settings.Collection, empty)) };
            points.AddRange(benchmark.Run(new Progress<long>(), default));
            Console.Error.WriteLine($"S1: repetition {repetition + 1} of {options.Repetitions}");
        }

        JsonObject P50(LoadOperation operation) => new()
        {
            ["operation"] = Hypervex.Cli.Input.Choice.Word(operation),
            ["p50_us"] = Median(points.Where(point => point.Operation == operation).Select(point => point.ServiceTimes!.PercentileMicroseconds(0.5))),
            ["p99_us"] = Median(points.Where(point => point.Operation == operation).Select(point => point.ServiceTimes!.PercentileMicroseconds(0.99))),
            ["recall"] = points.First(point => point.Operation == operation).Recall,
            ["failed"] = points.Where(point => point.Operation == operation).Sum(point => point.Failed),
        };

        double? synced = (double?)floor?["p50_us"];
        return new JsonObject
        {
            ["workload"] = "S1",
            ["set"] = options.Quick ? "server-operations-quick" : "server-operations",
            ["dataset"] = new JsonObject { ["n"] = settings.Rows, ["d"] = settings.Dimension, ["metric"] = "l2" },
            ["parameters"] = new JsonObject { ["k"] = settings.K, ["m"] = settings.M, ["ef_construction"] = settings.EfConstruction, ["repetitions"] = options.Repetitions, ["seconds_per_point"] = options.Seconds, ["durability"] = "fsync" },
            ["write_and_fdatasync"] = floor,
            ["operations"] = new JsonArray([.. settings.Operations.Select(P50)]),
            ["bars_us"] = new JsonObject { ["insert"] = synced is { } time ? Math.Round((1.3 * time) + 300, 1) : null, ["get"] = 200, ["search"] = 1_000 },
            ["memory"] = memory,
            ["memory_bar_mb"] = MemoryBarMb,
            ["machine"] = MachineDescription.ToJson(),
        };
    }

    /// <summary>The middle one.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return Math.Round(sorted[sorted.Length / 2], 1);
    }

    private ServerBenchmarkSettings Settings(Uri target) => new()
    {
        Target = target,
        Transport = LoadTransport.Rest,
        Collection = "bench",
        Operations = [LoadOperation.Search, LoadOperation.Get, LoadOperation.Insert, LoadOperation.Update, LoadOperation.Delete],
        Rows = options.Quick ? 500 : 10_000,
        Dimension = options.Quick ? 64 : 1_024,
        Queries = options.Quick ? 20 : 500,
        Duration = TimeSpan.FromSeconds(options.Seconds),
        WarmUp = TimeSpan.FromSeconds(options.Seconds),
    };

    // The filled server's garbage is not collected from outside: the figure is an upper bound.
    private static JsonObject Memory(MeasuredServer server, string collection, double? emptyMb)
    {
        using var http = new HttpClient();
        JsonNode stats = http.GetFromJsonAsync<JsonNode>(new Uri(server.Rest, $"/api/v1/collections/{collection}/vectors/stats")).GetAwaiter().GetResult()!;
        double rowsMb = (double)stats["memory"]!["row_bytes"]! / 1e6;
        double? filledMb = server.AnonymousMb;
        return new JsonObject
        {
            ["empty_mb"] = emptyMb is { } empty ? Math.Round(empty, 1) : null,
            ["filled_mb"] = filledMb is { } filled ? Math.Round(filled, 1) : null,
            ["mapped_rows_mb"] = Math.Round(rowsMb, 1),
            ["difference_and_rows_mb"] = filledMb - emptyMb + rowsMb is { } sum ? Math.Round(sum, 1) : null,
        };
    }
}
