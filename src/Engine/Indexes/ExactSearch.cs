using System.Buffers;

namespace Hypervex.Indexes;

/// <summary>
/// The scan of all rows for one query, on all cores when it is large and the only one: more queries than one keep the cores busy by
/// themselves. The answer does not depend on the number of threads. Thread safety: all members.
/// </summary>
internal static unsafe class ExactSearch
{
    // From here on (16 MB of rows, over a millisecond of one core) the threads gain more than it costs to wake them.
    // Measured with bench/Index, mode "scan".
    private const long ComponentsWorthThreads = 4 << 20;

    private static int _running;

    /// <summary>Finds the nearest rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="slotCount">Slots at and above it hold none.</param>
    /// <param name="matches">About how many rows are live and allowed.</param>
    /// <param name="query">float32[row length], prepared.</param>
    /// <param name="search">What to return; a limit on distances is kept by one thread.</param>
    /// <param name="spent">Distances that count towards the limit already.</param>
    /// <param name="hits">Receives the hits, in order.</param>
    /// <param name="report">What the search did.</param>
    public static int Run(
        IRowScan rows, uint slotCount, long matches, float* query, in FieldSearch search, long spent, Span<SlotHit> hits, out FieldSearchReport report)
    {
        bool isAlone = Interlocked.Increment(ref _running) == 1;
        try
        {
            return isAlone && search.MaxDistances == 0 && matches * rows.RowLength >= ComponentsWorthThreads && Environment.ProcessorCount > 1
                ? OnAllCores(rows, WordRange.Of(slotCount), query, search, Environment.ProcessorCount, spent, hits, out report)
                : OnOne(rows, WordRange.Of(slotCount), query, search, spent, hits, out report);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>The scan by so many threads.</summary>
    public static int OnAllCores(
        IRowScan rows, WordRange words, float* query, in FieldSearch search, int parts, long spent, Span<SlotHit> hits, out FieldSearchReport report)
    {
        int k = hits.Length;
        FieldSearch how = search;
        SlotHit[] found = ArrayPool<SlotHit>.Shared.Rent(k * parts);
        try
        {
            int[] counts = new int[parts];
            long[] distances = new long[parts];
            AllCores.Run(parts, part =>
            {
                var mine = new TopHits(found.AsSpan(part * k, k), how.Radius ?? float.PositiveInfinity);
                var limit = new WorkLimit(0, how.CancellationToken);
                rows.Scan(query, words.Part(part, parts), how.Allowed, ref limit, ref mine);
                counts[part] = mine.Count;
                distances[part] = limit.Spent;
            });
            var top = new TopHits(hits);
            for (int part = 0; part < parts; part++)
            {
                foreach (SlotHit hit in found.AsSpan(part * k, counts[part]))
                {
                    top.Offer(hit);
                }
            }

            report = new FieldSearchReport(spent + distances.Sum(), 0, IsCut: false);
            return top.Sort().Length;
        }
        finally
        {
            ArrayPool<SlotHit>.Shared.Return(found);
        }
    }

    private static int OnOne(IRowScan rows, WordRange words, float* query, in FieldSearch search, long spent, Span<SlotHit> hits, out FieldSearchReport report)
    {
        var top = new TopHits(hits, search.Radius ?? float.PositiveInfinity);
        var limit = new WorkLimit(search.MaxDistances > 0 ? search.MaxDistances - spent : 0, search.CancellationToken);
        bool completed = rows.Scan(query, words, search.Allowed, ref limit, ref top);
        report = new FieldSearchReport(spent + limit.Spent, 0, !completed);
        return top.Sort().Length;
    }
}
