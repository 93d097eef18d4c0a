using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// The slots that a search may return: bit (slot mod 64) of word (slot / 64). Slots beyond the last word are not in it. The
/// words must not change during the search.
/// </summary>
/// <param name="words">One bit per slot.</param>
/// <param name="estimatedCount">About how many bits are set; only a choice of method depends on it, never a result.</param>
internal readonly struct SlotSet(ReadOnlyMemory<ulong> words, long estimatedCount)
{
    /// <summary>One bit per slot.</summary>
    public ReadOnlyMemory<ulong> Words { get; } = words;

    /// <summary>About how many bits are set.</summary>
    public long EstimatedCount { get; } = estimatedCount;

    /// <summary>Whether a slot is in a set given by its words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Contains(ReadOnlySpan<ulong> words, uint slot) =>
        slot >> 6 < (uint)words.Length && (words[(int)(slot >> 6)] >> (int)(slot & 63) & 1) != 0;
}
