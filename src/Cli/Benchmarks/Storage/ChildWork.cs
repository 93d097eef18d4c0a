using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Output;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>The inside of a child process: does a <see cref="ChildJob"/>, prints one line, waits to be killed.</summary>
internal static class ChildWork
{
    private const string CollectionName = "records";

    /// <summary>The name of a collection of the many-collections database.</summary>
    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"collection-{number}");

    /// <summary>Does the job. Returns when stdin ends, which is when the parent has gone.</summary>
    public static void Run(ChildJob job)
    {
        ResidentMemory empty = ResidentMemory.AfterCollection();
        BenchmarkRecords records = new(job.Dimension);
        float[] query = records.Query(0);
        long begin = Stopwatch.GetTimestamp();
        // Not disposed: the kill is the end.
        var database = Database.Open(job.Path, new DatabaseOptions { Durability = Durability.OperatingSystem });
        JsonObject found = job.Role switch
        {
            ChildRole.Build => Build(job, database, records, empty),
            ChildRole.Open => Open(database, query, begin, empty),
            ChildRole.OpenAll => OpenAll(database, query, begin, empty),
            _ => throw new ArgumentOutOfRangeException(nameof(job), job.Role, "There is no such job."),
        };
        Answer.Write(found);
        Console.Out.Flush();
        Console.In.ReadToEnd();
        GC.KeepAlive(database);
    }

    private static JsonObject Build(ChildJob job, Database database, BenchmarkRecords records, ResidentMemory empty)
    {
        Collection collection = database.GetOrCreateCollection(CollectionName, job.Collection);
        records.Fill(collection, collection.Count, job.Records);
        collection.WaitForIndex();
        if (job.Tail is { } tail)
        {
            collection.Checkpoint();
            records.Fill(collection, collection.Count, tail);
        }

        CollectionStats stats = collection.GetStats();
        JsonObject found = Memory(empty, collection.Count);
        found["index_bytes_per_record"] = PerRecord(stats.Fields[0].IndexBytes, collection.Count);
        found["table_bytes_per_record"] = PerRecord(stats.RecordTableBytes, collection.Count);
        found["mapped_row_bytes_per_record"] = PerRecord(stats.Fields[0].RowBytes, collection.Count);
        return found;
    }

    private static JsonObject Open(Database database, float[] query, long begin, ResidentMemory empty)
    {
        Collection collection = database.GetCollection(CollectionName);
        double opened = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        int hits = collection.Search(query).Count;
        double answered = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        JsonObject found = Memory(empty, collection.Count);
        found["replayed"] = collection.Recovery.Replayed;
        found["checkpoint_problem"] = collection.Recovery.CheckpointProblem;
        found["opened_ms"] = Math.Round(opened, 1);
        found["first_answer_ms"] = Math.Round(answered, 1);
        found["hits"] = hits;
        return found;
    }

    private static JsonObject OpenAll(Database database, float[] query, long begin, ResidentMemory empty)
    {
        double opened = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        long records = 0;
        int searched = 0;
        double first = 0;
        foreach (string name in database.ListCollections())
        {
            Collection collection = database.GetCollection(name);
            collection.Search(query);
            records += collection.Count;
            if (++searched == 1)
            {
                first = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            }
        }

        double all = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        JsonObject found = Memory(empty, records);
        found["collections"] = searched;
        found["opened_ms"] = Math.Round(opened, 1);
        found["first_answer_ms"] = Math.Round(first, 1);
        found["all_searched_ms"] = Math.Round(all, 1);
        return found;
    }

    private static JsonObject Memory(ResidentMemory empty, long records)
    {
        ResidentMemory now = ResidentMemory.AfterCollection();
        double? anonymous = now.AnonymousMb - empty.AnonymousMb;
        return new JsonObject
        {
            ["records"] = records,
            ["anon_rss_mb"] = anonymous is { } value ? Math.Round(value, 1) : null,
            ["anon_bytes_per_record"] = anonymous is { } bytes ? PerRecord(bytes * 1e6, records) : null,
            ["file_handles"] = Handles(),
            ["threads"] = Process.GetCurrentProcess().Threads.Count,
        };
    }

    private static double PerRecord(double bytes, long records) => Math.Round(bytes / Math.Max(1, records), 1);

    private static int? Handles()
    {
        const string Descriptors = "/proc/self/fd";
        return Directory.Exists(Descriptors) ? Directory.GetFileSystemEntries(Descriptors).Length : null;
    }
}
