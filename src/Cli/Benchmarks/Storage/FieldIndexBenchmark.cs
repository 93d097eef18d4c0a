using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// Opening a collection with three indexed metadata fields: as a checkpoint holds them, without their files (they are built in the background while the first
/// filter reads the records), and without any index. The database was opened once before, so that no code is compiled in the measured time; files are in the page cache.
/// </summary>
internal static class FieldIndexBenchmark
{
    /// <summary>Rows that <see cref="Measure"/> will give.</summary>
    public const int Rows = 3;

    private const int Categories = 1_000;
    private const string CollectionName = "records";

    private static readonly Dictionary<string, FieldIndexType> s_indexes = new()
    {
        ["category"] = FieldIndexType.Keyword,
        ["year"] = FieldIndexType.Integer,
        ["price"] = FieldIndexType.Float,
    };

    /// <summary>Measures the three ways of opening.</summary>
    public static IEnumerable<JsonObject> Measure(StorageSettings settings, CancellationToken cancellationToken)
    {
        using TemporaryDirectory directory = new("hypervex-bench", settings.Directory);
        Fill(directory.Path, settings, cancellationToken);
        Open(directory.Path, "warm-up");
        yield return Open(directory.Path, "loaded");
        foreach (string file in Files(directory.Path))
        {
            File.Delete(file);
        }

        yield return Open(directory.Path, "built");
        using (var database = Database.Open(directory.Path))
        {
            Array.ForEach([.. s_indexes.Keys], field => database.GetCollection(CollectionName).DropFieldIndex(field));
            database.GetCollection(CollectionName).Checkpoint(cancellationToken);
        }

        yield return Open(directory.Path, "none");
    }

    private static JsonObject Open(string path, string indexes)
    {
        long files = Files(path).Sum(file => new FileInfo(file).Length);
        long begin = Stopwatch.GetTimestamp();
        using var database = Database.Open(path);
        Collection collection = database.GetCollection(CollectionName);
        double opened = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        long matches = collection.CountWhere(Filter.Field("category") == "c7");
        double counted = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        collection.WaitForFieldIndexes();
        double ready = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        CollectionStats stats = collection.GetStats();
        return new JsonObject
        {
            ["indexes"] = indexes,
            ["records"] = collection.Count,
            ["opened_ms"] = Math.Round(opened, 1),
            ["first_count_ms"] = Math.Round(counted, 1),
            ["ready_ms"] = Math.Round(ready, 1),
            ["matches"] = matches,
            ["index_memory_mb"] = Math.Round(stats.FieldIndexes.Sum(index => index.MemoryBytes) / 1e6, 3),
            ["index_files_mb"] = Math.Round((stats.FieldIndexes.Count > 0 ? files : 0) / 1e6, 3),
        };
    }

    private static void Fill(string path, StorageSettings settings, CancellationToken cancellationToken)
    {
        const int Batch = 1_000;
        BenchmarkRecords records = new(settings.Dimension);
        using var database = Database.Open(path, new DatabaseOptions { Durability = Durability.OperatingSystem });
        Collection collection = database.CreateCollection(CollectionName, settings.CollectionOptions with { FieldIndexes = s_indexes });
        for (int start = 0; start < settings.Records; start += Batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            collection.UpsertBatch([.. Enumerable.Range(start, Math.Min(Batch, settings.Records - start)).Select(number => Record(records, number))]);
        }

        collection.WaitForIndex(cancellationToken);
        collection.WaitForFieldIndexes(cancellationToken);
        collection.Checkpoint(cancellationToken);
    }

    private static VectorRecord Record(BenchmarkRecords records, int number)
    {
        uint scattered = (uint)number * 2_654_435_761;
        return new VectorRecord(BenchmarkRecords.Id(number), records.Vector(number))
        {
            Metadata = new MetadataObject
            {
                ["category"] = string.Create(CultureInfo.InvariantCulture, $"c{scattered % Categories}"),
                ["year"] = 1900 + (scattered % 127),
                ["price"] = scattered / 1e6,
            },
        };
    }

    private static string[] Files(string path) => Directory.GetFiles(path, "values.*.snap", SearchOption.AllDirectories);
}
