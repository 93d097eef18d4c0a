using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>Ranks between full-precision rows.</summary>
internal readonly unsafe struct RowSpace<TKernel>(RowBlocks rows, float slack) : ISpace<RowScorer<TKernel>>
    where TKernel : struct, IKernel
{
    private readonly RowBlocks _rows = rows;

    /// <inheritdoc/>
    public float Slack { get; } = slack;

    /// <inheritdoc/>
    public RowScorer<TKernel> From(uint slot) => new(_rows, _rows[slot]);

    /// <inheritdoc/>
    public RowScorer<TKernel> Near(uint slot) => From(slot);
}
