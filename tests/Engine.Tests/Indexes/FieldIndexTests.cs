using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed class FieldIndexTests
{
    private const int Seed = 11;

    [Theory]
    [InlineData(Metric.L2, 64, 0.97)]
    [InlineData(Metric.Cosine, 64, 0.96)]
    [InlineData(Metric.Manhattan, 64, 0.95)]
    [InlineData(Metric.Dot, 64, 0.86)]
    [InlineData(Metric.L2, 300, 0.995)]
    [InlineData(Metric.Cosine, 300, 0.995)]
    [InlineData(Metric.Manhattan, 300, 0.995)]
    [InlineData(Metric.Dot, 300, 0.97)]
    public void The_graph_finds_what_an_exact_scan_finds(Metric metric, int ef, double bar)
    {
        using var index = new IndexUnderTest(metric, 24);
        index.AddAll(Samples.Clustered(8000, 24, 50, 0.5, Seed));
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        double recall = index.Recall(Samples.Clustered(100, 24, 50, 0.5, Seed + 1), 10, new FieldSearch { Ef = ef });
        Assert.True(recall >= bar, $"seed {Seed}, ef {ef}: recall {recall}");
    }

    [Theory]
    [InlineData(Metric.L2)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.Manhattan)]
    [InlineData(Metric.Dot)]
    public void Exact_mode_agrees_with_the_float64_oracle(Metric metric)
    {
        using var index = new IndexUnderTest(metric, 17);
        index.AddAll(Samples.Clustered(3000, 17, 20, 0.7, Seed));
        double recall = index.Recall(Samples.Clustered(50, 17, 20, 0.7, Seed + 1), 20, new FieldSearch { Exact = true });
        Assert.Equal(1, recall);
    }

    [Theory]
    [InlineData(Metric.L2)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.Manhattan)]
    public void A_stored_vector_has_distance_zero_to_itself_in_every_mode(Metric metric)
    {
        using var index = new IndexUnderTest(metric, 33);
        float[][] vectors = Samples.Clustered(4000, 33, 20, 1, Seed);
        index.AddAll(vectors);
        index.WaitUntilLinked();
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(new SlotHit((uint)i, 0), index.Search(vectors[i], 1, new FieldSearch { Exact = true })[0]);
            Assert.Equal(new SlotHit((uint)i, 0), index.Search(vectors[i], 1, new FieldSearch { Ef = 200 })[0]);
        }
    }

    [Fact]
    public void The_graph_returns_the_same_distance_for_a_row_as_the_scan_bit_for_bit_in_order()
    {
        using var index = new IndexUnderTest(Metric.Cosine, 100);
        index.AddAll(Samples.Clustered(5000, 100, 30, 0.6, Seed));
        index.WaitUntilLinked();
        foreach (float[] query in Samples.Clustered(50, 100, 30, 0.6, Seed + 1))
        {
            Dictionary<uint, float> exact = index.Search(query, 5000, new FieldSearch { Exact = true }).ToDictionary(hit => hit.Slot, hit => hit.Distance);
            SlotHit[] found = index.Search(query, 20);
            Assert.All(found, hit => Assert.Equal(BitConverter.SingleToInt32Bits(exact[hit.Slot]), BitConverter.SingleToInt32Bits(hit.Distance)));
            Assert.Equal(found.Order(), found);
        }
    }

    [Fact]
    public void A_row_is_found_as_soon_as_it_is_added_and_never_after_its_removal()
    {
        using var index = new IndexUnderTest(Metric.L2, 16);
        float[][] vectors = Samples.Clustered(5000, 16, 20, 1, Seed);
        for (uint slot = 0; slot < vectors.Length; slot++)
        {
            index.Add(slot, vectors[slot]);
            if (slot % 7 == 0)
            {
                Assert.Equal(new SlotHit(slot, 0), index.Search(vectors[slot], 1, new FieldSearch { Ef = 400 })[0]);
            }

            if (slot % 21 == 0)
            {
                index.Remove(slot);
                Assert.DoesNotContain(index.Search(vectors[slot], 10), hit => hit.Slot == slot);
                Assert.DoesNotContain(index.Search(vectors[slot], 10, new FieldSearch { Exact = true }), hit => hit.Slot == slot);
            }
        }
    }

    [Fact]
    public void Equal_distances_come_in_order_of_slot()
    {
        using var index = new IndexUnderTest(Metric.L2, 4);
        for (uint slot = 0; slot < 100; slot++)
        {
            index.Add(slot, [1, 2, 3, 4]);
        }

        index.WaitUntilLinked();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => new SlotHit((uint)i, 0)), index.Search([1, 2, 3, 4], 10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2500)]
    public void All_rows_come_back_when_k_is_the_number_of_rows_or_more(int count)
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        index.AddAll(Samples.Clustered(count, 8, 400, 0.01, Seed));
        index.WaitUntilLinked();
        float[] query = Samples.Gaussian(new Random(Seed), 8, 1);
        Assert.Equal(count, index.Search(query, count + 10, new FieldSearch { Ef = 1 }).Select(hit => hit.Slot).Distinct().Count());
        Assert.Equal(count, index.Search(query, count).Length);
    }

    [Fact]
    public void The_same_rows_and_seed_linked_by_the_caller_give_the_same_answers()
    {
        float[][] vectors = Samples.Clustered(3000, 12, 30, 0.5, Seed);
        float[][] queries = Samples.Clustered(50, 12, 30, 0.5, Seed + 1);
        using var first = new IndexUnderTest(Metric.L2, 12, threads: 0);
        using var second = new IndexUnderTest(Metric.L2, 12, threads: 0);
        first.AddAll(vectors);
        second.AddAll(vectors);
        Assert.Equal(0, first.Index.Stats.Pending);
        foreach (float[] query in queries)
        {
            Assert.Equal(first.Search(query, 5, new FieldSearch { Ef = 10 }), second.Search(query, 5, new FieldSearch { Ef = 10 }));
        }
    }

    [Fact]
    public void A_limit_on_distances_ends_a_search_early()
    {
        using var index = new IndexUnderTest(Metric.L2, 16);
        index.AddAll(Samples.Clustered(6000, 16, 1, 1, Seed));
        index.WaitUntilLinked();
        float[][] queries = Samples.Clustered(30, 16, 1, 1, Seed + 1);
        double Limited(long limit) => queries.Average(query =>
            index.Search(query, 10, new FieldSearch { Ef = 100, MaxDistances = limit }).Intersect(index.Search(query, 10, new FieldSearch { Exact = true })).Count());
        Assert.True(Limited(50) < 9, $"recall was {Limited(50)} of 10");
        Assert.True(Limited(1_000_000) > 9.5, $"recall was {Limited(1_000_000)} of 10");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_cancelled_search_throws(bool exact)
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        index.AddAll(Samples.Clustered(2000, 8, 1, 1, Seed));
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => index.Search(new float[8], 10, new FieldSearch { Exact = exact, CancellationToken = source.Token }));
    }

    [Fact]
    public void A_query_of_another_dimension_is_refused()
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        var error = Assert.Throws<HypervexException>(() => index.Index.Search(new float[7], default, new SlotHit[1]));
        Assert.Equal(ErrorCode.DimensionMismatch, error.Code);
    }

    [Theory]
    [InlineData(QuantizationKind.None)]
    [InlineData(QuantizationKind.Sq8)]
    public void A_search_allocates_nothing(QuantizationKind codes)
    {
        using var index = new IndexUnderTest(Metric.L2, 32, codes: codes);
        index.AddAll(Samples.Clustered(5000, 32, 20, 1, Seed));
        index.WaitUntilLinked();
        float[] query = index.Rows.Prepare(Samples.Gaussian(new Random(Seed), 32, 1));
        var hits = new SlotHit[10];
        SlotSet half = IndexUnderTest.Set(index.Live.Where(slot => slot % 2 == 0), 5000);
        FieldSearch[] searches = [default, new() { Exact = true }, new() { Allowed = half }, new() { Ef = 2000 }];
        foreach (FieldSearch search in searches)
        {
            long least = long.MaxValue;
            for (int round = 0; round < 10; round++) // the runtime compiles in some of them; what a search allocates, it allocates in all
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 100; i++)
                {
                    index.Index.Search(query, search, hits);
                }

                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.True(least == 0, $"{search}: {least} bytes");
        }
    }
}
