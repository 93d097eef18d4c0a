namespace Hypervex.Fields;

/// <summary>
/// Slots are looked at in chunks of 65,536: chunk = slot / 65,536, and bit (slot mod 64) of word (slot / 64) inside of it. A chunk's bits take 8 KB,
/// so that what a filter needs for one stays in the nearest cache. Thread safety: pure functions.
/// </summary>
internal static class SlotChunks
{
    /// <summary>Slots of a chunk.</summary>
    public const int Slots = 1 << Shift;

    /// <summary>Words of a chunk.</summary>
    public const int Words = Slots / 64;

    private const int Shift = 16;

    public static int Of(uint slot) => (int)(slot >> Shift);

    /// <summary>The slot's place in its chunk.</summary>
    public static int Within(uint slot) => (int)(slot & (Slots - 1));

    /// <summary>Chunks that hold so many slots.</summary>
    public static int Count(uint slots) => (int)((slots + (long)(Slots - 1)) >> Shift);

    /// <summary>The places that a growing array has after it was too small for one: twice as many each time, within a chunk.</summary>
    public static int Grown(int present, int needed, int most) => Math.Min(most, Math.Max(needed, Math.Max(4, present * 2)));

    public static void And(Span<ulong> target, ReadOnlySpan<ulong> other)
    {
        int shared = Math.Min(target.Length, other.Length);
        for (int i = 0; i < shared; i++)
        {
            target[i] &= other[i];
        }

        target[shared..].Clear();
    }

    public static void AndNot(Span<ulong> target, ReadOnlySpan<ulong> other)
    {
        int shared = Math.Min(target.Length, other.Length);
        for (int i = 0; i < shared; i++)
        {
            target[i] &= ~other[i];
        }
    }

    public static void Or(Span<ulong> target, ReadOnlySpan<ulong> other)
    {
        int shared = Math.Min(target.Length, other.Length);
        for (int i = 0; i < shared; i++)
        {
            target[i] |= other[i];
        }
    }

    /// <summary>Sets the target to the other's words, and to none behind them.</summary>
    public static void Copy(Span<ulong> target, ReadOnlySpan<ulong> other)
    {
        int shared = Math.Min(target.Length, other.Length);
        other[..shared].CopyTo(target);
        target[shared..].Clear();
    }
}
