using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>The memory limit at exactly its value: writes are refused before anything is appended, everything else goes on.</summary>
public sealed class MemoryLimitTests(ITestOutputHelper output)
{
    private const long Limit = 2 << 20;
    private const int Dimension = 32;

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 100)]
    [InlineData(false, 100)]
    public void Writes_are_refused_at_the_limit_and_reads_and_deletions_go_on(bool onDisk, int batch)
    {
        using var directory = new TemporaryDirectory();
        using Database database = Open(onDisk ? directory.Path : null, Limit);
        Collection collection = database.CreateCollection("c");
        int written = Fill(database, collection, batch, from: 0);

        Assert.InRange(written, 1_000, 15_000);
        Assert.InRange(collection.GetStats().MemoryBytes, Limit / 2, Limit);
        Assert.Equal(written, collection.Count);
        Assert.NotNull(collection.Get("0"));
        Assert.Equal(10, collection.Search(Vector(3), 10).Count);
        long sequence = (long)collection.GetStats().LastSequence;
        Assert.Equal(ErrorCode.MemoryLimit, Assert.Throws<HypervexException>(() => collection.UpsertBatch(Records(written, 1_000))).Code);
        Assert.Equal(sequence, (long)collection.GetStats().LastSequence); // nothing of it was appended
        Assert.True(collection.Delete("0"));
        collection.Update("1", new RecordUpdate { Document = "needs no row" });
        output.WriteLine($"{written} records of {Dimension} dimensions in {collection.GetStats().MemoryBytes} of {Limit} bytes");
    }

    [Fact]
    public void What_fitted_opens_again_and_deleted_records_make_room()
    {
        using var directory = new TemporaryDirectory();
        int written;
        using (Database database = Open(directory.Path, Limit))
        {
            Collection collection = database.CreateCollection("c");
            written = Fill(database, collection, 100, from: 0);
            collection.DeleteBatch([.. Enumerable.Range(0, 2_000).Select(number => $"{number}")]);
        }

        using (Database database = Open(directory.Path, Limit))
        {
            Collection collection = database.GetCollection("c");
            Assert.Equal(written - 2_000, collection.Count);
            int more = Fill(database, collection, 100, from: written);
            Assert.InRange(more, 1_500, 4_000);
            written += more;
        }

        using (Database database = Open(directory.Path, Limit * 2))
        {
            Assert.InRange(Fill(database, database.GetCollection("c"), 100, from: written), 3_000, 40_000);
        }
    }

    [Fact]
    public void A_collection_that_does_not_fit_is_refused_and_others_open()
    {
        using var directory = new TemporaryDirectory();
        using (Database database = Open(directory.Path, 0))
        {
            database.CreateCollection("small").UpsertBatch(Records(0, 10));
            Collection large = database.CreateCollection("large");
            for (int from = 0; from < 10_000; from += 1_000)
            {
                large.UpsertBatch(Records(from, 1_000));
            }
        }

        using Database limited = Open(directory.Path, 1 << 20);
        HypervexException refused = Assert.Throws<HypervexException>(() => limited.GetCollection("large"));
        Assert.Equal(ErrorCode.MemoryLimit, refused.Code);
        Assert.Contains("limit", refused.Message, StringComparison.Ordinal);
        Assert.Equal(10, limited.GetCollection("small").Count);
        Assert.InRange(limited.MemoryBytes, 1, 1 << 20); // nothing is left of the attempt
    }

    [Fact]
    public void Closing_a_collection_gives_its_memory_back_to_the_counter()
    {
        using var directory = new TemporaryDirectory();
        using Database database = Open(directory.Path, 0);
        long before = database.MemoryBytes;
        Collection collection = database.CreateCollection("c");
        collection.UpsertBatch(Records(0, 3_000));
        collection.WaitForIndex();
        Assert.True(database.MemoryBytes > before + 100_000);
        Assert.True(database.CloseCollection("c"));
        Assert.InRange(database.MemoryBytes, before, before + (1 << 20)); // the working memory of links is the database's
        long closed = database.MemoryBytes;
        Assert.Equal(3_000, database.GetCollection("c").Count);
        Assert.True(database.MemoryBytes > closed + 100_000);
        Assert.True(database.DropCollection("c"));
        Assert.InRange(database.MemoryBytes, 0, closed + (1 << 20));
    }

    private static Database Open(string? path, long limit)
    {
        var options = new DatabaseOptions { MemoryLimitBytes = limit, IndexingThreads = 1, Durability = Durability.OperatingSystem };
        return path is null ? Database.CreateInMemory(options) : Database.Open(path, options);
    }

    private static int Fill(Database database, Collection collection, int batch, int from)
    {
        int written = 0;
        while (true)
        {
            try
            {
                collection.UpsertBatch(Records(from + written, batch));
                written += batch;
                Assert.InRange(collection.GetStats().MemoryBytes, 1, database.Options.MemoryLimitBytes);
            }
            catch (HypervexException exception) when (exception.Code == ErrorCode.MemoryLimit)
            {
                return written;
            }
        }
    }

    private static List<VectorRecord> Records(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(number => new VectorRecord($"{number}", Vector(number)))];

    private static float[] Vector(int number)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];
    }
}
