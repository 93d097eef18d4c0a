using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// One bit per slot for the nodes that a walk has met. Bits take an eighth of the cache that stamps would, which outweighs
/// clearing them before each walk. Slots at and above the count, <see cref="HnswGraph.None"/> among them, share the bit behind
/// the last one, which is set from the beginning.
/// </summary>
internal readonly unsafe struct Visited
{
    private readonly ulong* _words;
    private readonly uint _slotCount;

    /// <summary>An empty set.</summary>
    /// <param name="words">uint64[<see cref="Words"/>], zeros.</param>
    /// <param name="slotCount">Slots at and above it are outside of the walk.</param>
    public Visited(ulong* words, uint slotCount)
    {
        _words = words;
        _slotCount = slotCount;
        words[slotCount >> 6] |= 1UL << (int)(slotCount & 63);
    }

    /// <summary>uint64 that a set of so many slots takes.</summary>
    public static int Words(uint slotCount) => (int)(slotCount >> 6) + 1;

    /// <summary>Marks a node.</summary>
    /// <returns>
    /// Whether the walk meets it for the first time. Nodes that were added after the walk began count as met: they were
    /// pending at its start, and are scanned.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Meet(uint slot) => CountMeeting(slot) != 0;

    /// <summary>Marks a node: 1 when the walk meets it for the first time, else 0. Without a branch, which nobody could foretell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CountMeeting(uint slot)
    {
        uint at = Math.Min(slot, _slotCount);
        ulong* word = _words + (at >> 6);
        ulong old = *word;
        *word = old | (1UL << (int)(at & 63));
        return (int)(~(old >> (int)(at & 63)) & 1);
    }

    /// <summary>Whether the walk has met a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasMet(uint slot)
    {
        uint at = Math.Min(slot, _slotCount);
        return (_words[at >> 6] >> (int)(at & 63) & 1) != 0;
    }
}
