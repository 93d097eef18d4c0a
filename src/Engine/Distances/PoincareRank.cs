using System.Runtime.CompilerServices;

namespace Hypervex.Distances;

/// <summary>
/// c ‖u - v‖² a(u) a(v) with a(x) = 1 / (1 - c ‖x‖²): the squared hyperbolic sine of half the geodesic distance in the Poincaré ball of curvature -c, times √c
/// (Nickel and Kiela, NeurIPS 2017, equation 1, by arcosh(1 + 2r) = 2 arsinh(√r)). A row is the point's coordinates and, in its last place, √c a(x), which
/// <see cref="HyperbolicRows"/> computes in float64: nothing cancels, however near the boundary two points are.
/// </summary>
internal readonly unsafe struct PoincareRank : IKernel
{
    /// <summary>Places of a row that are no coordinates.</summary>
    public const int Factors = 1;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FastRank(float* u, float* v, int n) => Fast.Rank<SquaredDifference>(u, v, n - 1) * (u[n - 1] * v[n - 1]);

    /// <inheritdoc/>
    public static float Rank(float* u, float* v, int n) =>
        (float)(Float64Sums.SquaredDifference(u, v, n - 1) * ((double)u[n - 1] * v[n - 1]));

    /// <inheritdoc/>
    public static void RankFour(float* u, float* v0, float* v1, float* v2, float* v3, int n, float* ranks)
    {
        ranks[0] = Rank(u, v0, n);
        ranks[1] = Rank(u, v1, n);
        ranks[2] = Rank(u, v2, n);
        ranks[3] = Rank(u, v3, n);
    }
}
