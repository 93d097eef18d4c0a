namespace Hypervex.Indexes;

/// <summary>
/// The level of each node: at least l with probability m^-l, as in the HNSW paper with its recommended factor 1/ln(m). A
/// function of slot and seed in integers only, so that equal data gives equal levels everywhere.
/// </summary>
internal static class Levels
{
    /// <summary>Greatest level of a node.</summary>
    public const int Max = 24;

    /// <summary>The level of a node, 0 to <see cref="Max"/>.</summary>
    /// <param name="slot">The node.</param>
    /// <param name="m">Links per node on the upper levels.</param>
    /// <param name="seed">Seed of the graph.</param>
    public static int Of(uint slot, int m, ulong seed)
    {
        ulong random = Mix(seed + ((slot + 1UL) * 0x9E37_79B9_7F4A_7C15));
        int level = 0;
        for (ulong below = ulong.MaxValue / (uint)m; level < Max && random < below; below /= (uint)m)
        {
            level++;
        }

        return level;
    }

    // The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9;
        x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB;
        return x ^ (x >> 31);
    }
}
