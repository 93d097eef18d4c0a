using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// One bit per slot for the nodes that a walk has met. Bits take an eighth of the cache that stamps would. Slots at and above the count,
/// <see cref="HnswGraph.None"/> among them, share the bit behind the last one, which is set from the beginning. The first nodes that are met are noted beside the bits, so that
/// what a short walk over many slots leaves behind is cleared without clearing all of them (<see cref="VisitedMemory"/>).
/// </summary>
internal readonly unsafe struct Visited
{
    private readonly ulong* _words;
    private readonly uint* _noted;
    private readonly uint _capacity;
    private readonly uint _slotCount;

    /// <summary>An empty set.</summary>
    /// <param name="words">uint64[<see cref="Words"/>], zeros.</param>
    /// <param name="slotCount">Slots at and above it are outside of the walk.</param>
    /// <param name="noted">uint32[1 + <paramref name="capacity"/>]: how many were met, 0 now, then the first of them; null = nobody wants to know.</param>
    /// <param name="capacity">Slots that are noted at most.</param>
    public Visited(ulong* words, uint slotCount, uint* noted = null, uint capacity = 0)
    {
        _words = words;
        _slotCount = slotCount;
        _noted = noted;
        _capacity = capacity;
        words[slotCount >> 6] |= 1UL << (int)(slotCount & 63);
    }

    /// <summary>uint64 that a set of so many slots takes.</summary>
    public static int Words(uint slotCount) => (int)(slotCount >> 6) + 1;

    /// <summary>Marks a node and notes it.</summary>
    /// <returns>
    /// Whether the walk meets it for the first time. Nodes that were added after the walk began count as met: they were
    /// pending at its start, and are scanned.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Meet(uint slot)
    {
        if (CountMeeting(slot) == 0)
        {
            return false;
        }

        Note(&slot, 1);
        return true;
    }

    /// <summary>
    /// Marks a node: 1 when the walk meets it for the first time, else 0. Without a branch, which nobody could foretell. Whoever calls this notes (<see cref="Note"/>) what was
    /// met before anything can fail.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CountMeeting(uint slot)
    {
        uint at = Math.Min(slot, _slotCount);
        ulong* word = _words + (at >> 6);
        ulong old = *word;
        *word = old | (1UL << (int)(at & 63));
        return (int)(~(old >> (int)(at & 63)) & 1);
    }

    /// <summary>Notes nodes that were met for the first time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(uint* slots, int count)
    {
        if (_noted == null)
        {
            return;
        }

        // Beyond the capacity it stays beyond: the count says that not all are there.
        uint before = *_noted;
        uint after = before + (uint)count;
        *_noted = after;
        if (after <= _capacity)
        {
            Unsafe.CopyBlockUnaligned(_noted + 1 + before, slots, (uint)count * sizeof(uint));
        }
    }

    /// <summary>Whether the walk has met a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasMet(uint slot)
    {
        uint at = Math.Min(slot, _slotCount);
        return (_words[at >> 6] >> (int)(at & 63) & 1) != 0;
    }
}
