using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>sum |u_i - v_i|: the rank, and the distance, of manhattan.</summary>
internal readonly unsafe struct AbsoluteDifference : ISumKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FastRank(float* u, float* v, int n) => Fast.Rank<AbsoluteDifference>(u, v, n);

    public static float Rank(float* u, float* v, int n) => Reproducible.Rank<AbsoluteDifference>(u, v, n);

    public static void RankFour(float* u, float* v0, float* v1, float* v2, float* v3, int n, float* ranks) =>
        Reproducible.RankFour<AbsoluteDifference>(u, v0, v1, v2, v3, n, ranks);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sum, Vector512<float> u, Vector512<float> v) => sum + Vector512.Abs(u - v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> sum, Vector256<float> u, Vector256<float> v) => sum + Vector256.Abs(u - v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> sum, Vector128<float> u, Vector128<float> v) => sum + Vector128.Abs(u - v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Term(Vector256<float> u, Vector256<float> v) => Vector256.Abs(u - v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Term(Vector128<float> u, Vector128<float> v) => Vector128.Abs(u - v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Term(float u, float v) => MathF.Abs(u - v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Finish(float sum) => sum;
}
