using System.Numerics;

namespace Hypervex.Fields;

/// <summary>
/// A set of slots, one bit a slot. Layout: an array of words for each chunk, which grows by doubling up to 8 KB; none for chunks without slots.
/// Thread safety: one writer, or any readers.
/// </summary>
internal sealed class ChunkedBits
{
    private ulong[][] _chunks = [];

    /// <summary>Memory of the words, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Slots in the set.</summary>
    public long Count { get; private set; }

    /// <summary>One above the highest chunk that ever had a slot.</summary>
    public int Chunks => _chunks.Length;

    public bool Contains(uint slot)
    {
        ReadOnlySpan<ulong> words = Chunk(SlotChunks.Of(slot));
        int at = SlotChunks.Within(slot);
        return at >> 6 < words.Length && (words[at >> 6] >> (at & 63) & 1) != 0;
    }

    /// <summary>The words of a chunk; those behind them are zero.</summary>
    public ReadOnlySpan<ulong> Chunk(int chunk) => chunk < _chunks.Length ? _chunks[chunk] : [];

    public void Set(uint slot)
    {
        int chunk = SlotChunks.Of(slot);
        int at = SlotChunks.Within(slot);
        if (chunk >= _chunks.Length)
        {
            int before = _chunks.Length;
            Array.Resize(ref _chunks, chunk + 1);
            Array.Fill(_chunks, [], before, chunk + 1 - before);
        }

        ref ulong[] words = ref _chunks[chunk];
        if (at >> 6 >= words.Length)
        {
            Bytes -= words.Length * sizeof(ulong);
            Array.Resize(ref words, SlotChunks.Grown(words.Length, (at >> 6) + 1, SlotChunks.Words));
            Bytes += words.Length * sizeof(ulong);
        }

        ulong bit = 1UL << (at & 63);
        Count += (words[at >> 6] & bit) == 0 ? 1 : 0;
        words[at >> 6] |= bit;
    }

    /// <summary>Sets the slots of some words; the first one is a multiple of 64.</summary>
    public void SetAll(uint first, ReadOnlySpan<ulong> words)
    {
        for (int word = 0; word < words.Length; word++)
        {
            if (words[word] != 0)
            {
                uint slot = first + ((uint)word * 64);
                Set(slot + (uint)BitOperations.TrailingZeroCount(words[word])); // makes room
                ref ulong target = ref _chunks[SlotChunks.Of(slot)][SlotChunks.Within(slot) >> 6];
                Count += BitOperations.PopCount(words[word] & ~target);
                target |= words[word];
            }
        }
    }

    /// <summary>Clears the slots that another set has.</summary>
    public void ClearAll(ChunkedBits other)
    {
        for (int chunk = 0; chunk < _chunks.Length; chunk++)
        {
            Span<ulong> words = _chunks[chunk];
            ReadOnlySpan<ulong> others = other.Chunk(chunk);
            for (int word = 0; word < Math.Min(words.Length, others.Length); word++)
            {
                Count -= BitOperations.PopCount(words[word] & others[word]);
                words[word] &= ~others[word];
            }
        }
    }

    public void Clear(uint slot)
    {
        if (Contains(slot))
        {
            int at = SlotChunks.Within(slot);
            _chunks[SlotChunks.Of(slot)][at >> 6] &= ~(1UL << (at & 63));
            Count--;
        }
    }
}
