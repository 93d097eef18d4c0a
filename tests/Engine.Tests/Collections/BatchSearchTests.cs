namespace Hypervex.Engine.Tests.Collections;

/// <summary>Several searches at once.</summary>
public sealed class BatchSearchTests : IDisposable
{
    private const int Dimension = 8;

    private readonly Database _database = Database.CreateInMemory();
    private readonly Collection _collection;
    private readonly float[][] _vectors;

    public BatchSearchTests()
    {
        var random = new Random(9);
        _vectors = [.. Enumerable.Range(0, 3000).Select(_ => Enumerable.Range(0, Dimension).Select(_ => random.NextSingle()).ToArray())];
        _collection = _database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2));
        _collection.UpsertBatch([.. _vectors.Select((vector, i) => new VectorRecord($"r{i}", vector))]);
        _collection.WaitForIndex();
    }

    [Fact]
    public void Results_are_those_of_single_searches_in_the_order_asked_for()
    {
        SearchRequest[] searches = [.. Enumerable.Range(0, 500).Select(i => i % 3 == 0
            ? new SearchRequest { Id = $"r{i}", K = 1 + (i % 7), Options = new SearchOptions { Exact = true } }
            : new SearchRequest { Query = _vectors[i], K = 1 + (i % 7), Options = new SearchOptions { Exact = i % 2 == 0, Ef = 100 } })];
        IReadOnlyList<SearchHits> results = _collection.SearchBatch(searches);
        Assert.Equal(searches.Length, results.Count);
        for (int i = 0; i < searches.Length; i++)
        {
            SearchHits alone = searches[i].Id is { } id
                ? _collection.SearchById(id, searches[i].K, searches[i].Options)
                : _collection.Search(searches[i].Query.Span, searches[i].K, searches[i].Options);
            Assert.Equal(alone, results[i]);
        }
    }

    [Theory]
    [InlineData(ErrorCode.DimensionMismatch)]
    [InlineData(ErrorCode.NotFound)]
    [InlineData(ErrorCode.LimitOutOfRange)]
    public void One_bad_search_refuses_the_batch_before_any_runs(ErrorCode code)
    {
        SearchRequest bad = code switch
        {
            ErrorCode.DimensionMismatch => new SearchRequest { Query = new float[Dimension + 1] },
            ErrorCode.NotFound => new SearchRequest { Id = "none" },
            _ => new SearchRequest { Query = new float[Dimension], K = 0 },
        };

        // A search that ran would throw this instead: its token is cancelled.
        var stopped = new SearchRequest { Query = new float[Dimension], Options = new SearchOptions { CancellationToken = new CancellationToken(canceled: true) } };
        Assert.Equal(code, Assert.Throws<HypervexException>(() => _collection.SearchBatch([stopped, stopped, bad])).Code);
        Assert.ThrowsAny<OperationCanceledException>(() => _collection.SearchBatch([stopped, stopped]));
    }

    [Fact]
    public void A_cancelled_batch_throws_what_a_cancelled_search_throws()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        SearchRequest[] searches = [.. _vectors.Take(20).Select(vector => new SearchRequest { Query = vector })];
        Assert.ThrowsAny<OperationCanceledException>(() => _collection.SearchBatch(searches, source.Token));
        var options = new SearchOptions { CancellationToken = source.Token };
        Assert.ThrowsAny<OperationCanceledException>(() => _collection.SearchBatch(Flat(2), 3, options, new Hit[6], new int[2]));
    }

    [Fact]
    public void Rows_of_queries_fill_rows_of_hits()
    {
        const int Queries = 200;
        const int K = 4;
        var hits = new Hit[Queries * K];
        int[] counts = new int[Queries];
        _collection.SearchBatch(Flat(Queries), K, new SearchOptions { Exact = true }, hits, counts);
        for (int i = 0; i < Queries; i++)
        {
            var alone = new Hit[K];
            Assert.Equal(_collection.Search(_vectors[i], new SearchOptions { Exact = true }, alone), counts[i]);
            Assert.Equal(alone, hits[(i * K)..((i + 1) * K)]);
        }

        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => _collection.SearchBatch(Flat(2), K, default, new Hit[K], new int[2])).Code);
    }

    [Fact]
    public void More_queries_allocate_no_more()
    {
        // The calling thread does its share of each batch; what the call itself needs does not grow with the queries.
        long few = Allocated(100);
        long many = Allocated(3000);
        Assert.True(many - few < 2900, $"100 queries allocated {few} bytes, 3000 allocated {many}: more than a byte for each");

        // Control: the comfortable batch allocates for each query, and this way of counting sees it.
        long before = GC.GetAllocatedBytesForCurrentThread();
        _collection.SearchBatch([.. _vectors.Select(vector => new SearchRequest { Query = vector })]);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before > 2900 * 10);
    }

    public void Dispose() => _database.Dispose();

    private long Allocated(int queries)
    {
        ReadOnlyMemory<float> rows = Flat(queries);
        var hits = new Hit[queries * 5];
        int[] counts = new int[queries];
        long least = long.MaxValue;
        for (int run = 0; run < 5; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _collection.SearchBatch(rows, 5, default, hits, counts);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private float[] Flat(int queries) => [.. _vectors.Take(queries).SelectMany(vector => vector)];
}
