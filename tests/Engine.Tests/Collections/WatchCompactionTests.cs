using System.Buffers.Binary;
using Hypervex.Collections;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Watches and compaction: what is left out of the log, what of it matters to whom, and both beside writers.</summary>
public sealed class WatchCompactionTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly DatabaseOptions s_small = new() { IndexingThreads = 1, SegmentBytes = 4096, ChunkBytes = 16384, CompactionGarbageRatio = 1 };
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Whoever_was_away_while_a_deletion_was_forgotten_is_told_so()
    {
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Fill(database);
        ChangePosition before = collection.LatestPosition;
        collection.Delete("r3");
        ChangePosition behind = collection.LatestPosition;
        collection.Upsert("r200", [1, 2]);
        Assert.Equal(["r3", "r200"], collection.ReadChanges(before, Include.All).Read().Select(change => change.Id)); // the control
        collection.Compact();
        AssertExpired(collection.ReadChanges(before, Include.All));
        AssertExpired(collection.ReadChanges(Parsed(before), Include.All));
        Assert.Equal(["r200"], collection.ReadChanges(behind, Include.All).Read().Select(change => change.Id));

        database.Dispose();
        using Database again = Database.Open(_directory.Path, s_small);
        collection = again.GetCollection("docs");
        AssertExpired(collection.ReadChanges(before, Include.All));
        Assert.Equal(["r200"], collection.ReadChanges(behind, Include.All).Read().Select(change => change.Id));
        var mirror = new Mirror();
        mirror.TakeAll(collection.ReadChanges(ChangePosition.Beginning, Include.All));
        mirror.AssertIs(collection);
    }

    [Fact]
    public void Deletions_that_are_kept_are_told_after_a_compaction()
    {
        using Database database = Database.Open(_directory.Path, s_small with { TombstoneRetention = TimeSpan.FromDays(1) });
        Collection collection = Fill(database);
        ChangePosition before = collection.LatestPosition;
        collection.Delete("r3");
        collection.Upsert("r4", [9, 9]);
        collection.Upsert("r4", [8, 8]);
        collection.Delete("r5");
        collection.Upsert("r5", [7, 7]);
        collection.Compact();
        IReadOnlyList<RecordChange> changes = collection.ReadChanges(before, Include.All).Read();
        Assert.Equal([("r3", true), ("r4", false), ("r5", false)], changes.Select(change => (change.Id, change.IsDeletion)));
        Assert.Equal([8, 8], changes[1].Record!.Vector!); // what was overwritten is left out
    }

    [Fact]
    public void A_watch_that_began_without_any_record_goes_on_over_deletions_that_were_forgotten_before()
    {
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Fill(database, 3_000);
        collection.DeleteBatch([.. Enumerable.Range(0, 3_000).Where(i => i % 3 == 0).Select(i => $"r{i}")]);
        collection.Upsert("late", [1, 1]);
        collection.Compact();
        var mirror = new Mirror();
        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        IReadOnlyList<RecordChange> page = reader.Read();
        Assert.Equal(ChangeReader.MostChanges, page.Count);
        page.ToList().ForEach(mirror.Take);

        // Somebody else goes on from there.
        ChangePosition middle = Parsed(page[^1].Position);
        AssertExpired(collection.ReadChanges(new ChangePosition(collection.Partition.CollectionId, middle.Sequence, 0), Include.All)); // the control: with nothing but the sequence he could not
        reader = collection.ReadChanges(middle, Include.All);
        mirror.TakeAll(reader);
        mirror.AssertIs(collection);
    }

    [Fact]
    public void A_watch_that_is_under_way_is_told_when_a_deletion_was_forgotten_before_its_turn_came()
    {
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Fill(database, 3_000);
        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        Assert.Equal("r0", reader.Read()[0].Id);
        collection.Delete("r0");
        collection.Upsert("late", [1, 1]);
        collection.Compact();
        AssertExpired(reader);
    }

    [Fact]
    public void A_watch_goes_on_through_a_compaction_when_nothing_was_forgotten_that_it_needs()
    {
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Fill(database, 3_000);
        collection.Delete("r0");
        var mirror = new Mirror();
        ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
        foreach (RecordChange change in reader.Read())
        {
            mirror.Take(change);
        }

        for (int i = 500; i < 2_500; i++)
        {
            collection.Upsert($"r{i}", [i, 2]);
        }

        while (reader.Position.Sequence < 3_001)
        {
            foreach (RecordChange change in reader.Read())
            {
                mirror.Take(change);
            }
        }

        collection.Compact();
        mirror.TakeAll(reader);
        mirror.AssertIs(collection);
    }

    [Fact]
    public void A_segment_that_does_not_say_what_it_forgot_may_have_forgotten_all_deletions()
    {
        ChangePosition early;
        using (Database database = Database.Open(_directory.Path, s_small))
        {
            Collection collection = Fill(database, 2_500);
            for (int i = 0; i < 2_500; i += 20)
            {
                collection.Upsert($"r{i}", [i, 2]);
            }

            collection.Compact();
            early = new ChangePosition(collection.Partition.CollectionId, 5, 0);
            Assert.Equal("r5", collection.ReadChanges(early, Include.All).Read()[0].Id); // the control: nothing was forgotten
        }

        // As an earlier version wrote it.
        string[] compacted = [.. Directory.GetFiles(_directory.Path, "*-*.log", SearchOption.AllDirectories)];
        Assert.NotEmpty(compacted);
        foreach (string file in compacted)
        {
            byte[] bytes = File.ReadAllBytes(file);
            bytes.AsSpan(84, 8).Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(124), Checksum.Of(bytes.AsSpan(0, 124)));
            File.WriteAllBytes(file, bytes);
        }

        using Database again = Database.Open(_directory.Path, s_small);
        Collection older = again.GetCollection("docs");
        Assert.Empty(older.Verify().Findings);
        AssertExpired(older.ReadChanges(early, Include.All));
        ChangeReader whole = older.ReadChanges(ChangePosition.Beginning, Include.All);
        ChangeReader part = older.ReadChanges(ChangePosition.Beginning, Include.All);
        var mirror = new Mirror();
        mirror.TakeAll(whole);
        mirror.AssertIs(older);
        Assert.Equal(ChangeReader.MostChanges, part.Read().Count);

        // Who has only a part of it cannot know what the next compaction forgets of the rest, since that does not say so either.
        older.Upsert("r2001", [7, 7]);
        older.Compact();
        AssertExpired(part);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Watches_beside_writers_and_compactions_end_with_the_collection_as_it_is(bool keepsDeletions)
    {
        DatabaseOptions options = s_small with { TombstoneRetention = keepsDeletions ? TimeSpan.FromDays(1) : TimeSpan.Zero };
        using Database database = Database.Open(_directory.Path, options);
        Collection collection = Fill(database, 300);
        using var written = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 3).Select(seed => Task.Run(() => Write(collection, seed)))];
        var mirrors = new (Mirror Mirror, Task<int> Watching)[3];
        for (int i = 0; i < mirrors.Length; i++)
        {
            var mirror = new Mirror();
            mirrors[i] = (mirror, WatchAsync(collection, mirror, written.Token));
        }

        Task compacting = Task.Run(() =>
        {
            while (!written.IsCancellationRequested)
            {
                collection.Compact();
            }
        });
        await Task.WhenAll(writers).WaitAsync(s_patience);
        collection.Flush();
        await written.CancelAsync();
        await compacting.WaitAsync(s_patience);
        foreach ((Mirror mirror, Task<int> watching) in mirrors)
        {
            int begun = await watching.WaitAsync(s_patience);
            Assert.True(!keepsDeletions || begun == 1, $"a watch began {begun} times although no deletion was forgotten");
            mirror.AssertIs(collection);
        }

        Assert.Empty(collection.Verify().Findings);
    }

    private static void Write(Collection collection, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 400; i++)
        {
            string id = $"r{random.Next(400)}";
            var weak = new WriteOptions { Durability = (Durability)random.Next(3) };
            switch (random.Next(4))
            {
                case 0:
                    collection.Delete(id, weak);
                    break;
                case 1:
                    collection.UpsertBatch([.. Enumerable.Range(0, 10).Select(_ => new VectorRecord($"r{random.Next(400)}", [seed, i]))], weak);
                    break;
                default:
                    collection.Upsert(new VectorRecord(id, [seed, i]), weak);
                    break;
            }
        }
    }

    // Until all is written and told; says how often it had to begin.
    private static async Task<int> WatchAsync(Collection collection, Mirror mirror, CancellationToken written)
    {
        for (int begun = 1; ; begun++)
        {
            mirror.Forget();
            ChangeReader reader = collection.ReadChanges(ChangePosition.Beginning, Include.All);
            try
            {
                while (true)
                {
                    bool isLast = written.IsCancellationRequested;
                    mirror.TakeAll(reader);
                    if (isLast)
                    {
                        return begun;
                    }

                    // By its text, as somebody who comes back.
                    reader = collection.ReadChanges(Parsed(reader.Position), Include.All);
                    try
                    {
                        await reader.WaitAsync(written);
                    }
                    catch (OperationCanceledException)
                    {
                    }
                }
            }
            catch (HypervexException error) when (error.Code == ErrorCode.PositionExpired)
            {
            }
        }
    }

    private static Collection Fill(Database database, int records = 100)
    {
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        for (int i = 0; i < records; i += 10)
        {
            collection.UpsertBatch([.. Enumerable.Range(i, 10).Select(n => new VectorRecord($"r{n}", [n, 1]))], new WriteOptions { Durability = Durability.Batch });
        }

        collection.Flush();
        return collection;
    }

    private static ChangePosition Parsed(ChangePosition position)
    {
        Assert.True(ChangePosition.TryParse(position.ToString(), out ChangePosition parsed));
        return parsed;
    }

    private static void AssertExpired(ChangeReader reader) => Assert.Equal(ErrorCode.PositionExpired, Assert.Throws<HypervexException>(() => reader.Read()).Code);
}
