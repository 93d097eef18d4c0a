using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// Full-precision rows by slot, in blocks that the storage owns and never moves: row i is at
/// <c>blocks[i >> shift] + (i &amp; (2^shift - 1)) * strideBytes + offsetBytes</c>, float32[dimension]. The rows are prepared
/// (<see cref="Distances.VectorDomain.Prepare"/>) and complete before their slot is made known.
/// </summary>
internal readonly unsafe struct RowBlocks(byte** blocks, int shift, nuint strideBytes, nuint offsetBytes, int dimension)
{
    private readonly byte** _blocks = blocks;
    private readonly nuint _strideBytes = strideBytes;
    private readonly nuint _offsetBytes = offsetBytes;
    private readonly uint _mask = (uint)((1UL << shift) - 1);
    private readonly int _shift = shift;

    /// <summary>Components of each row.</summary>
    public readonly int Dimension = dimension;

    /// <summary>The row of a slot.</summary>
    public float* this[uint slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (float*)(_blocks[slot >> _shift] + ((slot & _mask) * _strideBytes) + _offsetBytes);
    }
}
