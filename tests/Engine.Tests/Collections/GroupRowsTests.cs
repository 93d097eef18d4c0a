using System.Collections.Concurrent;
using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Large batches, whose rows are written beside the log: what is acknowledged is found at once, and what fails leaves no slot behind.</summary>
public sealed class GroupRowsTests : IDisposable
{
    private const int Batch = 150; // more than are written without another thread, and more than are applied at once
    private const int Dimension = 12;

    private static readonly DatabaseOptions s_quiet = new() { IndexingThreads = 1, CompactionGarbageRatio = 1 };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(IndexType.Flat, RowAccess.Map)]
    [InlineData(IndexType.Flat, RowAccess.Memory)]
    [InlineData(IndexType.Flat, RowAccess.Read)]
    [InlineData(IndexType.Hnsw, RowAccess.Map)]
    public async Task What_writers_beside_each_other_are_told_is_found_at_once_and_whole(IndexType index, RowAccess access)
    {
        const int Writers = 3;
        const int Batches = 8;
        using (Database database = Database.Open(_directory.Path, new DatabaseOptions { RowAccess = access, Durability = Durability.OperatingSystem, ChunkBytes = 64 * 1024 }))
        {
            Collection collection = database.CreateCollection("docs", Schema(index));
            collection.CreateFieldIndex("batch", FieldIndexType.Integer);
            var faults = new ConcurrentQueue<string>();
            long writing = Writers;
            Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
            {
                for (int batch = 0; batch < Batches; batch++)
                {
                    int number = (batch * Writers) + writer;
                    VectorRecord[] records = Records(number);
                    collection.UpsertBatch(records);
                    VectorRecord one = records[number % Batch];
                    SearchHits hits = collection.Search(one.Vector!, 1, new SearchOptions { Exact = true });
                    long count = collection.CountWhere(Filter.Parse($$"""{"batch": {{number}}}"""));
                    if (hits.Count != 1 || hits[0].Id != one.Id || hits[0].Distance != 0 || count != Batch)
                    {
                        faults.Enqueue($"batch {number}: {(hits.Count == 0 ? "no hit" : $"{hits[0].Id} at {hits[0].Distance}")} for {one.Id}, {count} of {Batch} counted");
                    }
                }
            }).ContinueWith(task =>
            {
                Interlocked.Decrement(ref writing);
                task.GetAwaiter().GetResult();
            }, TaskScheduler.Default))];
            var reader = Task.Run(() =>
            {
                for (int round = 0; Volatile.Read(ref writing) > 0; round++)
                {
                    foreach (SearchHit hit in collection.Search(Vector(round % (Writers * Batches * Batch)), 5, new SearchOptions { Exact = true, Include = Include.All }))
                    {
                        if (!Vector(int.Parse(hit.Id, System.Globalization.CultureInfo.InvariantCulture)).AsSpan().SequenceEqual(hit.Record!.Vector))
                        {
                            faults.Enqueue($"{hit.Id} was answered with another record's vector");
                        }
                    }
                }
            });
            await Task.WhenAll([.. writers, reader]);
            Assert.Empty(faults);
            CheckAll(collection, Writers * Batches);
        }

        using (Database database = Database.Open(_directory.Path))
        {
            CheckAll(database.GetCollection("docs"), Writers * Batches);
        }
    }

    [Fact]
    public void A_group_that_fails_gives_its_slots_back_wherever_it_fails()
    {
        int tookSlots = 0;
        bool succeeded = false;
        for (int at = 1; !succeeded; at++)
        {
            var files = new CrashingFileSystem();
            using Database database = Database.Open(files, "/db", null, s_quiet);
            Collection collection = database.CreateCollection("docs", Schema(IndexType.Flat));
            collection.UpsertBatch(Records(0));
            files.FailAt = files.Operations + at;
            files.FailWith = ErrorCode.DiskFull;
            uint before = collection.Partition.Records.SlotCount;
            succeeded = TryUpsert(collection, Records(1)) is null;
            files.FailAt = 0;
            uint slots = collection.Partition.Records.SlotCount;
            tookSlots += !succeeded && slots > before ? 1 : 0;
            if (collection.Partition.Log.Failed is null)
            {
                Assert.Equal((int)slots, collection.Partition.Records.Count + collection.Partition.Rows.CountReusable());
                collection.UpsertBatch(Records(1)); // where there is room again
                CheckAll(collection, 2);
                Assert.True(collection.Partition.Records.SlotCount == slots || slots == before, "slots of the failed group were not used again");
            }

            CheckAll(collection, collection.Partition.Log.Failed is null ? 2 : 1);
        }

        Assert.True(tookSlots > 0, "no failure came after slots had been taken, so nothing was put to the test");
    }

    [Fact]
    public void After_a_failed_sync_the_slots_are_back_and_what_was_acknowledged_is_found()
    {
        const int Most = 1_000;
        bool failed = false;
        int tried = 0;
        for (int at = 1; !failed; at++)
        {
            Assert.True(++tried < Most, "the sync never failed");
            var files = new CrashingFileSystem();
            using Database database = Database.Open(files, "/db", null, s_quiet);
            Collection collection = database.CreateCollection("docs", Schema(IndexType.Flat));
            collection.UpsertBatch(Records(0));
            files.FailAt = files.Operations + at;
            files.FailWith = ErrorCode.StorageUnavailable;
            HypervexException? refused = TryUpsert(collection, Records(1));
            if (refused is null)
            {
                at = 0; // another thread writes the rows, before the sync or behind it: its place moved away while the others were tried
                continue;
            }

            failed = refused.Code == ErrorCode.LogFailed && collection.Partition.Records.SlotCount == 2 * Batch && collection.Partition.Rows.CountReusable() == Batch;
            CheckAll(collection, 1);
        }
    }

    [Fact]
    public void Batches_of_new_changed_and_deleted_records_are_what_a_dictionary_says()
    {
        var random = new Random(5);
        var model = new Dictionary<string, float[]>();
        using (Database database = Database.Open(_directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem, ChunkBytes = 16 * 1024 }))
        {
            Collection collection = database.CreateCollection("docs", Schema(IndexType.Flat));
            for (int round = 0; round < 40; round++)
            {
                if (round % 7 == 6)
                {
                    string[] gone = [.. model.Keys.Order(StringComparer.Ordinal).Where(_ => random.Next(3) == 0)];
                    collection.DeleteBatch(gone);
                    Array.ForEach(gone, id => model.Remove(id));
                    collection.Checkpoint();
                }

                VectorRecord[] records = [.. Enumerable.Range(0, 70 + random.Next(200)).Select(_ => random.Next(4_000)).Select(number =>
                    new VectorRecord($"{number}", Vector(number + (random.Next(2) * 100_000))) { Metadata = new MetadataObject { ["batch"] = round } })];
                collection.UpsertBatch(records);
                Array.ForEach(records, record => model[record.Id] = record.Vector!);
                Compare(collection, model);
            }
        }

        using (Database database = Database.Open(_directory.Path))
        {
            Compare(database.GetCollection("docs"), model);
            Assert.Empty(database.GetCollection("docs").Verify().Findings);
        }
    }

    private static void Compare(Collection collection, Dictionary<string, float[]> model)
    {
        Assert.Equal(model.Count, collection.Count);
        foreach ((string id, float[] vector) in model.Where((_, i) => i % 17 == 0))
        {
            Assert.Equal(vector, collection.Get(id)?.Vector);
            Assert.Contains(collection.Search(vector, 3, new SearchOptions { Exact = true }), hit => hit.Id == id && hit.Distance == 0);
        }
    }

    private static HypervexException? TryUpsert(Collection collection, VectorRecord[] records)
    {
        try
        {
            collection.UpsertBatch(records);
            return null;
        }
        catch (HypervexException exception)
        {
            return exception;
        }
    }

    private static void CheckAll(Collection collection, int batches)
    {
        Assert.Equal(batches * Batch, collection.Count);
        for (int number = 0; number < batches * Batch; number += 7)
        {
            SearchHits hits = collection.Search(Vector(number), 1, new SearchOptions { Exact = true });
            Assert.Equal(($"{number}", 0f), (hits[0].Id, hits[0].Distance));
        }
    }

    private static CollectionOptions Schema(IndexType index) => new()
    {
        Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = Dimension, Metric = Metric.L2, Index = new HnswOptions { Type = index } } },
    };

    private static VectorRecord[] Records(int batch) => [.. Enumerable.Range(batch * Batch, Batch)
        .Select(number => new VectorRecord($"{number}", Vector(number)) { Metadata = new MetadataObject { ["batch"] = batch } })];

    private static float[] Vector(int number)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];
    }
}
