using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Quantization;

/// <summary>
/// One bit per component, its sign: u = 0 or 1 stands for u - 1/2 steps (RaBitQ, Gao and Long, SIGMOD 2024, arXiv:2405.12497). Bit i of the
/// code is bit i mod 64 of the i / 64-th uint64. A query keeps its eight bits per component, transposed: of each 64 components
/// the lowest bits stand in the first uint64, the signs in the eighth, so that a product is eight counts of bits.
/// </summary>
internal readonly unsafe struct OneBit : ICodeWidth
{
    private const int Block = 64;
    private const int Planes = 8;
    private const int SignPlane = Planes - 1;

    /// <inheritdoc/>
    public static int Bits => 1;

    /// <inheritdoc/>
    public static float Offset => 0.5f;

    /// <inheritdoc/>
    public static (float Low, float High) Range => (0, 1);

    /// <inheritdoc/>
    public static int MaxQuery => 127;

    /// <inheritdoc/>
    public static int CodeBytes(int dimension) => QueryLength(dimension) / 8;

    /// <inheritdoc/>
    public static int QueryLength(int dimension) => (dimension + Block - 1) / Block * Block;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(byte* code, sbyte* query, int bytes)
    {
        int sum = 0;
        ulong* planes = (ulong*)query;
        for (int i = 0; i < bytes; i += sizeof(ulong), planes += Planes)
        {
            ulong bits = Unsafe.ReadUnaligned<ulong>(code + i);
            sum += BitOperations.PopCount(bits & planes[0])
                + (BitOperations.PopCount(bits & planes[1]) << 1)
                + (BitOperations.PopCount(bits & planes[2]) << 2)
                + (BitOperations.PopCount(bits & planes[3]) << 3)
                + (BitOperations.PopCount(bits & planes[4]) << 4)
                + (BitOperations.PopCount(bits & planes[5]) << 5)
                + (BitOperations.PopCount(bits & planes[6]) << 6)
                - (BitOperations.PopCount(bits & planes[SignPlane]) << SignPlane);
        }

        return sum;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> DotFour(byte* code0, byte* code1, byte* code2, byte* code3, sbyte* query, int bytes) =>
        Vector128.Create(Dot(code0, query, bytes), Dot(code1, query, bytes), Dot(code2, query, bytes), Dot(code3, query, bytes));

    /// <inheritdoc/>
    public static void Arrange(sbyte* query, int length)
    {
        for (int i = 0; i < length; i += Block)
        {
            // The highest bits of all bytes are one plane; doubling the bytes brings up the next.
            Vector256<byte> low = Vector256.Load((byte*)query + i);
            Vector256<byte> high = Vector256.Load((byte*)query + i + (Block / 2));
            ulong* planes = (ulong*)(query + i);
            for (int plane = SignPlane; plane >= 0; plane--)
            {
                planes[plane] = low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << (Block / 2));
                low += low;
                high += high;
            }
        }
    }

    /// <inheritdoc/>
    public static void Pack(byte* components, int bytes, byte* code)
    {
        for (int i = 0; i < bytes; i++)
        {
            int bits = 0;
            for (int bit = 0; bit < 8; bit++)
            {
                bits |= components[(8 * i) + bit] << bit;
            }

            code[i] = (byte)bits;
        }
    }

    /// <inheritdoc/>
    public static float Unpack(byte* code, int bytes, sbyte* query)
    {
        // Twice the value, because it lies between whole numbers: 2 (u - 1/2) = 2u - 1.
        for (int i = 0; i < 8 * bytes; i++)
        {
            query[i] = (sbyte)((((code[i / 8] >> (i % 8)) & 1) << 1) - 1);
        }

        return 2;
    }
}
