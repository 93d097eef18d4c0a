using System.Collections.Concurrent;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed class ConcurrencyTests
{
    private const int Seed = 17;

    /// <summary>
    /// Half of the nodes have upper levels at m = 2, so that a pass over their records, which takes removed nodes out, meets many that are being made.
    /// </summary>
    [Fact]
    public async Task Removed_nodes_leave_while_others_are_made()
    {
        const int Live = 400;
        using var index = new IndexUnderTest(Metric.L2, 2, m: 2, efConstruction: 1);
        using var stop = new CancellationTokenSource();
        Task leaving = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                index.Index.ReleaseRemoved(CancellationToken.None);
            }
        });
        var live = new Queue<uint>();
        uint next = 0;
        for (int i = 0; i < 60_000; i++)
        {
            if (!index.Index.TryTakeFreed(out uint slot))
            {
                slot = next++;
            }

            index.Add(slot, [i % 97, i % 89]);
            live.Enqueue(slot);
            if (live.Count > Live)
            {
                index.Remove(live.Dequeue());
            }
        }

        await stop.CancelAsync();
        await leaving;
        index.WaitUntilLinked();
        Assert.Equal(Live, index.Index.Stats.Linked);
    }

    /// <summary>Who counted what was released and what was left one after the other could wait for more than was ever removed.</summary>
    [Fact]
    public async Task Whoever_waits_for_removed_rows_waits_for_no_more_than_there_are()
    {
        const int Rounds = 12000, Rows = 10;
        using var index = new IndexUnderTest(Metric.L2, 2, threads: 1, m: 4, efConstruction: 4);
        using var patience = new CancellationTokenSource();
        uint next = 0;
        for (int round = 0; round < Rounds; round++)
        {
            if (round % 100 == 0)
            {
                patience.CancelAfter(TimeSpan.FromMinutes(2)); // for these rounds: who hangs is found, and a slow machine is not
            }

            int removed = 0;
            Task[] waiting = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                while (Volatile.Read(ref removed) < Rows)
                {
                    index.Index.ReleaseRemoved(patience.Token);
                }
            }))];
            for (int i = 0; i < Rows; i++)
            {
                if (!index.Index.TryTakeFreed(out uint slot))
                {
                    slot = next++;
                }

                index.Add(slot, [i % 7, i % 11]);
                index.Remove(slot);
                Volatile.Write(ref removed, i + 1);
            }

            await Task.WhenAll(waiting);
        }
    }

    [Fact]
    public async Task Searches_are_right_while_rows_come_and_go()
    {
        const int Dimension = 12;
        const int Operations = 30_000;
        using var index = new IndexUnderTest(Metric.L2, Dimension, efConstruction: 60);
        float[][] vectors = Samples.Clustered(Operations, Dimension, 30, 0.5, Seed);

        // What a search may return: added before it ended, not removed before it began. Slots are reused, so the tag of a
        // row is written into its first component.
        var removedAt = new ConcurrentDictionary<int, long>();
        long clock = 0;
        using var stop = new CancellationTokenSource();
        Task[] searchers = [.. Enumerable.Range(0, 2).Select(n => Task.Run(() =>
        {
            var random = new Random(Seed + n);
            while (!stop.IsCancellationRequested)
            {
                long begun = Interlocked.Increment(ref clock);
                SlotHit[] hits = index.Search(vectors[random.Next(Operations)], 10, new FieldSearch { Ef = 30, Exact = random.Next(20) == 0 });
                Assert.Equal(hits.Length, hits.Select(hit => hit.Slot).Distinct().Count());
                Assert.Equal(hits.Order(), hits);
                foreach (SlotHit hit in hits)
                {
                    if (removedAt.TryGetValue((int)hit.Slot, out long removed))
                    {
                        Assert.True(removed > begun, $"seed {Seed + n}: slot {hit.Slot} was removed at {removed} and found by a search that began at {begun}");
                    }
                }
            }
        }))];

        var live = new Queue<uint>();
        uint next = 0;
        for (int i = 0; i < Operations; i++)
        {
            if (!index.Index.TryTakeFreed(out uint slot))
            {
                slot = next++;
            }

            removedAt.TryRemove((int)slot, out _);
            index.Add(slot, vectors[i]);
            live.Enqueue(slot);
            if (live.Count > 3000)
            {
                uint oldest = live.Dequeue();
                index.Remove(oldest);
                removedAt[(int)oldest] = Interlocked.Increment(ref clock);
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(searchers);
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        double recall = index.Recall(Samples.Clustered(50, Dimension, 30, 0.5, Seed + 9), 10, new FieldSearch { Ef = 100 });
        Assert.True(recall > 0.97, $"seed {Seed}: recall {recall}");
    }

    [Fact]
    public void An_index_can_be_disposed_while_its_rows_are_being_linked()
    {
        for (int i = 0; i < 20; i++)
        {
            using var index = new IndexUnderTest(Metric.L2, 32);
            index.AddAll(Samples.Clustered(300 + (10 * i), 32, 10, 1, Seed + i));
        }
    }

    [Fact]
    public void The_check_holds_at_any_moment_of_a_load()
    {
        using var index = new IndexUnderTest(Metric.L2, 8, efConstruction: 40);
        float[][] vectors = Samples.Clustered(12_000, 8, 10, 1, Seed);
        for (uint slot = 0; slot < vectors.Length; slot++)
        {
            index.Add(slot, vectors[slot]);
            if (slot % 2000 == 1999)
            {
                index.AssertGraphHolds();
            }
        }
    }
}
