using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// The slots that a search may return: bit (slot mod 64) of word (slot / 64). Slots beyond the last word are not in it. The
/// words must not change during the search.
/// </summary>
/// <param name="words">One bit per slot.</param>
/// <param name="estimatedCount">About how many bits are set; only a choice of method depends on it, never a result.</param>
internal readonly unsafe struct SlotSet(ReadOnlyMemory<ulong> words, long estimatedCount)
{
    /// <summary>One bit per slot.</summary>
    public ReadOnlyMemory<ulong> Words { get; } = words;

    /// <summary>About how many bits are set.</summary>
    public long EstimatedCount { get; } = estimatedCount;

    /// <summary>How many of the slots are live.</summary>
    /// <param name="live">The live slots.</param>
    /// <param name="slotCount">Slots at and above it are not.</param>
    public long CountLive(SlotBits live, uint slotCount)
    {
        ReadOnlySpan<ulong> words = Words.Span;
        uint count = Math.Min((uint)words.Length, WordRange.Of(slotCount).End);
        BlockView liveWords = live.Words;
        long matches = 0;
        for (uint i = 0; i < count; i++)
        {
            matches += BitOperations.PopCount(words[(int)i] & *(ulong*)liveWords[i]);
        }

        return matches;
    }

    /// <summary>Whether a slot is in a set given by its words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Contains(ReadOnlySpan<ulong> words, uint slot) =>
        slot >> 6 < (uint)words.Length && (words[(int)(slot >> 6)] >> (int)(slot & 63) & 1) != 0;
}
