using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

public sealed class CheckpointTests : IDisposable
{
    private const int Dimension = 16;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<QuantizationKind> Codes => [QuantizationKind.None, QuantizationKind.Sq8, QuantizationKind.Sq4];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Opening_replays_only_what_came_after_the_checkpoint(QuantizationKind codes)
    {
        Fill(3000, codes, tail: 10);
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.GetCollection("docs");
        Assert.Null(collection.Recovery.CheckpointProblem);
        Assert.InRange(collection.Recovery.Replayed, 10, 20);
        Assert.Equal(2990 + 10, collection.Count);
        collection.WaitForIndex();
        Assert.Empty(collection.Verify().Findings);
        Assert.Equal(3000, collection.Verify().Nodes);
        AssertFindsItself(collection);
        Assert.Null(collection.Get("r5"));
        Assert.Equal("r0", collection.List(new ListOptions { Limit = 1 }).Records[0].Id);
    }

    [Fact]
    public void A_damaged_checkpoint_is_passed_over_and_nothing_is_lost()
    {
        Fill(1500, QuantizationKind.None, tail: 5);
        string[] snapshots = Directory.GetFiles(_directory.Path, "*.snap", SearchOption.AllDirectories);
        Assert.Equal(2, snapshots.Length);
        foreach (string snapshot in snapshots)
        {
            byte[] whole = File.ReadAllBytes(snapshot);
            foreach (int at in (int[])[3, 70, whole.Length / 2, whole.Length - 2])
            {
                byte[] damaged = [.. whole];
                damaged[at] ^= 0x10;
                File.WriteAllBytes(snapshot, damaged);
                using var copy = new TemporaryDirectory();
                using Database database = Database.Open(CopyTo(copy.Path));
                Collection collection = database.GetCollection("docs");
                Assert.NotNull(collection.Recovery.CheckpointProblem);
                Assert.Equal(1490 + 5, collection.Count);
                AssertFindsItself(collection);
            }

            File.WriteAllBytes(snapshot, whole);
        }
    }

    [Fact]
    public void A_flipped_bit_in_a_row_never_reaches_an_answer()
    {
        Fill(1500, QuantizationKind.None, tail: 0);
        string chunk = Assert.Single(Directory.GetFiles(_directory.Path, "chunk_*.hyp", SearchOption.AllDirectories));
        using (FileStream file = File.Open(chunk, FileMode.Open))
        {
            for (int slot = 100; slot < 200; slot++)
            {
                file.Position = 4096 + (slot * 128) + 2; // the stride of 16 floats and the trailer is 128 bytes
                int value = file.ReadByte();
                file.Position--;
                file.WriteByte((byte)(value ^ 0x08));
            }
        }

        using Database database = Database.Open(_directory.Path);
        Collection collection = database.GetCollection("docs");
        Assert.Null(collection.Recovery.CheckpointProblem);
        Assert.NotEmpty(collection.Verify().Findings); // the control: the rows are damaged
        int repaired = 0;
        for (int i = 100; i < 200; i++)
        {
            foreach (SearchHit hit in collection.Search(Vector(i), 10, new SearchOptions { Exact = true }))
            {
                int other = int.Parse(hit.Id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
                double expected = Math.Sqrt(Vector(i).Zip(Vector(other)).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2)));
                Assert.Equal(expected, hit.Distance, 1e-4);
                repaired++;
            }
        }

        Assert.True(repaired > 100);
    }

    [Fact]
    public void A_write_during_a_checkpoint_is_durable_with_it()
    {
        var files = new CrashingFileSystem();
        var options = new DatabaseOptions { Durability = Durability.OperatingSystem, IndexingThreads = 1, ChunkBytes = 4096 };
        using Database killed = Database.Open(files, "/db", null, options);
        Collection collection = killed.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        collection.UpsertBatch([.. Enumerable.Range(0, 20).Select(i => new VectorRecord($"r{i}", [i]))]);
        int written = 0;
        files.Creating = path =>
        {
            if (path.Contains("/records.", StringComparison.Ordinal))
            {
                collection.Upsert($"late{written++}", [100]);
                collection.Upsert("r3", [200]);
            }
        };
        Assert.True(collection.Checkpoint());
        files.Creating = null;
        Assert.Equal(1, written);

        // The process ends here: the system has what was written, and nothing more is synced.
        using Database next = Database.Open(files, "/db", null, options);
        Collection reopened = next.GetCollection("docs");
        Assert.Null(reopened.Recovery.CheckpointProblem);
        Assert.Equal(0, reopened.Recovery.Rewritten); // the checkpoint has made them durable, since its table builds on them
        Assert.Equal(21, reopened.Count);
        Assert.Equal([100f], reopened.Get("late0")!.Vector!);
        Assert.Equal([200f], reopened.Get("r3")!.Vector!);
        reopened.WaitForIndex();
        Assert.Empty(reopened.Verify().Findings);
    }

    [Fact]
    public void A_segment_with_a_flag_of_a_later_version_is_refused()
    {
        Fill(20, QuantizationKind.None, tail: 0);
        string log = Assert.Single(Directory.GetFiles(_directory.Path, "*.log", SearchOption.AllDirectories));
        byte[] bytes = File.ReadAllBytes(log);
        bytes[44] = 2;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(124), Hypervex.Storage.Checksum.Of(bytes.AsSpan(0, 124)));
        File.WriteAllBytes(log, bytes);
        using Database database = Database.Open(_directory.Path);
        Assert.Equal(ErrorCode.UnsupportedFormat, Assert.Throws<HypervexException>(() => database.GetCollection("docs")).Code);
    }

    [Fact]
    public void Opening_and_closing_without_a_write_leaves_every_file_as_it_is()
    {
        Fill(50, QuantizationKind.None, tail: 3);
        Dictionary<string, byte[]> before = Files();
        using (Database database = Database.Open(_directory.Path))
        {
            Assert.Equal(40 + 3, database.GetCollection("docs").Count);
        }

        Dictionary<string, byte[]> after = Files();
        Assert.Equal(before.Keys, after.Keys);
        Assert.All(before, file => Assert.Equal(file.Value, after[file.Key]));

        Dictionary<string, byte[]> Files() => Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith(".hyp", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToDictionary(path => path, File.ReadAllBytes);
    }

    [Fact]
    public void Slots_are_used_again_after_checkpoints()
    {
        using Database database = Database.Open(_directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem, ChunkBytes = 64 * 1024 });
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2));
        long afterFirst = 0;
        for (int round = 0; round < 12; round++)
        {
            collection.UpsertBatch([.. Enumerable.Range(0, 1000).Select(i => new VectorRecord($"r{i}", Vector(i + (round * 1000))))]);
            collection.WaitForIndex();
            collection.Checkpoint();
            if (round == 3)
            {
                afterFirst = collection.GetStats().Fields[0].RowBytes;
            }
        }

        Assert.Equal(1000, collection.Count);
        Assert.Empty(collection.Verify().Findings);
        Assert.True(collection.GetStats().Fields[0].RowBytes <= afterFirst * 3 / 2, $"{afterFirst} bytes of rows grew to {collection.GetStats().Fields[0].RowBytes}");
    }

    [Fact]
    public void Batch_durability_syncs_by_itself_when_nobody_writes()
    {
        var files = new CrashingFileSystem();
        var options = new DatabaseOptions { Durability = Durability.Batch, BatchInterval = TimeSpan.FromMilliseconds(20), SegmentBytes = 4096, ChunkBytes = 4096 };
        using Database database = Database.Open(files, "/db", null, options);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        collection.Upsert("a", [1]);
        Assert.True(SpinWait.SpinUntil(() => Enumerable.Range(0, 8).All(seed => Survives(files, seed, "a")), TimeSpan.FromSeconds(20)));

        collection.Upsert(new VectorRecord("control", [1]), new WriteOptions { Durability = Durability.OperatingSystem });
        Thread.Sleep(200);
        Assert.Contains(Enumerable.Range(0, 32), seed => !Survives(files, seed, "control"));
    }

    private static bool Survives(CrashingFileSystem files, int seed, string id)
    {
        using Database database = Database.Open(files.CrashImage(seed), "/db", null, new DatabaseOptions { IndexingThreads = 1, SegmentBytes = 4096, ChunkBytes = 4096 });
        return database.GetCollection("docs").Get(id) is not null;
    }

    private static float[] Vector(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())];
    }

    private void Fill(int records, QuantizationKind codes, int tail)
    {
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = Dimension, Metric = Metric.L2, Quantization = codes } },
        });
        collection.UpsertBatch([.. Enumerable.Range(0, records).Select(i => new VectorRecord($"r{i}", Vector(i)))]);
        collection.DeleteBatch([.. Enumerable.Range(5, 10).Select(i => $"r{i}")]);
        collection.WaitForIndex();
        Assert.True(collection.Checkpoint());
        Assert.False(collection.Checkpoint());
        for (int i = 0; i < tail; i++)
        {
            collection.Upsert($"r{records + i}", Vector(records + i));
        }
    }

    private static void AssertFindsItself(Collection collection)
    {
        for (int i = 20; i < 1400; i += 17)
        {
            SearchHit hit = collection.Search(Vector(i), 1, new SearchOptions { Ef = 200 })[0];
            Assert.Equal(($"r{i}", 0f), (hit.Id, hit.Distance));
        }
    }

    private string CopyTo(string target)
    {
        foreach (string file in Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories))
        {
            string path = Path.Combine(target, Path.GetRelativePath(_directory.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }

        return target;
    }
}
