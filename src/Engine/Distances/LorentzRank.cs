using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>
/// c (‖x' - y'‖² - (x0 - y0)²) / 4: the squared hyperbolic sine of half the geodesic distance on the hyperboloid of curvature -c (Nickel and Kiela, ICML 2018).
/// A row is x', then √c, then f = (1 + √c x0) / 2; x0 is not kept, it follows from x'. Graphs are walked in the Poincaré ball, where the point is
/// p = √c x' / (2 f) and a(p) = f, because the difference above cancels in float32; answers take it in float64.
/// </summary>
internal readonly unsafe struct LorentzRank : IKernel
{
    /// <summary>Places of a row that are no components of x'.</summary>
    public const int Factors = 2;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FastRank(float* u, float* v, int n)
    {
        int spatial = n - Factors;
        float root = u[spatial];
        float fu = u[spatial + 1];
        float fv = v[spatial + 1];
        return SquaredDifference(u, 0.5f * root / fu, v, 0.5f * root / fv, spatial) * (fu * fv);
    }

    /// <inheritdoc/>
    public static float Rank(float* u, float* v, int n)
    {
        int spatial = n - Factors;
        double c = (double)u[spatial] * u[spatial];
        Float64Sums.Lorentz(u, v, spatial, out double squaredDifference, out double differenceOfSquares, out double squaresOfU);
        double times = Math.Sqrt((1 / c) + squaresOfU) + Math.Sqrt((1 / c) + Math.Max(0, squaresOfU - differenceOfSquares)); // x0 + y0
        double timeDifference = differenceOfSquares / times;

        // (a - b)(a + b) instead of a² - b²: what is left of two long nearly parallel rows is small.
        double space = Math.Sqrt(squaredDifference);
        return (float)Math.Max(0, 0.25 * c * (space - Math.Abs(timeDifference)) * (space + Math.Abs(timeDifference)));
    }

    /// <inheritdoc/>
    public static void RankFour(float* u, float* v0, float* v1, float* v2, float* v3, int n, float* ranks)
    {
        ranks[0] = Rank(u, v0, n);
        ranks[1] = Rank(u, v1, n);
        ranks[2] = Rank(u, v2, n);
        ranks[3] = Rank(u, v3, n);
    }

    // ‖su u - sv v‖²
    private static float SquaredDifference(float* u, float su, float* v, float sv, int n)
    {
        Vector256<float> scaleU = Vector256.Create(su), scaleV = Vector256.Create(sv);
        Vector256<float> sum = default;
        int i = 0;
        for (; i <= n - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> difference = (Vector256.Load(u + i) * scaleU) - (Vector256.Load(v + i) * scaleV);
            sum = Vector256.MultiplyAddEstimate(difference, difference, sum);
        }

        float total = Vector256.Sum(sum);
        for (; i < n; i++)
        {
            float difference = (u[i] * su) - (v[i] * sv);
            total += difference * difference;
        }

        return total;
    }
}
