namespace Hypervex.FaultDriver;

/// <summary>Seeds that are the same in every process.</summary>
internal static class Chance
{
    /// <summary>A generator for a place in the workload, from the output function of SplitMix64 (Steele, Lea, Flood, 2014).</summary>
    public static Random From(long seed, long first, long second = 0) =>
        new((int)(Mix(Mix(Mix((ulong)seed) ^ (ulong)first) ^ (ulong)second) & int.MaxValue));

    /// <summary>A number for a text, by FNV-1a.</summary>
    public static long Of(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char letter in text)
        {
            hash = (hash ^ letter) * 1099511628211;
        }

        return (long)hash;
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
