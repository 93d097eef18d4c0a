using System.Runtime.CompilerServices;
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Between(uint u, uint v) => Fast.Rank<TKernel>(_rows[u], _rows[v], _rows.Dimension);
}
