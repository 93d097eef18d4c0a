namespace Hypervex.Engine.Tests.Collections;

/// <summary>A restore asks the memory limit before it writes.</summary>
public sealed class RestoreMemoryTests : IDisposable
{
    private const int Dimension = 32;
    private const int Count = 8_000;
    private const long TooLittle = 1 << 20;
    private const long Enough = 32 << 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_does_not_fit_is_refused_and_changes_nothing(bool replaces)
    {
        string archive = Archive();
        string path = Path.Combine(_directory.Path, "target");
        using (Database database = Open(path, TooLittle))
        {
            if (replaces)
            {
                database.CreateCollection("c", Options()).UpsertBatch(Records(100_000, 50));
            }

            HypervexException refused = Assert.Throws<HypervexException>(() => database.Restore(archive, new RestoreOptions { Replace = replaces }));
            Assert.Equal(ErrorCode.MemoryLimit, refused.Code);
            Assert.Contains("restore", refused.Message, StringComparison.Ordinal);
            Assert.InRange(database.MemoryBytes, 0, TooLittle);
            Assert.Equal(replaces, database.TryGetCollection("c", out Collection? kept));
            if (kept is not null)
            {
                Assert.Equal((50L, 50UL), (kept.Count, kept.GetStats().LastSequence));
                Assert.Equal(0, kept.GetStats().PendingBytes);
                kept.Upsert(Records(200_000, 1)[0]); // writes go on
            }
        }

        using Database larger = Open(path, Enough); // the control
        larger.Restore(archive, new RestoreOptions { Replace = replaces });
        Assert.Equal(Count, larger.GetCollection("c").Count);
        Assert.Equal(0, larger.GetCollection("c").GetStats().PendingBytes);
    }

    [Fact]
    public void One_that_is_refused_leaves_a_dimension_undecided_that_it_would_have_been_the_first_to_decide()
    {
        string archive = Archive();
        string path = Path.Combine(_directory.Path, "target");
        using (Database database = Open(path, TooLittle))
        {
            Collection undecided = database.CreateCollection("c", new CollectionOptions
            {
                Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Metric = Metric.L2, Quantization = QuantizationKind.None } },
            });
            Assert.Equal(ErrorCode.MemoryLimit, Assert.Throws<HypervexException>(() => database.Restore(archive, new RestoreOptions { Replace = true })).Code);
            Assert.Null(undecided.Options.Vectors[""].Dimension);
            Assert.Equal(0, undecided.GetStats().PendingBytes);
            Assert.Empty(Directory.GetFiles(path, "chunk_*", SearchOption.AllDirectories));
        }

        using (Database database = Open(path, Enough))
        {
            Assert.Null(database.GetCollection("c").Options.Vectors[""].Dimension);
            database.Restore(archive, new RestoreOptions { Replace = true }); // the control
            Assert.Equal((Count, (int?)Dimension), ((int)database.GetCollection("c").Count, database.GetCollection("c").Options.Vectors[""].Dimension));
        }
    }

    [Fact]
    public void Vectors_that_are_there_already_need_no_memory()
    {
        string archive = Archive();
        string path = Path.Combine(_directory.Path, "target");
        long held;
        using (Database database = Open(path, 0))
        {
            database.Restore(archive);
            database.GetCollection("c").WaitForIndex();
            held = database.GetCollection("c").GetStats().MemoryBytes;
        }

        using Database limited = Open(path, (held * 5 / 4) + (256 << 10)); // too little for every row once more
        limited.Restore(archive, new RestoreOptions { Replace = true });
        Assert.Equal(Count, limited.GetCollection("c").Count);
    }

    private string Archive()
    {
        string archive = Path.Combine(_directory.Path, "c.hvx");
        using Database database = Open(Path.Combine(_directory.Path, "source"), 0);
        Collection collection = database.CreateCollection("c", Options());
        collection.UpsertBatch(Records(0, Count / 8));
        for (int from = Count / 8; from < Count; from += Count / 8)
        {
            collection.UpsertBatch(Records(from, Count / 8));
        }

        collection.Snapshot(archive);
        return archive;
    }

    private static CollectionOptions Options() => new()
    {
        Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = Dimension, Metric = Metric.L2, Quantization = QuantizationKind.None } },
    };

    private static Database Open(string path, long limit) =>
        Database.Open(path, new DatabaseOptions { MemoryLimitBytes = limit, IndexingThreads = 1, Durability = Durability.OperatingSystem, PieceBytes = 64 << 10 });

    private static List<VectorRecord> Records(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(number => new VectorRecord($"{number}", Vector(number)))];

    private static float[] Vector(int number)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];
    }
}
