namespace Hypervex.Engine.Tests.Snapshots;

public sealed class SnapshotTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_snapshot_restored_into_another_database_is_the_same_collection_after_a_restart_too()
    {
        string archive = Path.Combine(_directory.Path, "docs.hvx");
        List<string> expected;
        using (Database database = Database.Open(Path.Combine(_directory.Path, "a")))
        {
            Collection collection = Fill(database, "docs", 700);
            expected = SnapshotSamples.Contents(collection);
            SnapshotReport report = collection.Snapshot(archive);
            Assert.Equal(expected.Count, report.Records);
            Assert.Equal(new FileInfo(archive).Length, report.Bytes);
            Assert.Equal(collection.GetStats().LastSequence, report.Sequence);
        }

        string other = Path.Combine(_directory.Path, "b");
        using (Database database = Database.Open(other))
        {
            RestoreReport report = database.Restore(archive);
            Assert.True(report is { Created: true, Deleted: 0, Collection: "docs" });
            Assert.Equal(expected.Count, report.Records);
            Check(database.GetCollection("docs"), expected);
        }

        using (Database database = Database.Open(other))
        {
            Check(database.GetCollection("docs"), expected);
            database.GetCollection("docs").Upsert(SnapshotSamples.Record("later", 9)); // the log goes on
            Assert.Equal("later", database.GetCollection("docs").List(new ListOptions { Limit = 1000 }).Records[^1].Id);
        }

        Assert.Empty(Directory.GetFiles(other, "restoring", SearchOption.AllDirectories));
    }

    [Fact]
    public void Restoring_over_other_content_replaces_all_of_it_with_new_versions()
    {
        using Database database = Database.Open(_directory.Path, new DatabaseOptions { SegmentBytes = 8192 });
        Collection collection = Fill(database, "docs", 300);
        List<string> expected = [.. SnapshotSamples.Contents(collection).Order(StringComparer.Ordinal)];
        byte[] archive = SnapshotSamples.Take(collection);
        RecordVersion before = collection.Get("r7")!.Version;
        for (int i = 0; i < 100; i++)
        {
            collection.Upsert(SnapshotSamples.Record($"new{i}", 5));
            collection.Upsert(SnapshotSamples.Record($"r{i}", 77));
            collection.Delete($"r{i + 120}");
        }

        RestoreReport report = SnapshotSamples.Restore(database, archive, replace: true);

        Assert.Equal(102, report.Deleted); // r4 and r94 were gone when it was taken
        Assert.False(report.Created);
        Assert.True(collection.Get("r7")!.Version > before);
        Assert.Null(collection.Get("new5"));
        Assert.Equal(expected, SnapshotSamples.Contents(collection).Order(StringComparer.Ordinal));
        collection.Upsert(SnapshotSamples.Record("later", 9));
        Assert.Empty(collection.Verify().Findings);
        database.Dispose();
        using Database again = Database.Open(_directory.Path);
        collection = again.GetCollection("docs");
        Assert.True(collection.Delete("later"));
        Assert.Equal(expected, SnapshotSamples.Contents(collection).Order(StringComparer.Ordinal));
        collection.WaitForIndex();
        Assert.Empty(collection.Verify().Findings);
        Assert.Equal("r7", collection.Search(collection.Get("r7")!.Vector, 1)[0].Id);
    }

    [Fact]
    public void Every_setting_every_field_and_every_part_of_a_record_comes_back()
    {
        using Database database = Database.CreateInMemory();
        var options = new CollectionOptions
        {
            Capacity = 50,
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                [""] = new() { Dimension = 3, Metric = Metric.Cosine, Quantization = QuantizationKind.Sq8, Index = new HnswOptions { M = 8, EfConstruction = 50, Ef = 33 } },
                ["title"] = new() { Dimension = 2, Metric = Metric.Dot },
                ["undecided"] = new(),
            },
        };
        Collection collection = database.CreateCollection("all", options);
        collection.Upsert(new VectorRecord { Id = "ä/\0🦜", Vector = [1, -0f, float.Epsilon], Vectors = new Dictionary<string, float[]> { ["title"] = [0, 0] }, Document = "" });
        collection.Upsert(new VectorRecord("plain", [3, 4, 5]) { Document = "d\u0000d", Metadata = new MetadataObject { ["a"] = new MetadataValue[] { 1, 1.5, MetadataValue.Null, true } } });

        SnapshotSamples.Restore(database, SnapshotSamples.Take(collection), "copy");

        Collection copy = database.GetCollection("copy");
        Assert.Equal(SnapshotSamples.Contents(collection), SnapshotSamples.Contents(copy));
        Assert.Equal(collection.Options.Vectors, copy.Options.Vectors);
        Assert.Equal(50, copy.Options.Capacity);
    }

    [Fact]
    public void An_empty_collection_can_be_taken_and_restored()
    {
        using Database database = Database.CreateInMemory();
        byte[] archive = SnapshotSamples.Take(database.CreateCollection("empty"));
        Assert.Equal(0, SnapshotSamples.Restore(database, archive, "copy").Records);
        Collection full = Fill(database, "full", 20, dimension: null);
        full.Delete("r3");
        long there = full.Count;
        byte[] none = SnapshotSamples.Take(Fill(database, "none", 0, dimension: null));
        Assert.Equal(there, SnapshotSamples.Restore(database, none, "full", replace: true).Deleted);
        Assert.Equal(0, full.Count);
        Assert.Equal(0, SnapshotSamples.Restore(database, none, "full", replace: true).Deleted); // nothing to write at all
    }

    [Fact]
    public void A_collection_that_exists_is_replaced_only_when_asked_for()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = Fill(database, "docs", 10);
        byte[] archive = SnapshotSamples.Take(collection);
        collection.Delete("r1");
        Assert.Equal(ErrorCode.CollectionExists, Assert.Throws<HypervexException>(() => SnapshotSamples.Restore(database, archive)).Code);
        Assert.Null(collection.Get("r1"));
    }

    [Theory]
    [InlineData(Metric.L2, SnapshotSamples.Dimension + 1, "dimension 6 in the snapshot, 7 in the collection")]
    [InlineData(Metric.Dot, SnapshotSamples.Dimension, "metric l2 in the snapshot, for dot in the collection")]
    public void A_collection_of_another_kind_is_refused_with_what_differs(Metric metric, int dimension, string difference)
    {
        using Database database = Database.CreateInMemory();
        byte[] archive = SnapshotSamples.Take(Fill(database, "docs", 10));
        Collection other = database.CreateCollection("other", CollectionOptions.Create(dimension, metric));
        other.Upsert("mine", new float[dimension]);
        HypervexException refused = Assert.Throws<HypervexException>(() => SnapshotSamples.Restore(database, archive, "other", replace: true));
        Assert.Equal(ErrorCode.BadSnapshot, refused.Code);
        Assert.Contains(difference, refused.Message, StringComparison.Ordinal);
        Assert.Equal(["mine"], other.List().Records.Select(record => record.Id));
    }

    [Fact]
    public void A_collection_without_the_room_is_refused_and_keeps_its_content()
    {
        using Database database = Database.CreateInMemory();
        byte[] archive = SnapshotSamples.Take(Fill(database, "docs", 10));
        Collection small = database.CreateCollection("small", CollectionOptions.Create(SnapshotSamples.Dimension, Metric.L2) with { Capacity = 5 });
        small.Upsert(SnapshotSamples.Record("mine", 1));
        Assert.Equal(ErrorCode.CapacityExceeded, Assert.Throws<HypervexException>(() => SnapshotSamples.Restore(database, archive, "small", replace: true)).Code);
        Assert.Equal(1, small.Count);
    }

    [Fact]
    public async Task Writers_of_a_collection_that_is_being_replaced_wait_without_a_thread_and_then_go_on()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = Fill(database, "docs", 50);
        byte[] archive = SnapshotSamples.Take(collection);
        var writes = new List<Task>();
        bool waited = false;
        var progress = new Callback(step =>
        {
            if (step.Stage == SnapshotStage.Restoring)
            {
                writes.Add(collection.UpsertAsync(SnapshotSamples.Record("written", 1)).AsTask());
                writes.Add(collection.DeleteAsync("r1").AsTask());
                waited = writes.TrueForAll(write => !write.IsCompleted);
                Assert.Null(collection.Get("written"));
            }
        });
        using var stream = new MemoryStream(archive);
        database.Restore(stream, new RestoreOptions { Replace = true, Progress = progress });
        await Task.WhenAll(writes);
        Assert.True(waited);
        Assert.NotNull(collection.Get("written"));
        Assert.Null(collection.Get("r1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_restore_that_is_cancelled_leaves_everything_as_it_was(bool replace)
    {
        using Database database = Database.Open(_directory.Path);
        Collection collection = Fill(database, "docs", 30);
        byte[] archive = SnapshotSamples.Take(collection);
        collection.Upsert(SnapshotSamples.Record("mine", 1));
        List<string> before = SnapshotSamples.Contents(collection);
        using var source = new CancellationTokenSource();
        var progress = new Callback(step =>
        {
            if (step.Stage == SnapshotStage.Restoring)
            {
                source.Cancel();
            }
        });
        using var stream = new MemoryStream(archive);
        var options = new RestoreOptions { Collection = replace ? null : "other", Replace = replace, Progress = progress };
        Assert.Throws<OperationCanceledException>(() => database.Restore(stream, options, source.Token));
        Assert.Equal(["docs"], database.ListCollections());
        Assert.Single(Directory.GetDirectories(Path.Combine(_directory.Path, "collections")));
        Assert.Equal(before, SnapshotSamples.Contents(collection));
        collection.Upsert(SnapshotSamples.Record("later", 1));
        database.Dispose();
        using Database again = Database.Open(_directory.Path);
        Assert.Equal(before.Count + 1, again.GetCollection("docs").Count);
        Assert.Equal(0, again.GetCollection("docs").Recovery.TornBytes);
    }

    [Fact]
    public void A_snapshot_that_fails_leaves_the_older_file_and_no_other()
    {
        using Database database = Database.Open(Path.Combine(_directory.Path, "db"));
        Collection collection = Fill(database, "docs", 30);
        string path = Path.Combine(_directory.Path, "docs.hvx");
        collection.Snapshot(path);
        byte[] first = File.ReadAllBytes(path);
        File.WriteAllText($"{path}.0123456789abcdef.tmp", "cut off");
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => collection.Snapshot(path, null, cancelled.Token));
        Assert.Equal(first, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_directory.Path));
        HypervexException nowhere = Assert.Throws<HypervexException>(() => collection.Snapshot(Path.Combine(_directory.Path, "missing", "docs.hvx")));
        Assert.Equal(ErrorCode.StorageUnavailable, nowhere.Code);
        Assert.Contains("its directory does not exist", nowhere.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", nowhere.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_being_restored_into_cannot_be_created()
    {
        using Database database = Database.CreateInMemory();
        byte[] archive = SnapshotSamples.Take(Fill(database, "docs", 4));
        ErrorCode? refused = null;
        var progress = new Callback(step =>
        {
            if (step.Stage == SnapshotStage.Restoring)
            {
                refused = Assert.Throws<HypervexException>(() => database.CreateCollection("copy")).Code;
                Assert.False(database.TryGetCollection("copy", out _));
            }
        });
        using var stream = new MemoryStream(archive);
        database.Restore(stream, new RestoreOptions { Collection = "copy", Progress = progress });
        Assert.Equal(ErrorCode.CollectionExists, refused);
        Assert.Equal(4, database.GetCollection("copy").Count);
    }

    [Theory]
    [InlineData(SnapshotStage.Checking, false)]
    [InlineData(SnapshotStage.Restoring, false)]
    [InlineData(SnapshotStage.Restoring, true)]
    public async Task Closing_ends_a_restore_and_nothing_of_it_remains(SnapshotStage stage, bool replace)
    {
        Database database = Database.Open(_directory.Path);
        Collection collection = Fill(database, "docs", 30);
        byte[] archive = SnapshotSamples.Take(collection);
        collection.Delete("r3");
        List<string> before = SnapshotSamples.Contents(collection);
        Task closing = Task.CompletedTask;
        var progress = new Callback(step =>
        {
            if (step.Stage == stage && closing.IsCompleted)
            {
                closing = Task.Run(database.Dispose);
                SpinWait.SpinUntil(() => IsClosed(() => SnapshotSamples.Restore(database, [])));
            }
        });
        using var stream = new MemoryStream(archive);
        var options = new RestoreOptions { Collection = replace ? null : "other", Replace = replace, Progress = progress };
        Assert.Equal(ErrorCode.Closed, Assert.Throws<HypervexException>(() => database.Restore(stream, options)).Code);
        await closing;
        using Database again = Database.Open(_directory.Path);
        Assert.Equal(["docs"], again.ListCollections());
        Assert.Equal(before, SnapshotSamples.Contents(again.GetCollection("docs")));
    }

    [Fact]
    public async Task Closing_ends_a_snapshot_and_no_file_remains()
    {
        Database database = Database.Open(Path.Combine(_directory.Path, "db"));
        Collection collection = Fill(database, "docs", 30);
        Task closing = Task.CompletedTask;
        var progress = new Callback(_ =>
        {
            closing = Task.Run(database.Dispose);
            SpinWait.SpinUntil(() => IsClosed(() => collection.Get("r1")));
        });
        string path = Path.Combine(_directory.Path, "docs.hvx");
        HypervexException refused = Assert.Throws<HypervexException>(() => collection.Snapshot(path, progress));
        await closing;
        Assert.Equal(ErrorCode.Closed, refused.Code);
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    private static bool IsClosed(Action call)
    {
        try
        {
            call();
            return false;
        }
        catch (HypervexException exception)
        {
            return exception.Code == ErrorCode.Closed;
        }
    }

    private static Collection Fill(Database database, string name, int count, int? dimension = SnapshotSamples.Dimension)
    {
        Collection collection = database.CreateCollection(name, CollectionOptions.Create(dimension, Metric.L2));
        for (int i = 0; i < count; i += 50)
        {
            collection.UpsertBatch([.. Enumerable.Range(i, Math.Min(50, count - i)).Select(n => SnapshotSamples.Record($"r{n}", n))]);
        }

        for (int i = 0; i < count; i += 9)
        {
            collection.Upsert(SnapshotSamples.Record($"r{i}", i + 1));
        }

        for (int i = 4; i < count; i += 90)
        {
            collection.Delete($"r{i}");
        }

        return collection;
    }

    private static void Check(Collection collection, List<string> expected)
    {
        Assert.Equal(expected, SnapshotSamples.Contents(collection));
        collection.WaitForIndex();
        Assert.Empty(collection.Verify().Findings);
        VectorRecord some = collection.List(new ListOptions { Limit = 1 }).Records[0];
        Assert.Equal(0, collection.Search(some.Vector, 1)[0].Distance);
    }

    private sealed class Callback(Action<SnapshotProgress> hear) : IProgress<SnapshotProgress>
    {
        public void Report(SnapshotProgress value) => hear(value);
    }
}
