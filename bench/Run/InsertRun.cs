using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli;

namespace Hypervex.Bench.Run;

/// <summary>
/// Inserts of the workload's rows into empty collections, acknowledged when they are durable: batches of 1,000 with fsync, and one by one in batch durability.
/// The clock runs while rows are inserted only; linking goes on in the background, as it does for users.
/// </summary>
internal sealed class InsertRun(List<float[]> rows, Metric metric, HnswOptions index, int threads)
{
    private const int Batch = 1_000;
    private const int Warming = 10_000;
    private const int Singles = 20_000;

    /// <summary>Measures both.</summary>
    /// <param name="count">Rows of the first part, at most those that there are.</param>
    public JsonObject Run(int count)
    {
        using TemporaryDirectory directory = new("hypervex-inserts", BenchPaths.Cache);
        using var database = Database.Open(directory.Path, new DatabaseOptions { Durability = Durability.Fsync, IndexingThreads = threads });
        Batches(Create(database, "warming"), Math.Min(Warming, rows.Count));
        double perSecond = Batches(Create(database, "batches"), Math.Min(count, rows.Count));
        double[] micros = OneByOne(Create(database, "singles"), Math.Min(Singles, rows.Count));
        return new JsonObject
        {
            ["batch"] = Batch,
            ["writers"] = 1,
            ["durable_inserts_per_second"] = Math.Round(perSecond, 1),
            ["single_in_batch_durability_p50_us"] = Math.Round(micros[micros.Length / 2], 2),
            ["single_in_batch_durability_p99_us"] = Math.Round(micros[(int)(micros.Length * 0.99)], 2),
        };
    }

    private Collection Create(Database database, string name) => database.CreateCollection(name, new CollectionOptions
    {
        Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = rows[0].Length, Metric = metric, Index = index } },
    });

    private double Batches(Collection collection, int count)
    {
        VectorRecord[] records = [.. rows.Take(count).Select((row, number) => new VectorRecord(Id(number), row))];
        long begin = Stopwatch.GetTimestamp();
        for (int first = 0; first < count; first += Batch)
        {
            collection.UpsertBatch(records[first..Math.Min(count, first + Batch)]);
        }

        return count / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private double[] OneByOne(Collection collection, int count)
    {
        WriteOptions options = new() { Durability = Durability.Batch };
        double[] micros = new double[count];
        for (int number = 0; number < count; number++)
        {
            VectorRecord record = new(Id(number), rows[number]);
            long begin = Stopwatch.GetTimestamp();
            collection.Upsert(record, options);
            micros[number] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        }

        Array.Sort(micros);
        return micros;
    }

    private static string Id(int number) => number.ToString(CultureInfo.InvariantCulture);
}
