using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>A graph over full-precision rows.</summary>
internal sealed unsafe class RowWalker<TKernel>(HnswGraph graph, RowBlocks rows, Metric metric, int efConstruction) : IWalker
    where TKernel : struct, IKernel
{
    // The fast ranks of two rows that are all but equally far may come in the wrong order: a few more are ranked again.
    private const int RanksAgain = 4;

    private readonly RowSpace<TKernel> _space = new(rows, Ranks.Slack(metric));

    /// <inheritdoc/>
    public bool Search(float* query, in WalkPlan plan, ReadOnlySpan<uint> pending, SearchScratch scratch, ref TopHits top, out long distances)
    {
        var scorer = new RowScorer<TKernel>(rows, query);
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

        Offer(query, new ReadOnlySpan<uint>(slots, count), ref top);
        return completed;
    }

    /// <inheritdoc/>
    public int RowLength => rows.Dimension;

    /// <inheritdoc/>
    public bool Scan(float* query, WordRange words, SlotSet? allowed, ref WorkLimit limit, ref TopHits top) =>
        FlatScan.Run<TKernel>(query, rows, graph.Live.Words, words, allowed, metric, ref limit, ref top);

    /// <inheritdoc/>
    public void Offer(float* query, ReadOnlySpan<uint> slots, ref TopHits top) =>
        FlatScan.Offer<TKernel>(query, rows, slots, metric, ref top);

    /// <inheritdoc/>
    public void Link(uint slot, SearchScratch scratch) =>
        Linker.Link<RowSpace<TKernel>, RowScorer<TKernel>>(graph, _space, slot, efConstruction, scratch);

    /// <inheritdoc/>
    public void Unlink(SlotBits leaving, SearchScratch scratch) =>
        Repairer.Unlink<RowSpace<TKernel>, RowScorer<TKernel>>(graph, _space, leaving, scratch);

    /// <inheritdoc/>
    public void Release(uint slot, SearchScratch scratch) =>
        Repairer.Release<RowSpace<TKernel>, RowScorer<TKernel>>(graph, _space, slot, scratch);

    /// <inheritdoc/>
    public bool LeadTo(uint slot, SearchScratch scratch) =>
        Repairer.LeadTo<RowSpace<TKernel>, RowScorer<TKernel>>(graph, _space, slot, scratch);
}
