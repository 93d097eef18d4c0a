using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// Inserts by several threads into a fresh database. Records are made before the clock starts; it stops when the last thread's last batch
/// is acknowledged. What is linked into the graph by then is reported beside it, since searches scan the rest.
/// </summary>
internal static class InsertBenchmark
{
    /// <summary>So many vectors are made; records have them in turn, as those of the peer do (bench/Storage).</summary>
    private const int DistinctVectors = 4_096;

    private const int WarmUpRecords = 20_000;

    /// <summary>
    /// Does the same into other databases until the code is compiled as well as it will be, and the disk awake. Nothing waits for linking: it would take most of the time, and
    /// what writes would be run too seldom to be compiled.
    /// </summary>
    public static void WarmUp(StorageSettings settings, int writers, int batch)
    {
        StorageSettings some = settings with { Records = Math.Min(settings.Records, Math.Max(WarmUpRecords, writers * batch)), Duration = settings.WarmUp };
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < settings.WarmUp)
        {
            Measure(some, writers, batch, untilLinked: false);
        }
    }

    /// <summary>Measures one combination.</summary>
    public static JsonObject Measure(StorageSettings settings, int writers, int batch) => Measure(settings, writers, batch, untilLinked: true);

    private static JsonObject Measure(StorageSettings settings, int writers, int batch, bool untilLinked)
    {
        using TemporaryDirectory directory = new("hypervex-bench", settings.Directory);
        using var database = Database.Open(directory.Path, new DatabaseOptions { Durability = settings.Durability });
        Collection collection = database.CreateCollection("inserts", settings.CollectionOptions);
        VectorRecord[][] shares = Shares(settings, writers, batch);
        long logBefore = collection.GetStats().LogBytes;
        LatencySamples[] samples = new LatencySamples[writers];
        Thread[] threads = new Thread[writers];
        using Barrier start = new(writers + 1);
        for (int i = 0; i < writers; i++)
        {
            int writer = i;
            threads[i] = new Thread(() => samples[writer] = Write(collection, shares[writer], batch, settings.Duration, start));
            threads[i].Start();
        }

        TimeSpan processor = Environment.CpuUsage.TotalTime;
        start.SignalAndWait();
        long begin = Stopwatch.GetTimestamp();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        double processorSeconds = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
        CollectionStats stats = collection.GetStats();
        if (untilLinked)
        {
            collection.WaitForIndex();
        }

        double linkedSeconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var all = LatencySamples.Merge(samples);
        long records = collection.Count;
        return new JsonObject
        {
            ["writers"] = writers,
            ["batch"] = batch,
            ["measures"] = Promise.Of(settings.Durability),
            ["records"] = records,
            ["records_per_second"] = Math.Round(records / seconds, 1),
            ["p50_us"] = Math.Round(all.PercentileMicroseconds(0.5), 1),
            ["p99_us"] = Math.Round(all.PercentileMicroseconds(0.99), 1),
            ["linked_when_acknowledged"] = stats.Fields[0].Linked,
            ["pending_when_acknowledged"] = stats.Fields[0].Pending,
            ["linked_per_second"] = Math.Round(records / linkedSeconds, 1),
            ["processor_seconds"] = Math.Round(processorSeconds, 3),
            ["processor_us_per_record"] = Math.Round(1e6 * processorSeconds / records, 2),
            ["log_bytes_per_record"] = Math.Round((stats.LogBytes - logBefore) / (double)records, 1),
        };
    }

    private static VectorRecord[][] Shares(StorageSettings settings, int writers, int batch)
    {
        BenchmarkRecords source = new(settings.Dimension);
        int perWriter = Math.Max(1, settings.Records / writers / batch) * batch;
        float[][] vectors = new float[Math.Min(perWriter, DistinctVectors)][];
        Parallel.For(0, vectors.Length, i => vectors[i] = source.Vector(i));
        VectorRecord[][] shares = new VectorRecord[writers][];
        for (int writer = 0; writer < writers; writer++)
        {
            long first = (long)writer * perWriter;
            VectorRecord[] share = new VectorRecord[perWriter];
            Parallel.For(0, perWriter, i => share[i] = BenchmarkRecords.Record(first + i, first + i, vectors[i % vectors.Length]));
            shares[writer] = share;
        }

        return shares;
    }

    private static LatencySamples Write(Collection collection, VectorRecord[] records, int batch, TimeSpan duration, Barrier start)
    {
        LatencySamples samples = new();
        start.SignalAndWait();
        long begin = Stopwatch.GetTimestamp();
        for (int first = 0; first < records.Length && Stopwatch.GetElapsedTime(begin) < duration; first += batch)
        {
            long before = Stopwatch.GetTimestamp();
            if (batch == 1)
            {
                collection.Upsert(records[first]);
            }
            else
            {
                collection.UpsertBatch(new ArraySegment<VectorRecord>(records, first, batch));
            }

            samples.Add(Stopwatch.GetTimestamp() - before);
        }

        return samples;
    }
}
