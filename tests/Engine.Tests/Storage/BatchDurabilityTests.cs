using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>
/// P1 for the batch durability: a power cut takes at most what was acknowledged within the last interval, and only as a suffix. Time is moved by hand,
/// so the bound is exact: the real one adds the duration of one fsync.
/// </summary>
public sealed class BatchDurabilityTests
{
    private const int Seeds = 48;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    private readonly ManualTime _time = new();
    private readonly CrashingFileSystem _files = new();

    [Fact]
    public void What_is_older_than_the_interval_survives_every_cut()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        var acknowledged = new List<(string Id, DateTimeOffset At)>();
        int lost = 0;
        for (int i = 0; i < 60; i++)
        {
            string id = $"r{i}";
            collection.Upsert(id, [i, 1]);
            acknowledged.Add((id, _time.GetUtcNow()));
            _time.Advance(TimeSpan.FromMilliseconds(7));
            for (int seed = 0; seed < 2; seed++)
            {
                HashSet<string> found = IdsAfterCut((i * 2) + seed);
                DateTimeOffset safe = _time.GetUtcNow() - s_interval;
                Assert.All(acknowledged, entry => Assert.True(entry.At > safe || found.Contains(entry.Id), $"{entry.Id} was acknowledged {_time.GetUtcNow() - entry.At} before the cut"));
                lost += acknowledged.Count - found.Count;
            }
        }

        Assert.True(lost > 0, "no cut took anything, so the bound was not put to the test");
    }

    [Fact]
    public void A_cut_takes_a_suffix_and_never_something_out_of_the_middle()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        for (int i = 0; i < 40; i++)
        {
            collection.Upsert($"r{i}", [i, 1]);
        }

        var lengths = new HashSet<int>();
        for (int seed = 0; seed < Seeds; seed++)
        {
            HashSet<string> found = IdsAfterCut(seed);
            Assert.All(Enumerable.Range(0, found.Count), i => Assert.Contains($"r{i}", found));
            lengths.Add(found.Count);
        }

        Assert.True(lengths.Count > 1, "every cut took the same, so the order was not put to the test");
    }

    [Fact]
    public void A_write_that_asks_for_fsync_takes_the_batched_ones_before_it_along()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.Upsert("before", [1, 1]);
        collection.Upsert(new VectorRecord("durable", [2, 1]), new WriteOptions { Durability = Durability.Fsync });
        collection.Upsert("after", [3, 1]);
        Assert.All(Enumerable.Range(0, Seeds), seed => Assert.Superset(new HashSet<string> { "before", "durable" }, IdsAfterCut(seed)));
        Assert.Contains(Enumerable.Range(0, Seeds), seed => !IdsAfterCut(seed).Contains("after"));
    }

    [Fact]
    public void A_writer_syncs_by_itself_when_the_timer_is_late()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.Upsert("first", [1, 1]);
        _time.AdvanceWithoutTimers(s_interval * 2);
        collection.Upsert("second", [2, 1]);
        Assert.Contains(Enumerable.Range(0, Seeds), seed => !IdsAfterCut(seed).Contains("first"));
        _time.AdvanceWithoutTimers(TimeSpan.FromMilliseconds(1));
        collection.Upsert("third", [3, 1]);
        Assert.All(Enumerable.Range(0, Seeds), seed => Assert.Equal(3, IdsAfterCut(seed).Count));
    }

    [Fact]
    public void A_checkpoint_that_saw_writes_which_a_cut_takes_back_still_holds_what_they_replaced()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.UpsertBatch([.. Enumerable.Range(0, 20).Select(i => new VectorRecord($"r{i}", [i, 1]))]);
        bool written = false;
        _files.Creating = path =>
        {
            // The checkpoint's position is fixed by now, its table is not.
            if (!written && Path.GetFileName(path).StartsWith("records.", StringComparison.Ordinal))
            {
                written = true;
                collection.Upsert("r3", [300, 1]);
                collection.Delete("r4");
            }
        };
        Assert.True(collection.Checkpoint());
        Assert.True(written);
        Assert.All(Enumerable.Range(0, Seeds), seed =>
        {
            HashSet<string> found = IdsAfterCut(seed);
            Assert.Contains("r3", found);
            Assert.Equal(found.Contains("r4") ? 20 : 19, found.Count);
        });
    }

    [Fact]
    public void The_control_whose_timer_never_fires_loses_what_is_older_than_the_interval()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.Upsert(new VectorRecord("old", [1, 1]), new WriteOptions { Durability = Durability.OperatingSystem });
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Contains(Enumerable.Range(0, Seeds), seed => !IdsAfterCut(seed).Contains("old"));
    }

    private Database Open() => Database.Open(_files, "/db", null, new DatabaseOptions
    {
        Durability = Durability.Batch,
        BatchInterval = s_interval,
        TimeProvider = _time,
        IndexingThreads = 1,
        SegmentBytes = 4096,
        ChunkBytes = 4096,
    });

    private HashSet<string> IdsAfterCut(int seed)
    {
        using Database database = Database.Open(_files.CrashImage(seed), "/db", null, new DatabaseOptions { IndexingThreads = 1, SegmentBytes = 4096, ChunkBytes = 4096 });
        return [.. database.GetCollection("docs").List().Records.Select(record => record.Id)];
    }
}
