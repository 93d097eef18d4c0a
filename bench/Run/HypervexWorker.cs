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
internal sealed class HypervexWorker : IDisposable
{
    /// <summary>The first argument of such a process.</summary>
    public const string Command = "worker";

    private readonly WorkloadData _data;
    private readonly AnnSettings _settings;
    private readonly List<float[]> _queries;
    private readonly int[][] _truth;
    private readonly string _directory;
    private Database _database;
    private Collection _collection;

    private HypervexWorker(WorkloadData data, AnnSettings settings, string directory)
    {
        _data = data;
        _settings = settings;
        _queries = data.ReadQueries();
        _truth = data.ReadTruth();
        _directory = directory;
        Rehearse(data, settings);
        _database = Database.Open(directory, AnnBenchmark.DatabaseOptions(settings));
        AnnBuild build = new AnnBenchmark(_database, settings).Build(data.ReadRows(), new Progress<long>(), default);
        Answer.Write(ToJson(build, settings.BuildThreads));
        _collection = _database.GetCollection(AnnBenchmark.CollectionName);
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
        using HypervexWorker worker = new(data, settings, directory.Path);
        while (Console.In.ReadLine() is { Length: > 0 } line)
        {
            Answer.Write(worker.Obey(line.Split(' ')));
        }
    }

    public void Dispose() => _database.Dispose();

    /// <summary>Builds a part of the rows somewhere else first: the peer is compiled when it starts, and this program while it runs.</summary>
    private static void Rehearse(WorkloadData data, AnnSettings settings)
    {
        const int Rows = 10_000;
        List<float[]> rows = data.ReadRows();
        rows.RemoveRange(Math.Min(rows.Count, Rows), Math.Max(0, rows.Count - Rows));
        using TemporaryDirectory directory = new("hypervex-bench", BenchPaths.Cache);
        using var database = Database.Open(directory.Path, AnnBenchmark.DatabaseOptions(settings));
        new AnnBenchmark(database, settings).Build(rows, new Progress<long>(), default);
    }

    private static JsonObject ToJson(AnnBuild build, int threads) => new()
    {
        ["build"] = new JsonObject
        {
            ["seconds"] = Math.Round(build.Seconds, 3),
            ["threads"] = threads,
            ["acknowledged_seconds"] = Math.Round(build.AcknowledgedSeconds, 3),
            ["processor_seconds"] = Math.Round(build.ProcessorSeconds, 3),
            ["anon_rss_mb"] = build.Memory.AnonymousMb is { } memory ? Math.Round(memory, 1) : null,
            ["rss_mb"] = build.Memory.TotalMb is { } total ? Math.Round(total, 1) : null,
        },
    };

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

    /// <summary>
    /// One thread searches and one inserts: each alone, then both at once; with one thread that links, which is the other half of the inserting, and with as many as built the graph.
    /// Inserts are counted twice: as acknowledged, which alone they are before they are linked, and as linked.
    /// </summary>
    private JsonObject Inserts(int ef, TimeSpan duration)
    {
        int next = 0;
        return new JsonObject { ["ef"] = ef, ["one_links"] = Inserts(ef, duration, 1, ref next), ["all_link"] = Inserts(ef, duration, _settings.BuildThreads, ref next) };
    }

    private JsonObject Inserts(int ef, TimeSpan duration, int linkingThreads, ref int next)
    {
        _database.Dispose();
        _database = Database.Open(_directory, AnnBenchmark.DatabaseOptions(_settings) with { IndexingThreads = linkingThreads });
        _collection = _database.GetCollection(AnnBenchmark.CollectionName);
        List<float[]> rows = _data.ReadRows();
        InsertRate(rows, ref next, duration / 2); // rehearsed, as the searches are
        _collection.WaitForIndex();
        SearchRate(ef, duration / 2);
        double searchAlone = SearchRate(ef, duration);
        (double Acknowledged, double Linked) alone = InsertRate(rows, ref next, duration);
        _collection.WaitForIndex();
        (double Acknowledged, double Linked) beside = default;
        int from = next;
        Thread inserter = new(() => beside = InsertRate(rows, ref from, duration));
        inserter.Start();
        double searchBeside = SearchRate(ef, duration);
        inserter.Join();
        next = from;
        return new JsonObject
        {
            ["linking_threads"] = linkingThreads,
            ["searches_per_second_alone"] = Math.Round(searchAlone, 1),
            ["searches_per_second_beside"] = Math.Round(searchBeside, 1),
            ["search_share"] = Math.Round(searchBeside / searchAlone, 3),
            ["acknowledged_per_second_alone"] = Math.Round(alone.Acknowledged, 1),
            ["acknowledged_per_second_beside"] = Math.Round(beside.Acknowledged, 1),
            ["acknowledged_share"] = Math.Round(beside.Acknowledged / alone.Acknowledged, 3),
            ["linked_per_second_alone"] = Math.Round(alone.Linked, 1),
            ["linked_per_second_beside"] = Math.Round(beside.Linked, 1),
            ["linked_share"] = Math.Round(beside.Linked / alone.Linked, 3),
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
    private (double Acknowledged, double Linked) InsertRate(List<float[]> rows, ref int next, TimeSpan duration)
    {
        const int Batch = 100;
        long linked = _collection.GetStats().Fields[0].Linked;
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

        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return ((next - first) / seconds, (_collection.GetStats().Fields[0].Linked - linked) / seconds);
    }

    private static TimeSpan Seconds(string word) => TimeSpan.FromSeconds(double.Parse(word, CultureInfo.InvariantCulture));

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
