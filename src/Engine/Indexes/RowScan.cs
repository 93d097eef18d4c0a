using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>Scans full-precision rows that are marked as live. Thread safety: all members.</summary>
internal sealed unsafe class RowScan<TRows, TKernel>(TRows rows, SlotBits live, Measure measure) : IRowScan
    where TRows : struct, IRows<TRows>
    where TKernel : struct, IKernel
{
    /// <inheritdoc/>
    public int RowLength => rows.Dimension;

    /// <inheritdoc/>
    public bool Scan(float* query, WordRange words, SlotSet? allowed, ref WorkLimit limit, ref TopHits top)
    {
        using var rented = new RentedRows<TRows>(rows);
        return FlatScan.Run<TRows, TKernel>(query, rented.Rows, live.Words, words, allowed, measure, ref limit, ref top);
    }

    /// <summary>Offers some rows with their true distances.</summary>
    public void Offer(float* query, ReadOnlySpan<uint> slots, ref TopHits top)
    {
        using var rented = new RentedRows<TRows>(rows);
        FlatScan.Offer<TRows, TKernel>(query, rented.Rows, slots, measure, ref top);
    }
}
