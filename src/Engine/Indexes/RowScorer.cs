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
    public void RankFour(uint* slots, float* ranks)
    {
        // One after the other: a row from a file is brought to the place of the one before.
        ranks[0] = Rank(slots[0]);
        ranks[1] = Rank(slots[1]);
        ranks[2] = Rank(slots[2]);
        ranks[3] = Rank(slots[3]);
    }

    /// <inheritdoc/>
    public int Ahead => _rows.Ahead;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint slot) => _rows.Prefetch(slot);
}
