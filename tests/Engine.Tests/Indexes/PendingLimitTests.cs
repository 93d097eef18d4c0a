using Hypervex.Engine.Tests.Storage;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>How many rows may wait for linking. Bounds are counts that hold however fast the workers are.</summary>
public sealed class PendingLimitTests
{
    private const int Dimension = 16;
    private const int Run = 64;
    private const int Threads = 1;

    [Fact]
    public void Never_more_rows_wait_than_the_limit_says()
    {
        const int Limit = 200;
        using var index = new IndexUnderTest(Metric.L2, Dimension, Threads, pendingLimit: Limit);
        Assert.InRange(Greatest(index, Samples.Clustered(2000, Dimension, 5, 0.5, 1), beforeRun: () => { }, () => index.Index.Stats.Pending), 1, Limit);
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    [Fact]
    public void Beside_searches_a_writer_links_as_many_rows_as_it_adds()
    {
        var time = new ManualTime();
        using var index = new IndexUnderTest(Metric.L2, Dimension, Threads, time: time);
        float[][] vectors = Samples.Clustered(3000, Dimension, 5, 0.5, 1);
        index.Add(0, vectors[0]);
        index.WaitUntilLinked();

        // 64 rows may wait in a graph of fewer than 512; then an eighth, or as many as beams 64 places wide leave room for.
        Assert.InRange(Greatest(index, vectors, beforeRun: () => index.Search(vectors[0], 1), () => index.Index.Unclaimed), 1, 128);
    }

    [Theory]
    [InlineData(10, 64)]
    [InlineData(32, 64)]
    [InlineData(100, 200)]
    [InlineData(1000, 250)]
    public void Beside_searches_a_part_of_what_a_walk_costs_waits_and_an_eighth_of_the_graph_at_most(int ef, int room)
    {
        const int Linked = 2000, Added = 600, AtOnce = 50;
        var time = new ManualTime();
        using var index = new IndexUnderTest(Metric.L2, Dimension, threads: 0, time: time);
        float[][] vectors = Samples.Clustered(Linked + Added, Dimension, 5, 0.5, 1);
        index.AddAll(vectors[..Linked]);
        index.Search(vectors[0], 1, new FieldSearch { Ef = ef });
        int greatest = 0;
        for (int slot = Linked; slot < vectors.Length; slot++)
        {
            if (slot % AtOnce == 0)
            {
                index.Index.MakeRoom(AtOnce);
            }

            index.AddWhileOpening((uint)slot, vectors[slot]); // nobody links them but MakeRoom
            greatest = Math.Max(greatest, index.Index.Unclaimed);
        }

        Assert.InRange(greatest, room - AtOnce + 1, room + (ef == 1000 ? Added / 8 : 0));
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    [Fact]
    public void Rows_are_linked_however_long_a_write_goes_on()
    {
        const int Count = 200;
        using var index = new IndexUnderTest(Metric.L2, Dimension, threads: 2);
        index.BeginWrite();
        index.AddAll(Samples.Clustered(Count, Dimension, 5, 0.5, 1));
        Assert.True(SpinWait.SpinUntil(() => index.Index.Stats.Pending == 0, TimeSpan.FromMinutes(5)), $"{index.Index.Stats.Pending} rows still wait.");
        Assert.Equal(Count, index.Index.Stats.Linked);
        index.AssertGraphHolds();
    }

    [Fact]
    public void Rows_that_came_while_nobody_searched_are_found_and_do_not_stop_a_writer()
    {
        var time = new ManualTime();
        using var index = new IndexUnderTest(Metric.L2, Dimension, Threads, time: time);
        float[][] vectors = Samples.Clustered(6000, Dimension, 5, 0.5, 1);
        Greatest(index, vectors[..5000], beforeRun: () => { }, () => 0);
        for (uint slot = 5000; slot < vectors.Length; slot++)
        {
            Assert.Equal(slot - 1, index.Search(vectors[slot - 1], 1)[0].Slot);
            index.Index.MakeRoom(1);
            index.Add(slot, vectors[slot]);
        }

        index.WaitUntilLinked();
        Assert.Equal(0, index.Index.Stats.Pending);
        index.AssertGraphHolds();
    }

    [Fact]
    public void What_an_opening_collection_holds_waits_beyond_the_limit_and_does_not_become_more()
    {
        const int Opened = 1000, Limit = 200;
        using var index = new IndexUnderTest(Metric.L2, Dimension, Threads, pendingLimit: Limit);
        float[][] vectors = Samples.Clustered(2000, Dimension, 5, 0.5, 1);
        for (int slot = 0; slot < Opened; slot++)
        {
            index.AddWhileOpening((uint)slot, vectors[slot]);
        }

        // Nobody has been asked to link: had anything waited for room, it would have waited for ever or linked itself.
        Assert.Equal((Opened, 0), (index.Index.Stats.Pending, index.Index.Stats.Linked));
        Assert.Equal(Enumerable.Range(0, Opened).Select(slot => (uint)slot), Enumerable.Range(0, Opened).Select(slot => index.Search(vectors[slot], 1)[0].Slot));
        index.Index.EndOpening();
        long greatest = 0;
        for (int slot = Opened; slot < vectors.Length; slot++)
        {
            index.Index.MakeRoom(1);
            index.Add((uint)slot, vectors[slot]);
            greatest = Math.Max(greatest, index.Index.Stats.Pending);
        }

        Assert.InRange(greatest, 1, Opened);
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    [Fact]
    public void Without_threads_the_end_of_opening_links_everything()
    {
        using var index = new IndexUnderTest(Metric.L2, Dimension, threads: 0, pendingLimit: 64);
        float[][] vectors = Samples.Clustered(300, Dimension, 5, 0.5, 1);
        for (int slot = 0; slot < vectors.Length; slot++)
        {
            index.AddWhileOpening((uint)slot, vectors[slot]);
        }

        Assert.Equal(vectors.Length, index.Index.Stats.Pending);
        index.Index.EndOpening();
        Assert.Equal((0, vectors.Length), (index.Index.Stats.Pending, index.Index.Stats.Linked));
        index.AssertGraphHolds();
    }

    private static long Greatest(IndexUnderTest index, float[][] vectors, Action beforeRun, Func<long> waiting)
    {
        long greatest = 0;
        for (int start = 1; start < vectors.Length; start += Run)
        {
            beforeRun();
            int end = Math.Min(start + Run, vectors.Length);
            index.Index.MakeRoom(end - start);
            for (int slot = start; slot < end; slot++)
            {
                index.Add((uint)slot, vectors[slot]);
                greatest = Math.Max(greatest, waiting());
            }
        }

        return greatest;
    }
}
