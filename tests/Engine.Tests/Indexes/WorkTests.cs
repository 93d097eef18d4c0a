using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>What bounds the work of a search, and what widens it.</summary>
public sealed class WorkTests
{
    private const int Seed = 71;

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(1500)]
    public void A_walk_stops_at_the_limit_and_says_so(long limit)
    {
        using IndexUnderTest index = Linked(6000, 16);
        float[] query = Samples.Gaussian(new Random(Seed), 16, 1);
        FieldSearchReport report = index.Report(query, 10, new FieldSearch { Ef = 2000, MaxDistances = limit });
        Assert.True(report.IsCut);
        Assert.InRange(report.Distances, limit, limit + 64); // the rows of one step
        Assert.NotEmpty(index.Search(query, 10, new FieldSearch { Ef = 2000, MaxDistances = limit }));
    }

    [Fact]
    public void A_scan_never_compares_more_than_the_limit_and_says_when_it_was_cut()
    {
        using IndexUnderTest index = Linked(3000, 16);
        float[] query = new float[16];
        FieldSearchReport cut = index.Report(query, 10, new FieldSearch { Exact = true, MaxDistances = 1000 });
        Assert.True(cut.IsCut);
        Assert.InRange(cut.Distances, 1, 1000);
        FieldSearchReport whole = index.Report(query, 10, new FieldSearch { Exact = true, MaxDistances = 3000 });
        Assert.Equal(new FieldSearchReport(3000, 0, IsCut: false), whole);
        Assert.Equal(
            index.Search(query, 10, new FieldSearch { Exact = true }), index.Search(query, 10, new FieldSearch { Exact = true, MaxDistances = 3000 }));
    }

    [Fact]
    public void A_limit_that_is_not_reached_changes_nothing()
    {
        using IndexUnderTest index = Linked(6000, 16);
        float[] query = Samples.Gaussian(new Random(Seed), 16, 1);
        var search = new FieldSearch { Ef = 100 };
        Assert.Equal(index.Search(query, 10, search), index.Search(query, 10, search with { MaxDistances = 1_000_000 }));
        Assert.False(index.Report(query, 10, search with { MaxDistances = 1_000_000 }).IsCut);
    }

    [Fact]
    public void A_filtered_search_whose_scan_is_dearer_than_the_limit_does_not_scan()
    {
        using IndexUnderTest index = Linked(6000, 16);
        SlotSet half = IndexUnderTest.Set(Enumerable.Range(0, 3000).Select(i => (uint)i), 6000);
        FieldSearchReport report = index.Report(new float[16], 10, new FieldSearch { Ef = 200, Allowed = half, MaxDistances = 400 });
        Assert.InRange(report.Distances, 1, 400 + 64);
    }

    [Fact]
    public void Ten_thousand_hits_come_out_of_the_graph_with_high_recall()
    {
        const int K = 10_000;
        float[][] vectors = Samples.Clustered(25_000, 4, 20, 0.5, Seed);
        using var index = new IndexUnderTest(Metric.L2, 4, m: 8, efConstruction: 60);
        index.AddAll(vectors);
        index.WaitUntilLinked();
        float[] query = Samples.Clustered(1, 4, 20, 0.5, Seed + 1)[0];
        SlotHit[] exact = index.Search(query, K, new FieldSearch { Exact = true });

        // The limit keeps the search from scanning, which it would do for so many hits of so few rows.
        var walk = new FieldSearch { MaxDistances = 24_999 };
        SlotHit[] walked = index.Search(query, K, walk);
        Assert.Equal(K, walked.Length);
        Assert.True(index.Report(query, K, walk).Ef >= K);
        Assert.True(exact.Intersect(walked).Count() >= 0.98 * K, $"seed {Seed}: {exact.Intersect(walked).Count()} of {K}");
        Assert.Equal(exact, index.Search(query, K));
    }

    [Fact]
    public void More_candidates_ranked_again_find_more()
    {
        const int Dimension = 32;
        using var index = new IndexUnderTest(Metric.L2, Dimension, codes: QuantizationKind.Sq4);
        index.AddAll(Samples.Clustered(8000, Dimension, 1, 1, Seed));
        index.WaitUntilLinked();
        float[][] queries = Samples.Clustered(60, Dimension, 1, 1, Seed + 1);
        double narrow = index.Recall(queries, 10, new FieldSearch { Ef = 10 });
        double wide = index.Recall(queries, 10, new FieldSearch { Ef = 10, MinRanked = 200 });
        Assert.True(wide > narrow + 0.1, $"seed {Seed}: {narrow} without, {wide} with oversampling");
    }

    [Fact]
    public void A_token_that_is_cancelled_under_way_stops_the_loop()
    {
        using var source = new CancellationTokenSource();
        var limit = new WorkLimit(0, source.Token);
        Assert.True(limit.Spend(1000));
        source.Cancel();
        Assert.True(limit.Spend(1)); // looked at now and then only
        bool stopped = false;
        for (int i = 0; i < 1024 && !stopped; i++)
        {
            try
            {
                limit.TrySpend(1);
            }
            catch (OperationCanceledException)
            {
                stopped = true;
            }
        }

        Assert.True(stopped);
    }

    private static IndexUnderTest Linked(int count, int dimension)
    {
        var index = new IndexUnderTest(Metric.L2, dimension);
        index.AddAll(Samples.Clustered(count, dimension, 1, 1, Seed));
        index.WaitUntilLinked();
        return index;
    }
}
