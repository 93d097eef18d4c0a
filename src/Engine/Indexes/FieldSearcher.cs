using System.Numerics;

namespace Hypervex.Indexes;

/// <summary>
/// One search: chooses between graph and scan, adds the rows that wait for linking, and searches wider when the walk comes
/// up short.
/// </summary>
internal static unsafe class FieldSearcher
{
    // A row of a scan costs this much less than a row of a walk times the rows that a walk ranks per place of its beam.
    private const int ScannedRowsPerPlace = 16;

    // A single sorted beam is the fastest up to about this width; above, moving its places costs more than heaps do.
    private const int MaxBeamWidth = 1024;

    // When more than one row in so many has been removed and is still walked over, results are kept apart from those.
    private const int RowsPerRemoved = 32;

    // When fewer than one row in two is allowed, the others are stepped over.
    private const int StepOverBelow = 2;

    private const int Widening = 4;

    /// <summary>Finds the nearest rows.</summary>
    /// <returns>The number of hits, in order.</returns>
    public static int Run(
        HnswGraph graph, IWalker walker, PendingRing pending, long live, float* query, in FieldSearch search, int ef, SearchScratch scratch, Span<SlotHit> hits)
    {
        int k = hits.Length;
        if (k == 0)
        {
            return 0;
        }

        ef = Math.Max(ef, k);
        long matches = search.Allowed is { } allowed ? CountLive(graph, allowed) : live;
        int wanted = (int)Math.Min(k, matches);
        if (search.Exact || matches <= (long)ef * ScannedRowsPerPlace)
        {
            return Scan(walker, query, search, hits);
        }

        uint* waiting = scratch.Pending.Take(pending.Capacity);
        var waitingSlots = new ReadOnlySpan<uint>(waiting, pending.CopyTo(waiting));
        for (int attempt = 0; attempt < 2; attempt++, ef *= Widening)
        {
            var top = new TopHits(hits);
            bool completed = walker.Search(query, Plan(graph, live, matches, search, k, ef), waitingSlots, scratch, ref top);
            OfferWaiting(graph, walker, query, search, waitingSlots, ref top);
            if (completed ? top.Count >= wanted : search.MaxDistances > 0)
            {
                return top.Sort().Length;
            }

            if (!completed)
            {
                break;
            }
        }

        return Scan(walker, query, search, hits);
    }

    private static int Scan(IWalker walker, float* query, in FieldSearch search, Span<SlotHit> hits)
    {
        var top = new TopHits(hits);
        walker.Scan(query, search, ref top);
        return top.Sort().Length;
    }

    private static WalkPlan Plan(HnswGraph graph, long live, long matches, in FieldSearch search, int k, int ef)
    {
        bool manyRemoved = (graph.Linked - live) * RowsPerRemoved > live;

        // A filtered walk that has ranked half as many rows as a scan would is no better than the scan: it ends there.
        long filteredLimit = search.Allowed is null ? 0 : Math.Max(1, matches / 2);
        return new WalkPlan
        {
            K = k,
            Ef = ef,
            Filtered = search.Allowed is not null || manyRemoved || ef > MaxBeamWidth,
            StepOver = search.Allowed is not null && matches * StepOverBelow < live,
            Allowed = search.Allowed,
            MaxDistances = search.MaxDistances > 0 ? search.MaxDistances : filteredLimit,
            CancellationToken = search.CancellationToken,
        };
    }

    private static void OfferWaiting(HnswGraph graph, IWalker walker, float* query, in FieldSearch search, ReadOnlySpan<uint> waiting, ref TopHits top)
    {
        const int AtOnce = 64;
        uint* slots = stackalloc uint[AtOnce];
        ReadOnlySpan<ulong> words = search.Allowed is { } allowed ? allowed.Words.Span : default;
        int count = 0;
        foreach (uint slot in waiting)
        {
            if (graph.Live.Contains(slot) && (search.Allowed is null || SlotSet.Contains(words, slot)))
            {
                slots[count++] = slot;
                if (count == AtOnce)
                {
                    walker.Offer(query, new ReadOnlySpan<uint>(slots, count), ref top);
                    search.CancellationToken.ThrowIfCancellationRequested();
                    count = 0;
                }
            }
        }

        walker.Offer(query, new ReadOnlySpan<uint>(slots, count), ref top);
    }

    private static long CountLive(HnswGraph graph, SlotSet allowed)
    {
        ReadOnlySpan<ulong> words = allowed.Words.Span;
        uint count = Math.Min((uint)words.Length, (uint)(((ulong)graph.SlotCount + 63) / 64));
        BlockView live = graph.Live.Words;
        long matches = 0;
        for (uint i = 0; i < count; i++)
        {
            matches += BitOperations.PopCount(words[(int)i] & *(ulong*)live[i]);
        }

        return matches;
    }
}
