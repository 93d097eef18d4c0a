using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>
/// The loop whose result is the same, bit for bit, on every platform: component i is added to lane i mod 8, in order, each
/// operation rounded to float32 (no fused multiply-add), and the lanes are added as
/// ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)). Every distance of an answer comes from here.
/// </summary>
internal static unsafe class Reproducible
{
    private const int Lanes = 8;

    /// <summary>The rank of two rows.</summary>
    /// <param name="u">float32[n], any alignment.</param>
    /// <param name="v">float32[n], any alignment.</param>
    /// <param name="n">Components, 0 or more.</param>
    public static float Rank<TKernel>(float* u, float* v, int n)
        where TKernel : struct, ISumKernel
    {
        if (!Vector256.IsHardwareAccelerated)
        {
            return RankOfHalves<TKernel>(u, v, n);
        }

        Vector256<float> sum = default;
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            sum += TKernel.Term(Vector256.Load(u + i), Vector256.Load(v + i));
        }

        if (i < n)
        {
            sum += TKernel.Term(LoadTail(u + i, n - i), LoadTail(v + i, n - i));
        }

        return Finish<TKernel>(sum.GetLower(), sum.GetUpper());
    }

    /// <summary>
    /// The ranks of four rows against one, each equal to what <see cref="Rank"/> gives. One row alone waits for its own
    /// additions; four of them fill those gaps.
    /// </summary>
    public static void RankFour<TKernel>(float* u, float* v0, float* v1, float* v2, float* v3, int n, float* ranks)
        where TKernel : struct, ISumKernel
    {
        if (!Vector256.IsHardwareAccelerated)
        {
            ranks[0] = RankOfHalves<TKernel>(u, v0, n);
            ranks[1] = RankOfHalves<TKernel>(u, v1, n);
            ranks[2] = RankOfHalves<TKernel>(u, v2, n);
            ranks[3] = RankOfHalves<TKernel>(u, v3, n);
            return;
        }

        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            Vector256<float> query = Vector256.Load(u + i);
            sum0 += TKernel.Term(query, Vector256.Load(v0 + i));
            sum1 += TKernel.Term(query, Vector256.Load(v1 + i));
            sum2 += TKernel.Term(query, Vector256.Load(v2 + i));
            sum3 += TKernel.Term(query, Vector256.Load(v3 + i));
        }

        if (i < n)
        {
            Vector256<float> query = LoadTail(u + i, n - i);
            sum0 += TKernel.Term(query, LoadTail(v0 + i, n - i));
            sum1 += TKernel.Term(query, LoadTail(v1 + i, n - i));
            sum2 += TKernel.Term(query, LoadTail(v2 + i, n - i));
            sum3 += TKernel.Term(query, LoadTail(v3 + i, n - i));
        }

        ranks[0] = Finish<TKernel>(sum0.GetLower(), sum0.GetUpper());
        ranks[1] = Finish<TKernel>(sum1.GetLower(), sum1.GetUpper());
        ranks[2] = Finish<TKernel>(sum2.GetLower(), sum2.GetUpper());
        ranks[3] = Finish<TKernel>(sum3.GetLower(), sum3.GetUpper());
    }

    // Lanes 0 to 3 and 4 to 7 in two vectors, for platforms where eight lanes in one are emulated slowly.
    internal static float RankOfHalves<TKernel>(float* u, float* v, int n)
        where TKernel : struct, ISumKernel
    {
        Vector128<float> low = default, high = default;
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            low += TKernel.Term(Vector128.Load(u + i), Vector128.Load(v + i));
            high += TKernel.Term(Vector128.Load(u + i + 4), Vector128.Load(v + i + 4));
        }

        for (int lane = 0; i < n; lane++, i++)
        {
            float term = TKernel.Term(u[i], v[i]);
            if (lane < 4)
            {
                low = low.WithElement(lane, low.GetElement(lane) + term);
            }
            else
            {
                high = high.WithElement(lane - 4, high.GetElement(lane - 4) + term);
            }
        }

        return Finish<TKernel>(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> LoadTail(float* row, int count)
    {
        float* lanes = stackalloc float[Lanes];
        Vector256<float>.Zero.Store(lanes);
        for (int i = 0; i < count; i++)
        {
            lanes[i] = row[i];
        }

        return Vector256.Load(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish<TKernel>(Vector128<float> low, Vector128<float> high)
        where TKernel : struct, ISumKernel
    {
        Vector128<float> four = low + high;
        float even = four.GetElement(0) + four.GetElement(2);
        float odd = four.GetElement(1) + four.GetElement(3);
        return TKernel.Finish(even + odd);
    }
}
