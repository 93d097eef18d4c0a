using System.Runtime.CompilerServices;
using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>Ranks full-precision rows against a query by the fastest loop.</summary>
internal readonly unsafe struct RowScorer<TRows, TKernel>(TRows rows, float* query) : IScorer
    where TRows : struct, IRows<TRows>
    where TKernel : struct, IKernel
{
    private readonly TRows _rows = rows;
    private readonly float* _query = query;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Rank(uint slot) => TKernel.FastRank(_query, _rows.Row(slot, RowPlaces.Ranked), _rows.Dimension);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint slot) => _rows.Prefetch(slot);
}
