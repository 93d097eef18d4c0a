using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>Ranks full-precision rows against a query by the fastest loop.</summary>
internal readonly unsafe struct RowScorer<TKernel>(RowBlocks rows, float* query) : IScorer
    where TKernel : struct, IKernel
{
    private const int LineBytes = 64;

    // The processor follows a row by itself once it is under way; the first lines are what it cannot foresee.
    private const int MaxPrefetchedBytes = 8 * LineBytes;

    private readonly RowBlocks _rows = rows;
    private readonly float* _query = query;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Rank(uint slot) => Fast.Rank<TKernel>(_query, _rows[slot], _rows.Dimension);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint slot)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        byte* row = (byte*)_rows[slot];
        int bytes = Math.Min(_rows.Dimension * sizeof(float), MaxPrefetchedBytes);
        for (int i = 0; i < bytes; i += LineBytes)
        {
            Sse.Prefetch0(row + i);
        }
    }
}
