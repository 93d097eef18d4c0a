using Hypervex.Collections;
using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Codes that are altered while the collection is in use: the setting is durable at once, the codes follow in the background, and searches notice nothing.</summary>
public sealed class AlterQuantizationTests : IDisposable
{
    private const int Records = 3000;
    private const int Dimension = 24;

    private static readonly DatabaseOptions s_options = new() { IndexingThreads = 2, CompactionGarbageRatio = 1 };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Searches_find_what_an_exact_one_does_and_nothing_that_was_deleted_through_every_change()
    {
        using var delays = new RandomDelays();
        using Database database = Database.Open(_directory.Path, s_options);
        Collection collection = Filled(database, QuantizationKind.None);
        float[][] queries = [.. Enumerable.Range(0, 20).Select(i => Vector(new Random(900 + i)))];
        HashSet<string>[] exact = [.. queries.Select(query => collection.Search(query, 10, new SearchOptions { Exact = true }).Select(hit => hit.Id).ToHashSet())];
        using var stop = new CancellationTokenSource();
        Task[] searching = [.. Enumerable.Range(0, 2).Select(start => Task.Run(() =>
        {
            int right = 0;
            int searches = 0;
            for (int i = start; !stop.IsCancellationRequested || searches < 50; i++, searches++)
            {
                SearchHits hits = collection.Search(queries[i % queries.Length], 10, new SearchOptions { Ef = 256, Oversampling = 20 });
                Assert.Equal(10, hits.Count);
                Assert.Equal(10, hits.Select(hit => hit.Id).Distinct().Count());
                Assert.Equal(hits.Select(hit => hit.Distance).Order(), hits.Select(hit => hit.Distance));
                right += hits.Count(hit => exact[i % queries.Length].Contains(hit.Id));
            }

            Assert.True(right >= 9.5 * searches, $"{right} of {10 * searches}");
        }))];
        var writing = Task.Run(() =>
        {
            // Far away from what is searched for, so that the exact answers stay what they are.
            var random = new Random(5);
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                float[] far = [.. Vector(random).Select(x => x + 40)];
                collection.UpsertBatch([new VectorRecord($"far{i}", far), new VectorRecord($"keep{i % 200}", far)]);
                collection.Delete($"far{i}");
                Assert.DoesNotContain(collection.Search(far, 10, new SearchOptions { Ef = 64 }), hit => hit.Id == $"far{i}");
            }
        });
        QuantizationKind[] changes =
        [
            QuantizationKind.Sq8, QuantizationKind.Sq4, QuantizationKind.Binary, QuantizationKind.None, QuantizationKind.Binary,
            QuantizationKind.Sq8, QuantizationKind.None, QuantizationKind.Sq4, QuantizationKind.Auto, QuantizationKind.None,
        ];
        foreach (QuantizationKind kind in changes)
        {
            collection.Alter(Changed(kind));
            Assert.Equal(kind, collection.Options.Vectors[""].Quantization);
            var expected = new CodeStats(kind == QuantizationKind.Auto ? QuantizationKind.Sq8 : kind, CodeState.Ready, null);
            Assert.True(SpinWait.SpinUntil(() => CodesOf(collection) == expected || searching.Any(each => each.IsFaulted) || writing.IsFaulted, TimeSpan.FromMinutes(2)));
        }

        await stop.CancelAsync();
        await Task.WhenAll([.. searching, writing]);
        Assert.Empty(collection.Verify().Findings);
    }

    [Fact]
    public void Codes_that_nobody_uses_any_more_give_their_memory_back_without_another_write()
    {
        using Database database = Database.Open(_directory.Path, s_options);
        Collection collection = Filled(database, QuantizationKind.Sq8);
        long before = collection.GetStats().Fields[0].CodeBytes;
        collection.Alter(Changed(QuantizationKind.Binary));
        Assert.True(SpinWait.SpinUntil(() => CodesOf(collection) == new CodeStats(QuantizationKind.Binary, CodeState.Ready, null), TimeSpan.FromMinutes(2)));
        Assert.True(SpinWait.SpinUntil(() => collection.GetStats().Fields[0].CodeBytes is > 0 and var now && now * 2 < before, TimeSpan.FromMinutes(2)));
        long memory = collection.GetStats().MemoryBytes;
        collection.Alter(Changed(QuantizationKind.None));
        Assert.True(SpinWait.SpinUntil(() => collection.GetStats().Fields[0].CodeBytes == 0 && collection.GetStats().MemoryBytes < memory, TimeSpan.FromMinutes(2)));
        Assert.Equal(0, collection.GetStats().PendingBytes);
    }

    [Fact]
    public void A_change_for_which_there_is_no_memory_changes_nothing_and_a_smaller_one_goes_through()
    {
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Filled(database, QuantizationKind.Sq8);
        }

        long used;
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Collection collection = database.GetCollection("docs");
            collection.WaitForIndex();
            used = collection.GetStats().MemoryBytes;
        }

        // Less than a code of four bits for each record, more than one of one bit.
        long limit = used + (Records * 24);
        using (Database database = Database.Open(_directory.Path, s_options with { MemoryLimitBytes = limit }))
        {
            Collection collection = database.GetCollection("docs");
            collection.WaitForIndex();
            HypervexException refused = Assert.Throws<HypervexException>(() => collection.Alter(Changed(QuantizationKind.Sq4) with { Capacity = 9_000 }));
            Assert.Equal(ErrorCode.MemoryLimit, refused.Code);
            Assert.Equal(QuantizationKind.Sq8, collection.Options.Vectors[""].Quantization);
            Assert.Null(collection.Options.Capacity);
            Assert.Equal(new CodeStats(QuantizationKind.Sq8, CodeState.Ready, null), CodesOf(collection));
            Assert.Equal(0, collection.GetStats().PendingBytes);
            collection.Alter(Changed(QuantizationKind.Binary));
            collection.WaitForIndex();
            Assert.Equal(QuantizationKind.Binary, CodesOf(collection)!.Kind);
            Assert.InRange(collection.GetStats().MemoryBytes, 1, limit);
        }

        using Database again = Database.Open(_directory.Path, s_options with { MemoryLimitBytes = limit });
        Assert.Equal(QuantizationKind.Binary, again.GetCollection("docs").Options.Vectors[""].Quantization);
    }

    [Fact]
    public void The_limit_counts_both_kinds_of_codes_until_the_new_ones_have_taken_over()
    {
        using var held = new HeldTraining(_directory.Path);
        Collection collection = held.Fill(QuantizationKind.Sq8);
        long before = collection.GetStats().MemoryBytes;
        held.Hold(() => collection.Alter(Changed(QuantizationKind.Sq4)));
        Assert.InRange(collection.GetStats().MemoryBytes, before + (Records * Dimension / 2), long.MaxValue);
        Assert.Equal(QuantizationKind.Sq8, CodesOf(collection)!.Kind);
        Assert.Equal(CodeState.Training, CodesOf(collection)!.State);
        Assert.InRange(CodesOf(collection)!.Progress!.Value, 0.1, 0.9);
        AssertRecall(collection);
        held.LetGo();
        collection.WaitForIndex();
        Assert.True(SpinWait.SpinUntil(() => collection.GetStats().MemoryBytes < before, TimeSpan.FromMinutes(2)));
        Assert.Equal(2, IndexOf(collection).Trainings);
    }

    [Theory]
    [InlineData(QuantizationKind.Binary, QuantizationKind.Binary, 2)]
    [InlineData(QuantizationKind.None, QuantizationKind.None, 1)]
    [InlineData(QuantizationKind.Sq8, QuantizationKind.Sq8, 1)]
    [InlineData(QuantizationKind.Auto, QuantizationKind.Sq8, 1)]
    public void Whoever_alters_while_a_training_runs_gives_it_up_and_the_last_setting_wins(QuantizationKind then, QuantizationKind last, int trainings)
    {
        using var held = new HeldTraining(_directory.Path);
        Collection collection = held.Fill(QuantizationKind.Sq8);
        held.Hold(() => collection.Alter(Changed(QuantizationKind.Sq4)));
        collection.Alter(Changed(then));
        AssertRecall(collection);
        held.LetGo();
        collection.WaitForIndex();
        Assert.Equal(new CodeStats(last, CodeState.Ready, null), CodesOf(collection));
        Assert.Equal(trainings, IndexOf(collection).Trainings); // that for four bits was given up
        AssertRecall(collection);
        Assert.Empty(collection.Verify().Findings);
    }

    [Fact]
    public async Task Closing_gives_a_training_up_and_the_next_opening_trains_what_was_set()
    {
        using (var held = new HeldTraining(_directory.Path))
        {
            Collection collection = held.Fill(QuantizationKind.Sq8);
            held.Hold(() => collection.Alter(Changed(QuantizationKind.Sq4)));
            FieldIndex index = IndexOf(collection);
            Task<Exception?> waiting = Task.Run<Exception?>(() => Record.Exception(() => collection.WaitForIndex()));
            Task closing = Task.Run(held.Close);
            Assert.True((await waiting) is OperationCanceledException or HypervexException { Code: ErrorCode.Closed }); // not after the training, which is held
            Assert.True(SpinWait.SpinUntil(() => index.IsStopping, TimeSpan.FromMinutes(2)), "closing waits for the training");
            Assert.False(closing.IsCompleted); // its thread still reads rows
            held.LetGo();
            await closing;
            Assert.Equal(1, index.Trainings);
        }

        AssertTrainsAnew(_directory.Path, QuantizationKind.Sq4);
    }

    [Fact]
    public void Checkpoints_do_not_wait_for_a_training_and_codes_of_the_setting_before_are_not_taken_for_the_new_ones()
    {
        string copy = Path.Combine(_directory.Path, "copy");
        string path = Path.Combine(_directory.Path, "db");
        using (var held = new HeldTraining(path))
        {
            Collection collection = held.Fill(QuantizationKind.Sq8);
            Assert.True(collection.Checkpoint());
            held.Hold(() => collection.Alter(Changed(QuantizationKind.Sq4)));
            Assert.NotEmpty(Directory.GetFiles(path, "1.codes.*.snap", SearchOption.AllDirectories));
            Copy(path, copy);
            collection.Upsert("one more", Vector(new Random(4)));
            Assert.True(collection.Checkpoint());
            Assert.Empty(Directory.GetFiles(path, "1.codes.*.snap", SearchOption.AllDirectories));
            Copy(path, copy + "2");
            collection.Delete("one more");
            held.LetGo();
        }

        AssertTrainsAnew(copy, QuantizationKind.Sq4); // as a kill would have left it, with codes of eight bits
        AssertTrainsAnew(copy + "2", QuantizationKind.Sq4); // and without any
    }

    [Fact]
    public async Task A_compaction_beside_changes_leaves_codes_that_belong_to_their_rows()
    {
        using var delays = new RandomDelays();
        DatabaseOptions small = s_options with { SegmentBytes = 256 << 10, ChunkBytes = 64 << 10 };
        using (Database database = Database.Open(_directory.Path, small))
        {
            Collection collection = Filled(database, QuantizationKind.Sq8);
            using var stop = new CancellationTokenSource();
            Task compacting = Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    collection.Compact();
                    collection.Checkpoint();
                }
            });
            var random = new Random(3);
            foreach (QuantizationKind kind in (QuantizationKind[])[QuantizationKind.Sq4, QuantizationKind.None, QuantizationKind.Sq8, QuantizationKind.Binary, QuantizationKind.Sq4])
            {
                collection.Alter(Changed(kind));
                for (int i = 0; i < 6; i++)
                {
                    collection.UpsertBatch([.. Enumerable.Range(0, 25).Select(_ => Make(random.Next(Records), random))]);
                    collection.DeleteBatch([.. Enumerable.Range(0, 10).Select(_ => $"r{random.Next(Records)}")]);
                }
            }

            await stop.CancelAsync();
            await compacting;
            collection.WaitForIndex();
            Assert.Equal(new CodeStats(QuantizationKind.Sq4, CodeState.Ready, null), CodesOf(collection));
            AssertRecall(collection);
            Assert.Empty(collection.Verify().Findings);
        }

        using Database again = Database.Open(_directory.Path, small);
        Collection opened = again.GetCollection("docs");
        opened.WaitForIndex();
        Assert.Equal(0, IndexOf(opened).Trainings); // closing has saved the codes
        AssertRecall(opened);
    }

    [Fact]
    public void Few_vectors_have_no_codes_of_whatever_setting_until_there_are_enough()
    {
        using Database database = Database.Open(_directory.Path, s_options);
        Collection unknown = database.CreateCollection("docs", CollectionOptions.Create(null, Metric.L2));
        unknown.Alter(Changed(QuantizationKind.Sq4));
        Assert.Null(CodesOf(unknown)); // no vector has decided the dimension
        var random = new Random(1);
        unknown.UpsertBatch([.. Enumerable.Range(0, 1000).Select(i => Make(i, random))]);
        unknown.WaitForIndex();
        Assert.Equal(new CodeStats(QuantizationKind.None, CodeState.Waiting, null), CodesOf(unknown));
        unknown.Alter(Changed(QuantizationKind.Sq8));
        unknown.UpsertBatch([.. Enumerable.Range(1000, 1000).Select(i => Make(i, random))]);
        unknown.WaitForIndex();
        Assert.Equal(new CodeStats(QuantizationKind.Sq8, CodeState.Ready, null), CodesOf(unknown));

        // Fewer than are worth a training again: the codes of another setting go, and come with the thousandth.
        unknown.DeleteBatch([.. Enumerable.Range(500, 1500).Select(i => $"r{i}")]);
        unknown.Alter(Changed(QuantizationKind.Sq4));
        unknown.WaitForIndex();
        Assert.Equal(new CodeStats(QuantizationKind.None, CodeState.Waiting, null), CodesOf(unknown));
        unknown.DeleteBatch([.. Enumerable.Range(0, 500).Select(i => $"r{i}")]);
        unknown.Alter(Changed(QuantizationKind.Binary));
        unknown.WaitForIndex();
        Assert.Empty(unknown.Search(new float[Dimension], 10));
        unknown.UpsertBatch([.. Enumerable.Range(0, 1100).Select(i => Make(i, random))]);
        unknown.WaitForIndex();
        Assert.Equal(new CodeStats(QuantizationKind.Binary, CodeState.Ready, null), CodesOf(unknown));
    }

    [Fact]
    public void Fields_that_keep_no_codes_take_the_settings_without_any_and_refuse_the_others()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                ["flat"] = new() { Dimension = 2, Metric = Metric.L2, Index = new HnswOptions { Type = IndexType.Flat } },
                ["taxi"] = new() { Dimension = 2, Metric = Metric.Manhattan },
            },
        });
        collection.Upsert(new VectorRecord { Id = "a", Vectors = new Dictionary<string, float[]> { ["flat"] = [1, 2], ["taxi"] = [1, 2] } });
        foreach (string field in (string[])["flat", "taxi"])
        {
            collection.Alter(new CollectionChanges { Quantization = new Dictionary<string, QuantizationKind> { [field] = QuantizationKind.Auto } });
            Assert.Equal(QuantizationKind.Auto, collection.Options.Vectors[field].Quantization);
            foreach (QuantizationKind kind in (QuantizationKind[])[QuantizationKind.Sq8, QuantizationKind.Sq4, QuantizationKind.Binary, (QuantizationKind)17])
            {
                var refused = new CollectionChanges { Capacity = 5, Quantization = new Dictionary<string, QuantizationKind> { [field] = kind } };
                Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => collection.Alter(refused)).Code);
            }
        }

        var nowhere = new CollectionChanges { Quantization = new Dictionary<string, QuantizationKind> { ["none"] = QuantizationKind.None } };
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => collection.Alter(nowhere)).Code);
        Assert.Null(collection.Options.Capacity);
        Assert.Equal([null, new CodeStats(QuantizationKind.None, CodeState.Ready, null)], collection.GetStats().Fields.Select(field => field.Codes));
    }

    [Fact]
    public void A_power_cut_at_every_operation_leaves_one_of_the_settings_and_its_codes()
    {
        var small = new DatabaseOptions { IndexingThreads = 1, CompactionGarbageRatio = 1 };
        int first = 0;
        int last = 0;
        int before = 0;
        int after = 0;
        for (int cut = 0; cut == 0 || cut <= last; cut = cut == 0 ? first + 1 : cut + 1)
        {
            var files = new CrashingFileSystem();
            Database database = Database.Open(files, "/db", null, small);
            Collection collection = database.CreateCollection("docs", Options(4, QuantizationKind.Sq8));
            collection.UpsertBatch([.. Enumerable.Range(0, 1100).Select(i => new VectorRecord($"r{i}", [i, i % 7, i % 11, 1]))]);
            collection.WaitForIndex();
            collection.Checkpoint();
            first = files.Operations;
            files.FailAt = cut;
            bool acknowledged = false;
            try
            {
                collection.Alter(Changed(QuantizationKind.Sq4));
                acknowledged = true;
                collection.WaitForIndex();
                collection.Upsert("last", [5000, 1, 1, 1]);
                collection.Checkpoint();
                last = Math.Max(last, cut == 0 ? files.Operations : 0);
            }
            catch (Exception exception) when (cut != 0 && exception is CrashingFileSystem.ProcessEndedException or HypervexException { InnerException: not null })
            {
                // As intended; a write hears of it by the error of its log.
            }

            using Database recovered = Database.Open(files.CrashImage(cut), "/db", null, small);
            Collection found = recovered.GetCollection("docs");
            QuantizationKind setting = found.Options.Vectors[""].Quantization;
            Assert.True(setting == QuantizationKind.Sq4 || (!acknowledged && setting == QuantizationKind.Sq8), $"cut {cut}: {setting}");
            (before, after) = setting == QuantizationKind.Sq8 ? (before + 1, after) : (before, after + 1);
            found.WaitForIndex();
            Assert.Equal(new CodeStats(setting, CodeState.Ready, null), CodesOf(found));
            Assert.All(Enumerable.Range(0, 20), i => Assert.Equal($"r{i * 50}", Assert.Single(found.Search([i * 50, i * 50 % 7, i * 50 % 11, 1], 1, new SearchOptions { Ef = 200, Oversampling = 100 })).Id)); // four components are few for such codes
            Assert.Empty(found.Verify().Findings);
        }

        Assert.True(before > 0 && after > 10, $"{before} before, {after} after");
    }

    private static void AssertTrainsAnew(string path, QuantizationKind kind)
    {
        using Database database = Database.Open(path, s_options);
        Collection collection = database.GetCollection("docs");
        Assert.Null(collection.Recovery.CheckpointProblem);
        Assert.Equal(kind, collection.Options.Vectors[""].Quantization);
        collection.WaitForIndex();
        Assert.Equal(new CodeStats(kind, CodeState.Ready, null), CodesOf(collection));
        Assert.Equal(1, IndexOf(collection).Trainings);
        AssertRecall(collection);
        Assert.Empty(collection.Verify().Findings);
    }

    private static void Copy(string source, string target)
    {
        foreach (string file in Directory.GetFiles(source, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "LOCK"))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            using FileStream from = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream to = File.Create(copy);
            from.CopyTo(to);
        }
    }

    private static FieldIndex IndexOf(Collection collection) => (FieldIndex)collection.Partition.FieldOf(1)!.Index;

    private static CodeStats? CodesOf(Collection collection) => collection.GetStats().Fields[0].Codes;

    private static CollectionChanges Changed(QuantizationKind kind) => new() { Quantization = new Dictionary<string, QuantizationKind> { [""] = kind } };

    private static CollectionOptions Options(int dimension, QuantizationKind kind) => new()
    {
        Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = dimension, Metric = Metric.L2, Quantization = kind } },
    };

    private static VectorRecord Make(int i, Random random) => new($"r{i}", Vector(random));

    private static float[] Vector(Random random) => [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.3f)];

    private static Collection Filled(Database database, QuantizationKind kind)
    {
        Collection collection = database.CreateCollection("docs", Options(Dimension, kind));
        var random = new Random(1);
        for (int i = 0; i < Records; i += 500)
        {
            collection.UpsertBatch([.. Enumerable.Range(i, 500).Select(each => Make(each, random))]);
        }

        collection.WaitForIndex();
        return collection;
    }

    private static void AssertRecall(Collection collection)
    {
        var random = new Random(17);
        int right = 0;
        for (int i = 0; i < 40; i++)
        {
            float[] query = Vector(random);
            HashSet<string> exact = [.. collection.Search(query, 10, new SearchOptions { Exact = true }).Select(hit => hit.Id)];
            right += collection.Search(query, 10, new SearchOptions { Ef = 256, Oversampling = 20 }).Count(hit => exact.Contains(hit.Id));
        }

        Assert.True(right >= 380, $"{right} of 400");
    }

    /// <summary>A database whose threads can be held where they have written the codes of a half of the rows.</summary>
    private sealed class HeldTraining : IDisposable
    {
        private readonly Database _database;
        private readonly ManualResetEventSlim _isHeld = new();
        private readonly ManualResetEventSlim _mayGo = new();
        private int _reads;

        public HeldTraining(string path) =>
            _database = Database.Open(new FailingReads { Reading = Count }, path, null, s_options with { RowAccess = RowAccess.Read });

        public Collection Fill(QuantizationKind kind) => Filled(_database, kind);

        /// <summary>Begins a training, and returns when it is held.</summary>
        public void Hold(Action begin)
        {
            Volatile.Write(ref _reads, -Records - (Records / 2)); // each row once for the mean; then those that are encoded
            begin();
            Assert.True(_isHeld.Wait(TimeSpan.FromMinutes(2)), "no training has begun");
        }

        public void LetGo() => _mayGo.Set();

        public void Close() => _database.Dispose();

        public void Dispose()
        {
            LetGo();
            Close();
        }

        private void Count()
        {
            if (Thread.CurrentThread.Name?.StartsWith("Hypervex indexing", StringComparison.Ordinal) == true && Interlocked.Increment(ref _reads) == 0)
            {
                _isHeld.Set();
                _mayGo.Wait();
            }
        }
    }
}
