namespace Hypervex.Indexes;

/// <summary>
/// One search: chooses between graph and scan, adds the rows that wait for linking, and searches wider when the walk comes
/// up short.
/// </summary>
internal static unsafe class FieldSearcher
{
    /// <summary>So many rows are scanned in the time in which a walk fills one place of its beam: it ranks fewer, but each costs it more.</summary>
    public const int ScannedRowsPerPlace = 16;

    // A single sorted beam is the fastest up to about this width; above, moving its places costs more than heaps do.
    private const int MaxBeamWidth = 1024;

    // When more than one row in so many has been removed and is still walked over, results are kept apart from those.
    private const int RowsPerRemoved = 32;

    // When fewer than one row in three is allowed, the others are stepped over; above, ranking them too costs less than looking behind them.
    private const int StepOverBelow = 3;

    private const int Widening = 4;

    // A range search has left the radius behind when at most one place in so many of its beam holds a row within.
    private const int RangePlacesPerHit = 2;

    /// <summary>Finds the nearest rows.</summary>
    /// <returns>The number of hits, in order.</returns>
    public static int Run(
        HnswGraph graph,
        IWalker walker,
        PendingRing pending,
        long live,
        float* query,
        in FieldSearch search,
        int ef,
        SearchScratch scratch,
        Span<SlotHit> hits,
        out FieldSearchReport report)
    {
        int k = hits.Length;
        report = default;
        if (k == 0)
        {
            return 0;
        }

        // A range search does not know how many rows it will find: its beam begins narrow and is widened as they come.
        bool ranged = search.Radius is not null;
        ef = Math.Max(ef, ranged ? search.MinRanked : Math.Max(k, search.MinRanked));
        int widest = ranged ? Math.Max(ef, RangePlacesPerHit * k) : ef * Widening;
        long matches = search.Allowed is { } allowed ? allowed.CountLive(graph.Live, graph.SlotCount) : live;
        int wanted = (int)Math.Min(k, matches);
        long most = search.MaxDistances > 0 ? search.MaxDistances : long.MaxValue;
        if (search.Exact || (IsScan(matches, ef) && matches <= most))
        {
            return ExactSearch.Run(walker, graph.SlotCount, matches, query, search, 0, hits, out report);
        }

        ReadOnlySpan<uint> waitingSlots = pending.CopyTo(scratch.Pending);
        if (search.Allowed is null && search.MaxDistances == 0 && IsScan(live - waitingSlots.Length, ef))
        {
            // Nearly all of them wait: the scan of all, which uses every core, comes out cheaper than the scan of those and a walk.
            return ExactSearch.Run(walker, graph.SlotCount, matches, query, search, 0, hits, out report);
        }

        long spent = 0;
        while (true)
        {
            var top = new TopHits(hits, search.Radius ?? float.PositiveInfinity);
            bool completed = walker.Search(query, Plan(graph, live, matches, search, k, ef, most - spent), waitingSlots, scratch, ref top, out long distances);
            OfferWaiting(graph, walker, query, search, waitingSlots, ref top);
            spent += distances + waitingSlots.Length;
            bool isDone = completed && (ranged ? top.Count == k || (long)top.Count * RangePlacesPerHit <= ef : top.Count >= wanted);
            bool isCut = !isDone && spent >= most;
            bool scanNext = !completed || ef >= widest || IsScan(matches, Widened(ef, widest));
            if (isDone || isCut || (scanNext && matches > most - spent))
            {
                report = new FieldSearchReport(spent, ef, !isDone);
                return top.Sort().Length;
            }

            if (scanNext)
            {
                return ExactSearch.Run(walker, graph.SlotCount, matches, query, search, spent, hits, out report);
            }

            ef = Widened(ef, widest);
        }
    }

    private static bool IsScan(long matches, int ef) => matches <= (long)ef * ScannedRowsPerPlace;

    private static int Widened(int ef, int widest) => (int)Math.Min((long)ef * Widening, widest);

    /// <summary>How to walk with a beam of a width, comparing at most so many rows.</summary>
    public static WalkPlan Plan(HnswGraph graph, long live, long matches, in FieldSearch search, int k, int ef, long most)
    {
        bool manyRemoved = (graph.Linked - live) * RowsPerRemoved > live;

        // A filtered walk that has ranked half as many rows as a scan would is no better than the scan: it ends there, if
        // what is left of the limit allows the scan.
        long half = Math.Max(1, matches / 2);
        bool mayScan = search.Allowed is not null && matches <= most - half;
        return new WalkPlan
        {
            K = k,
            Ef = ef,
            Filtered = search.Allowed is not null || manyRemoved || ef > MaxBeamWidth,
            StepOver = search.Allowed is not null && matches * StepOverBelow < live,
            Allowed = search.Allowed,
            MinRanked = search.MinRanked,
            MaxDistances = mayScan ? half : most,
            CancellationToken = search.CancellationToken,
        };
    }

    /// <summary>Offers the rows that wait for linking.</summary>
    public static void OfferWaiting(HnswGraph graph, IWalker walker, float* query, in FieldSearch search, ReadOnlySpan<uint> waiting, ref TopHits top)
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
}
