using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// One bit per slot for the nodes that a walk has met. Bits take an eighth of the cache that stamps would, which outweighs
/// clearing them before each walk.
/// </summary>
internal readonly unsafe struct Visited(ulong* words, uint slotCount)
{
    private readonly ulong* _words = words;
    private readonly uint _slotCount = slotCount;

    /// <summary>Marks a node.</summary>
    /// <returns>
    /// Whether the walk meets it for the first time. Nodes that were added after the walk began count as met: they were
    /// pending at its start, and are scanned.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Meet(uint slot)
    {
        if (slot >= _slotCount)
        {
            return false;
        }

        ulong bit = 1UL << (int)(slot & 63);
        ulong* word = _words + (slot >> 6);
        ulong old = *word;
        *word = old | bit;
        return (old & bit) == 0;
    }

    /// <summary>Whether the walk has met a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasMet(uint slot) => slot >= _slotCount || (_words[slot >> 6] >> (int)(slot & 63) & 1) != 0;
}
