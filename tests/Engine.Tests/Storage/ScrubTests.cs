using Hypervex.Collections;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>
/// The background scrub finds damage in every kind of file that it reads, puts right what is derived, and is in nobody's way. Time is moved by hand; what runs on
/// the scrub's thread is awaited by what it leaves behind.
/// </summary>
public sealed class ScrubTests : IDisposable
{
    private const int Records = 400;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_scrub_reads_every_segment_snapshot_row_and_description_and_finds_nothing_in_whole_files()
    {
        using Database database = Open();
        Collection collection = Filled(database);
        Assert.Null(StatsOf(collection).LastFinished);
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal(0, stats.Problems);
        Assert.Empty(stats.Findings);
        string[] log = [.. Files("log", "*.log").Order(StringComparer.Ordinal)];
        long segments = log.SkipLast(1).Sum(Length) + Used(log[^1]);
        long rows = Records * 64;
        long others = Files("", "*.snap").Sum(Length) + Files("", "*.json*").Sum(Length);
        Assert.InRange(stats.BytesChecked, segments + rows + others - ((log.Length + 4) * 160), segments + rows + others); // but headers and envelopes
        Assert.Equal(_time.GetUtcNow(), stats.LastFinished);
    }

    [Fact]
    public void A_flipped_bit_in_a_sealed_segment_is_reported_with_what_to_do()
    {
        using Database database = Open();
        Collection collection = Filled(database);
        string path = Files("log", "*.log").Order(StringComparer.Ordinal).First();
        Flip(path, 700);
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((1, 0), (stats.Problems, stats.Repaired));
        VerifyFinding finding = Assert.Single(stats.Findings);
        Assert.Equal(path, finding.File);
        Assert.Contains("hypervex repair", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_in_the_segment_that_is_written_to_is_reported_and_writes_go_on()
    {
        using Database database = Open();
        Collection collection = Filled(database);
        string path = Files("log", "*.log").Order(StringComparer.Ordinal).Last();
        Flip(path, Used(path) - 40); // the last record
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((1, 0), (stats.Problems, stats.Repaired));
        Assert.Equal(path, Assert.Single(stats.Findings).File);
        Assert.True(collection.Upsert("another", new float[8]).Created);
    }

    [Fact]
    public void What_is_not_durable_yet_is_no_damage()
    {
        using Database database = Open(durability: Durability.OperatingSystem);
        Collection collection = Filled(database);
        collection.Flush();
        string path = Files("log", "*.log").Order(StringComparer.Ordinal).Last();
        long durable = Used(path);
        collection.Upsert("another", new float[8]);
        Assert.Equal(path, Files("log", "*.log").Order(StringComparer.Ordinal).Last());
        Flip(path, durable + 40);
        Assert.Equal(0, Scrubbed(collection).Problems);
        collection.Flush();
        Assert.Equal(1, Scrubbed(collection, _time.GetUtcNow() + TimeSpan.FromDays(7)).Problems); // the control
    }

    [Theory]
    [InlineData("collection.json")]
    [InlineData("collection.json.previous")]
    [InlineData("database.json")]
    [InlineData("database.json.previous")]
    public void A_damaged_description_is_written_anew(string name)
    {
        using (Database database = Open())
        {
            Collection collection = Filled(database);
            collection.CreateFieldIndex("year", FieldIndexType.Integer); // so that there is a previous copy
            string path = Files("", name).Single();
            foreach (int flipped in new[] { 20, -20 })
            {
                Flip(path, flipped > 0 ? flipped : Length(path) + flipped); // in the envelope, in the content
                ScrubStats stats = Scrubbed(collection, _time.GetUtcNow() + TimeSpan.FromDays(8));
                Assert.Equal((1, 1), (stats.Problems, stats.Repaired));
                Assert.Equal(path, Assert.Single(stats.Findings).File);
            }

            Assert.Equal(0, Scrubbed(collection, _time.GetUtcNow() + TimeSpan.FromDays(8)).Problems);
            Assert.Empty(collection.Verify().Findings);
        }

        using Database again = Open();
        Assert.Equal(Records, again.GetCollection("docs").Count);
        Assert.Single(again.GetCollection("docs").Options.FieldIndexes);
    }

    [Fact]
    public void A_missing_description_is_written_anew()
    {
        using Database database = Open();
        Collection collection = Filled(database);
        File.Delete(Files("", "collection.json").Single());
        File.Delete(Files("", "database.json").Single());
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((2, 2), (stats.Problems, stats.Repaired));
        Assert.True(database.CloseCollection("docs"));
        Assert.Equal(Records, database.GetCollection("docs").Count);
    }

    [Fact]
    public void A_damaged_manifest_of_a_collection_without_a_checkpoint_is_replaced()
    {
        using (Database database = Open())
        {
            database.CreateCollection("docs", CollectionOptions.Create(8, Metric.L2)).Upsert("a", new float[8]);
        }

        using Database again = Open();
        Collection collection = again.GetCollection("docs");
        Flip(Files("", "manifest").Single(), 20);
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((1, 1), (stats.Problems, stats.Repaired));
        Assert.Empty(collection.Verify().Findings);
    }

    [Fact]
    public void A_flipped_bit_in_a_compacted_segment_is_reported()
    {
        using Database database = Open();
        Collection collection = Filled(database);
        collection.DeleteBatch([.. Enumerable.Range(0, Records / 2).Select(i => $"r{i * 2}")]);
        collection.Compact();
        string path = Files("log", "*-*.log").First();
        Flip(path, 700);
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((1, 0), (stats.Problems, stats.Repaired));
        Assert.Equal(path, Assert.Single(stats.Findings).File);
    }

    [Theory]
    [InlineData("", "records.*.snap")]
    [InlineData("index", "*.snap")]
    [InlineData("", "manifest")]
    [InlineData("", "manifest.previous")]
    public void A_damaged_file_of_a_checkpoint_is_replaced_by_a_new_checkpoint(string folder, string pattern)
    {
        using (Database database = Open())
        {
            Collection collection = Filled(database);
            collection.Upsert("again", new float[8]);
            collection.Delete("again");
            Assert.True(collection.Checkpoint()); // so that the manifest has a previous copy
            string path = Files(folder, pattern).Single();
            Flip(path, Length(path) / 2);
            ScrubStats stats = Scrubbed(collection);
            Assert.Equal((1, 1), (stats.Problems, stats.Repaired));
            Assert.Equal(path, Assert.Single(stats.Findings).File);
            Assert.Empty(collection.Verify().Findings);
        }

        using Database again = Open();
        Assert.Null(again.GetCollection("docs").Recovery.CheckpointProblem);
        Assert.Equal(Records, again.GetCollection("docs").Count);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(-3)]
    public void A_damaged_field_index_is_replaced_by_a_new_checkpoint(int offset)
    {
        using (Database database = Open())
        {
            Collection collection = Filled(database);
            collection.CreateFieldIndex("n", FieldIndexType.Integer);
            collection.WaitForFieldIndexes();
            Assert.True(collection.Checkpoint());
            Assert.False(collection.Checkpoint());
            string path = Files("index", "values.*.snap").Single();
            Flip(path, offset < 0 ? Length(path) + offset : offset);
            ScrubStats stats = Scrubbed(collection);
            Assert.Equal((1, 1), (stats.Problems, stats.Repaired));
            Assert.Equal(path, Assert.Single(stats.Findings).File);
            Assert.Empty(collection.Verify().Findings);
        }

        using Database again = Open();
        Assert.True(Assert.Single(again.GetCollection("docs").Partition.FieldIndexes.All).IsSaved);
    }

    [Fact]
    public void A_missing_snapshot_is_replaced_by_a_new_checkpoint()
    {
        using Database database = Open();
        Collection collection = Filled(database);
        File.Delete(Files("index", "*.snap").Single());
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((1, 1), (stats.Problems, stats.Repaired));
        Assert.Empty(collection.Verify().Findings);
    }

    [Theory]
    [InlineData(RowAccess.Map)]
    [InlineData(RowAccess.Memory)]
    [InlineData(RowAccess.Read)]
    public void A_flipped_bit_in_a_row_is_put_right_from_the_log(RowAccess access)
    {
        using Database database = Open(access: access);
        Collection collection = Filled(database);
        string path = ChunkFiles()[0];
        byte[] whole = File.ReadAllBytes(path);
        Flip(path, 4096 + (64 * 3) + 5);
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((1, 1), (stats.Problems, stats.Repaired));
        Assert.Equal(path, Assert.Single(stats.Findings).File);
        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_row_whose_log_frame_is_damaged_as_well_is_reported_and_left()
    {
        using Database database = Open();
        Collection collection = Filled(database);
        Flip(ChunkFiles()[0], 4096 + 5);
        byte[] damaged = File.ReadAllBytes(ChunkFiles()[0]);
        Flip(Files("log", "*.log").Order(StringComparer.Ordinal).First(), 128 + 40); // the first record's
        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((2, 0), (stats.Problems, stats.Repaired));
        Assert.Equal(damaged, File.ReadAllBytes(ChunkFiles()[0]));
    }

    [Fact]
    public void A_damaged_chunk_header_is_reported_and_the_next_opening_builds_the_rows_anew()
    {
        using (Database database = Open())
        {
            Collection collection = Filled(database);
            Flip(ChunkFiles()[0], 20);
            ScrubStats stats = Scrubbed(collection);
            Assert.Equal((1, 0), (stats.Problems, stats.Repaired));
            Assert.Contains("open it again", Assert.Single(stats.Findings).Message, StringComparison.Ordinal);
        }

        using Database again = Open();
        Assert.NotNull(again.GetCollection("docs").Recovery.CheckpointProblem);
        Assert.Equal(0, Scrubbed(again.GetCollection("docs"), _time.GetUtcNow() + TimeSpan.FromDays(7)).Problems);
        Assert.Empty(again.GetCollection("docs").Verify().Findings);
    }

    [Fact]
    public void A_truncated_chunk_is_reported()
    {
        using Database database = Open(access: RowAccess.Read);
        Collection collection = Filled(database);
        using (FileStream file = new(ChunkFiles()[0], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(4096 + 100);
        }

        ScrubStats stats = Scrubbed(collection);
        Assert.Equal((1, 0), (stats.Problems, stats.Repaired));
        Assert.Equal(ChunkFiles()[0], Assert.Single(stats.Findings).File);
    }

    [Fact]
    public void No_scrub_runs_while_they_are_turned_off_and_the_damage_stays_unseen()
    {
        using Database database = Open(interval: Timeout.InfiniteTimeSpan);
        Collection collection = Filled(database);
        Flip(Files("log", "*.log").Order(StringComparer.Ordinal).First(), 700);
        _time.Advance(TimeSpan.FromDays(100));
        Assert.Null(collection.GetStats().Scrub);
        Assert.Empty(Files("", "scrub"));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(-5L)]
    public void An_interval_that_is_no_time_is_refused(long seconds) => Assert.Equal(
        ErrorCode.InvalidArgument,
        Assert.Throws<HypervexException>(() => Database.CreateInMemory(new DatabaseOptions { ScrubInterval = TimeSpan.FromSeconds(seconds) })).Code);

    [Fact]
    public void What_a_scrub_has_finished_is_remembered_over_a_restart()
    {
        DateTimeOffset first;
        using (Database database = Open())
        {
            Collection collection = Filled(database);
            Flip(Files("log", "*.log").Order(StringComparer.Ordinal).First(), 700);
            first = Scrubbed(collection).LastFinished!.Value;
        }

        using Database again = Open();
        Collection same = again.GetCollection("docs");
        ScrubStats remembered = StatsOf(same);
        Assert.Equal(first, remembered.LastFinished);
        Assert.Equal(1, remembered.Problems);
        Assert.Single(remembered.Findings);
        _time.Advance(TimeSpan.FromDays(6));
        DateTimeOffset due = first + TimeSpan.FromDays(7);
        Assert.Equal(due, Scrubbed(same, due).LastFinished); // a scrub within the six days would have put this one off
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_the_file_that_remembers_the_next_scrub_begins_after_the_quiet_time(bool isDamaged)
    {
        using (Database database = Open())
        {
            Scrubbed(Filled(database));
        }

        string path = Files("", "scrub").Single();
        if (isDamaged)
        {
            Flip(path, Length(path) / 2);
        }
        else
        {
            File.Delete(path);
        }

        using Database again = Open();
        Assert.Null(StatsOf(again.GetCollection("docs")).LastFinished);
        Assert.Equal(0, Scrubbed(again.GetCollection("docs")).Problems);
    }

    [Fact]
    public void Closing_ends_a_scrub_and_the_next_opening_goes_on_where_it_was()
    {
        long whole;
        using (Database database = Open())
        {
            whole = Scrubbed(Filled(database)).BytesChecked;
        }

        File.Delete(Files("", "scrub").Single());
        long before;
        using (Database database = Open(bytesPerSecond: 4096))
        {
            Collection collection = database.GetCollection("docs");
            _time.Advance(Scrubber.Quiet);
            AdvanceUntil(() => StatsOf(collection).BytesChecked > whole / 2);
            Assert.True(database.CloseCollection("docs"));
            collection = database.GetCollection("docs");
            before = StatsOf(collection).BytesChecked;
            Assert.InRange(before, whole / 2, whole - 1);
            Assert.False(StatsOf(collection).IsRunning);
        }

        using Database again = Open();
        Assert.Equal(before, StatsOf(again.GetCollection("docs")).BytesChecked);
        ScrubStats stats = Scrubbed(again.GetCollection("docs"));
        Assert.InRange(stats.BytesChecked, whole * 0.9, whole * 1.3); // what it read in two parts; begun anew it would be half as much again
        Assert.Equal(0, stats.Problems);
    }

    [Fact]
    public void A_scrub_reads_no_faster_than_it_may()
    {
        const long Rate = 4096;
        using Database database = Open(bytesPerSecond: Rate);
        Collection collection = Filled(database);
        _time.Advance(Scrubber.Quiet);
        DateTimeOffset began = _time.GetUtcNow();
        AdvanceUntil(() =>
        {
            // The time first: it moves on only here. A step, of a segment here, is read before it is waited for.
            double seconds = (_time.GetUtcNow() - began).TotalSeconds;
            ScrubStats now = StatsOf(collection);
            Assert.InRange(now.BytesChecked, 0, ((seconds + 1) * Rate) + (64 << 10));
            return now.LastFinished is not null;
        });
        Assert.True(StatsOf(collection).BytesChecked > 100 << 10, "so little was read that the rate was not put to the test");
    }

    [Fact]
    public void The_control_without_a_rate_reads_everything_while_time_stands_still()
    {
        using Database database = Open(bytesPerSecond: 0);
        Collection collection = Filled(database);
        Assert.True(Scrubbed(collection).BytesChecked > 100 << 10);
    }

    [Fact]
    public void A_compaction_does_not_wait_for_a_scrub_that_waits_and_the_scrub_goes_on_with_what_replaced_its_files()
    {
        // A segment of more than two steps, so that the scrub waits in the middle of it.
        using Database database = Open(bytesPerSecond: 1 << 20, segmentBytes: 5 << 19);
        Collection collection = Filled(database, documentLength: 8000);
        collection.DeleteBatch([.. Enumerable.Range(0, Records / 2).Select(i => $"r{i * 2}")]);
        _time.Advance(Scrubber.Quiet);
        AdvanceUntil(() => StatsOf(collection).BytesChecked > 0);
        Assert.InRange(StatsOf(collection).BytesChecked, 1, 2 << 20);
        Assert.True(collection.Compact().RecordsMoved > 0);
        Assert.True(StatsOf(collection).IsRunning); // time stands still, so it is where it was
        AdvanceUntil(() =>
        {
            ScrubStats now = StatsOf(collection);
            Assert.Empty(now.Findings); // at every moment: a scrub that broke off would be followed by another
            return now.LastFinished is not null;
        });
    }

    [Fact]
    public void Scrubs_beside_writes_checkpoints_and_compactions_see_no_damage_where_there_is_none()
    {
        using Database database = Open();
        Collection collection = Filled(database);
        var random = new Random(5);
        for (int round = 0; round < 15; round++)
        {
            long started = Environment.TickCount64;
            DateTimeOffset? before = StatsOf(collection).LastFinished;
            _time.Advance(before is null ? Scrubber.Quiet : TimeSpan.FromDays(7));
            do
            {
                collection.UpsertBatch([.. Enumerable.Range(0, 40).Select(_ => Record(random.Next(Records), random))]);
                collection.DeleteBatch([.. Enumerable.Range(0, 20).Select(_ => $"r{random.Next(Records)}")]);
                collection.Checkpoint();
                Assert.True(Environment.TickCount64 - started < s_patience.TotalMilliseconds, "the scrub does not get on");
                if (round % 3 == 0)
                {
                    collection.Compact();
                }
            }
            while (!HasFinished(collection, before));
        }

        ScrubStats stats = StatsOf(collection);
        Assert.True(stats.Problems == 0, string.Join('\n', stats.Findings));
        Assert.Empty(collection.Verify().Findings);
    }

    private static ScrubStats StatsOf(Collection collection) => collection.GetStats().Scrub!;

    /// <summary>Whether a scrub has finished since, and has set the timer of the next.</summary>
    private static bool HasFinished(Collection collection, DateTimeOffset? since) => StatsOf(collection) is { IsRunning: false } stats && stats.LastFinished != since;

    private static VectorRecord Record(int i, Random random, int documentLength = 200) => new($"r{i}", [.. Enumerable.Range(0, 8).Select(_ => random.NextSingle())]) { Document = new string('x', documentLength) };

    /// <summary>Bytes up to the end of the last frame.</summary>
    private static long Used(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
    }

    private static long Length(string path) => new FileInfo(path).Length;

    private static void Flip(string path, long offset)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 16));
    }

    private static Collection Filled(Database database, int documentLength = 200)
    {
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(8, Metric.L2));
        var random = new Random(1);
        for (int i = 0; i < Records; i += 10)
        {
            collection.UpsertBatch([.. Enumerable.Range(i, 10).Select(each => Record(each, random, documentLength))]);
        }

        collection.WaitForIndex();
        Assert.True(collection.Checkpoint());
        return collection;
    }

    private Database Open(long bytesPerSecond = 0, TimeSpan? interval = null, RowAccess access = RowAccess.Map, long segmentBytes = 8192, Durability durability = Durability.Fsync) => Database.Open(_directory.Path, new DatabaseOptions
    {
        TimeProvider = _time,
        IndexingThreads = 1,
        SegmentBytes = segmentBytes,
        ChunkBytes = 8192,
        CompactionGarbageRatio = 1,
        RowAccess = access,
        Durability = durability,
        ScrubBytesPerSecond = bytesPerSecond,
        ScrubInterval = interval ?? TimeSpan.FromDays(7),
        ScrubSaveBytes = 16 << 10,
    });

    /// <summary>Moves time to when a scrub is due (unless told: after the quiet time) and waits for its end.</summary>
    private ScrubStats Scrubbed(Collection collection, DateTimeOffset? at = null)
    {
        DateTimeOffset? before = StatsOf(collection).LastFinished;
        _time.Advance((at ?? _time.GetUtcNow() + Scrubber.Quiet) - _time.GetUtcNow());
        Assert.True(SpinWait.SpinUntil(() => HasFinished(collection, before), s_patience), "no scrub has finished");
        return StatsOf(collection);
    }

    /// <summary>Moves time on, half a second at a time, until something is so.</summary>
    private void AdvanceUntil(Func<bool> isSo)
    {
        long started = Environment.TickCount64;
        while (!isSo())
        {
            Assert.True(Environment.TickCount64 - started < s_patience.TotalMilliseconds, "the scrub does not get on");
            _time.Advance(TimeSpan.FromSeconds(0.5));
            Thread.Yield();
        }
    }

    private string[] Files(string folder, string pattern) =>
        Directory.GetFiles(_directory.Path, pattern, SearchOption.AllDirectories) is var all && folder.Length == 0
            ? all
            : [.. all.Where(path => Path.GetFileName(Path.GetDirectoryName(path)) == folder)];

    private string[] ChunkFiles() => [.. Files("", "chunk_*.hyp").Order(StringComparer.Ordinal)];
}
