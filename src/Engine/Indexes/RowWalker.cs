using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>A graph over full-precision rows.</summary>
internal sealed unsafe class RowWalker<TRows, TKernel>(HnswGraph graph, TRows rows, Measure measure, int efConstruction) : IWalker
    where TRows : struct, IRows<TRows>
    where TKernel : struct, IKernel
{
    // The fast ranks of two rows that are all but equally far may come in the wrong order: a few more are ranked again.
    private const int RanksAgain = 4;

    private readonly RowScan<TRows, TKernel> _scan = new(rows, graph.Live, measure);
    private readonly float _slack = measure.Slack;

    /// <inheritdoc/>
    public bool Search(float* query, in WalkPlan plan, ReadOnlySpan<uint> pending, SearchScratch scratch, ref TopHits top, out long distances)
    {
        using var rented = new RentedRows<TRows>(rows);
        var scorer = new RowScorer<TRows, TKernel>(rented.Rows, query);
        Candidate* nearest = GraphSearch.Run(graph, scorer, plan, pending, scratch, out int found, out bool completed, out distances);
        int wanted = Math.Max(plan.K + RanksAgain, plan.MinRanked);
        uint* slots = scratch.Links.Take(wanted);
        int count = 0;
        for (int i = 0; i < found && count < wanted; i++)
        {
            if (graph.Live.Contains(nearest[i].Slot))
            {
                slots[count++] = nearest[i].Slot;
            }
        }

        FlatScan.Offer<TRows, TKernel>(query, rented.Rows, new ReadOnlySpan<uint>(slots, count), measure, ref top);
        return completed;
    }

    /// <inheritdoc/>
    public int RowLength => rows.Dimension;

    /// <inheritdoc/>
    public bool Scan(float* query, WordRange words, SlotSet? allowed, ref WorkLimit limit, ref TopHits top) => _scan.Scan(query, words, allowed, ref limit, ref top);

    /// <inheritdoc/>
    public void Offer(float* query, ReadOnlySpan<uint> slots, ref TopHits top) => _scan.Offer(query, slots, ref top);

    /// <inheritdoc/>
    public void Link(uint slot, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        Linker.Link<RowSpace<TRows, TKernel>, RowScorer<TRows, TKernel>>(graph, Space(rented.Rows), slot, efConstruction, scratch);
    }

    /// <inheritdoc/>
    public void Unlink(SlotBits leaving, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        Repairer.Unlink<RowSpace<TRows, TKernel>, RowScorer<TRows, TKernel>>(graph, Space(rented.Rows), leaving, scratch);
    }

    /// <inheritdoc/>
    public void Release(uint slot, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        Repairer.Release<RowSpace<TRows, TKernel>, RowScorer<TRows, TKernel>>(graph, Space(rented.Rows), slot, scratch);
    }

    /// <inheritdoc/>
    public bool LeadTo(uint slot, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        return Repairer.LeadTo<RowSpace<TRows, TKernel>, RowScorer<TRows, TKernel>>(graph, Space(rented.Rows), slot, scratch);
    }

    private RowSpace<TRows, TKernel> Space(TRows rented) => new(rented, _slack, measure.IsHyperbolic);
}
