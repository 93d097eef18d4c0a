using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// Full-precision rows by slot, in blocks that the storage owns and never moves: row i is at
/// <c>blocks[i >> shift] + (i &amp; (2^shift - 1)) * strideBytes + offsetBytes</c>, float32[dimension]. The rows are prepared
/// (<see cref="Distances.VectorDomain.Prepare"/>) and complete before their slot is made known. Thread safety: all members.
/// </summary>
internal readonly unsafe struct RowBlocks(byte** blocks, int shift, nuint strideBytes, nuint offsetBytes, int dimension) : IRows<RowBlocks>
{
    private const int LineBytes = 64;

    // The processor follows a row by itself once it is under way; the first lines are what it cannot foresee.
    private const int MaxPrefetchedBytes = 8 * LineBytes;

    private readonly byte** _blocks = blocks;
    private readonly nuint _strideBytes = strideBytes;
    private readonly nuint _offsetBytes = offsetBytes;
    private readonly uint _mask = (uint)((1UL << shift) - 1);
    private readonly int _shift = shift;
    private readonly int _dimension = dimension;

    /// <inheritdoc/>
    public int Dimension
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _dimension;
    }

    /// <summary>The row of a slot.</summary>
    public float* this[uint slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (float*)(_blocks[slot >> _shift] + ((slot & _mask) * _strideBytes) + _offsetBytes);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowBlocks Rent() => this;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Return()
    {
        // Nothing was rented.
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bring(uint* slots, int count)
    {
        // They are where they are.
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Brought(uint slot, int place) => this[slot];

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Row(uint slot, int place) => this[slot];

    /// <inheritdoc/>
    public int Ahead => RowsAhead.Of(_dimension * sizeof(float));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint slot)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        byte* row = (byte*)this[slot];
        int bytes = Math.Min(_dimension * sizeof(float), MaxPrefetchedBytes);
        for (int i = 0; i < bytes; i += LineBytes)
        {
            Sse.Prefetch0(row + i);
        }
    }
}
