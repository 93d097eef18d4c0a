using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>The addresses of a <see cref="SlotBlocks"/>, to be kept in a local variable of a hot loop. Never freed through here.</summary>
internal readonly unsafe struct BlockView(byte** table, int shift, nuint strideBytes)
{
    private readonly byte** _table = table;
    private readonly nuint _strideBytes = strideBytes;
    private readonly uint _mask = (1u << shift) - 1;
    private readonly int _shift = shift;

    /// <summary>The entry of a slot that has been ensured.</summary>
    public byte* this[uint slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _table[slot >> _shift] + ((slot & _mask) * _strideBytes);
    }
}
