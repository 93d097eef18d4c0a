using Hypervex.Collections;
using Hypervex.Engine.Tests.Storage;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>What a watch tells, from where, and when it says that it cannot.</summary>
public sealed class WatchTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly DatabaseOptions s_small = new() { IndexingThreads = 1, SegmentBytes = 4096, ChunkBytes = 16384, CompactionGarbageRatio = 1 };
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_watch_from_the_beginning_tells_every_record_and_then_each_change_as_it_comes()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = Create(database);
        collection.Upsert("a", [1, 2], MetadataObject.Parse("""{"n": 1}"""), "text");
        collection.Upsert("b", [3, 4]);
        await using IAsyncEnumerator<RecordChange> watch = collection.WatchAsync(ChangePosition.Beginning).GetAsyncEnumerator();
        RecordChange first = await NextAsync(watch);
        Assert.Equal(("a", false), (first.Id, first.IsDeletion));
        VectorRecord stored = collection.Get("a")!;
        Assert.Equal((stored.Version, stored.UpdatedAt, "text"), (first.Version, first.At, first.Record!.Document));
        Assert.Equal([1, 2], first.Record.Vector!);
        Assert.Equal("b", (await NextAsync(watch)).Id);

        ValueTask<bool> waiting = watch.MoveNextAsync();
        Assert.False(waiting.IsCompleted);
        collection.Update("a", new RecordUpdate { Document = "new" });
        Assert.True(await waiting.AsTask().WaitAsync(s_patience));
        Assert.Equal(("a", "new"), (watch.Current.Id, watch.Current.Record!.Document));
        collection.Delete("b");
        RecordChange deleted = await NextAsync(watch);
        Assert.Equal(("b", true, null), (deleted.Id, deleted.IsDeletion, deleted.Record));
        Assert.True(deleted.Version > first.Version);
        Assert.Equal(collection.LatestPosition, watch.Current.Position);
    }

    [Fact]
    public async Task A_position_leads_on_from_where_it_was_also_after_opening_again()
    {
        ChangePosition position;
        using (Database database = Database.Open(_directory.Path, s_small))
        {
            Collection collection = Create(database);
            collection.UpsertBatch([.. Enumerable.Range(0, 100).Select(i => new VectorRecord($"r{i}", [i, 1]))]);
            List<RecordChange> told = await TakeAsync(collection, ChangePosition.Beginning, 100);
            Assert.Equal(Enumerable.Range(0, 100).Select(i => $"r{i}"), told.Select(one => one.Id));
            position = told[59].Position;
            Assert.Equal(told[59].Sequence, position.Sequence);
            Assert.Equal("r60", (await TakeAsync(collection, position, 1))[0].Id);
        }

        Assert.True(ChangePosition.TryParse(position.ToString(), out ChangePosition parsed));
        Assert.Equal(position, parsed);
        using Database again = Database.Open(_directory.Path, s_small);
        again.GetCollection("docs").Delete("r7");
        List<RecordChange> rest = await TakeAsync(again.GetCollection("docs"), parsed, 41);
        Assert.Equal("r60", rest[0].Id);
        Assert.Equal(("r7", true), (rest[40].Id, rest[40].IsDeletion));
        Assert.Equal(rest.Select(one => one.Sequence).Order(), rest.Select(one => one.Sequence));
    }

    [Fact]
    public async Task From_the_latest_position_only_what_comes_is_told()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = Create(database);
        collection.Upsert("old", [1, 2]);
        ChangePosition latest = collection.LatestPosition;
        Assert.Empty(collection.ReadChanges(latest, Include.All).Read());
        collection.Upsert("new", [1, 2]);
        Assert.Equal("new", (await TakeAsync(collection, latest, 1))[0].Id);
    }

    [Fact]
    public void Include_chooses_what_is_told_of_each_record()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = Create(database);
        collection.Upsert("a", [1, 2], MetadataObject.Parse("""{"n": 1}"""), "text");
        VectorRecord told = collection.ReadChanges(ChangePosition.Beginning, Include.Metadata).Read().Single().Record!;
        Assert.Equal((null, null, 1), (told.Vector, told.Document, told.Metadata!.Count));
    }

    [Theory]
    [InlineData(Durability.OperatingSystem)]
    [InlineData(Durability.Batch)]
    public async Task A_change_is_told_when_it_is_durable_and_not_before(Durability durability)
    {
        DatabaseOptions options = s_small with { BatchInterval = TimeSpan.FromHours(1) };
        using Database database = Database.Open(_directory.Path, options);
        Collection collection = Create(database);
        collection.Upsert("durable", [0, 1]);
        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        Assert.Equal("durable", reader.Read().Single().Id);
        Task waiting = reader.WaitAsync(CancellationToken.None);
        collection.Upsert(new VectorRecord("weak", [1, 2]), new WriteOptions { Durability = durability });
        Assert.NotNull(collection.Get("weak"));
        Assert.Empty(reader.Read());
        Assert.Equal(reader.Position, collection.LatestPosition);
        Assert.False(waiting.IsCompleted);
        collection.Flush();
        await waiting.WaitAsync(s_patience);
        Assert.Equal("weak", reader.Read().Single().Id);
    }

    [Theory]
    [InlineData(Durability.OperatingSystem)]
    [InlineData(Durability.Batch)]
    [InlineData(Durability.Fsync)]
    public async Task Who_waits_is_woken_by_a_write_of_any_durability(Durability durability)
    {
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Create(database);
        ChangeReader[] readers = [.. Enumerable.Range(0, 3).Select(_ => collection.ReadChanges(ChangePosition.Beginning, Include.All))];
        for (int i = 0; i < 20; i++)
        {
            Task[] waiting = [.. readers.Select(reader => reader.WaitAsync(CancellationToken.None))];
            collection.Upsert(new VectorRecord($"r{i}", [1, i]), new WriteOptions { Durability = durability });
            await Task.WhenAll(waiting).WaitAsync(s_patience);
            Assert.All(readers, reader => Assert.Equal($"r{i}", reader.Read().Single().Id));
        }
    }

    [Fact]
    public async Task Who_waits_is_woken_while_others_go_on_writing_what_nobody_makes_durable()
    {
        using Database database = Database.Open(_directory.Path, s_small with { SegmentBytes = 64 << 20 });
        Collection collection = Create(database);
        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        using var enough = new CancellationTokenSource(s_patience);
        Task writing = Task.Run(() =>
        {
            for (int i = 0; !enough.IsCancellationRequested; i++)
            {
                collection.Upsert(new VectorRecord($"r{i % 100}", [1, i]), new WriteOptions { Durability = Durability.OperatingSystem });
            }
        });
        await reader.WaitAsync(CancellationToken.None).WaitAsync(s_patience);
        Assert.False(enough.IsCancellationRequested);
        await enough.CancelAsync();
        await writing;
        Assert.NotEmpty(reader.Read());
    }

    [Fact]
    public void A_page_is_bounded_by_changes_and_by_bytes_and_nothing_is_lost_between_pages()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = Create(database);
        collection.UpsertBatch([.. Enumerable.Range(0, 2_500).Select(i => new VectorRecord($"r{i}", [i, 1]))]);
        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.None);
        Assert.Equal([ChangeReader.MostChanges, ChangeReader.MostChanges, 500, 0], Enumerable.Range(0, 4).Select(_ => reader.Read().Count));

        string document = new('x', 300_000);
        collection.UpsertBatch([.. Enumerable.Range(0, 10).Select(i => new VectorRecord($"large{i}", [i, 1]) { Document = document })]);
        Assert.Equal([4, 4, 2, 0], Enumerable.Range(0, 4).Select(_ => reader.Read().Count));
    }

    [Fact]
    public void Positions_that_are_none_are_not_read()
    {
        foreach (string text in new[] { "p1-", "p1-1-2", "p1-1-2-3-4", "p1-0-1-0", "p1-g-1-0", "p2-1-1-0", "x", " ", "p1-1--1", "p1-10000000000000000-1-0" })
        {
            Assert.False(ChangePosition.TryParse(text, out _), text);
        }

        Assert.True(ChangePosition.TryParse("", out ChangePosition beginning));
        Assert.Equal(ChangePosition.Beginning, beginning);
        Assert.Equal("", ChangePosition.Beginning.ToString());
    }

    [Fact]
    public async Task A_position_of_a_collection_that_was_dropped_is_none_of_its_successor()
    {
        using Database database = Database.CreateInMemory();
        Collection first = Create(database);
        first.Upsert("a", [1, 2]);
        ChangePosition position = first.LatestPosition;
        ChangeReader reader = first.ReadChanges(position, Include.All);
        Task waiting = reader.WaitAsync(CancellationToken.None);
        database.DropCollection("docs");
        Assert.Equal(ErrorCode.Closed, (await Assert.ThrowsAsync<HypervexException>(() => waiting.WaitAsync(s_patience))).Code);
        Collection second = Create(database);
        second.Upsert("a", [1, 2]);
        second.Upsert("b", [1, 2]);
        AssertExpired(() => second.ReadChanges(position, Include.All));
    }

    [Fact]
    public void A_position_behind_the_end_is_one_of_a_newer_copy_of_the_directory()
    {
        string copy = Path.Combine(_directory.Path, "copy");
        ChangePosition position;
        using (Database database = Database.Open(Path.Combine(_directory.Path, "data"), s_small))
        {
            Collection collection = Create(database);
            collection.Upsert("a", [1, 2]);
        }

        Copy(Path.Combine(_directory.Path, "data"), copy);
        using (Database database = Database.Open(Path.Combine(_directory.Path, "data"), s_small))
        {
            Collection collection = database.GetCollection("docs");
            for (int i = 0; i < 10; i++)
            {
                collection.Upsert("b", [1, i]);
            }

            position = collection.LatestPosition;
            Assert.Empty(collection.ReadChanges(position, Include.All).Read()); // the control
        }

        using Database older = Database.Open(copy, s_small);
        AssertExpired(() => older.GetCollection("docs").ReadChanges(position, Include.All).Read());
    }

    [Fact]
    public async Task A_cancelled_watch_ends_and_a_closed_collection_ends_every_watch()
    {
        Database database = Database.CreateInMemory();
        Collection collection = Create(database);
        using var cancelled = new CancellationTokenSource();
        ChangeReader one = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        ChangeReader other = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        Task first = one.WaitAsync(cancelled.Token);
        Task second = other.WaitAsync(CancellationToken.None);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(s_patience));
        Assert.False(second.IsCompleted);
        database.Dispose();
        Assert.Equal(ErrorCode.Closed, (await Assert.ThrowsAsync<HypervexException>(() => second.WaitAsync(s_patience))).Code);
        Assert.Equal(ErrorCode.Closed, Assert.Throws<HypervexException>(() => other.Read()).Code);
    }

    [Fact]
    public void A_restore_in_place_is_told_as_the_changes_that_it_is()
    {
        string file = Path.Combine(_directory.Path, "snapshot");
        using Database database = Database.Open(Path.Combine(_directory.Path, "data"), s_small with { PieceBytes = 4096 });
        Collection collection = Create(database);
        collection.UpsertBatch([.. Enumerable.Range(0, 100).Select(i => new VectorRecord($"r{i}", [i, 1]))]);
        collection.Snapshot(file);
        collection.UpsertBatch([.. Enumerable.Range(50, 100).Select(i => new VectorRecord($"r{i}", [i, 2]))]);
        var mirror = new Mirror();
        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        mirror.TakeAll(reader);
        mirror.AssertIs(collection);
        database.Restore(file, new RestoreOptions { Replace = true });
        Assert.Equal(100, collection.Count);
        mirror.TakeAll(reader);
        mirror.AssertIs(collection);
    }

    [Fact]
    public void The_removal_of_a_record_that_has_expired_is_told()
    {
        var time = new ManualTime();
        using Database database = Database.CreateInMemory(new DatabaseOptions { TimeProvider = time });
        Collection collection = Create(database);
        collection.Upsert(new VectorRecord("a", [1, 2]) { ExpiresAt = time.GetUtcNow() + TimeSpan.FromMinutes(1) });
        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        Assert.NotNull(reader.Read().Single().Record!.ExpiresAt);
        time.Advance(TimeSpan.FromHours(1));
        IReadOnlyList<RecordChange> changes = [];
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                collection.Flush();
                changes = reader.Read();
                time.Advance(TimeSpan.FromMinutes(1));
                return changes.Count > 0;
            },
            s_patience));
        Assert.Equal(("a", true), (changes[0].Id, changes[0].IsDeletion));
    }

    [Fact]
    public void Damage_of_the_log_is_an_error_and_no_change_is_passed_over()
    {
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Create(database);
        for (int i = 0; i < 100; i++)
        {
            collection.Upsert($"r{i}", [i, 1]);
        }

        ChangeReader control = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        Assert.Equal(100, control.Read().Count);
        string log = Directory.GetFiles(_directory.Path, "*.log", SearchOption.AllDirectories).Order().First();
        using (var file = new FileStream(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.Position = SegmentHeader.Size + 500;
            int bits = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(bits ^ 1));
        }

        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        Assert.Equal(ErrorCode.Damaged, Assert.Throws<HypervexException>(() => reader.Read()).Code);
        Assert.Equal(ErrorCode.Damaged, Assert.Throws<HypervexException>(() => reader.Read()).Code); // not passed over the second time either
        AssertReadsOn(collection.ReadChanges(Position(collection, 90), Include.All), 10); // nor does it matter to those who have it behind them
    }

    private static void AssertReadsOn(ChangeReader reader, int changes) => Assert.Equal(changes, reader.Read().Count);

    private static ChangePosition Position(Collection collection, ulong sequence) => new(collection.Partition.CollectionId, sequence, 0);

    private static void AssertExpired(Action action) => Assert.Equal(ErrorCode.PositionExpired, Assert.Throws<HypervexException>(action).Code);

    private static Collection Create(Database database) => database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));

    private static async Task<RecordChange> NextAsync(IAsyncEnumerator<RecordChange> watch)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(s_patience));
        return watch.Current;
    }

    private static async Task<List<RecordChange>> TakeAsync(Collection collection, ChangePosition from, int count)
    {
        var told = new List<RecordChange>();
        using var patience = new CancellationTokenSource(s_patience);
        await foreach (RecordChange one in collection.WatchAsync(from, cancellationToken: patience.Token))
        {
            told.Add(one);
            if (told.Count == count)
            {
                break;
            }
        }

        return told;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
