using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Hypervex.Distances;

/// <summary>
/// The number of bits that differ: the rank, and the distance, of hamming. A component is 32 packed bits that only travel as
/// a float32; nothing is computed with its value as a number. The sums are whole and far below 2^24, so that any order of
/// additions gives the same bits.
/// </summary>
internal readonly unsafe struct DifferingBits : ISumKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FastRank(float* u, float* v, int n) => Fast.Rank<DifferingBits>(u, v, n);

    public static float Rank(float* u, float* v, int n) => Reproducible.Rank<DifferingBits>(u, v, n);

    public static void RankFour(float* u, float* v0, float* v1, float* v2, float* v3, int n, float* ranks) =>
        Reproducible.RankFour<DifferingBits>(u, v0, v1, v2, v3, n, ranks);

    // Bits set in 0 to 15, once for each group of 16 bytes that a shuffle works on.
    private static Vector128<byte> NibbleCounts => Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> sum, Vector512<float> u, Vector512<float> v) =>
        sum + Vector512.ConvertToSingle(Count(u.AsByte() ^ v.AsByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> sum, Vector256<float> u, Vector256<float> v) => sum + Term(u, v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> sum, Vector128<float> u, Vector128<float> v) => sum + Term(u, v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Term(Vector256<float> u, Vector256<float> v) => Vector256.ConvertToSingle(Count(u.AsByte() ^ v.AsByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Term(Vector128<float> u, Vector128<float> v) => Vector128.ConvertToSingle(Count(u.AsByte() ^ v.AsByte()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Term(float u, float v) => BitOperations.PopCount(BitConverter.SingleToUInt32Bits(u) ^ BitConverter.SingleToUInt32Bits(v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Finish(float sum) => sum;

    // Bits set in each group of four bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Count(Vector512<byte> bits)
    {
        if (!Avx512BW.IsSupported)
        {
            return Vector512.Create(Count(bits.GetLower()), Count(bits.GetUpper()));
        }

        Vector512<byte> table = Vector512.Create(Vector256.Create(NibbleCounts, NibbleCounts), Vector256.Create(NibbleCounts, NibbleCounts));
        Vector512<byte> mask = Vector512.Create((byte)0x0F);
        Vector512<byte> low = Avx512BW.Shuffle(table, bits & mask);
        Vector512<byte> high = Avx512BW.Shuffle(table, (bits.AsUInt16() >>> 4).AsByte() & mask);
        Vector512<short> pairs = Avx512BW.MultiplyAddAdjacent(low + high, Vector512<sbyte>.One);
        return Avx512BW.MultiplyAddAdjacent(pairs, Vector512<short>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Count(Vector256<byte> bits)
    {
        if (!Avx2.IsSupported)
        {
            return Vector256.Create(Count(bits.GetLower()), Count(bits.GetUpper()));
        }

        Vector256<byte> table = Vector256.Create(NibbleCounts, NibbleCounts);
        Vector256<byte> mask = Vector256.Create((byte)0x0F);
        Vector256<byte> low = Avx2.Shuffle(table, bits & mask);
        Vector256<byte> high = Avx2.Shuffle(table, (bits.AsUInt16() >>> 4).AsByte() & mask);
        Vector256<short> pairs = Avx2.MultiplyAddAdjacent(low + high, Vector256<sbyte>.One);
        return Avx2.MultiplyAddAdjacent(pairs, Vector256<short>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Count(Vector128<byte> bits)
    {
        if (AdvSimd.IsSupported)
        {
            return AdvSimd.AddPairwiseWidening(AdvSimd.AddPairwiseWidening(AdvSimd.PopCount(bits))).AsInt32();
        }

        // Counts of 2, 4 and 8 bits side by side in one number, then their sum in its highest byte.
        Vector128<uint> x = bits.AsUInt32();
        x -= (x >>> 1) & Vector128.Create(0x5555_5555u);
        x = (x & Vector128.Create(0x3333_3333u)) + ((x >>> 2) & Vector128.Create(0x3333_3333u));
        x = (x + (x >>> 4)) & Vector128.Create(0x0F0F_0F0Fu);
        return ((x * Vector128.Create(0x0101_0101u)) >>> 24).AsInt32();
    }
}
