using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Rows that are read from their files: equal answers, and an error where a map would end the process.</summary>
public sealed class RowReadTests
{
    private const int Dimension = 48;
    private const int Count = 2_000;

    private static readonly SearchOptions _exact = new() { Exact = true };

    [Theory]
    [InlineData(Metric.L2, QuantizationKind.None, IndexType.Hnsw)]
    [InlineData(Metric.L2, QuantizationKind.Sq8, IndexType.Hnsw)]
    [InlineData(Metric.Dot, QuantizationKind.Sq4, IndexType.Hnsw)]
    [InlineData(Metric.Cosine, QuantizationKind.Binary, IndexType.Hnsw)]
    [InlineData(Metric.Manhattan, QuantizationKind.None, IndexType.Hnsw)]
    [InlineData(Metric.Hamming, QuantizationKind.None, IndexType.Hnsw)]
    [InlineData(Metric.Cosine, QuantizationKind.None, IndexType.Flat)]
    [InlineData(Metric.Hamming, QuantizationKind.None, IndexType.Flat)]
    public void Walks_and_scans_answer_the_same_from_maps_memory_and_files(Metric metric, QuantizationKind codes, IndexType index)
    {
        using var directory = new TemporaryDirectory();
        using (Database database = Open(directory.Path, RowAccess.Map))
        {
            Fill(database, metric, codes, index);
        }

        List<string>? expected = null;
        List<string>? walked = null;
        foreach (RowAccess access in Enum.GetValues<RowAccess>())
        {
            using Database database = Open(directory.Path, access);
            Collection collection = database.GetCollection("c");
            collection.WaitForIndex();
            List<string> answers = Answers(collection, metric, _exact);
            Assert.Equal(expected ?? answers, answers);
            expected = answers;
            CheckWalk(collection, metric, sameGraph: codes == QuantizationKind.None, ref walked);
            Assert.Equal(access == RowAccess.Map, IsMapped(directory.Path));
        }
    }

    [Theory]
    [InlineData(QuantizationKind.None, IndexType.Hnsw)]
    [InlineData(QuantizationKind.Binary, IndexType.Hnsw)]
    [InlineData(QuantizationKind.Sq8, IndexType.Hnsw)]
    [InlineData(QuantizationKind.None, IndexType.Flat)]
    public void A_collection_is_built_changed_compacted_and_verified_without_maps(QuantizationKind codes, IndexType index)
    {
        using var directory = new TemporaryDirectory();
        using (Database database = Open(directory.Path, RowAccess.Read))
        {
            Collection collection = Fill(database, Metric.L2, codes, index);
            collection.DeleteBatch([.. Enumerable.Range(0, Count / 2).Select(number => $"{number}")]);
            collection.UpsertBatch([.. Enumerable.Range(Count, 300).Select(number => Record(number, Metric.L2))]);
            collection.Compact();
            collection.WaitForIndex();
            Assert.False(IsMapped(directory.Path));
            Assert.Empty(collection.Verify().Findings);
            for (int number = Count / 2; number < Count + 300; number += 50)
            {
                Assert.Equal(($"{number}", 0f), First(collection.Search(Vector(number, Metric.L2), 1, _exact)));
            }
        }

        using Database again = Open(directory.Path, RowAccess.Map);
        Assert.Empty(again.GetCollection("c").Verify().Findings);
        Assert.Equal((Count / 2) + 300, again.GetCollection("c").Count);
    }

    [Fact]
    public void Rows_in_files_take_no_memory()
    {
        using var directory = new TemporaryDirectory();
        using (Database database = Open(directory.Path, RowAccess.Map))
        {
            Fill(database, Metric.L2, QuantizationKind.Sq8, IndexType.Hnsw);
        }

        long[] bytes = [.. new[] { RowAccess.Read, RowAccess.Memory }.Select(access =>
        {
            using Database database = Open(directory.Path, access);
            Collection collection = database.GetCollection("c");
            collection.WaitForIndex();
            collection.Search(Vector(1, Metric.L2), 10);
            return collection.GetStats().MemoryBytes;
        })];
        Assert.True(bytes[0] + (Count * Dimension * sizeof(float)) <= bytes[1] + (64 * 1024), $"{bytes[0]} bytes with rows in files, {bytes[1]} with rows in memory");
    }

    [Theory]
    [InlineData(QuantizationKind.None, IndexType.Hnsw)]
    [InlineData(QuantizationKind.Sq8, IndexType.Hnsw)]
    [InlineData(QuantizationKind.None, IndexType.Flat)]
    public void A_file_that_was_cut_off_is_an_error_and_the_next_opening_mends_it(QuantizationKind codes, IndexType index)
    {
        using var directory = new TemporaryDirectory();
        using (Database database = Open(directory.Path, RowAccess.Read))
        {
            Collection collection = Fill(database, Metric.L2, codes, index);
            Assert.Equal(("7", 0f), First(collection.Search(Vector(7, Metric.L2), 1, _exact))); // the control
            foreach (string chunk in Directory.GetFiles(directory.Path, "*", SearchOption.AllDirectories).Where(path => path.Contains("chunks", StringComparison.Ordinal)))
            {
                using FileStream file = File.Open(chunk, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                file.SetLength(4096 + 100);
            }

            HypervexException exact = Assert.Throws<HypervexException>(() => collection.Search(Vector(7, Metric.L2), 1, _exact));
            Assert.Equal(ErrorCode.Damaged, exact.Code);
            Assert.Contains("slot", exact.Message, StringComparison.Ordinal);
            Assert.Equal(ErrorCode.Damaged, Assert.Throws<HypervexException>(() => collection.Search(Vector(7, Metric.L2), 1)).Code);
            Assert.NotEmpty(collection.Verify().Findings);
            Assert.Equal("7", collection.Get("7")!.Id); // records come from the log
        }

        using Database mended = Open(directory.Path, RowAccess.Read);
        Assert.NotNull(mended.GetCollection("c").Recovery.CheckpointProblem);
        Assert.Equal(("7", 0f), First(mended.GetCollection("c").Search(Vector(7, Metric.L2), 1, _exact)));
        Assert.Empty(mended.GetCollection("c").Verify().Findings);
    }

    [Theory]
    [InlineData(QuantizationKind.None)]
    [InlineData(QuantizationKind.Sq8)]
    public void While_the_disk_cannot_be_read_searches_fail_and_the_next_ones_answer(QuantizationKind codes)
    {
        using var directory = new TemporaryDirectory();
        var files = new FailingReads();
        using Database database = Database.Open(files, directory.Path, directory.Path, Options(RowAccess.Read));
        Collection collection = Fill(database, Metric.L2, codes, IndexType.Hnsw);
        List<string> before = Answers(collection, Metric.L2, _exact);
        files.Fail = true;
        Assert.All([new SearchOptions(), _exact], how => Assert.Equal(
            ErrorCode.StorageUnavailable, Assert.Throws<HypervexException>(() => collection.Search(Vector(90_000, Metric.L2), 10, how)).Code));
        Assert.True(files.Failed > 0);
        files.Fail = false;
        Assert.Equal(before, Answers(collection, Metric.L2, _exact));
    }

    [Fact]
    public void A_row_that_could_not_be_linked_is_found_and_writes_end_until_the_database_is_opened_again()
    {
        using var directory = new TemporaryDirectory();
        var files = new FailingReads();
        using (Database database = Database.Open(files, directory.Path, directory.Path, Options(RowAccess.Read)))
        {
            Collection collection = Fill(database, Metric.L2, QuantizationKind.None, IndexType.Hnsw);
            files.Fail = true;
            collection.Upsert(Record(60_000, Metric.L2)); // is linked in the background
            Assert.Equal(ErrorCode.StorageUnavailable, Assert.Throws<HypervexException>(() => collection.WaitForIndex()).Code);
            files.Fail = false;
            Assert.Equal(("60000", 0f), First(collection.Search(Vector(60_000, Metric.L2), 1)));
            Assert.ThrowsAny<HypervexException>(() => collection.Upsert(Record(60_001, Metric.L2)));
            Assert.Equal(("60000", 0f), First(collection.Search(Vector(60_000, Metric.L2), 1)));
        }

        using Database again = Open(directory.Path, RowAccess.Read);
        Assert.Equal(("60000", 0f), First(again.GetCollection("c").Search(Vector(60_000, Metric.L2), 1)));
        again.GetCollection("c").Upsert(Record(60_002, Metric.L2));
        again.GetCollection("c").WaitForIndex();
        Assert.Empty(again.GetCollection("c").Verify().Findings);
    }

    private static (string Id, float Distance) First(SearchHits hits) => (hits[0].Id, hits[0].Distance);

    private static Collection Fill(Database database, Metric metric, QuantizationKind codes, IndexType index)
    {
        Collection collection = database.CreateCollection("c", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                [""] = new() { Dimension = Dimension, Metric = metric, Quantization = codes, Index = new HnswOptions { Type = index } },
            },
        });
        collection.UpsertBatch([.. Enumerable.Range(0, Count).Select(number => Record(number, metric))]);
        collection.WaitForIndex();
        Assert.True(collection.Checkpoint());
        return collection;
    }

    private static List<string> Answers(Collection collection, Metric metric, SearchOptions how) =>
        [.. Enumerable.Range(80_000, 20).SelectMany(number => collection.Search(Vector(number, metric), 10, how)).Select(hit => $"{hit.Id} {hit.Distance:R}")];

    /// <summary>Codes are trained anew in the background, so that two openings may walk differently; their distances are true ones all the same, and the best are found.</summary>
    private static void CheckWalk(Collection collection, Metric metric, bool sameGraph, ref List<string>? walked)
    {
        List<string> answers = Answers(collection, metric, new SearchOptions { Ef = 100 });
        if (sameGraph)
        {
            Assert.Equal(walked ?? answers, answers);
        }

        walked = answers;
        int best = 0;
        for (int number = 80_000; number < 80_020; number++)
        {
            float[] query = Vector(number, metric);
            var distances = collection.Search(query, Count, _exact).ToDictionary(hit => hit.Id, hit => hit.Distance);
            SearchHits hits = collection.Search(query, 10, new SearchOptions { Ef = 100 });
            Assert.All(hits, hit => Assert.Equal(distances[hit.Id], hit.Distance));
            best += hits[0].Distance == distances.Values.Min() ? 1 : 0;
        }

        Assert.InRange(best, 14, 20);
    }

    private static Database Open(string path, RowAccess access) => Database.Open(path, Options(access));

    private static DatabaseOptions Options(RowAccess access) =>
        new() { RowAccess = access, IndexingThreads = 1, Durability = Durability.OperatingSystem, ChunkBytes = 64 << 10 };

    private static bool IsMapped(string directory) => File.ReadLines("/proc/self/maps").Any(line => line.Contains(directory, StringComparison.Ordinal));

    private static VectorRecord Record(int number, Metric metric) => new($"{number}", Vector(number, metric));

    private static float[] Vector(int number, Metric metric)
    {
        var random = new Random(number);
        return metric == Metric.Hamming
            ? [.. Enumerable.Range(0, Dimension / 8).Select(_ => (float)random.Next(256))]
            : [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];
    }
}
