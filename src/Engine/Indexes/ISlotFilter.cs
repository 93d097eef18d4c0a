using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>Which nodes a walk may return.</summary>
internal interface ISlotFilter
{
    /// <summary>Whether a node may be returned.</summary>
    bool Passes(uint slot);
}

/// <summary>The rows that have not been removed.</summary>
internal readonly unsafe struct LiveFilter(BlockView live) : ISlotFilter
{
    private readonly BlockView _live = live;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Passes(uint slot) => (*(ulong*)_live[slot >> 6] >> (int)(slot & 63) & 1) != 0;
}

/// <summary>The rows of a <see cref="SlotSet"/> that have not been removed.</summary>
internal readonly unsafe struct AllowedFilter(BlockView live, ulong* words, int length) : ISlotFilter
{
    private readonly BlockView _live = live;
    private readonly ulong* _words = words;
    private readonly uint _length = (uint)length;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Passes(uint slot) =>
        slot >> 6 < _length && (_words[slot >> 6] & *(ulong*)_live[slot >> 6] & (1UL << (int)(slot & 63))) != 0;
}
