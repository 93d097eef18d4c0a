using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Quantization;

/// <summary>
/// One byte per component: u = 1 to 255 stands for u - 128 steps. Padding meets zeros of the query.
/// </summary>
internal readonly unsafe struct EightBits : ICodeWidth
{
    private const int Granule = 16;

    /// <inheritdoc/>
    public static int Bits => 8;

    /// <inheritdoc/>
    public static float Offset => 128;

    /// <inheritdoc/>
    public static (float Low, float High) Range => (1, 255);

    /// <inheritdoc/>
    public static int MaxQuery => ByteDot.SaturatesAt16Bits ? 63 : 127;

    /// <inheritdoc/>
    public static int CodeBytes(int dimension) => (dimension + Granule - 1) / Granule * Granule;

    /// <inheritdoc/>
    public static int QueryLength(int dimension) => CodeBytes(dimension);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(byte* code, sbyte* query, int bytes)
    {
        Vector256<int> sum0 = default, sum1 = default;
        int i = 0;
        for (; i <= bytes - 64; i += 64)
        {
            sum0 = ByteDot.Add(sum0, Vector256.Load(code + i), Vector256.Load(query + i));
            sum1 = ByteDot.Add(sum1, Vector256.Load(code + i + 32), Vector256.Load(query + i + 32));
        }

        if (i <= bytes - 32)
        {
            sum0 = ByteDot.Add(sum0, Vector256.Load(code + i), Vector256.Load(query + i));
            i += 32;
        }

        sum0 += sum1;
        Vector128<int> sum = sum0.GetLower() + sum0.GetUpper();
        if (i < bytes)
        {
            sum = ByteDot.Add(sum, Vector128.Load(code + i), Vector128.Load(query + i));
        }

        return Vector128.Sum(sum);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> DotFour(byte* code0, byte* code1, byte* code2, byte* code3, sbyte* query, int bytes)
    {
        Vector256<int> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= bytes - 32; i += 32)
        {
            Vector256<sbyte> components = Vector256.Load(query + i);
            sum0 = ByteDot.Add(sum0, Vector256.Load(code0 + i), components);
            sum1 = ByteDot.Add(sum1, Vector256.Load(code1 + i), components);
            sum2 = ByteDot.Add(sum2, Vector256.Load(code2 + i), components);
            sum3 = ByteDot.Add(sum3, Vector256.Load(code3 + i), components);
        }

        Vector128<int> half0 = sum0.GetLower() + sum0.GetUpper();
        Vector128<int> half1 = sum1.GetLower() + sum1.GetUpper();
        Vector128<int> half2 = sum2.GetLower() + sum2.GetUpper();
        Vector128<int> half3 = sum3.GetLower() + sum3.GetUpper();
        if (i < bytes)
        {
            Vector128<sbyte> components = Vector128.Load(query + i);
            half0 = ByteDot.Add(half0, Vector128.Load(code0 + i), components);
            half1 = ByteDot.Add(half1, Vector128.Load(code1 + i), components);
            half2 = ByteDot.Add(half2, Vector128.Load(code2 + i), components);
            half3 = ByteDot.Add(half3, Vector128.Load(code3 + i), components);
        }

        return ByteDot.Sums(half0, half1, half2, half3);
    }

    /// <inheritdoc/>
    public static void Arrange(sbyte* query, int length)
    {
        // Read in the order of the components.
    }

    /// <inheritdoc/>
    public static void Pack(byte* components, int bytes, byte* code) => Buffer.MemoryCopy(components, code, bytes, bytes);

    /// <inheritdoc/>
    public static float Unpack(byte* code, int bytes, sbyte* query)
    {
        bool halve = ByteDot.SaturatesAt16Bits;
        for (int i = 0; i < bytes; i += Granule)
        {
            Vector128<sbyte> signed = (Vector128.Load(code + i) ^ Vector128.Create((byte)0x80)).AsSByte();
            (halve ? signed >> 1 : signed).Store(query + i);
        }

        return halve ? 0.5f : 1;
    }
}
