using System.Runtime.InteropServices;
using System.Text;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Collections;

public sealed class CompactionTests : IDisposable
{
    private static readonly DatabaseOptions s_small = new() { IndexingThreads = 1, SegmentBytes = 4096, ChunkBytes = 16384, CompactionGarbageRatio = 1 };
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Only_the_latest_state_of_each_record_stays_in_the_log()
    {
        using (Database database = Database.Open(_directory.Path, s_small))
        {
            Collection collection = Create(database);
            for (int round = 0; round < 5; round++)
            {
                for (int i = 0; i < 100; i++)
                {
                    collection.Upsert($"r{i}", [round, i]);
                }
            }

            for (int i = 0; i < 50; i++)
            {
                collection.Delete($"r{i}");
            }

            Assert.True(collection.GetStats().GarbageRatio > 0.7);
            CompactionReport report = collection.Compact();
            Assert.Equal(0, collection.GetStats().GarbageRatio);
            Assert.True(report.BytesAfter < report.BytesBefore / 4, $"{report.BytesBefore} to {report.BytesAfter}");
            Assert.True(report.RecordsMoved >= 50);
            Assert.Equal(50, collection.Verify().Frames);
            AssertContent(collection);
        }

        for (int opening = 0; opening < 2; opening++)
        {
            using Database database = Database.Open(_directory.Path, s_small);
            Collection collection = database.GetCollection("docs");
            Assert.Null(collection.Recovery.CheckpointProblem);
            Assert.InRange(collection.GetStats().GarbageRatio, 0, 0.01); // the mark of the closing
            AssertContent(collection);
        }

        RemoveManifest(); // what the log alone says is the same
        using Database replayed = Database.Open(_directory.Path, s_small);
        Assert.True(replayed.GetCollection("docs").Recovery.Replayed >= 50);
        AssertContent(replayed.GetCollection("docs"));

        static void AssertContent(Collection collection)
        {
            Assert.Equal(50, collection.Count);
            Assert.Null(collection.Get("r49"));
            for (int i = 50; i < 100; i++)
            {
                Assert.Equal([4, i], collection.Get($"r{i}")!.Vector!);
            }

            collection.WaitForIndex();
            Assert.Equal("r77", collection.Search([4, 77], 1)[0].Id);
            Assert.Empty(collection.Verify().Findings);
        }
    }

    [Fact]
    public void A_compaction_of_what_is_clean_changes_nothing()
    {
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Create(database);
        for (int i = 0; i < 200; i++)
        {
            collection.Upsert($"r{i}", [i, i]);
        }

        collection.Delete("r7");
        collection.Compact();
        string[] files = Logs();
        CompactionReport again = collection.Compact();
        Assert.Equal(files, Logs());
        Assert.Equal(0, again.RecordsMoved);
    }

    [Fact]
    public void No_vector_that_was_overwritten_or_deleted_is_left_in_any_file()
    {
        const int Records = 2_000;
        const int Dimension = 32;
        var random = new Random(5);
        float[] Vector() => [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())];
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2));
        var gone = new List<float[]>();
        float[][] present = [.. Enumerable.Range(0, Records).Select(_ => Vector())];
        for (int round = 0; round < 2; round++)
        {
            collection.UpsertBatch([.. present.Select((vector, i) => new VectorRecord($"r{i}", vector))]);
            gone.AddRange(round == 0 ? present : present.Where((_, i) => i % 2 == 0));
            float[][] before = present;
            present = round == 0 ? [.. present.Select(_ => Vector())] : before;
        }

        collection.DeleteBatch([.. Enumerable.Range(0, Records).Where(i => i % 2 == 0).Select(i => $"r{i}")]);
        byte[] kept = MemoryMarshal.AsBytes(present[1].AsSpan()).ToArray();
        collection.Compact();

        byte[][] files = [.. Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "LOCK").Select(File.ReadAllBytes)];
        Assert.Contains(files, bytes => bytes.AsSpan().IndexOf(kept) >= 0); // else this finds nothing at all
        Dictionary<ulong, byte[]> needles = gone.Select(vector => MemoryMarshal.AsBytes(vector.AsSpan()).ToArray()).ToDictionary(bytes => MemoryMarshal.Read<ulong>(bytes));
        foreach (byte[] bytes in files)
        {
            for (int at = 0; at + Dimension * sizeof(float) <= bytes.Length; at += sizeof(uint))
            {
                Assert.False(needles.TryGetValue(MemoryMarshal.Read<ulong>(bytes.AsSpan(at)), out byte[]? needle) && bytes.AsSpan(at).StartsWith(needle), $"offset {at}");
            }
        }
    }

    [Fact]
    public void A_delete_stays_as_long_as_an_older_segment_holds_its_record()
    {
        using (Database database = Database.Open(_directory.Path, s_small))
        {
            Collection collection = Create(database);
            collection.Upsert("gone", [1, 2]);
            Fill(collection, "a", 100); // "gone" stands in the first segment
            collection.Delete("gone");
            Fill(collection, "b", 100);
            int sealedSegments = Sealed(collection);
            collection.Compactor.RunOn(1..sealedSegments, CancellationToken.None); // all but the first
            Assert.True(Sealed(collection) == 2);
        }

        RemoveManifest();
        using Database replayed = Database.Open(_directory.Path, s_small);
        Assert.Null(replayed.GetCollection("docs").Get("gone"));
        Assert.Equal(200, replayed.GetCollection("docs").Count);
    }

    [Fact]
    public void A_delete_goes_when_its_id_lives_again()
    {
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Create(database);
        Fill(collection, "a", 100);
        collection.Upsert("again", [1, 2]);
        collection.Delete("again");
        collection.Upsert("again", [3, 4]);
        Fill(collection, "b", 100);
        long frames = collection.Verify().Frames;
        collection.Compactor.RunOn(1..Sealed(collection), CancellationToken.None);
        Assert.Equal(frames - 2, collection.Verify().Frames);
        Assert.Equal([3, 4], collection.Get("again")!.Vector!);
    }

    [Fact]
    public void The_retention_keeps_deletes_of_the_beginning()
    {
        DatabaseOptions keeping = s_small with { TombstoneRetention = TimeSpan.FromDays(30) };
        using (Database database = Database.Open(_directory.Path, keeping))
        {
            Collection collection = Create(database);
            Fill(collection, "a", 100);
            collection.DeleteBatch([.. Enumerable.Range(0, 60).Select(i => $"a{i}")]);
            collection.Compact();
            Assert.Equal(100, collection.Verify().Frames); // 40 records, 60 deletes
        }

        using Database without = Database.Open(_directory.Path, s_small);
        without.GetCollection("docs").Compact();
        Assert.Equal(40, without.GetCollection("docs").Verify().Frames);
    }

    [Fact]
    public void What_is_written_and_deleted_while_records_are_copied_wins()
    {
        foreach (KillPlace place in (KillPlace[])[KillPlace.CompactionBeforeLogSync, KillPlace.CompactionBeforeRename, KillPlace.CompactionAfterRename, KillPlace.CompactionBeforeCheckpoint])
        {
            using var directory = new TemporaryDirectory();
            Action<KillPlace>? reached = null;
            DatabaseOptions options = s_small with { Reached = at => reached?.Invoke(at) };
            using (Database database = Database.Open(directory.Path, options))
            {
                Collection collection = Create(database);
                Fill(collection, "a", 100);
                Fill(collection, "a", 100);
                reached = at =>
                {
                    if (at == place)
                    {
                        reached = null;
                        collection.Delete("a1");
                        collection.Upsert("a2", [9, 9]);
                        collection.Upsert("new", [8, 8]);
                        collection.Delete("a3");
                        collection.Upsert("a3", [7, 7]);
                    }
                };
                collection.Compact();
                Assert.Null(reached);
                AssertContent(collection);
            }

            using (Database database = Database.Open(directory.Path, s_small))
            {
                AssertContent(database.GetCollection("docs"));
                database.GetCollection("docs").Compact();
                AssertContent(database.GetCollection("docs"));
            }
        }

        static void AssertContent(Collection collection)
        {
            Assert.Equal(100, collection.Count);
            Assert.Null(collection.Get("a1"));
            Assert.Equal([9, 9], collection.Get("a2")!.Vector!);
            Assert.Equal([7, 7], collection.Get("a3")!.Vector!);
            Assert.Equal([8, 8], collection.Get("new")!.Vector!);
            Assert.Empty(collection.Verify().Findings);
        }
    }

    [Fact]
    public void An_output_without_frames_is_a_link_of_the_chain()
    {
        using (Database database = Database.Open(_directory.Path, s_small))
        {
            Collection collection = Create(database);
            Fill(collection, "a", 100);
            collection.DeleteBatch([.. Enumerable.Range(0, 100).Select(i => $"a{i}")]);
            collection.Compact();
            Assert.Equal(0, collection.Verify().Frames);
            Assert.All(Logs(), file => Assert.Equal(128, new FileInfo(file).Length));
            collection.Upsert("after", [1, 1]);
        }

        foreach (bool withManifest in (bool[])[true, false])
        {
            if (!withManifest)
            {
                RemoveManifest();
            }

            using Database database = Database.Open(_directory.Path, s_small);
            Collection collection = database.GetCollection("docs");
            Assert.Equal(1, collection.Count);
            Assert.InRange(collection.GetStats().LastSequence, 201UL, 205UL);
        }
    }

    [Fact]
    public void The_bytes_of_a_deleted_record_are_in_no_file()
    {
        byte[][] needles =
        [
            Encoding.UTF8.GetBytes("needle-id-5150"),
            Encoding.UTF8.GetBytes("needle-of-metadata"),
            Encoding.UTF8.GetBytes("needle-of-document"),
            [.. BitConverter.GetBytes(1234.5678f), .. BitConverter.GetBytes(-8765.4321f)],
        ];
        using Database database = Database.Open(_directory.Path, s_small);
        Collection collection = Create(database);
        Fill(collection, "a", 50);
        collection.Upsert("needle-id-5150", [1234.5678f, -8765.4321f], MetadataObject.Parse("""{"key":"needle-of-metadata"}"""), "needle-of-document");
        Fill(collection, "b", 50);
        collection.WaitForIndex();
        collection.Checkpoint();
        collection.Delete("needle-id-5150");
        foreach (byte[] needle in needles)
        {
            Assert.True(FilesWith(needle).Count > 0); // the control: deleting alone removes nothing
        }

        collection.Compact();
        foreach (byte[] needle in needles)
        {
            Assert.Empty(FilesWith(needle));
        }

        Assert.Equal(100, collection.Count);
        Assert.Empty(collection.Verify().Findings);
    }

    [Fact]
    public void Disk_use_after_overwriting_all_and_deleting_half_is_that_of_a_fresh_database()
    {
        const int Records = 4000;
        const int Dimension = 32;
        using var fresh = new TemporaryDirectory();
        DatabaseOptions options = new() { SegmentBytes = 256 << 10, ChunkBytes = 128 << 10, CompactionGarbageRatio = 1 };
        Write(fresh.Path, [.. Enumerable.Range(0, Records).Where(i => i % 2 == 0)], compact: false);
        Write(_directory.Path, [.. Enumerable.Range(0, Records)], compact: true);
        long expected = DiskUse(fresh.Path);
        long actual = DiskUse(_directory.Path);
        Assert.True(actual <= expected * 1.2, $"{actual} bytes, a fresh database has {expected}");

        using Database database = Database.Open(_directory.Path, options);
        Collection collection = database.GetCollection("docs");
        Assert.Null(collection.Recovery.CheckpointProblem);
        Assert.Equal(Records / 2, collection.Count);
        collection.WaitForIndex();
        Assert.Empty(collection.Verify().Findings);
        for (int i = 0; i < Records; i += 100)
        {
            Assert.Equal($"r{i}", collection.Search(Vector(i, 1), 1)[0].Id);
        }

        void Write(string path, int[] ids, bool compact)
        {
            using Database database = Database.Open(path, options);
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2));
            for (int round = compact ? 0 : 1; round < 2; round++)
            {
                foreach (int[] batch in ids.Chunk(500))
                {
                    collection.UpsertBatch([.. batch.Select(i => new VectorRecord($"r{i}", Vector(i, round)))]);
                }
            }

            collection.WaitForIndex();
            if (compact)
            {
                long allBytes = DiskUse(path);
                foreach (string[] batch in ids.Where(i => i % 2 == 1).Select(i => $"r{i}").Chunk(500))
                {
                    collection.DeleteBatch(batch);
                }

                collection.Compact();
                Assert.True(DiskUse(path) < allBytes / 2, $"{allBytes} before, {DiskUse(path)} after"); // the control
            }
        }

        static float[] Vector(int i, int round)
        {
            var random = new Random((i * 2) + round);
            return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())];
        }
    }

    [Fact]
    public async Task Rows_move_while_searches_and_writes_go_on()
    {
        using (Database database = Database.Open(_directory.Path, s_small with { IndexingThreads = 2 }))
        {
            Collection collection = Create(database);
            for (int i = 0; i < 3000; i += 500)
            {
                collection.UpsertBatch([.. Enumerable.Range(i, 500).Select(at => new VectorRecord($"r{at}", [at, at % 7]))]);
            }

            collection.DeleteBatch([.. Enumerable.Range(0, 2700).Select(i => $"r{i}")]);
            using var stop = new CancellationTokenSource();
            Task[] others =
            [
                Task.Run(() =>
                {
                    while (!stop.IsCancellationRequested)
                    {
                        foreach (int i in (int[])[2700, 2850, 2999])
                        {
                            Assert.Equal($"r{i}", collection.Search([i, i % 7], 1)[0].Id);
                            Assert.Equal($"r{i}", Assert.Single(collection.Search([i, i % 7], 1, new SearchOptions { Exact = true })).Id);
                        }
                    }
                }),
                Task.Run(() =>
                {
                    for (int i = 0; !stop.IsCancellationRequested; i++)
                    {
                        collection.Upsert($"w{i % 20}", [-1000 - (i % 20), i]);
                    }
                }),
            ];
            uint slots = collection.Partition.Records.SlotCount;
            Assert.True(SpinWait.SpinUntil(() => collection.Count > 300, TimeSpan.FromSeconds(60)), "the writer never began");
            collection.Compact();
            await stop.CancelAsync();
            await Task.WhenAll(others);
            Assert.True(collection.Partition.Records.SlotCount < slots / 2, $"{slots} slots before, {collection.Partition.Records.SlotCount} after");
            collection.WaitForIndex();
            Assert.Empty(collection.Verify().Findings);
        }

        using Database again = Database.Open(_directory.Path, s_small);
        Assert.Null(again.GetCollection("docs").Recovery.CheckpointProblem);
        Assert.InRange(again.GetCollection("docs").Count, 301, 320);
        again.GetCollection("docs").WaitForIndex();
        Assert.Empty(again.GetCollection("docs").Verify().Findings);
        Assert.Equal("r2850", again.GetCollection("docs").Search([2850, 2850 % 7], 1)[0].Id);
    }

    [Fact]
    public async Task Readers_and_writers_go_on_through_compactions()
    {
        using Database database = Database.Open(_directory.Path, s_small with { IndexingThreads = 2, SegmentBytes = 16 << 10 });
        Collection collection = Create(database);
        Fill(collection, "stays", 200);
        using var stop = new CancellationTokenSource();
        var threads = new List<Task>();
        for (int reader = 0; reader < 16; reader++)
        {
            int seed = reader;
            threads.Add(Task.Factory.StartNew(() => Read(new Random(seed)), TaskCreationOptions.LongRunning));
        }

        for (int writer = 0; writer < 4; writer++)
        {
            int number = writer;
            threads.Add(Task.Factory.StartNew(() => Write(number), TaskCreationOptions.LongRunning));
        }

        for (int i = 0; i < 6; i++)
        {
            collection.Compact();
            Assert.DoesNotContain(threads, thread => thread.IsFaulted);
        }

        await stop.CancelAsync();
        await Task.WhenAll(threads);
        collection.WaitForIndex();
        Assert.Empty(collection.Verify().Findings);

        void Read(Random random)
        {
            while (!stop.IsCancellationRequested)
            {
                int i = random.Next(200);
                Assert.Equal([i, 200], collection.Get($"stays{i}")!.Vector!);
                Assert.Equal($"stays{i}", collection.Search([i, 200], 1)[0].Id);
                Assert.Equal(200, collection.List(new ListOptions { Limit = 1000 }).Records.Count(record => record.Id.StartsWith("stays", StringComparison.Ordinal)));
            }
        }

        void Write(int number)
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string id = $"w{number}-{i % 30}";
                collection.Upsert(id, [-100 - number, i]);
                Assert.Equal([-100 - number, i], collection.Get(id)!.Vector!);
                if (i % 3 == 0)
                {
                    Assert.True(collection.Delete(id));
                    Assert.Null(collection.Get(id));
                }
            }
        }
    }

    [Fact]
    public void Compaction_in_the_background_bounds_the_log()
    {
        using Database database = Database.Open(_directory.Path, s_small with { CompactionGarbageRatio = 0.3, SegmentBytes = 32 << 10 });
        Collection collection = Create(database);
        for (int round = 0; round < 60; round++)
        {
            collection.UpsertBatch([.. Enumerable.Range(0, 100).Select(i => new VectorRecord($"r{i}", [round, i]))]);
        }

        long written = 60 * 100 * 144L;
        SpinWait.SpinUntil(() => collection.GetStats().LogBytes < written / 4, TimeSpan.FromSeconds(60));
        Assert.InRange(collection.GetStats().LogBytes, 1, written / 4);
        Assert.Equal(100, collection.Count);
        Assert.Empty(collection.Verify().Findings);
    }

    [Fact]
    public void A_defect_in_the_background_ends_writes_and_nothing_else()
    {
        static void Fail(KillPlace place) => throw new InvalidOperationException("a defect");
        using Database database = Database.Open(_directory.Path, s_small with { CompactionGarbageRatio = 0.3, Reached = Fail });
        Collection collection = Create(database);
        HypervexException? refused = null;
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                refused = Record.Exception(() => collection.UpsertBatch([.. Enumerable.Range(0, 100).Select(i => new VectorRecord($"r{i}", [i, 1]))])) as HypervexException;
                return refused is not null;
            },
            TimeSpan.FromSeconds(60)));
        Assert.Equal(ErrorCode.LogFailed, refused!.Code);
        Assert.DoesNotContain("a defect", refused.Message, StringComparison.Ordinal);
        Assert.Contains("in the background", refused.Message, StringComparison.Ordinal);
        Assert.Contains("open", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("could not be", refused.Message, StringComparison.Ordinal); // made durable, or applied: no write has failed
        Assert.Equal(100, collection.Count);
        Assert.Equal([7f, 1f], collection.Get("r7")!.Vector!);
        Assert.Equal("r7", collection.Search([7, 1], 1, new SearchOptions { Exact = true })[0].Id);
    }

    [Fact]
    public void A_database_in_memory_compacts_too()
    {
        using Database database = Database.CreateInMemory(s_small);
        Collection collection = Create(database);
        for (int round = 0; round < 5; round++)
        {
            Fill(collection, "a", 100);
        }

        long before = collection.GetStats().LogBytes;
        collection.Compact();
        Assert.True(collection.GetStats().LogBytes < before / 4);
        Assert.Equal(100, collection.Count);
        Assert.Empty(collection.Verify().Findings);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.04)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_garbage_ratio_out_of_range_is_refused(double ratio) => Assert.Equal(
        ErrorCode.InvalidArgument,
        Assert.Throws<HypervexException>(() => Database.CreateInMemory(new DatabaseOptions { CompactionGarbageRatio = ratio })).Code);

    private static Collection Create(Database database) => database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));

    private static void Fill(Collection collection, string prefix, int count)
    {
        for (int i = 0; i < count; i++)
        {
            collection.Upsert($"{prefix}{i}", [i, count]);
        }
    }

    private static int Sealed(Collection collection) => collection.Partition.Log.Segments.InOrder.Length - 1;

    private string[] Logs() => [.. Directory.GetFiles(_directory.Path, "*.log", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private void RemoveManifest()
    {
        foreach (string file in Directory.GetFiles(_directory.Path, "manifest*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }
    }

    /// <summary>Bytes that files take up on the medium: holes take none.</summary>
    private static long DiskUse(string directory)
    {
        using var du = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("du", ["-s", "-B1", directory]) { RedirectStandardOutput = true })!;
        string output = du.StandardOutput.ReadToEnd();
        du.WaitForExit();
        return long.Parse(output.Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    private List<string> FilesWith(byte[] needle) =>
        [.. Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "LOCK" && File.ReadAllBytes(file).AsSpan().IndexOf(needle) >= 0)];
}
