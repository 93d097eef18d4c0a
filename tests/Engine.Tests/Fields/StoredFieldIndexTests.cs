using Hypervex.Collections;
using Hypervex.Engine.Tests.Metadata;
using Hypervex.Engine.Tests.Storage;
using Hypervex.Fields;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Fields;

/// <summary>Field indexes are part of a checkpoint: opening takes them over, and does without them when they do not check. Never is an answer another one.</summary>
public sealed class StoredFieldIndexTests : IDisposable
{
    private const int Records = 3_000;
    private const int Seeds = 200;

    private static readonly DatabaseOptions s_options = new() { IndexingThreads = 1, CompactionGarbageRatio = 1 };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>A power cut behind a checkpoint that was taken beside writes, and behind more of them; again and again on the same data.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_a_power_cut_every_filter_finds_what_the_evaluator_finds(int part)
    {
        long loaded = 0;
        long checkpoints = 0;
        for (int seed = part; seed < Seeds; seed += 4)
        {
            try
            {
                using var run = new StoredFieldIndexRun(seed);
                run.All();
                loaded += run.Loaded;
                checkpoints += run.Checkpoints;
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
            }
        }

        // The answers are right without any index as well: that they come from loaded ones is what makes this a test.
        Assert.True(loaded > Seeds / 2, $"{loaded} indexes were loaded");
        Assert.True(checkpoints > Seeds / 4, $"{checkpoints} checkpoints");
    }

    [Fact]
    public void Opening_reads_no_records_and_the_control_without_the_files_reads_all_of_them()
    {
        Fill();
        using var without = new TemporaryDirectory();
        using (Database database = Database.Open(without.Path, s_options))
        {
            Filled(database, indexed: false);
        }

        long read = LogReadByOpening(_directory.Path);
        Assert.InRange(read, 1, LogReadByOpening(without.Path) + (Records * 10));
        foreach (string file in ValueFiles())
        {
            File.Delete(file);
        }

        Assert.InRange(LogReadByOpening(_directory.Path), read + (Records * 5 * 100L), long.MaxValue);
    }

    [Fact]
    public void Loaded_indexes_are_ready_at_once_and_count_as_those_that_were_built()
    {
        List<string> built = Fill();
        using Database database = Database.Open(_directory.Path, s_options);
        Collection collection = database.GetCollection("docs");
        Assert.All(IndexesOf(collection), index => Assert.True(index.IsSaved && index.IsReady));
        Assert.Equal(built, StatesOf(collection));
        AssertAnswers(collection);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(66)]
    [InlineData(72)]
    [InlineData(100)]
    [InlineData(500)]
    [InlineData(-9)]
    [InlineData(-1)]
    [InlineData(null)]
    public void An_index_that_does_not_check_or_is_gone_is_built_anew_and_the_checkpoint_counts(int? flippedAt)
    {
        Fill();
        string[] paths = ValueFiles();
        Assert.Equal(5, paths.Length);
        foreach (string path in paths)
        {
            if (flippedAt is { } at)
            {
                Flip(path, at);
            }
            else
            {
                File.Delete(path);
            }
        }

        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Collection collection = database.GetCollection("docs");
            Assert.Null(collection.Recovery.CheckpointProblem);
            AssertAnswers(collection);
            Assert.Equal(paths, collection.Verify().Findings.Select(finding => finding.File).Order(StringComparer.Ordinal));
            collection.WaitForFieldIndexes();
            Assert.All(IndexesOf(collection), index => Assert.True(index.IsReady && !index.IsSaved));
            AssertAnswers(collection);
        }

        // Closing has put whole ones in their place.
        AssertSound();
    }

    [Fact]
    public void Damage_anywhere_in_a_file_changes_no_answer()
    {
        Fill();
        var files = new DiskFileSystem();
        string[] paths = ValueFiles();
        var random = new Random(5);
        for (int round = 0; round < 60; round++)
        {
            string path = paths[round % paths.Length];
            byte[] whole = File.ReadAllBytes(path);
            byte[] damaged = [.. whole];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, damaged);
            string partition = Path.GetDirectoryName(Path.GetDirectoryName(path)!)!;
            ulong id = Manifest.Load(files, partition)!.CollectionId;
            Assert.Equal(path, Assert.Single(new DerivedFiles(files, partition, id).Check(rows: false)).File);
            using (Database database = Database.Open(_directory.Path, s_options))
            {
                Collection collection = database.GetCollection("docs");
                AssertAnswers(collection);
                collection.WaitForFieldIndexes(); // closing replaces the files
            }

            AssertSound();
            paths = ValueFiles();
        }
    }

    [Fact]
    public void A_repair_removes_what_is_damaged()
    {
        Fill();
        string path = ValueFiles()[1];
        Flip(path, 300);
        RepairReport report = Database.Repair(_directory.Path, apply: true);
        Assert.Equal(Path.GetRelativePath(_directory.Path, path), Assert.Single(report.Steps).File);
        Assert.Empty(report.Lost);
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Collection collection = database.GetCollection("docs");
            collection.WaitForFieldIndexes();
            AssertAnswers(collection);
        }

        AssertSound();
    }

    [Fact]
    public void A_file_of_another_index_checkpoint_or_collection_is_not_believed()
    {
        Fill();
        string[] paths = ValueFiles();
        byte[] first = File.ReadAllBytes(paths[0]);
        File.WriteAllBytes(paths[0], File.ReadAllBytes(paths[1]));
        File.WriteAllBytes(paths[1], first);
        using Database database = Database.Open(_directory.Path, s_options);
        Assert.Equal([false, false, true, true, true], IndexesOf(database.GetCollection("docs")).Select(index => index.IsSaved));
        AssertAnswers(database.GetCollection("docs"));
    }

    [Fact]
    public void Indexes_are_loaded_by_what_is_declared_now()
    {
        Fill();
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Collection collection = database.GetCollection("docs");
            collection.DropFieldIndex("n");
            collection.CreateFieldIndex("n", FieldIndexType.Float);
            collection.DropFieldIndex("kind");
            collection.CreateFieldIndex("kind", FieldIndexType.Keyword);
            collection.DropFieldIndex("flag");
            collection.CreateFieldIndex("score", FieldIndexType.Integer);
        }

        // Nothing was written, so the checkpoint is the one before: the log is closed without waiting for what was being built.
        using Database again = Database.Open(_directory.Path, s_options);
        Collection opened = again.GetCollection("docs");
        AssertAnswers(opened);
        opened.WaitForFieldIndexes();
        Assert.Equal(["kind", "n", "score", "tags"], IndexesOf(opened).Select(index => index.Values.Field).Order(StringComparer.Ordinal));
        AssertAnswers(opened);
    }

    [Fact]
    public void What_does_not_fit_into_the_memory_limit_is_not_loaded_and_the_collection_opens()
    {
        Fill(tags: 40);
        long loaded;
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Collection collection = database.GetCollection("docs");
            Assert.All(IndexesOf(collection), index => Assert.True(index.IsSaved));
            loaded = collection.GetStats().MemoryBytes;
        }

        using Database limited = Database.Open(_directory.Path, s_options with { MemoryLimitBytes = loaded - (1 << 20) });
        Collection small = limited.GetCollection("docs");
        Assert.Contains(IndexesOf(small), index => !index.IsSaved);
        Assert.Equal(Records, small.Count);
        AssertAnswers(small);
        Assert.True(limited.MemoryBytes <= loaded - (1 << 20), $"{limited.MemoryBytes} bytes");
    }

    [Fact]
    public void A_power_cut_at_every_operation_of_a_checkpoint_leaves_the_indexes_of_this_one_or_of_the_one_before()
    {
        int began = 0;
        int ended = 0;
        for (int cut = 0; cut == 0 || cut <= ended; cut = cut == 0 ? began + 1 : cut + 1)
        {
            var files = new CrashingFileSystem();
            Database database = Database.Open(files, "/db", null, s_options);
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2) with
            {
                FieldIndexes = new Dictionary<string, FieldIndexType> { ["n"] = FieldIndexType.Integer, ["kind"] = FieldIndexType.Keyword },
            });
            collection.UpsertBatch([.. Enumerable.Range(0, 300).Select(i => RecordOf(i, 0))]);
            collection.WaitForFieldIndexes();
            Assert.True(collection.Checkpoint());
            collection.UpsertBatch([.. Enumerable.Range(200, 200).Select(i => RecordOf(i, 1))]);
            began = files.Operations;
            files.FailAt = cut;
            try
            {
                collection.Checkpoint();
                ended = Math.Max(ended, cut == 0 ? files.Operations : 0);
            }
            catch (CrashingFileSystem.ProcessEndedException)
            {
                Assert.NotEqual(0, cut);
            }

            using Database recovered = Database.Open(files.CrashImage(cut), "/db", null, s_options);
            Collection found = recovered.GetCollection("docs");
            Assert.All(IndexesOf(found), index => Assert.True(index.IsSaved && index.IsReady));
            AssertAgrees(found);
            Assert.Equal(400, found.CountWhere(Filter.Field("n").Exists()));
            Assert.Empty(found.Verify().Findings);
        }

        Assert.True(ended - began > 15, "hardly any operation was cut");
    }

    [Fact]
    public async Task Checkpoints_beside_writers_and_compactions_leave_indexes_that_agree_with_the_records()
    {
        DatabaseOptions small = s_options with { SegmentBytes = 256 << 10, ChunkBytes = 64 << 10 };
        var random = new Random(3);
        for (int round = 0; round < 3; round++)
        {
            using Database database = Database.Open(_directory.Path, small);
            Collection collection = round == 0 ? Filled(database) : database.GetCollection("docs");
            Assert.Equal(round > 0, IndexesOf(collection).All(index => index.IsSaved));
            AssertAgrees(collection);
            using var stop = new CancellationTokenSource();
            Task checkpoints = Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    collection.Checkpoint();
                    collection.Compact();
                }
            });
            try
            {
                for (int i = 0; i < 40; i++)
                {
                    collection.UpsertBatch([.. Enumerable.Range(0, 25).Select(_ => RecordOf(random.Next(Records), random.Next(50)))]);
                    collection.DeleteBatch([.. Enumerable.Range(0, 10).Select(_ => $"r{random.Next(10, Records)}")]);
                    collection.Update($"r{random.Next(10)}", new RecordUpdate { Metadata = new MetadataObject { ["n"] = i } });
                }
            }
            finally
            {
                await stop.CancelAsync();
                await checkpoints;
            }

            collection.Checkpoint();
        }

        using Database last = Database.Open(_directory.Path, small);
        Assert.All(IndexesOf(last.GetCollection("docs")), index => Assert.True(index.IsSaved));
        AssertAgrees(last.GetCollection("docs"));
    }

    private static List<BuiltIndex> IndexesOf(Collection collection) => [.. collection.Partition.FieldIndexes.All];

    private static List<string> StatesOf(Collection collection) => [.. collection.GetStats().FieldIndexes.Select(state => (state with { MemoryBytes = 0 }).ToString())];

    private static VectorRecord RecordOf(int i, int salt, int tags = 2) => new($"r{i}", [i, salt])
    {
        Metadata = new MetadataObject
        {
            ["kind"] = i % 11 == 0 ? new MetadataValue[] { "both", $"k{i % 7}" } : $"k{i % 7}",
            ["tags"] = (MetadataValue[])[.. Enumerable.Range(0, tags).Select(tag => (MetadataValue)$"t{(i * tags) + tag}")],
            ["n"] = i % 13 == 0 ? "none" : i,
            ["score"] = i / 8.0,
            ["flag"] = i % 3 == 0,
            ["place"] = new MetadataObject { ["lat"] = i % 90, ["lon"] = i % 180 },
        },
    };

    private static void AssertAnswers(Collection collection)
    {
        Assert.Equal(Enumerable.Range(0, Records).Count(i => i % 7 == 3), collection.CountWhere(Filter.Field("kind") == "k3" | Filter.Field("kind").Contains("k3")));
        Assert.Equal(Enumerable.Range(0, 100).Count(i => i % 13 != 0), collection.CountWhere(Filter.Field("n") < 100));
        Assert.Equal(8 * 10, collection.CountWhere((Filter.Field("score") >= 5.0) & (Filter.Field("score") < 15.0)));
        Assert.Equal(Records / 3, collection.CountWhere(Filter.Field("flag") == true));
        Assert.Equal(1, collection.CountWhere(Filter.Field("tags").Contains("t8")));
    }

    /// <summary>Compares every index with the records, by filters that it decides alone.</summary>
    private static void AssertAgrees(Collection collection)
    {
        List<VectorRecord> all = [.. collection.List(new ListOptions { Limit = 10_000, Include = Include.Metadata }).Records];
        for (int i = 0; i < 10; i++)
        {
            Filter[] filters = [Filter.Field("kind") == $"k{i % 7}", Filter.Field("n") < i * 50, Filter.Field("n") == i, Filter.Field("score") >= i, Filter.Field("flag") == (i % 2 == 0), Filter.Field("tags").Contains($"t{i}")];
            foreach (Filter filter in filters)
            {
                string[] expected = [.. all.Where(record => filter.Matches(record.Metadata!)).Select(record => record.Id).Order(StringComparer.Ordinal)];
                Assert.Equal(expected, collection.List(new ListOptions { Limit = 10_000, Filter = filter }).Records.Select(record => record.Id).Order(StringComparer.Ordinal));
            }
        }
    }

    private static Collection Filled(Database database, int tags = 2, bool indexed = true)
    {
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2) with
        {
            FieldIndexes = !indexed ? new Dictionary<string, FieldIndexType>() : new Dictionary<string, FieldIndexType>
            {
                ["kind"] = FieldIndexType.Keyword,
                ["tags"] = FieldIndexType.Keyword,
                ["n"] = FieldIndexType.Integer,
                ["score"] = FieldIndexType.Float,
                ["flag"] = FieldIndexType.Boolean,
            },
        });
        for (int i = 0; i < Records; i += 500)
        {
            collection.UpsertBatch([.. Enumerable.Range(i, 500).Select(each => RecordOf(each, 0, tags))]);
        }

        collection.WaitForIndex();
        collection.WaitForFieldIndexes();
        return collection;
    }

    private static void Flip(string path, int at)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at < 0 ? bytes.Length + at : at] ^= 4;
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>A database that is closed; what its indexes said of themselves.</summary>
    private List<string> Fill(int tags = 2)
    {
        using Database database = Database.Open(_directory.Path, s_options);
        return StatesOf(Filled(database, tags));
    }

    private void AssertSound()
    {
        using Database database = Database.Open(_directory.Path, s_options);
        Collection collection = database.GetCollection("docs");
        Assert.Empty(collection.Verify().Findings);
        Assert.All(IndexesOf(collection), index => Assert.True(index.IsSaved));
        AssertAnswers(collection);
    }

    private string[] ValueFiles() => [.. Directory.GetFiles(_directory.Path, "values.*.snap", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>Bytes of the log that are read until all indexes are ready.</summary>
    private static long LogReadByOpening(string directory)
    {
        var files = new FailingReads { Folder = "log" };
        using Database database = Database.Open(files, directory, null, s_options);
        Collection collection = database.GetCollection("docs");
        collection.WaitForFieldIndexes();
        Assert.All(IndexesOf(collection), index => Assert.True(index.IsReady));
        return files.BytesRead;
    }
}
