using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>
/// sum (u_i - v_i)^2: the rank of l2, and of cosine on rows of length 1, where half of it is 1 - cos(u, v). Other than
/// 1 - &lt;u, v&gt; this form is exactly 0 for equal rows and does not cancel for near ones.
/// </summary>
internal readonly unsafe struct SquaredDifference : ISumKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FastRank(float* u, float* v, int n) => Fast.Rank<SquaredDifference>(u, v, n);

    public static float Rank(float* u, float* v, int n) => Reproducible.Rank<SquaredDifference>(u, v, n);

    public static void RankFour(float* u, float* v0, float* v1, float* v2, float* v3, int n, float* ranks) =>
        Reproducible.RankFour<SquaredDifference>(u, v0, v1, v2, v3, n, ranks);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sum, Vector512<float> u, Vector512<float> v)
    {
        Vector512<float> difference = u - v;
        return Vector512.MultiplyAddEstimate(difference, difference, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> sum, Vector256<float> u, Vector256<float> v)
    {
        Vector256<float> difference = u - v;
        return Vector256.MultiplyAddEstimate(difference, difference, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> sum, Vector128<float> u, Vector128<float> v)
    {
        Vector128<float> difference = u - v;
        return Vector128.MultiplyAddEstimate(difference, difference, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Term(Vector256<float> u, Vector256<float> v)
    {
        Vector256<float> difference = u - v;
        return difference * difference;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Term(Vector128<float> u, Vector128<float> v)
    {
        Vector128<float> difference = u - v;
        return difference * difference;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Term(float u, float v)
    {
        float difference = u - v;
        return difference * difference;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Finish(float sum) => sum;
}
