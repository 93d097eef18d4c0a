using Hypervex.Engine.Tests.Indexes;
using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Records with a time at which they expire: hidden at once, deleted soon.</summary>
public sealed class ExpiryTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly Filter s_odd = Filter.Field("odd") == true;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(10, false)]
    [InlineData(10, true)]
    [InlineData(300, false)]
    [InlineData(300, true)]
    public void From_its_moment_on_no_read_finds_a_record(int expiring, bool indexed)
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        if (indexed)
        {
            collection.CreateFieldIndex("odd", FieldIndexType.Boolean);
            collection.CreateFieldIndex("name", FieldIndexType.Keyword);
        }

        const int All = 1_000;
        DateTimeOffset end = _time.GetUtcNow() + TimeSpan.FromHours(1);
        collection.UpsertBatch([.. Enumerable.Range(0, All).Select(i => Record(i, i < expiring ? end : null))]);
        collection.WaitForIndex();
        collection.WaitForFieldIndexes();
        _time.AdvanceWithoutTimers(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        Check(0);
        Assert.Equal(end, collection.Get("r0")!.ExpiresAt);
        var hits = new Hit[5];
        Assert.Equal(5, collection.Search([0, 0], default, hits));

        _time.AdvanceWithoutTimers(TimeSpan.FromMilliseconds(1));
        Check(expiring);
        Assert.Null(collection.Get("r0"));
        Assert.False(collection.TryCopyId(hits[0], new byte[512], out _)); // found before, and gone since
        Assert.Equal(ErrorCode.NotFound, Assert.Throws<HypervexException>(() => collection.SearchById("r0", 3)).Code);
        Assert.Equal(ErrorCode.NotFound, Assert.Throws<HypervexException>(() => collection.Update("r0", new RecordUpdate { NeverExpires = true })).Code);
        Assert.False(collection.Delete("r0"));
        Assert.Equal(0, collection.DeleteWhere(Filter.Field("name") == "r1"));
        Assert.Equal(All, collection.Partition.Records.Count); // nobody has deleted anything yet

        void Check(int gone)
        {
            int[] left = [.. Enumerable.Range(gone, All - gone)];
            Assert.Equal(left.Length, collection.Count);
            Assert.Equal(left.Length, collection.GetStats().Count);
            Assert.Equal(left.Length, collection.CountWhere(null));
            Assert.Equal(left.Count(i => i % 2 == 1), collection.CountWhere(s_odd));
            Assert.Equal(left.Length, collection.CountValues("name", limit: 10_000).DifferentValues);
            Assert.Equal(left.Select(i => $"r{i}"), collection.List(new ListOptions { Limit = All }).Records.Select(record => record.Id));
            Assert.Equal(left.Count(i => i % 2 == 1), collection.List(new ListOptions { Limit = All, Filter = s_odd }).Records.Count);
            foreach (SearchOptions options in (SearchOptions[])[default, new() { Exact = true }, new() { Filter = s_odd }, new() { Filter = s_odd, Exact = true }])
            {
                string[] nearest = [.. left.Where(i => options.Filter is null || i % 2 == 1).Take(7).Select(i => $"r{i}")];
                Assert.Equal(nearest, collection.Search([0, 0], 7, options).Select(hit => hit.Id));
                Assert.Equal(nearest, collection.SearchBatch([new SearchRequest { Query = new float[2], K = 7, Options = options }])[0].Select(hit => hit.Id));
                var found = new Hit[7];
                Assert.Equal(7, collection.Search([0, 0], options, found));
                Assert.Equal(left.First(i => options.Filter is null || i % 2 == 1), found[0].Distance);
            }
        }
    }

    [Fact]
    public void A_write_of_an_expired_id_begins_a_new_record()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2) with { Capacity = 2 });
        Ack first = collection.Upsert(Record(1, _time.GetUtcNow() + TimeSpan.FromMinutes(1)));
        collection.Upsert(Record(2, null));
        _time.AdvanceWithoutTimers(TimeSpan.FromMinutes(1));
        Assert.Equal(ErrorCode.VersionMismatch, Assert.Throws<HypervexException>(() => collection.Upsert(Record(1, null), new WriteOptions { IfVersion = first.Version })).Code);
        Assert.Equal(ErrorCode.CapacityExceeded, Assert.Throws<HypervexException>(() => collection.Insert(Record(3, null))).Code); // its place is taken until it is deleted
        Ack again = collection.Insert(Record(1, null)); // the same vector: the row stays
        Assert.True(again.Created);
        Assert.Equal(_time.GetUtcNow(), again.CreatedAt);
        Assert.Equal(["r2", "r1"], collection.List().Records.Select(record => record.Id)); // in order of creation
        Assert.Equal(2, collection.Count);
        Assert.Null(collection.Get("r1")!.ExpiresAt);
        Assert.Equal(["r1", "r2"], collection.Search([0, 0], 5).Select(hit => hit.Id));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(collection.Delete("r1"));
        collection.Insert(Record(3, null));
    }

    [Fact]
    public void A_change_keeps_the_time_or_sets_it_or_takes_it_away()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        DateTimeOffset end = _time.GetUtcNow() + TimeSpan.FromMinutes(1);
        collection.Upsert(Record(1, end + TimeSpan.FromTicks(9_999))); // times count in milliseconds
        collection.Update("r1", new RecordUpdate { Metadata = new MetadataObject { ["x"] = 1 } });
        Assert.Equal(end, collection.Get("r1")!.ExpiresAt);
        collection.Update("r1", new RecordUpdate { ExpiresAt = end + TimeSpan.FromMinutes(1) });
        Assert.Equal(end + TimeSpan.FromMinutes(1), collection.Get("r1", Include.None)!.ExpiresAt);
        collection.Update("r1", new RecordUpdate { NeverExpires = true, Vector = [5, 5] });
        Assert.Null(collection.Get("r1")!.ExpiresAt);
        collection.Update("r1", new RecordUpdate { ExpiresAt = end });
        collection.Upsert(Record(1, null)); // a whole record says everything anew
        _time.AdvanceWithoutTimers(TimeSpan.FromDays(1));
        Assert.NotNull(collection.Get("r1"));
        collection.Upsert(Record(1, end)); // it is over before it begins
        Assert.Null(collection.Get("r1"));
        Assert.Empty(collection.Search([0, 0], 5));

        RecordUpdate both = new() { NeverExpires = true, ExpiresAt = end };
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => collection.Upsert(Record(1, DateTimeOffset.UnixEpoch))).Code);
        collection.Upsert(Record(1, null));
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => collection.Update("r1", both)).Code);
    }

    [Fact]
    public void What_has_expired_is_deleted_in_the_background_by_deletions_in_the_log()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        DateTimeOffset end = _time.GetUtcNow() + TimeSpan.FromMinutes(1);
        collection.UpsertBatch([.. Enumerable.Range(0, 3_000).Select(i => Record(i, i < 2_500 ? end : null))]);
        ulong before = collection.LastSequence;
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(3_000, collection.Count);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(500, collection.Count);
        Assert.True(SpinWait.SpinUntil(() => collection.LastSequence >= before + 2_500, s_patience));
        Assert.Equal((before + 2_500, 500), (collection.LastSequence, collection.Partition.Records.Count));
        Assert.Equal((long.MaxValue, 0L), (collection.Partition.FieldIndexes.Expiries.Earliest, collection.Partition.FieldIndexes.Expiries.Bytes));
        Assert.True(collection.Verify().Ok);
    }

    [Fact]
    public void A_sweep_leaves_a_record_that_lives_longer_since_it_was_read()
    {
        using Database database = Open();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.Upsert(Record(1, _time.GetUtcNow() + TimeSpan.FromMinutes(1)));
        byte[][] ids = ["r1"u8.ToArray()];
        RecordVersion[] seen = [collection.Get("r1")!.Version];
        collection.Update("r1", new RecordUpdate { ExpiresAt = _time.GetUtcNow() + TimeSpan.FromHours(1) });
        Assert.Equal(0, Delete());
        Assert.NotNull(collection.Get("r1"));
        seen = [collection.Get("r1")!.Version];
        _time.AdvanceWithoutTimers(TimeSpan.FromHours(1));
        Assert.Equal(1, Delete());

        int Delete() => collection.Writer.Run(() => collection.Writer.TryDelete(ids, collection.Schema, null, seen, evenExpired: true)).Count;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Times_survive_opening_compaction_and_a_snapshot(bool checkpoint)
    {
        DateTimeOffset end = _time.GetUtcNow() + TimeSpan.FromHours(1);
        using (Database database = Open())
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
            collection.UpsertBatch([.. Enumerable.Range(0, 600).Select(i => Record(i, i % 4 == 3 ? end : null))]);
            collection.DeleteBatch([.. Enumerable.Range(0, 450).Where(i => i % 4 != 3).Select(i => $"r{i}")]);
            if (checkpoint)
            {
                collection.Checkpoint();
                collection.Compact(); // moves rows to other slots
            }

            collection.Update("r599", new RecordUpdate { NeverExpires = true });
            collection.Update("r598", new RecordUpdate { ExpiresAt = end, Vector = [7, 7] });
        }

        using (Database database = Open())
        {
            Collection collection = database.GetCollection("docs");
            Assert.Equal(checkpoint ? 3 : 600 + 338 + 3, (int)collection.Recovery.Replayed);
            Assert.Equal(262, collection.Count);
            using var whole = new MemoryStream();
            collection.Snapshot(whole);
            _time.AdvanceWithoutTimers(TimeSpan.FromHours(1));
            Assert.Equal(112, collection.Count);
            Assert.Equal(112, collection.List(new ListOptions { Limit = 1_000 }).Records.Count);
            Assert.Null(collection.Get("r598"));
            Assert.NotNull(collection.Get("r599"));
            Assert.DoesNotContain(collection.Search([1, 3], 50), hit => int.Parse(hit.Id.AsSpan(1)) % 4 == 3 && hit.Id != "r599");

            string path = Path.Combine(_directory.Path, "backup");
            Assert.Equal(112, collection.Snapshot(path).Records); // those that have expired are in no new backup
            Assert.Equal(112, database.Restore(path, new RestoreOptions { Collection = "again" }).Records);
            File.WriteAllBytes(path, whole.ToArray());
            database.Restore(path, new RestoreOptions { Collection = "older" });
            Assert.Equal(112, database.GetCollection("older").Count); // nor do older ones bring them back
            Assert.True(collection.Verify().Ok);
        }
    }

    [Fact]
    public void Versions_go_on_above_those_of_a_checkpoint_when_the_clock_was_set_back()
    {
        using (Database database = Open())
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
            collection.Upsert(Record(1, null));
            collection.Checkpoint();
        }

        _time.AdvanceWithoutTimers(TimeSpan.FromHours(-1));
        using (Database database = Open())
        {
            Collection collection = database.GetCollection("docs");
            RecordVersion before = collection.Get("r1")!.Version;
            Ack ack = collection.Update("r1", new RecordUpdate { Document = "later" });
            Assert.True(ack.Version > before);
            Assert.Equal("later", collection.Get("r1")!.Document);
        }
    }

    private Database Open() => Database.Open(_directory.Path, new DatabaseOptions { TimeProvider = _time, CompactionGarbageRatio = 1 });

    private static VectorRecord Record(int i, DateTimeOffset? end) => new($"r{i}", [i, 0])
    {
        Metadata = new MetadataObject { ["odd"] = i % 2 == 1, ["name"] = $"r{i}" },
        ExpiresAt = end,
    };
}
