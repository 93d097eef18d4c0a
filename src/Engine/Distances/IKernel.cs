using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>
/// Ranks two rows. A <em>rank</em> is a number that orders rows as the metric does and that <see cref="Measure"/> turns into the metric's distance. Implemented
/// by structs, so that loops over rows are compiled once for each kernel and call nothing. All rows and both pointers may have any alignment.
/// </summary>
internal unsafe interface IKernel
{
    /// <summary>The rank for walking graphs and for estimates; its last bits depend on the processor.</summary>
    /// <param name="u">float32[n].</param>
    /// <param name="v">float32[n].</param>
    /// <param name="n">Places of a row, 0 or more.</param>
    static abstract float FastRank(float* u, float* v, int n);

    /// <summary>The rank whose bits are the same on every platform. Every distance of an answer comes from here.</summary>
    /// <param name="u">float32[n].</param>
    /// <param name="v">float32[n].</param>
    /// <param name="n">Places of a row, 0 or more.</param>
    static abstract float Rank(float* u, float* v, int n);

    /// <summary>The ranks of four rows against one, each equal to what <see cref="Rank"/> gives.</summary>
    static abstract void RankFour(float* u, float* v0, float* v1, float* v2, float* v3, int n, float* ranks);
}
