using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Hypervex.Quantization;

/// <summary>
/// One step of a sum of products of unsigned and signed bytes, by the best instruction there is: VNNI and Arm's dot product
/// sum four products into 32 bits at once; AVX2's multiplies two neighbours into 16 bits, and saturates there.
/// </summary>
internal static class ByteDot
{
    /// <summary>Whether products are summed in 16 bits on the way: then u q + u q must fit them.</summary>
    public static bool SaturatesAt16Bits => !AvxVnni.IsSupported && Ssse3.IsSupported;

    /// <summary>Adds products of groups of four bytes to the sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> u, Vector256<sbyte> q)
    {
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sums, u, q);
        }

        if (Avx2.IsSupported)
        {
            return sums + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(u, q), Vector256<short>.One);
        }

        return Vector256.Create(Add(sums.GetLower(), u.GetLower(), q.GetLower()), Add(sums.GetUpper(), u.GetUpper(), q.GetUpper()));
    }

    /// <summary>Adds products of groups of four bytes to the sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> sums, Vector128<byte> u, Vector128<sbyte> q)
    {
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sums, u, q);
        }

        if (Ssse3.IsSupported)
        {
            return sums + Sse2.MultiplyAddAdjacent(Ssse3.MultiplyAddAdjacent(u, q), Vector128<short>.One);
        }

        if (Dp.IsSupported)
        {
            // u = s + 128 with s signed: the products of 128 are added by a second one.
            Vector128<sbyte> signed = (u ^ Vector128.Create((byte)0x80)).AsSByte();
            Vector128<int> biased = Dp.DotProduct(sums, signed, q);
            Vector128<int> bias = Dp.DotProduct(Vector128<int>.Zero, Vector128<sbyte>.One, q);
            return biased + (bias << 7);
        }

        (Vector128<ushort> uLow, Vector128<ushort> uHigh) = Vector128.Widen(u);
        (Vector128<short> qLow, Vector128<short> qHigh) = Vector128.Widen(q);
        return sums + Products(uLow.AsInt16(), qLow) + Products(uHigh.AsInt16(), qHigh);
    }

    /// <summary>The sums over the lanes of four vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Sums(Vector256<int> sums0, Vector256<int> sums1, Vector256<int> sums2, Vector256<int> sums3) => Sums(
        sums0.GetLower() + sums0.GetUpper(), sums1.GetLower() + sums1.GetUpper(), sums2.GetLower() + sums2.GetUpper(), sums3.GetLower() + sums3.GetUpper());

    /// <summary>The sums over the lanes of four vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Sums(Vector128<int> sums0, Vector128<int> sums1, Vector128<int> sums2, Vector128<int> sums3) => Ssse3.IsSupported
        ? Ssse3.HorizontalAdd(Ssse3.HorizontalAdd(sums0, sums1), Ssse3.HorizontalAdd(sums2, sums3))
        : Vector128.Create(Vector128.Sum(sums0), Vector128.Sum(sums1), Vector128.Sum(sums2), Vector128.Sum(sums3));

    private static Vector128<int> Products(Vector128<short> u, Vector128<short> q)
    {
        (Vector128<int> uLow, Vector128<int> uHigh) = Vector128.Widen(u);
        (Vector128<int> qLow, Vector128<int> qHigh) = Vector128.Widen(q);
        return (uLow * qLow) + (uHigh * qHigh);
    }
}
