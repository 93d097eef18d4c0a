namespace Hypervex.Indexes;

/// <summary>
/// Everything that is done to a graph with one kind of rows (full-precision or codes, and a metric). The calls are few and
/// long; below them nothing is virtual.
/// </summary>
internal unsafe interface IWalker : IRowScan
{
    /// <summary>Walks the graph and offers the nearest rows with their true distances.</summary>
    /// <param name="query">float32[dimension], prepared.</param>
    /// <param name="plan">How to walk.</param>
    /// <param name="pending">Slots that are not to be returned: they are scanned.</param>
    /// <param name="scratch">Working memory.</param>
    /// <param name="top">Receives the rows.</param>
    /// <param name="distances">Rows that were compared on level 0.</param>
    /// <returns>False when the limit on distances ended the walk.</returns>
    bool Search(float* query, in WalkPlan plan, ReadOnlySpan<uint> pending, SearchScratch scratch, ref TopHits top, out long distances);

    /// <summary>Offers some rows with their true distances.</summary>
    void Offer(float* query, ReadOnlySpan<uint> slots, ref TopHits top);

    /// <summary>See <see cref="Linker.Link"/>.</summary>
    void Link(uint slot, SearchScratch scratch);

    /// <summary>See <see cref="Repairer.Unlink"/>.</summary>
    void Unlink(SlotBits leaving, SearchScratch scratch);

    /// <summary>See <see cref="Repairer.Release"/>.</summary>
    void Release(uint slot, SearchScratch scratch);

    /// <summary>See <see cref="Repairer.LeadTo"/>.</summary>
    bool LeadTo(uint slot, SearchScratch scratch);
}
