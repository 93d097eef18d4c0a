using System.Runtime.InteropServices;
using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// Measures how many of the true nearest rows a graph finds, by the width of the beam. A stored row serves as a query with
/// its own node taken out of the walk and of the truth (leave one out): left in, its links would lead straight to its neighbours.
/// </summary>
/// <remarks>Thread safety: one thread; the graph may be searched and changed meanwhile.</remarks>
internal sealed unsafe class RecallMeasurement(HnswGraph graph, PendingRing pending, ScratchPool scratchPool, int k, CancellationToken cancellationToken)
{
    private const int NarrowestBeam = 8;
    private const int WidestBeam = 4096;
    private const double Step = 1.4142;

    // Beyond so many components a scan for the truth of one query takes longer than a walk with the widest beam is wrong.
    private const long MaxScannedComponents = 1L << 30;

    private readonly SlotHit[] _truth = new SlotHit[k + 1];
    private readonly SlotHit[] _found = new SlotHit[k];
    private readonly double[] _recalls = new double[BeamWidths(k).Length];

    /// <summary>The widths that are measured, ascending.</summary>
    public int[] Widths { get; } = BeamWidths(k);

    /// <summary>Measures one query at every width.</summary>
    /// <param name="current">Tells what walks the graph; asked while scratch is rented.</param>
    /// <param name="query">float32[dimension], prepared.</param>
    /// <param name="dimension">Components of a row.</param>
    /// <param name="live">Live rows.</param>
    /// <param name="self">The slot that is left out; <see cref="HnswGraph.None"/> for a query that is no stored row.</param>
    /// <param name="samples">Receives the recalls.</param>
    public void Measure(Func<IWalker> current, float* query, int dimension, long live, uint self, RecallSamples samples)
    {
        SearchScratch scratch = scratchPool.Rent();
        try
        {
            IWalker walker = current();
            Span<uint> waiting = pending.CopyTo(scratch.Pending, more: 1);
            if (self != HnswGraph.None)
            {
                waiting = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(waiting), waiting.Length + 1);
                waiting[^1] = self;
            }

            ReadOnlySpan<uint> left = waiting;
            float farthest = live * dimension <= MaxScannedComponents
                ? TrueFarthest(walker, query, self)
                : Walk(walker, query, live, 2 * Widths[^1], left, scratch, self)[^1].Distance;
            for (int i = 0; i < Widths.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int near = 0;
                foreach (SlotHit hit in Walk(walker, query, live, Widths[i], left, scratch, self))
                {
                    near += hit.Distance <= farthest ? 1 : 0;
                }

                _recalls[i] = (double)near / k;
            }

            samples.Add(_recalls);
        }
        finally
        {
            scratchPool.Return(scratch);
        }
    }

    private static int[] BeamWidths(int k)
    {
        var widths = new List<int>();
        for (double width = Math.Max(k, NarrowestBeam); width < Math.Max(WidestBeam, 2 * k) * 1.01; width *= Step)
        {
            widths.Add((int)width);
        }

        return [.. widths];
    }

    // The distance of the k-th nearest other row: whatever is no farther is a right answer, equal distances included.
    private float TrueFarthest(IWalker walker, float* query, uint self)
    {
        var top = new TopHits(_truth);
        var limit = new WorkLimit(0, cancellationToken);
        walker.Scan(query, WordRange.Of(graph.SlotCount), null, ref limit, ref top);
        float farthest = float.PositiveInfinity;
        int others = 0;
        foreach (SlotHit hit in top.Sort())
        {
            if (hit.Slot != self && others++ < k)
            {
                farthest = hit.Distance;
            }
        }

        return farthest;
    }

    private ReadOnlySpan<SlotHit> Walk(IWalker walker, float* query, long live, int ef, ReadOnlySpan<uint> left, SearchScratch scratch, uint self)
    {
        var top = new TopHits(_found);
        var search = new FieldSearch { CancellationToken = cancellationToken };
        walker.Search(query, FieldSearcher.Plan(graph, live, live, search, k, ef, long.MaxValue), left, scratch, ref top, out _);
        FieldSearcher.OfferWaiting(graph, walker, query, search, self == HnswGraph.None ? left : left[..^1], ref top);
        return top.Sort();
    }
}
