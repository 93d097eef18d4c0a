namespace Hypervex.Engine.Tests.Collections;

/// <summary>Records that were acknowledged long before they are linked.</summary>
public sealed class PendingRowsTests : IDisposable
{
    private const int Seed = 211;
    private const int Dimension = 12;
    private const int Count = 6000;
    private const int Batch = 500;

    private static readonly SearchOptions s_wide = new() { Ef = 400 };

    private readonly TemporaryDirectory _directory = new();
    private readonly VectorRecord[] _records;

    public PendingRowsTests()
    {
        var random = new Random(Seed);
        _records = [.. Enumerable.Range(0, Count).Select(i => new VectorRecord($"r{i}", [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)]))];
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_collection_that_is_closed_while_rows_wait_has_them_all_when_it_opens_again()
    {
        using (Database database = Open())
        {
            Load(database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2)));
        }

        for (int opening = 0; opening < 2; opening++) // the second one while those of the first may still wait
        {
            using Database database = Open();
            Collection docs = database.GetCollection("docs");
            AssertFinds(docs);
        }

        using (Database database = Open())
        {
            Collection docs = database.GetCollection("docs");
            docs.WaitForIndex();
            VectorFieldStats stats = docs.GetStats().Fields[0];
            Assert.Equal((Count, 0L), (stats.Linked, stats.Pending));
            Assert.Empty(docs.Verify().Findings);
            AssertFinds(docs);
        }
    }

    [Fact]
    public void A_collection_opens_with_more_rows_waiting_than_the_limit_says_and_can_be_written_at_once()
    {
        using (Database database = Open())
        {
            Load(database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2)));
        }

        using (Database database = Open(pendingLimit: Limits.MinPendingLimit))
        {
            Collection docs = database.GetCollection("docs");
            docs.UpsertBatch([.. _records.Take(Batch).Select(record => new VectorRecord("copy of " + record.Id, [.. record.Vector!.Select(x => x + 2)]))]);
            docs.DeleteBatch([.. _records.Take(Batch).Select(record => "copy of " + record.Id)]);
            AssertFinds(docs);
            docs.WaitForIndex();
            VectorFieldStats stats = docs.GetStats().Fields[0];
            Assert.Equal((Count, 0L), (stats.Linked, stats.Pending));
            Assert.Empty(docs.Verify().Findings);
        }
    }

    [Fact]
    public void What_waits_can_be_overwritten_and_deleted()
    {
        using Database database = Open();
        Collection docs = database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2));
        Load(docs);
        docs.DeleteBatch([.. _records.Where((_, i) => i % 3 == 0).Select(record => record.Id)]);
        docs.UpsertBatch([.. _records.Where((_, i) => i % 3 == 1).Take(1000).Select(record => new VectorRecord(record.Id, [.. record.Vector!.Select(x => -x)]))]);
        for (int i = 0; i < 300; i++)
        {
            string nearest = docs.Search(_records[i].Vector, 1, s_wide)[0].Id;
            Assert.Equal(i % 3 == 2, nearest == _records[i].Id);
        }

        docs.WaitForIndex();
        Assert.Empty(docs.Verify().Findings);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(10_000_001)]
    public void A_limit_out_of_range_is_refused(int limit)
    {
        HypervexException refused = Assert.Throws<HypervexException>(() => Database.Open(_directory.Path, new DatabaseOptions { PendingLimit = limit }));
        Assert.Equal(ErrorCode.LimitOutOfRange, refused.Code);
    }

    private Database Open(int pendingLimit = DatabaseOptions.DefaultPendingLimit) =>
        Database.Open(_directory.Path, new DatabaseOptions { IndexingThreads = 1, Durability = Durability.OperatingSystem, PendingLimit = pendingLimit });

    private void Load(Collection docs)
    {
        for (int start = 0; start < Count; start += Batch)
        {
            docs.UpsertBatch(new ArraySegment<VectorRecord>(_records, start, Batch));
        }
    }

    private void AssertFinds(Collection docs)
    {
        Assert.Equal(Count, docs.Count);
        for (int i = 0; i < Count; i += 97)
        {
            Assert.Equal(_records[i].Id, docs.Search(_records[i].Vector, 1, s_wide)[0].Id);
        }
    }
}
