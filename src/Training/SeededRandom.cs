namespace Hypervex.Training;

/// <summary>SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the same numbers for a seed on every platform and version. Thread safety: one thread.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>0 to 1, without 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    private ulong Next()
    {
        ulong z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
