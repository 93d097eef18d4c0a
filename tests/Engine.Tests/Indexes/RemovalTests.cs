using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed class RemovalTests
{
    private const int Seed = 3;

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Removed_slots_come_back_once_and_can_be_used_again(int threads)
    {
        using var index = new IndexUnderTest(Metric.L2, 8, threads);
        float[][] vectors = Samples.Clustered(3000, 8, 10, 1, Seed);
        index.AddAll(vectors);
        for (uint slot = 0; slot < 3000; slot += 3)
        {
            index.Remove(slot);
        }

        index.WaitUntilLinked();
        var freed = new List<uint>();
        while (index.Index.TryTakeFreed(out uint slot))
        {
            freed.Add(slot);
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (uint)i * 3), freed.Order());
        Assert.Equal(new FieldIndexStats(2000, 0, 0, index.Index.Stats.Bytes), index.Index.Stats);
        index.AssertGraphHolds();
        foreach (uint slot in freed)
        {
            index.Add(slot, vectors[slot]);
        }

        index.WaitUntilLinked();
        index.AssertGraphHolds();
        Assert.True(index.Recall(Samples.Clustered(50, 8, 10, 1, Seed + 1), 10) > 0.98);
    }

    [Fact]
    public void The_entry_of_the_graph_can_be_removed_again_and_again()
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        index.AddAll(Samples.Clustered(2000, 8, 10, 1, Seed));
        index.WaitUntilLinked();
        for (int i = 0; i < 40; i++)
        {
            // The nodes of the highest level, one of which is the entry.
            uint[] highest = [.. index.Live.GroupBy(slot => Levels.Of(slot, 16, 1)).OrderByDescending(group => group.Key).First()];
            foreach (uint slot in highest.Take(20))
            {
                index.Remove(slot);
            }

            index.WaitUntilLinked();
            index.AssertGraphHolds();
        }

        Assert.True(index.Recall(Samples.Clustered(50, 8, 10, 1, Seed + 1), 10) > 0.98);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Everything_can_be_removed_and_inserted_again(int threads)
    {
        using var index = new IndexUnderTest(Metric.L2, 8, threads);
        float[][] vectors = Samples.Clustered(2500, 8, 10, 1, Seed);
        for (int round = 0; round < 3; round++)
        {
            index.AddAll(vectors);
            for (uint slot = 0; slot < vectors.Length; slot++)
            {
                index.Remove(slot);
            }

            Assert.Empty(index.Search(vectors[0], 10));
            index.Add(2500 + (uint)round, vectors[0]);
            Assert.Single(index.Search(vectors[0], 10));
            index.Remove(2500 + (uint)round);
            index.WaitUntilLinked();
            index.AssertGraphHolds();
            while (index.Index.TryTakeFreed(out _))
            {
            }

            Assert.Equal(0, index.Index.Stats.Linked);
        }

        index.AddAll(vectors);
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        Assert.True(index.Recall(Samples.Clustered(50, 8, 10, 1, Seed + 1), 10) > 0.98);
    }

    [Fact]
    public void Ten_thousand_identical_vectors_are_one_graph()
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        for (uint slot = 0; slot < 10_000; slot++)
        {
            index.Add(slot, [1, 2, 3, 4, 5, 6, 7, 8]);
        }

        index.Add(10_000, [1, 2, 3, 4, 5, 6, 7, 9]);
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        Assert.Equal(100, index.Search([1, 2, 3, 4, 5, 6, 7, 8], 100).Count(hit => hit.Distance == 0));
        Assert.Equal(new SlotHit(10_000, 0), index.Search([1, 2, 3, 4, 5, 6, 7, 9], 1)[0]);
        for (uint slot = 0; slot < 9_990; slot++)
        {
            index.Remove(slot);
        }

        index.WaitUntilLinked();
        index.AssertGraphHolds();
        Assert.Equal(11, index.Search([1, 2, 3, 4, 5, 6, 7, 8], 20).Length);
    }

    [Fact]
    public void Recall_stays_flat_while_rows_are_replaced_many_times_over()
    {
        const int Live = 4000;
        const int Replacements = 40_000;
        const int ReplacementsPerWait = 1000;
        using var index = new IndexUnderTest(Metric.L2, 16, efConstruction: 100);
        float[][] vectors = Samples.Clustered(Live + Replacements, 16, 40, 0.5, Seed);
        float[][] queries = Samples.Clustered(100, 16, 40, 0.5, Seed + 1);
        index.AddAll(vectors[..Live]);
        index.WaitUntilLinked();
        var random = new Random(Seed);
        var slots = new List<uint>(index.Live);
        uint next = Live;
        for (int i = 0; i < Replacements; i++)
        {
            int at = random.Next(slots.Count);
            index.Remove(slots[at]);
            slots[at] = index.Index.TryTakeFreed(out uint freed) ? freed : next++;
            index.Add(slots[at], vectors[Live + i]);
            if (i % ReplacementsPerWait == 0)
            {
                index.Index.ReleaseRemoved(CancellationToken.None); // else a busy machine decides how many slots are used
            }
        }

        index.WaitUntilLinked();
        index.AssertGraphHolds();
        var search = new FieldSearch { Ef = 30 };
        double churned = index.Recall(queries, 10, search);
        double fresh = FreshRecall(index, queries, search);
        Assert.True(churned >= fresh - 0.01, $"seed {Seed}: recall {churned} after {Replacements} replacements, {fresh} of a graph built from the same rows");
        Assert.True(next <= Live + ReplacementsPerWait + 1, $"{next} slots for {Live} rows");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Clusters_can_be_found_after_rows_came_and_went_while_none_could_leave_the_graph(int threads)
    {
        // Clusters larger than the beam of a new row, so that it sees no other one; the rows that tied them together are removed. Without links from
        // level 1 each is an island in the end, and one query in forty finds nothing of its own.
        const int Dimension = 40;
        const int Live = 4000;
        using var index = new IndexUnderTest(Metric.L2, Dimension, threads, efConstruction: 80);
        float[][] vectors = Samples.Clustered(5 * Live, Dimension, 30, 0.5, Seed);
        index.BesideSearch(() =>
        {
            for (uint slot = 0; slot < vectors.Length; slot++)
            {
                index.Add(slot, vectors[slot]);
                if (slot >= Live)
                {
                    index.Remove(slot - Live);
                }
            }
        });
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        double recall = index.Recall(Samples.Clustered(200, Dimension, 30, 0.5, Seed + 1), 10, new FieldSearch { Ef = 80 });
        Assert.True(recall > 0.99, $"seed {Seed}: recall {recall}");
    }

    [Fact]
    public void The_graph_holds_when_most_of_a_region_is_removed_at_once()
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        float[][] vectors = Samples.Clustered(6000, 8, 6, 0.2, Seed);
        index.AddAll(vectors);
        index.WaitUntilLinked();
        uint[] region = index.Rows.Nearest(index.Rows.Prepare(vectors[0]), index.Live, 3000);
        ILookup<bool, float[]> queries = Samples.Clustered(300, 8, 6, 0.2, Seed + 1)
            .ToLookup(query => region.Contains(index.Rows.Nearest(index.Rows.Prepare(query), index.Live, 1)[0]));
        float[][] outside = [.. queries[false]];
        float[][] inside = [.. queries[true]];
        double before = index.Recall(outside, 10);
        foreach (uint slot in region)
        {
            index.Remove(slot);
        }

        // What is nearest to a query whose neighbourhood is gone lies far off in several directions: no graph finds all of it.
        double fresh = FreshRecall(index, inside, default, threads: 0);
        AssertRecall("before the repair");
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        AssertRecall("after the repair");

        void AssertRecall(string when)
        {
            double recall = index.Recall(outside, 10);
            Assert.True(recall > before - 0.01, $"seed {Seed}: recall {recall} {when} outside of the region, {before} before the removal");
            recall = index.Recall(inside, 10);
            Assert.True(recall > fresh - 0.04, $"seed {Seed}: recall {recall} {when} inside of the region, {fresh} of a graph built from the same rows");
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(12)]
    public void Queries_in_the_hole_that_a_removed_region_leaves_find_the_rows_around_it(int clusters)
    {
        using var index = new IndexUnderTest(Metric.L2, 8, threads: 0, efConstruction: 100);
        float[][] vectors = Samples.Clustered(6000, 8, clusters, 0.2, Seed);
        index.AddAll(vectors);
        uint[] region = index.Rows.Nearest(index.Rows.Prepare(vectors[0]), index.Live, 3000);
        index.RemoveAtOnce(region);
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        float[][] queries = [.. region.Where((_, i) => i % 10 == 0).Select(slot => vectors[slot])];
        double repaired = index.Recall(queries, 10);
        double fresh = FreshRecall(index, queries, default, threads: 0);
        Assert.True(repaired >= fresh - 0.02, $"seed {Seed}: recall {repaired} across the hole, {fresh} of a graph built from the same rows");
    }

    private static double FreshRecall(IndexUnderTest churned, float[][] queries, FieldSearch search, int threads = 2)
    {
        using var fresh = new IndexUnderTest(Metric.L2, churned.Rows.Dimension, threads, efConstruction: churned.EfConstruction);
        foreach (uint slot in churned.Live)
        {
            fresh.Add(slot, churned.Rows.Read(slot));
        }

        fresh.WaitUntilLinked();
        return fresh.Recall(queries, 10, search);
    }
}
