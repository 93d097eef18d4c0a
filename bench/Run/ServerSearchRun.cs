using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.Benchmarks.Server;
using Hypervex.Cli.Input;

namespace Hypervex.Bench.Run;

/// <summary>
/// S2: searches of 10,000 x 1,024 through REST with JSON, REST with bytes, and gRPC, over 1 to 64 connections, by turns; beside them the same searches by calls in a process, of the same rows and parameters.
/// </summary>
internal sealed class ServerSearchRun(BenchOptions options)
{
    private static readonly int[] s_connections = [1, 2, 4, 8, 16, 32, 64];

    /// <summary>Runs it.</summary>
    public JsonObject Run()
    {
        ServerBenchmarkSettings settings = Settings();
        using var data = new ServerBenchmarkData(settings);
        var points = new Dictionary<LoadTransport, List<LoadPoint>>();
        var inProcess = new List<(double One, double All, double P50)>();
        using (MeasuredServer server = MeasuredServer.Start())
        {
            for (int repetition = 0; repetition < options.Repetitions; repetition++)
            {
                inProcess.Add(InProcess(settings, data));
                foreach (LoadTransport transport in Enum.GetValues<LoadTransport>())
                {
                    ServerBenchmarkSettings own = settings with { Transport = transport, Target = transport == LoadTransport.Grpc ? server.Grpc : server.Rest };
                    points.TryAdd(transport, []);
                    points[transport].AddRange(new ServerBenchmark(own, data).Run(new Progress<long>(), default));
                }

                Console.Error.WriteLine($"S2: repetition {repetition + 1} of {options.Repetitions}");
            }
        }

        double p50 = ServerOperationsRun.Median(inProcess.Select(run => run.P50));
        double all = ServerOperationsRun.Median(inProcess.Select(run => run.All));
        return new JsonObject
        {
            ["workload"] = "S2",
            ["set"] = options.Quick ? "server-searches-quick" : "server-searches",
            ["dataset"] = new JsonObject { ["n"] = settings.Rows, ["d"] = settings.Dimension, ["queries"] = settings.Queries, ["metric"] = "l2" },
            ["parameters"] = new JsonObject { ["k"] = settings.K, ["m"] = settings.M, ["ef_construction"] = settings.EfConstruction, ["repetitions"] = options.Repetitions, ["seconds_per_point"] = options.Seconds, ["load"] = settings.Load },
            ["in_process"] = new JsonObject { ["qps_one_thread"] = ServerOperationsRun.Median(inProcess.Select(run => run.One)), ["qps_all_processors"] = all, ["p50_us"] = p50 },
            ["transports"] = new JsonArray([.. points.Select(pair => ToJson(pair.Key, pair.Value, all, p50))]),
            ["ratios"] = Ratios(points),
            ["machine"] = MachineDescription.ToJson(),
        };
    }

    // Of the greatest rate over any number of connections.
    private static JsonObject Ratios(Dictionary<LoadTransport, List<LoadPoint>> points)
    {
        double Greatest(LoadTransport transport) => points[transport].GroupBy(point => point.Connections).Max(group => ServerOperationsRun.Median(group.Select(point => point.GreatestPerSecond!.Value)));
        return new JsonObject
        {
            ["octets_to_grpc"] = Math.Round(Greatest(LoadTransport.RestOctets) / Greatest(LoadTransport.Grpc), 3),
            ["octets_to_grpc_bar"] = 0.9,
            ["grpc_to_json"] = Math.Round(Greatest(LoadTransport.Grpc) / Greatest(LoadTransport.Rest), 3),
            ["grpc_to_json_bar"] = 1.5,
            ["to_in_process_bar"] = 0.7,
            ["overhead_bar_us"] = 150,
        };
    }

    private static JsonObject ToJson(LoadTransport transport, List<LoadPoint> points, double inProcessRate, double inProcessMicros)
    {
        JsonObject[] rows =
        [
            .. points.GroupBy(point => point.Connections).Select(group => new JsonObject
            {
                ["connections"] = group.Key,
                ["recall"] = Math.Round(group.Min(point => point.Recall!.Value), 4),
                ["greatest_per_second"] = ServerOperationsRun.Median(group.Select(point => point.GreatestPerSecond!.Value)),
                ["offered_per_second"] = ServerOperationsRun.Median(group.Select(point => point.OfferedPerSecond)),
                ["p50_us"] = ServerOperationsRun.Median(group.Select(point => point.Latencies.PercentileMicroseconds(0.5))),
                ["p95_us"] = ServerOperationsRun.Median(group.Select(point => point.Latencies.PercentileMicroseconds(0.95))),
                ["p99_us"] = ServerOperationsRun.Median(group.Select(point => point.Latencies.PercentileMicroseconds(0.99))),
                ["refused"] = group.Sum(point => point.Refused),
                ["failed"] = group.Sum(point => point.Failed),
            }),
        ];
        double single = ServerOperationsRun.Median(points.Where(point => point.Connections == 1).Select(point => point.ServiceTimes!.PercentileMicroseconds(0.5)));
        return new JsonObject
        {
            ["name"] = Choice.Word(transport),
            ["overhead_us"] = Math.Round(single - inProcessMicros, 1),
            ["to_in_process"] = Math.Round(rows.Max(row => (double)row["greatest_per_second"]!) / inProcessRate, 3),
            ["points"] = new JsonArray([.. rows]),
        };
    }

    private ServerBenchmarkSettings Settings() => new()
    {
        Target = new Uri("http://localhost"),
        Collection = "bench",
        Connections = options.Quick ? [1, 4] : s_connections,
        Rows = options.Quick ? 500 : 10_000,
        Dimension = options.Quick ? 64 : 1_024,
        Queries = options.Quick ? 20 : 500,
        Duration = TimeSpan.FromSeconds(options.Seconds),
        WarmUp = TimeSpan.FromSeconds(options.Seconds),
    };

    private static (double One, double All, double P50) InProcess(ServerBenchmarkSettings settings, ServerBenchmarkData data)
    {
        using TemporaryDirectory directory = new("hypervex-bench", BenchPaths.Cache);
        using var database = Database.Open(directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem });
        Collection collection = database.CreateCollection("bench", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                [""] = new() { Dimension = settings.Dimension, Metric = settings.Metric, Index = new HnswOptions { M = settings.M, EfConstruction = settings.EfConstruction } },
            },
        });
        collection.UpsertBatch([.. data.Rows.Select((row, i) => new VectorRecord(i.ToString(CultureInfo.InvariantCulture), row))]);
        collection.WaitForIndex();
        Search(collection, data.Queries, settings.Duration); // rehearsed
        LatencySamples one = Search(collection, data.Queries, settings.Duration);
        LatencySamples[] parts = new LatencySamples[Environment.ProcessorCount];
        long begin = Stopwatch.GetTimestamp();
        Thread[] threads = [.. parts.Select((_, i) => new Thread(() => parts[i] = Search(collection, data.Queries, settings.Duration)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return (one.Count / settings.Duration.TotalSeconds, parts.Sum(part => part.Count) / seconds, one.PercentileMicroseconds(0.5));
    }

    private static LatencySamples Search(Collection collection, float[][] queries, TimeSpan duration)
    {
        Hit[] hits = new Hit[Workload.K];
        LatencySamples samples = new();
        long begin = Stopwatch.GetTimestamp();
        for (int number = 0; Stopwatch.GetElapsedTime(begin) < duration; number++)
        {
            long start = Stopwatch.GetTimestamp();
            collection.Search(queries[number % queries.Length], default, hits);
            samples.Add(Stopwatch.GetTimestamp() - start);
        }

        return samples;
    }
}
