using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>Scans full-precision rows that are marked as live. Thread safety: all members.</summary>
internal sealed unsafe class RowScan<TKernel>(RowBlocks rows, SlotBits live, Metric metric) : IRowScan
    where TKernel : struct, IKernel
{
    /// <inheritdoc/>
    public int RowLength => rows.Dimension;

    /// <inheritdoc/>
    public bool Scan(float* query, WordRange words, SlotSet? allowed, ref WorkLimit limit, ref TopHits top) =>
        FlatScan.Run<TKernel>(query, rows, live.Words, words, allowed, metric, ref limit, ref top);
}
