using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Quantization;

/// <summary>
/// Half a byte per component: u = 0 to 15 stands for u - 7.5 steps, so that all sixteen values are used evenly. Each
/// 32 bytes hold 64 components, the first 32 in the low halves and the next in the high ones; a last group of 16 bytes holds
/// 32 in the same way. Padding meets zeros of the query.
/// </summary>
internal readonly unsafe struct FourBits : ICodeWidth
{
    private const int Granule = 16;
    private const byte LowHalf = 0x0F;

    /// <inheritdoc/>
    public static int Bits => 4;

    /// <inheritdoc/>
    public static float Offset => 7.5f;

    /// <inheritdoc/>
    public static (float Low, float High) Range => (0, 15);

    /// <inheritdoc/>
    public static int MaxQuery => 127;

    /// <inheritdoc/>
    public static int CodeBytes(int dimension) => (dimension + (2 * Granule) - 1) / (2 * Granule) * Granule;

    /// <inheritdoc/>
    public static int QueryLength(int dimension) => 2 * CodeBytes(dimension);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(byte* code, sbyte* query, int bytes)
    {
        Vector256<byte> mask = Vector256.Create(LowHalf);
        Vector256<int> sum0 = default, sum1 = default;
        int i = 0;
        for (; i <= bytes - 32; i += 32)
        {
            Vector256<byte> halves = Vector256.Load(code + i);
            sum0 = ByteDot.Add(sum0, halves & mask, Vector256.Load(query + (2 * i)));
            sum1 = ByteDot.Add(sum1, (halves.AsUInt16() >> 4).AsByte() & mask, Vector256.Load(query + (2 * i) + 32));
        }

        sum0 += sum1;
        Vector128<int> sum = sum0.GetLower() + sum0.GetUpper();
        if (i < bytes)
        {
            Vector128<byte> halves = Vector128.Load(code + i);
            sum = ByteDot.Add(sum, halves & mask.GetLower(), Vector128.Load(query + (2 * i)));
            sum = ByteDot.Add(sum, (halves.AsUInt16() >> 4).AsByte() & mask.GetLower(), Vector128.Load(query + (2 * i) + 16));
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
            Vector256<sbyte> low = Vector256.Load(query + (2 * i));
            Vector256<sbyte> high = Vector256.Load(query + (2 * i) + 32);
            sum0 = Add(sum0, Vector256.Load(code0 + i), low, high);
            sum1 = Add(sum1, Vector256.Load(code1 + i), low, high);
            sum2 = Add(sum2, Vector256.Load(code2 + i), low, high);
            sum3 = Add(sum3, Vector256.Load(code3 + i), low, high);
        }

        Vector128<int> half0 = sum0.GetLower() + sum0.GetUpper();
        Vector128<int> half1 = sum1.GetLower() + sum1.GetUpper();
        Vector128<int> half2 = sum2.GetLower() + sum2.GetUpper();
        Vector128<int> half3 = sum3.GetLower() + sum3.GetUpper();
        if (i < bytes)
        {
            Vector128<sbyte> low = Vector128.Load(query + (2 * i));
            Vector128<sbyte> high = Vector128.Load(query + (2 * i) + 16);
            half0 = Add(half0, Vector128.Load(code0 + i), low, high);
            half1 = Add(half1, Vector128.Load(code1 + i), low, high);
            half2 = Add(half2, Vector128.Load(code2 + i), low, high);
            half3 = Add(half3, Vector128.Load(code3 + i), low, high);
        }

        return ByteDot.Sums(half0, half1, half2, half3);
    }

    /// <inheritdoc/>
    public static void Arrange(sbyte* query, int length)
    {
        // Read in the order of the components.
    }

    /// <inheritdoc/>
    public static void Pack(byte* components, int bytes, byte* code)
    {
        int i = 0;
        for (; i <= bytes - 32; i += 32)
        {
            Vector256<byte> high = (Vector256.Load(components + (2 * i) + 32).AsUInt16() << 4).AsByte();
            (Vector256.Load(components + (2 * i)) | high).Store(code + i);
        }

        if (i < bytes)
        {
            Vector128<byte> high = (Vector128.Load(components + (2 * i) + 16).AsUInt16() << 4).AsByte();
            (Vector128.Load(components + (2 * i)) | high).Store(code + i);
        }
    }

    /// <inheritdoc/>
    public static float Unpack(byte* code, int bytes, sbyte* query)
    {
        // Twice the value, because it lies between whole numbers: 2 (u - 7.5) = 2u - 15.
        Vector256<sbyte> bias = Vector256.Create((sbyte)15);
        Vector256<byte> mask = Vector256.Create(LowHalf);
        int i = 0;
        for (; i <= bytes - 32; i += 32)
        {
            Vector256<byte> halves = Vector256.Load(code + i);
            Vector256<byte> low = halves & mask;
            Vector256<byte> high = (halves.AsUInt16() >> 4).AsByte() & mask;
            ((low + low).AsSByte() - bias).Store(query + (2 * i));
            ((high + high).AsSByte() - bias).Store(query + (2 * i) + 32);
        }

        if (i < bytes)
        {
            Vector128<byte> halves = Vector128.Load(code + i);
            Vector128<byte> low = halves & mask.GetLower();
            Vector128<byte> high = (halves.AsUInt16() >> 4).AsByte() & mask.GetLower();
            ((low + low).AsSByte() - bias.GetLower()).Store(query + (2 * i));
            ((high + high).AsSByte() - bias.GetLower()).Store(query + (2 * i) + 16);
        }

        return 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add(Vector256<int> sums, Vector256<byte> halves, Vector256<sbyte> low, Vector256<sbyte> high)
    {
        Vector256<byte> mask = Vector256.Create(LowHalf);
        return ByteDot.Add(ByteDot.Add(sums, halves & mask, low), (halves.AsUInt16() >> 4).AsByte() & mask, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Add(Vector128<int> sums, Vector128<byte> halves, Vector128<sbyte> low, Vector128<sbyte> high)
    {
        Vector128<byte> mask = Vector128.Create(LowHalf);
        return ByteDot.Add(ByteDot.Add(sums, halves & mask, low), (halves.AsUInt16() >> 4).AsByte() & mask, high);
    }
}
