using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Fields;

/// <summary>
/// One int64 a slot, and the search for those in a range: 8 bytes a slot, read at the speed of memory. Layout: an array for each chunk, which grows
/// by doubling up to 512 KB. What stands at a slot that was never set means nothing.
/// Thread safety: one writer, or any readers.
/// </summary>
internal sealed class NumberColumn
{
    private long[][] _chunks = [];

    /// <summary>Memory of the numbers, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>The number of a slot that was set.</summary>
    public long this[uint slot]
    {
        get => _chunks[SlotChunks.Of(slot)][SlotChunks.Within(slot)];
        set
        {
            int chunk = SlotChunks.Of(slot);
            int at = SlotChunks.Within(slot);
            if (chunk >= _chunks.Length)
            {
                int before = _chunks.Length;
                Array.Resize(ref _chunks, chunk + 1);
                Array.Fill(_chunks, [], before, chunk + 1 - before);
            }

            ref long[] numbers = ref _chunks[chunk];
            if (at >= numbers.Length)
            {
                Bytes -= numbers.Length * sizeof(long);
                Array.Resize(ref numbers, SlotChunks.Grown(numbers.Length, (at | 63) + 1, SlotChunks.Slots));
                Bytes += numbers.Length * sizeof(long);
            }

            numbers[at] = value;
        }
    }

    /// <summary>The numbers of a chunk; slots behind them were never set.</summary>
    public ReadOnlySpan<long> Chunk(int chunk) => chunk < _chunks.Length ? _chunks[chunk] : [];

    /// <summary>Adds the slots of a chunk whose number is in a range to a set. Slots that were never set may be among them.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="range">The range.</param>
    /// <param name="words">Words of the set.</param>
    /// <param name="firstWord">The word of the chunk that the first of them is.</param>
    public void Or(int chunk, NumberRange range, Span<ulong> words, int firstWord = 0)
    {
        ReadOnlySpan<long> numbers = Chunk(chunk);
        numbers = numbers[Math.Min(numbers.Length, firstWord * 64)..];
        ReadOnlySpan<Vector256<ulong>> fours = MemoryMarshal.Cast<long, Vector256<ulong>>(numbers);
        ulong width = (ulong)range.High - (ulong)range.Low;
        var lows = Vector256.Create((ulong)range.Low);
        var widths = Vector256.Create(width);
        const int FoursInWord = 64 / 4;
        int whole = Math.Min(words.Length, numbers.Length / 64);
        for (int word = 0; word < whole; word++)
        {
            ulong bits = 0;
            for (int i = 0; i < FoursInWord; i++)
            {
                // One comparison for both ends: what is below the low end wraps around to far above the width.
                bits |= (ulong)Vector256.LessThanOrEqual(fours[(word * FoursInWord) + i] - lows, widths).ExtractMostSignificantBits() << (i * 4);
            }

            words[word] |= bits;
        }
    }
}

/// <summary>Numbers from one to another, both included.</summary>
internal readonly record struct NumberRange(long Low, long High)
{
    public bool Contains(long number) => number >= Low && number <= High;
}
