namespace Hypervex.Engine.Tests.Collections;

/// <summary>Rows come from maps or from memory, and nobody can tell by the answers.</summary>
public sealed class RowAccessTests
{
    private const int Dimension = 16;

    [Theory]
    [InlineData(QuantizationKind.None)]
    [InlineData(QuantizationKind.Sq8)]
    public void Answers_are_equal_whatever_the_rows_are_read_from(QuantizationKind codes)
    {
        using var directory = new TemporaryDirectory();
        List<string> mapped = Write(directory.Path, codes);
        foreach (RowAccess access in new[] { RowAccess.Memory, RowAccess.Map, RowAccess.Memory })
        {
            using Database database = Open(directory.Path, access);
            Collection collection = database.GetCollection("c");
            Assert.Equal(access == RowAccess.Map, IsMapped(directory.Path));
            Assert.Null(collection.Recovery.CheckpointProblem);
            Assert.True(collection.Recovery.Replayed < 100); // the rows come from the chunks, not from the log
            collection.WaitForIndex();
            Assert.Equal(mapped, Answers(collection));
            Assert.Empty(collection.Verify().Findings);

            collection.Upsert("fresh", Vector(70_000));
            Assert.Equal("fresh", collection.Search(Vector(70_000), 1)[0].Id);
            Assert.True(collection.Delete("fresh"));
        }
    }

    [Fact]
    public void Rows_in_memory_count()
    {
        using var directory = new TemporaryDirectory();
        Write(directory.Path, QuantizationKind.None);
        long map = MemoryOf(directory.Path, RowAccess.Map);
        Assert.True(MemoryOf(directory.Path, RowAccess.Memory) >= map + (2_000 * Dimension * sizeof(float)));
    }

    private static long MemoryOf(string path, RowAccess access)
    {
        using Database database = Open(path, access);
        return database.GetCollection("c").GetStats().MemoryBytes;
    }

    private static List<string> Write(string path, QuantizationKind codes)
    {
        using Database database = Open(path, RowAccess.Map);
        Collection collection = database.CreateCollection("c", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = Dimension, Metric = Metric.L2, Quantization = codes } },
        });
        collection.UpsertBatch([.. Enumerable.Range(0, 2_000).Select(number => new VectorRecord($"{number}", Vector(number)))]);
        collection.WaitForIndex();
        Assert.True(collection.Checkpoint());
        return Answers(collection);
    }

    private static List<string> Answers(Collection collection) =>
        [.. Enumerable.Range(0, 20).SelectMany(number => collection.Search(Vector(50_000 + number), 10, new SearchOptions { Exact = true })).Select(hit => $"{hit.Id} {hit.Distance:R}")];

    private static Database Open(string path, RowAccess access) =>
        Database.Open(path, new DatabaseOptions { RowAccess = access, IndexingThreads = 1, Durability = Durability.OperatingSystem, ChunkBytes = 64 << 10 });

    private static bool IsMapped(string directory) => File.ReadLines("/proc/self/maps").Any(line => line.Contains(directory, StringComparison.Ordinal));

    private static float[] Vector(int number)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())];
    }
}
