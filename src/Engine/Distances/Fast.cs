using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>
/// The widest loop that the processor has, for walking graphs and for estimates. The order of additions, and so the last
/// bits of the rank, depend on the processor: an answer takes its distances from <see cref="Reproducible"/>.
/// </summary>
internal static unsafe class Fast
{
    /// <summary>The rank of two rows.</summary>
    /// <param name="u">float32[n], any alignment.</param>
    /// <param name="v">float32[n], any alignment.</param>
    /// <param name="n">Components, 0 or more.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Rank<TKernel>(float* u, float* v, int n)
        where TKernel : struct, ISumKernel
    {
        if (Vector512.IsHardwareAccelerated && n >= Vector512<float>.Count)
        {
            return TKernel.Finish(Sum512<TKernel>(u, v, n));
        }

        if (Vector256.IsHardwareAccelerated && n >= Vector256<float>.Count)
        {
            return TKernel.Finish(Sum256<TKernel>(u, v, n));
        }

        return TKernel.Finish(Sum128<TKernel>(u, v, n));
    }

    private static float Sum512<TKernel>(float* u, float* v, int n)
        where TKernel : struct, ISumKernel
    {
        const int Width = 16;
        Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= n - (4 * Width); i += 4 * Width)
        {
            sum0 = TKernel.Add(sum0, Vector512.Load(u + i), Vector512.Load(v + i));
            sum1 = TKernel.Add(sum1, Vector512.Load(u + i + Width), Vector512.Load(v + i + Width));
            sum2 = TKernel.Add(sum2, Vector512.Load(u + i + (2 * Width)), Vector512.Load(v + i + (2 * Width)));
            sum3 = TKernel.Add(sum3, Vector512.Load(u + i + (3 * Width)), Vector512.Load(v + i + (3 * Width)));
        }

        for (; i <= n - Width; i += Width)
        {
            sum0 = TKernel.Add(sum0, Vector512.Load(u + i), Vector512.Load(v + i));
        }

        if (i < n)
        {
            // The last full vector overlaps what is summed already: those lanes are zeroed on both sides, a zero term.
            Vector512<float> mask = Vector512.GreaterThanOrEqual(Vector512<int>.Indices, Vector512.Create(Width - (n - i))).AsSingle();
            sum1 = TKernel.Add(sum1, Vector512.Load(u + n - Width) & mask, Vector512.Load(v + n - Width) & mask);
        }

        return Vector512.Sum((sum0 + sum1) + (sum2 + sum3));
    }

    private static float Sum256<TKernel>(float* u, float* v, int n)
        where TKernel : struct, ISumKernel
    {
        const int Width = 8;
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= n - (4 * Width); i += 4 * Width)
        {
            sum0 = TKernel.Add(sum0, Vector256.Load(u + i), Vector256.Load(v + i));
            sum1 = TKernel.Add(sum1, Vector256.Load(u + i + Width), Vector256.Load(v + i + Width));
            sum2 = TKernel.Add(sum2, Vector256.Load(u + i + (2 * Width)), Vector256.Load(v + i + (2 * Width)));
            sum3 = TKernel.Add(sum3, Vector256.Load(u + i + (3 * Width)), Vector256.Load(v + i + (3 * Width)));
        }

        for (; i <= n - Width; i += Width)
        {
            sum0 = TKernel.Add(sum0, Vector256.Load(u + i), Vector256.Load(v + i));
        }

        if (i < n)
        {
            Vector256<float> mask = Vector256.GreaterThanOrEqual(Vector256<int>.Indices, Vector256.Create(Width - (n - i))).AsSingle();
            sum1 = TKernel.Add(sum1, Vector256.Load(u + n - Width) & mask, Vector256.Load(v + n - Width) & mask);
        }

        return Vector256.Sum((sum0 + sum1) + (sum2 + sum3));
    }

    private static float Sum128<TKernel>(float* u, float* v, int n)
        where TKernel : struct, ISumKernel
    {
        const int Width = 4;
        Vector128<float> sum0 = default, sum1 = default;
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= n - (2 * Width); i += 2 * Width)
            {
                sum0 = TKernel.Add(sum0, Vector128.Load(u + i), Vector128.Load(v + i));
                sum1 = TKernel.Add(sum1, Vector128.Load(u + i + Width), Vector128.Load(v + i + Width));
            }
        }

        float sum = Vector128.Sum(sum0 + sum1);
        for (; i < n; i++)
        {
            sum += TKernel.Term(u[i], v[i]);
        }

        return sum;
    }
}
