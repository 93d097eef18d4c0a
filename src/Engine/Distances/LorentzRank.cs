using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>
/// c (‖x' - y'‖² - (x0 - y0)²) / 4: the squared hyperbolic sine of half the geodesic distance on the hyperboloid of curvature -c (Nickel and Kiela, ICML 2018).
/// A row is x', then √c, then f = (1 + √c x0) / 2; x0 is not kept, it follows from x'. Graphs are walked in the Poincaré ball, where the point is
/// p = √c x' / (2 f) and a(p) = f, because the difference above cancels in float32; answers take it in float64, and where it cancels there too
/// in another form (<see cref="Of"/>).
/// </summary>
internal readonly unsafe struct LorentzRank : IKernel
{
    /// <summary>Places of a row that are no components of x'.</summary>
    public const int Factors = 2;

    // Where more than this share of ‖x' - y'‖² is left of the difference, its relative error is below 1e-9.
    private const double CancellingShare = 1e-6;

    /// <summary>The point's coordinates in the ball.</summary>
    /// <param name="row">A row.</param>
    /// <param name="spatial">Components of x'.</param>
    /// <param name="coordinates">float32[spatial]; may be the row.</param>
    public static void ToBall(float* row, int spatial, float* coordinates)
    {
        float scale = BallScale(row, spatial);
        for (int i = 0; i < spatial; i++)
        {
            coordinates[i] = scale * row[i];
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FastRank(float* u, float* v, int n)
    {
        int spatial = n - Factors;
        return SquaredDifference(u, BallScale(u, spatial), v, BallScale(v, spatial), spatial) * (u[spatial + 1] * v[spatial + 1]);
    }

    /// <inheritdoc/>
    public static float Rank(float* u, float* v, int n)
    {
        int spatial = n - Factors;
        double c = (double)u[spatial] * u[spatial];
        Float64Sums.Lorentz(u, v, spatial, out double squaredDifference, out double differenceOfSquares, out double squaresOfU, out double squaresOfV);
        double times = Math.Sqrt((1 / c) + squaresOfU) + Math.Sqrt((1 / c) + squaresOfV); // x0 + y0
        return (float)Of(new ReadOnlySpan<float>(u, spatial), new ReadOnlySpan<float>(v, spatial), c, squaredDifference, differenceOfSquares, times);
    }

    /// <summary>The rank of two points of which the sums over components are known.</summary>
    /// <param name="u">x'.</param>
    /// <param name="v">y'.</param>
    /// <param name="c">Of the curvature -c.</param>
    /// <param name="squaredDifference">‖x' - y'‖².</param>
    /// <param name="differenceOfSquares">‖x'‖² - ‖y'‖², which is x0² - y0² too.</param>
    /// <param name="times">x0 + y0.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Of<T>(ReadOnlySpan<T> u, ReadOnlySpan<T> v, double c, double squaredDifference, double differenceOfSquares, double times)
        where T : struct, INumberBase<T>
    {
        // (a - b)(a + b) instead of a² - b²: what is left of two long nearly parallel rows is small.
        double time = Math.Abs(differenceOfSquares / times);
        double space = Math.Sqrt(squaredDifference);
        double left = (space - time) * (space + time);
        double rank = 0.25 * c * Math.Max(0, left);

        // The relative error of rank is here 1e-16 ‖x' - y'‖² / left, in the other form 1e-16 (1 + rank).
        return left > CancellingShare * squaredDifference || rank * (1 + rank) >= 0.25 * c * squaredDifference ? rank : OfNearlyParallel(u, v, c, times);
    }

    /// <inheritdoc/>
    public static void RankFour(float* u, float* v0, float* v1, float* v2, float* v3, int n, float* ranks)
    {
        ranks[0] = Rank(u, v0, n);
        ranks[1] = Rank(u, v1, n);
        ranks[2] = Rank(u, v2, n);
        ranks[3] = Rank(u, v3, n);
    }

    // With w = x' - y', s = x' + y' and T = x0 + y0: ‖w‖² is ‖r‖² for what lies across s and <w,s>²/‖s‖² for what lies along it, (x0 - y0)² is <w,s>²/T²,
    // and T² - ‖s‖² is 4 (1 + rank)/c. So rank = A + B (1 + rank) with A = c ‖r‖²/4 and B = <w,s>²/(‖s‖² T²), where only 1 - B cancels: it is 1/cosh² of
    // half the radial distance. The fused product, which is the same number on every platform, keeps r where w is long and hardly any of it lies across.
    private static double OfNearlyParallel<T>(ReadOnlySpan<T> u, ReadOnlySpan<T> v, double c, double times)
        where T : struct, INumberBase<T>
    {
        double products = 0;
        double squaresOfSum = 0;
        for (int i = 0; i < u.Length; i++)
        {
            double x = double.CreateTruncating(u[i]), y = double.CreateTruncating(v[i]);
            products += (x - y) * (x + y);
            squaresOfSum += (x + y) * (x + y);
        }

        if (products == 0 || squaresOfSum == 0)
        {
            return 0;
        }

        double along = products / squaresOfSum;
        double across = 0;
        for (int i = 0; i < u.Length; i++)
        {
            double x = double.CreateTruncating(u[i]), y = double.CreateTruncating(v[i]);
            double rest = Math.FusedMultiplyAdd(-along, x + y, x - y);
            across += rest * rest;
        }

        double radial = along * (products / (times * times));
        return ((0.25 * c * across) + radial) / (1 - radial);
    }

    // What x' is multiplied with to be the point's coordinates in the ball.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float BallScale(float* row, int spatial) => 0.5f * row[spatial] / row[spatial + 1];

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
