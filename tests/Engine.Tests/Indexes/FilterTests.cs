using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed class FilterTests
{
    private const int Seed = 5;
    private const int Count = 10_000;

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(5000)]
    public void A_filter_independent_of_the_vectors_costs_no_recall(int oneIn)
    {
        using var index = new IndexUnderTest(Metric.L2, 24);
        index.AddAll(Samples.Clustered(Count, 24, 50, 0.5, Seed));
        index.WaitUntilLinked();
        bool Allowed(uint slot) => slot % oneIn == 0;
        var search = new FieldSearch { Allowed = IndexUnderTest.Set(index.Live.Where(Allowed), Count) };
        double recall = index.Recall(Samples.Clustered(60, 24, 50, 0.5, Seed + 1), 10, search, Allowed);
        Assert.True(recall >= 0.98, $"seed {Seed}: recall {recall}");
    }

    [Fact]
    public void A_filter_that_excludes_the_neighbourhood_of_the_query_still_gives_k_results()
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        float[][] vectors = Samples.Clustered(Count, 8, 2, 0.1, Seed);
        index.AddAll(vectors);
        index.WaitUntilLinked();
        float[] query = vectors[0];
        double middle = index.Live.Average(slot => index.Rows.Distance(query, slot));
        bool Allowed(uint slot) => index.Rows.Distance(query, slot) > middle;
        var search = new FieldSearch { Allowed = IndexUnderTest.Set(index.Live.Where(Allowed), Count) };
        double recall = index.Recall([query], 10, search, Allowed);
        Assert.True(recall >= 0.9, $"seed {Seed}: recall {recall}");
    }

    [Fact]
    public void Only_allowed_rows_come_back_from_linked_and_waiting_ones()
    {
        using var index = new IndexUnderTest(Metric.L2, 16);
        float[][] vectors = Samples.Clustered(4000, 16, 10, 1, Seed);
        for (uint slot = 0; slot < vectors.Length; slot++)
        {
            index.Add(slot, vectors[slot]);
            if (slot % 50 == 49)
            {
                SlotSet odd = IndexUnderTest.Set(index.Live.Where(live => live % 2 == 1), slot + 1);
                SlotHit[] hits = index.Search(vectors[slot], 10, new FieldSearch { Allowed = odd, Ef = 20 });
                Assert.Equal(10, hits.Length);
                Assert.All(hits, hit => Assert.Equal(1u, hit.Slot % 2));
                Assert.Equal(new SlotHit(slot, 0), hits[0]);
            }
        }
    }

    [Fact]
    public void An_empty_set_and_one_of_removed_rows_give_nothing()
    {
        using var index = new IndexUnderTest(Metric.L2, 4);
        index.AddAll(Samples.Clustered(3000, 4, 10, 1, Seed));
        index.WaitUntilLinked();
        Assert.Empty(index.Search(new float[4], 10, new FieldSearch { Allowed = new SlotSet(default, 0) }));
        for (uint slot = 0; slot < 500; slot++)
        {
            index.Remove(slot);
        }

        SlotSet removed = IndexUnderTest.Set(Enumerable.Range(0, 500).Select(i => (uint)i), 3000);
        Assert.Empty(index.Search(new float[4], 10, new FieldSearch { Allowed = removed }));
    }
}
