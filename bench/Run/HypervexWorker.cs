using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;

namespace Hypervex.Bench.Run;

/// <summary>
/// Hypervex as a process that is measured by commands on stdin, by the same code as <c>hypervex bench ann</c>. Commands:
/// <c>search EF SECONDS THREADS</c>, <c>allocation EF</c>, <c>checkpoint TIMES</c>, <c>durable ROWS</c>, <c>inserts EF SECONDS</c> (the last one: it changes the
/// collection).
/// </summary>
internal sealed class HypervexWorker
{
    /// <summary>The first argument of such a process.</summary>
    public const string Command = "worker";

    private readonly WorkloadData _data;
    private readonly AnnSettings _settings;
    private readonly List<float[]> _queries;
    private readonly int[][] _truth;
    private readonly Collection _collection;

    private HypervexWorker(WorkloadData data, AnnSettings settings, Collection collection)
    {
        _data = data;
        _settings = settings;
        _queries = data.ReadQueries();
        _truth = data.ReadTruth();
        _collection = collection;
    }

    /// <summary>Builds, then answers commands until stdin ends.</summary>
    public static void Run(string[] args)
    {
        var data = new WorkloadData(args[1], Number(args[7]), Number(args[2]), Number(args[8]));
        if (!Choice.TryRead(args[3], out Metric metric) || !Choice.TryRead(args[5], out QuantizationKind codes))
        {
            throw new ArgumentException("worker DIRECTORY DIMENSION METRIC M CODES THREADS ROWS QUERIES");
        }

        AnnSettings settings = new()
        {
            Metric = metric,
            K = Workload.K,
            Index = new HnswOptions { M = Number(args[4]), EfConstruction = Workload.EfConstruction },
            Quantization = codes,
            Ef = [],
            BuildThreads = Number(args[6]),
            SearchThreads = 1,
            PointDuration = default,
        };
        using TemporaryDirectory directory = new("hypervex-bench", BenchPaths.Cache);
        using var database = Database.Open(directory.Path, AnnBenchmark.DatabaseOptions(settings));
        AnnBuild build = new AnnBenchmark(database, settings).Build(data.ReadRows(), new Progress<long>(), default);
        Answer.Write(new JsonObject
        {
            ["build"] = new JsonObject
            {
                ["seconds"] = Math.Round(build.Seconds, 3),
                ["threads"] = settings.BuildThreads,
                ["acknowledged_seconds"] = Math.Round(build.AcknowledgedSeconds, 3),
                ["processor_seconds"] = Math.Round(build.ProcessorSeconds, 3),
                ["anon_rss_mb"] = build.Memory.AnonymousMb is { } memory ? Math.Round(memory, 1) : null,
                ["rss_mb"] = build.Memory.TotalMb is { } total ? Math.Round(total, 1) : null,
            },
        });
        HypervexWorker worker = new(data, settings, database.GetCollection("ann"));
        while (Console.In.ReadLine() is { Length: > 0 } line)
        {
            Answer.Write(worker.Obey(line.Split(' ')));
        }
    }

    private JsonObject Obey(string[] words)
    {
        int number = Number(words[1]);
        return words[0] switch
        {
            "search" => Search(number, Seconds(words[2]), Number(words[3])),
            "allocation" => Allocation(number),
            "checkpoint" => Checkpoints(number),
            "durable" => new InsertRun(_data.ReadRows(), _settings.Metric, _settings.Index, _settings.BuildThreads).Run(number),
            "inserts" => Inserts(number, Seconds(words[2])),
            _ => throw new ArgumentException($"There is no command {words[0]}."),
        };
    }

    private JsonObject Search(int ef, TimeSpan duration, int threads)
    {
        AnnSettings settings = _settings with { PointDuration = duration, SearchThreads = threads };
        return AnnReport.ToJson(new AnnSearchRun(_collection, _queries, _truth, settings).Measure(ef));
    }

    private JsonObject Allocation(int ef)
    {
        const int Searches = 10_000;
        SearchOptions options = new() { Ef = ef };
        Hit[] hits = new Hit[_settings.K];
        for (int i = 0; i < _queries.Count; i++)
        {
            _collection.Search(_queries[i], options, hits);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Searches; i++)
        {
            _collection.Search(_queries[i % _queries.Count], options, hits);
        }

        return new JsonObject { ["bytes_per_search"] = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Searches };
    }

    /// <summary>Checkpoints of the whole collection, each after one more change; their median.</summary>
    private JsonObject Checkpoints(int times)
    {
        double[] seconds = new double[times];
        for (int i = 0; i < times; i++)
        {
            VectorRecord record = _collection.Get("0")!;
            _collection.Update(record.Id, new RecordUpdate { Metadata = new MetadataObject { ["checkpoint"] = i } });
            long begin = Stopwatch.GetTimestamp();
            _collection.Checkpoint();
            seconds[i] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }

        Array.Sort(seconds);
        return new JsonObject { ["seconds"] = Math.Round(seconds[times / 2], 3) };
    }

    /// <summary>One thread searches and one inserts: each alone, then both at once.</summary>
    private JsonObject Inserts(int ef, TimeSpan duration)
    {
        List<float[]> rows = _data.ReadRows();
        int next = 0;
        double searchAlone = SearchRate(ef, duration);
        double insertAlone = InsertRate(rows, ref next, duration);
        _collection.WaitForIndex();
        double insertBeside = 0;
        int from = next;
        Thread inserter = new(() => insertBeside = InsertRate(rows, ref from, duration));
        inserter.Start();
        double searchBeside = SearchRate(ef, duration);
        inserter.Join();
        return new JsonObject
        {
            ["ef"] = ef,
            ["linking_threads"] = _settings.BuildThreads,
            ["searches_per_second_alone"] = Math.Round(searchAlone, 1),
            ["searches_per_second_beside"] = Math.Round(searchBeside, 1),
            ["inserts_per_second_alone"] = Math.Round(insertAlone, 1),
            ["inserts_per_second_beside"] = Math.Round(insertBeside, 1),
            ["search_share"] = Math.Round(searchBeside / searchAlone, 3),
            ["insert_share"] = Math.Round(insertBeside / insertAlone, 3),
        };
    }

    private double SearchRate(int ef, TimeSpan duration)
    {
        SearchOptions options = new() { Ef = ef };
        Hit[] hits = new Hit[_settings.K];
        long begin = Stopwatch.GetTimestamp();
        long searches = 0;
        while (Stopwatch.GetElapsedTime(begin) < duration)
        {
            _collection.Search(_queries[(int)(searches++ % _queries.Count)], options, hits);
        }

        return searches / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    // New ids, each with a row that is a little off one that is there: equal rows would make another graph.
    private double InsertRate(List<float[]> rows, ref int next, TimeSpan duration)
    {
        const int Batch = 100;
        long begin = Stopwatch.GetTimestamp();
        int first = next;
        while (Stopwatch.GetElapsedTime(begin) < duration)
        {
            VectorRecord[] records = new VectorRecord[Batch];
            for (int i = 0; i < Batch; i++, next++)
            {
                float[] row = [.. rows[next % rows.Count]];
                row[next % row.Length] += 1e-3f * (1 + Math.Abs(row[next % row.Length]));
                records[i] = new VectorRecord(string.Create(CultureInfo.InvariantCulture, $"new-{next}"), row);
            }

            _collection.UpsertBatch(records);
        }

        return (next - first) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static TimeSpan Seconds(string word) => TimeSpan.FromSeconds(double.Parse(word, CultureInfo.InvariantCulture));

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
