using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Closing that has only so much time for last checkpoints: what it gives up comes from the log.</summary>
public sealed class ClosingTimeTests
{
    private const int Records = 2_000;
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(3);

    [Fact]
    public void With_time_closing_takes_a_checkpoint()
    {
        var files = new CrashingFileSystem();
        Fill(files, new DatabaseOptions { ClosingCheckpointTime = s_time, TimeProvider = new ManualTime() });
        AssertWhole(files, replayed: false);
    }

    [Fact]
    public void Without_time_closing_takes_none_and_the_log_holds_everything()
    {
        var files = new CrashingFileSystem();
        Fill(files, new DatabaseOptions { ClosingCheckpointTime = TimeSpan.Zero });
        Assert.DoesNotContain(files.Paths, path => path.EndsWith(".snap", StringComparison.Ordinal));
        AssertWhole(files, replayed: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_checkpoint_whose_time_ends_in_its_middle_leaves_nothing_behind(int file)
    {
        var time = new ManualTime();
        var files = new CrashingFileSystem();
        int created = 0;
        Fill(
            files,
            new DatabaseOptions { ClosingCheckpointTime = s_time, TimeProvider = time },
            () => files.Creating = path =>
            {
                if (path.EndsWith(".snap", StringComparison.Ordinal) && ++created == file)
                {
                    time.Advance(s_time);
                }
            });
        Assert.Equal(file, created);
        Assert.DoesNotContain(files.Paths, path => path.EndsWith(".snap", StringComparison.Ordinal));
        AssertWhole(files, replayed: true);
    }

    [Fact]
    public void Only_the_time_of_closing_counts()
    {
        var time = new ManualTime();
        var files = new CrashingFileSystem();
        Fill(files, new DatabaseOptions { ClosingCheckpointTime = s_time, TimeProvider = time }, () => time.Advance(s_time * 10));
        AssertWhole(files, replayed: false);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(86_400_001)]
    public void A_time_out_of_its_range_is_refused(long milliseconds)
    {
        var options = new DatabaseOptions { ClosingCheckpointTime = TimeSpan.FromMilliseconds(milliseconds) };
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => Database.CreateInMemory(options)).Code);
    }

    private static void Fill(CrashingFileSystem files, DatabaseOptions options, Action? beforeClosing = null)
    {
        using Database database = Database.Open(files, "/db", null, options);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        for (int from = 0; from < Records; from += 500)
        {
            collection.UpsertBatch([.. Enumerable.Range(from, 500).Select(i => new VectorRecord($"r{i}", [i, 1f]))]);
        }

        collection.WaitForIndex();
        beforeClosing?.Invoke();
    }

    private static void AssertWhole(CrashingFileSystem files, bool replayed)
    {
        files.Creating = null;
        using Database database = Database.Open(files, "/db", null, null);
        Collection collection = database.GetCollection("docs");
        Assert.Null(collection.Recovery.CheckpointProblem);
        Assert.Equal(0, collection.Recovery.TornBytes);
        Assert.Equal(replayed, collection.Recovery.Replayed >= Records);
        Assert.Equal(Records, collection.Count);
        Assert.Empty(collection.Verify().Findings);
        Assert.Equal("r7", collection.Search([7f, 1f], 1)[0].Id);
    }
}
