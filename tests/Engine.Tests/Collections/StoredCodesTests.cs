using Hypervex.Collections;
using Hypervex.Engine.Tests.Storage;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Codes are part of a checkpoint: opening takes them over as they were, trains nothing, and does without them when they do not check.</summary>
public sealed class StoredCodesTests : IDisposable
{
    private const int Records = 3000;
    private const int Dimension = 24;

    /// <summary>Of a codes snapshot's content: what depends on when it was taken.</summary>
    private const int CheckInOffset = 32, CheckInBytes = 8;

    private const int HeaderBytes = 40 + (Dimension * sizeof(float));

    private static readonly DatabaseOptions s_options = new() { IndexingThreads = 2, CompactionGarbageRatio = 1 };

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<QuantizationKind, Metric> Kinds => new()
    {
        { QuantizationKind.Sq8, Metric.L2 },
        { QuantizationKind.Sq8, Metric.Dot },
        { QuantizationKind.Sq4, Metric.Cosine },
        { QuantizationKind.Sq4, Metric.L2 },
        { QuantizationKind.Binary, Metric.Cosine },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void After_an_opening_codes_are_the_same_bytes_and_searches_find_the_same_without_a_training(QuantizationKind kind, Metric metric)
    {
        byte[] codes;
        List<string> found;
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Collection collection = Filled(database, kind, metric);
            Assert.Equal(1, IndexOf(collection).Trainings);
            codes = CodesOf(collection);
            found = Found(collection);
        }

        using Database again = Database.Open(_directory.Path, s_options);
        Collection opened = again.GetCollection("docs");
        Assert.Null(opened.Recovery.CheckpointProblem);
        Assert.Equal(codes, CodesOf(opened)); // before anything could have been trained in the background
        Assert.Equal(found, Found(opened));
        opened.WaitForIndex();
        Assert.Equal(0, IndexOf(opened).Trainings);
    }

    [Fact]
    public void Opening_reads_no_rows_and_the_control_without_codes_reads_all_of_them()
    {
        const int Many = 19_000; // fewer than would take a checkpoint while rows are still being linked
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Filled(database, QuantizationKind.Sq8, Metric.L2, Many);
        }

        long rows = Many * 128L; // the stride of 24 floats with their trailer
        Assert.InRange(ReadByOpening(), 1, rows / 20);
        File.Delete(CodesFile());
        Assert.InRange(ReadByOpening(), rows, long.MaxValue);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70)]
    [InlineData(200)]
    [InlineData(50_000)]
    [InlineData(-1)]
    [InlineData(null)]
    public void Codes_that_do_not_check_or_are_gone_are_trained_anew_and_the_checkpoint_counts(int? flippedAt)
    {
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Filled(database, QuantizationKind.Sq8, Metric.L2);
        }

        string path = CodesFile();
        if (flippedAt is { } at)
        {
            byte[] bytes = File.ReadAllBytes(path);
            bytes[at < 0 ? bytes.Length + at : at] ^= 4;
            File.WriteAllBytes(path, bytes);
        }
        else
        {
            File.Delete(path);
        }

        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Collection collection = database.GetCollection("docs");
            Assert.Null(collection.Recovery.CheckpointProblem);
            Assert.Equal(path, Assert.Single(collection.Verify().Findings).File);
            collection.WaitForIndex();
            Assert.Equal(1, IndexOf(collection).Trainings);
            AssertRecall(collection, Records);
        }

        // Closing has put whole ones in their place.
        using Database again = Database.Open(_directory.Path, s_options);
        Assert.Empty(again.GetCollection("docs").Verify().Findings);
        again.GetCollection("docs").WaitForIndex();
        Assert.Equal(0, IndexOf(again.GetCollection("docs")).Trainings);
    }

    [Fact]
    public void Nodes_without_a_code_get_the_very_same_one_from_their_rows()
    {
        byte[] whole;
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            whole = CodesOf(Filled(database, QuantizationKind.Sq4, Metric.L2));
        }

        KeepHeaderOf(whole);
        using Database again = Database.Open(_directory.Path, s_options);
        Assert.Equal(whole, CodesOf(again.GetCollection("docs")));
        Assert.Equal(0, IndexOf(again.GetCollection("docs")).Trainings);
    }

    [Fact]
    public async Task Checkpoints_beside_writes_deletions_and_compactions_leave_codes_that_belong_to_their_rows()
    {
        var random = new Random(3);
        for (int round = 0; round < 4; round++)
        {
            using Database database = Database.Open(_directory.Path, s_options with { SegmentBytes = 256 << 10, ChunkBytes = 64 << 10 });
            Collection collection = round == 0 ? Filled(database, QuantizationKind.Sq8, Metric.L2) : database.GetCollection("docs");
            Assert.Null(collection.Recovery.CheckpointProblem);
            using var stop = new CancellationTokenSource();
            Task checkpoints = Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    collection.Checkpoint();
                    collection.Compact();
                }
            });
            for (int i = 0; i < 60; i++)
            {
                collection.UpsertBatch([.. Enumerable.Range(0, 25).Select(_ => Record(random.Next(Records), random))]);
                collection.DeleteBatch([.. Enumerable.Range(0, 10).Select(_ => $"r{random.Next(Records)}")]);
            }

            await stop.CancelAsync();
            await checkpoints;
        }

        DatabaseOptions same = s_options with { SegmentBytes = 256 << 10, ChunkBytes = 64 << 10 };
        byte[] stored;
        using (Database last = Database.Open(_directory.Path, same))
        {
            Collection kept = last.GetCollection("docs");
            kept.WaitForIndex();
            stored = CodesOf(kept);
            Assert.Empty(kept.Verify().Findings);
            AssertRecall(kept, (int)kept.Count);
            kept.Checkpoint(); // the next opening replays nothing: which free slots a replay takes depends on how far the removal of others has come
        }

        KeepHeaderOf(stored);
        using Database again = Database.Open(_directory.Path, same);
        Collection anew = again.GetCollection("docs");
        anew.WaitForIndex();
        Dictionary<uint, string> ofRows = Entries(CodesOf(anew));
        int compared = 0;
        foreach ((uint slot, string code) in Entries(stored))
        {
            if (anew.Partition.Records.TryGet(slot, out _))
            {
                Assert.Equal(ofRows[slot], code);
                compared++;
            }
        }

        Assert.Equal(anew.Count, compared);
    }

    [Fact]
    public void A_power_cut_at_every_operation_of_a_checkpoint_leaves_the_codes_of_this_one_or_of_the_one_before()
    {
        var small = new DatabaseOptions { IndexingThreads = 1, CompactionGarbageRatio = 1 };
        int began = 0;
        int ended = 0;
        for (int cut = 0; cut == 0 || cut <= ended; cut = cut == 0 ? began + 1 : cut + 1)
        {
            var files = new CrashingFileSystem();
            Database database = Database.Open(files, "/db", null, small);
            Collection collection = database.CreateCollection("docs", Options(4, Metric.L2, QuantizationKind.Sq8));
            collection.UpsertBatch([.. Enumerable.Range(0, 1100).Select(i => new VectorRecord($"r{i}", [i, i % 7, i % 11, 1]))]);
            collection.WaitForIndex();
            Assert.True(collection.Checkpoint());
            collection.UpsertBatch([.. Enumerable.Range(1100, 100).Select(i => new VectorRecord($"r{i}", [i, i % 7, i % 11, 1]))]);
            collection.WaitForIndex();
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

            using Database recovered = Database.Open(files.CrashImage(cut), "/db", null, small);
            Collection found = recovered.GetCollection("docs");
            Assert.Equal(1200, found.Count);
            found.WaitForIndex();
            Assert.Equal(0, IndexOf(found).Trainings);
            Assert.All(Enumerable.Range(0, 20), i => Assert.Equal($"r{i * 50}", Assert.Single(found.Search([i * 50, i * 50 % 7, i * 50 % 11, 1], 1)).Id));
            Assert.Empty(found.Verify().Findings);
        }

        Assert.True(ended - began > 15, "hardly any operation was cut");
    }

    private static FieldIndex IndexOf(Collection collection) => (FieldIndex)collection.Partition.FieldOf(1)!.Index;

    private static CollectionOptions Options(int dimension, Metric metric, QuantizationKind kind) => new()
    {
        Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = dimension, Metric = metric, Quantization = kind } },
    };

    private static byte[] CodesOf(Collection collection)
    {
        var stream = new MemoryStream();
        Assert.True(IndexOf(collection).SaveCodes(() => stream));
        byte[] bytes = stream.ToArray();
        bytes.AsSpan(CheckInOffset, CheckInBytes).Clear();
        return bytes;
    }

    private static VectorRecord Record(int i, Random random) => new($"r{i}", Vector(random));

    private static float[] Vector(Random random) => [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.3f)];

    private static Collection Filled(Database database, QuantizationKind kind, Metric metric, int count = Records)
    {
        Collection collection = database.CreateCollection("docs", Options(Dimension, metric, kind));
        var random = new Random(1);
        for (int i = 0; i < count; i += 500)
        {
            collection.UpsertBatch([.. Enumerable.Range(i, 500).Select(each => Record(each, random))]);
        }

        collection.WaitForIndex();
        return collection;
    }

    private static List<string> Found(Collection collection)
    {
        var random = new Random(9);
        return [.. Enumerable.Range(0, 40).SelectMany(_ => collection.Search(Vector(random), 10).Select(hit => $"{hit.Id} {hit.Distance:R}"))];
    }

    private static void AssertRecall(Collection collection, int count)
    {
        var random = new Random(17);
        int right = 0;
        for (int i = 0; i < 40; i++)
        {
            float[] query = Vector(random);
            HashSet<string> exact = [.. collection.Search(query, 10, new SearchOptions { Exact = true }).Select(hit => hit.Id)];
            right += collection.Search(query, 10, new SearchOptions { Ef = 128 }).Count(hit => exact.Contains(hit.Id));
        }

        Assert.True(right >= 380, $"{right} of 400 among {count}");
    }

    private static Dictionary<uint, string> Entries(byte[] codes)
    {
        int codeBytes = BitConverter.ToInt32(codes, 12);
        var entries = new Dictionary<uint, string>();
        for (int at = HeaderBytes; at + sizeof(uint) + codeBytes <= codes.Length; at += sizeof(uint) + codeBytes)
        {
            entries.Add(BitConverter.ToUInt32(codes, at), Convert.ToHexString(codes, at + sizeof(uint), codeBytes));
        }

        return entries;
    }

    private long ReadByOpening()
    {
        var files = new FailingReads();
        using Database database = Database.Open(files, _directory.Path, null, s_options with { RowAccess = RowAccess.Read });
        Collection collection = database.GetCollection("docs");
        collection.WaitForIndex();
        return files.BytesRead;
    }

    /// <summary>Puts a codes file in the place of the one that the manifest names, which has the training but no code.</summary>
    private void KeepHeaderOf(byte[] codes)
    {
        var files = new DiskFileSystem();
        string partition = Path.GetDirectoryName(Directory.GetFiles(_directory.Path, "manifest", SearchOption.AllDirectories).Single())!;
        Manifest manifest = Manifest.Load(files, partition)!;
        CheckpointEntry checkpoint = manifest.Checkpoint!;
        using var writer = new SnapshotWriter(files, CodesFile(), new SnapshotHeader(SnapshotKind.FieldCodes, 0, manifest.CollectionId, checkpoint.Number, 1));
        writer.Write(codes.AsSpan(0, HeaderBytes));
        writer.Write([0xFF, 0xFF, 0xFF, 0xFF]);
        (long bytes, uint checksum) = writer.Finish();
        FieldSnapshot field = checkpoint.Fields[0] with { Codes = new SnapshotFile(bytes, checksum) };
        (manifest with { Checkpoint = checkpoint with { Fields = [field] } }).Save(files, partition);
    }

    private string CodesFile() => Directory.GetFiles(_directory.Path, "1.codes.*.snap", SearchOption.AllDirectories).Single();
}
