using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Hypervex.Quantization;

namespace Hypervex.Engine.Tests.Quantization;

public sealed unsafe class CodeWidthTests
{
    private const int Seed = 23;
    private const int MaxDimension = 260;

    [Fact]
    public void Products_of_bytes_equal_a_scalar_loop_at_every_dimension() => Check<EightBits>((code, component) => code[component]);

    [Fact]
    public void Products_of_half_bytes_equal_a_scalar_loop_at_every_dimension() => Check<FourBits>(HalfByte);

    [Fact]
    public void Products_of_bits_equal_a_scalar_loop_at_every_dimension() => Check<OneBit>(OfBits);

    [Fact]
    public void A_code_of_bits_comes_back_as_a_query() => CheckUnpacked<OneBit>(OfBits);

    [Fact]
    public void A_code_of_bytes_comes_back_as_a_query() => CheckUnpacked<EightBits>((code, component) => code[component]);

    [Fact]
    public void A_code_of_half_bytes_comes_back_as_a_query() => CheckUnpacked<FourBits>(HalfByte);

    private delegate int ReadComponent(byte* code, int component);

    // Independent of Pack: the layout as documented, 64 components in 32 bytes, a last 32 in 16.
    private static int HalfByte(byte* code, int component)
    {
        int group = component / 64;
        int within = component % 64;
        bool isLast = _lastGroup == group;
        int width = isLast ? 16 : 32;
        byte both = code[(group * 32) + (within % width)];
        return within < width ? both & 15 : both >> 4;
    }

    private static int OfBits(byte* code, int component) => code[component / 8] >> (component % 8) & 1;

    [ThreadStatic]
    private static int _lastGroup;

    private static void Check<TWidth>(ReadComponent read)
        where TWidth : struct, ICodeWidth
    {
        var random = new Random(Seed);
        for (int dimension = 1; dimension <= MaxDimension; dimension++)
        {
            Check<TWidth>(read, random, dimension);
        }
    }

    private static void Check<TWidth>(ReadComponent read, Random random, int dimension)
        where TWidth : struct, ICodeWidth
    {
        int length = TWidth.QueryLength(dimension);
        int bytes = TWidth.CodeBytes(dimension);
        _lastGroup = bytes % 32 == 16 ? bytes / 32 : -1;
        byte* components = stackalloc byte[length];
        byte* code = stackalloc byte[bytes];
        sbyte* query = stackalloc sbyte[length];
        long expected = 0;
        for (int i = 0; i < length; i++)
        {
            // Now and then the extreme values in a row, where 16-bit sums would saturate.
            bool extreme = random.Next(3) == 0;
            components[i] = (byte)(extreme ? TWidth.Range.High : random.Next((int)TWidth.Range.Low, (int)TWidth.Range.High + 1));
            query[i] = i >= dimension ? (sbyte)0 : (sbyte)(extreme ? TWidth.MaxQuery : random.Next(-TWidth.MaxQuery, TWidth.MaxQuery + 1));
            expected += components[i] * query[i];
        }

        TWidth.Pack(components, bytes, code);
        for (int i = 0; i < dimension; i++)
        {
            Assert.Equal(components[i], read(code, i));
        }

        TWidth.Arrange(query, length);
        Assert.Equal(expected, TWidth.Dot(code, query, bytes));
        CheckFour<TWidth>(code, query, bytes, random);
    }

    // The first code beside three others, each behind the one before without padding: no address is aligned.
    private static void CheckFour<TWidth>(byte* code, sbyte* query, int bytes, Random random)
        where TWidth : struct, ICodeWidth
    {
        int length = TWidth.QueryLength(bytes * 8 / TWidth.Bits);
        byte* components = stackalloc byte[length];
        byte* codes = stackalloc byte[(4 * bytes) + 1];
        byte* first = codes + 1;
        new ReadOnlySpan<byte>(code, bytes).CopyTo(new Span<byte>(first, bytes));
        for (int i = 1; i < 4; i++)
        {
            for (int at = 0; at < length; at++)
            {
                components[at] = (byte)random.Next((int)TWidth.Range.Low, (int)TWidth.Range.High + 1);
            }

            TWidth.Pack(components, bytes, first + (i * bytes));
        }

        Vector128<int> products = TWidth.DotFour(first, first + bytes, first + (2 * bytes), first + (3 * bytes), query, bytes);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(TWidth.Dot(first + (i * bytes), query, bytes), products[i]);
        }
    }

    private static void CheckUnpacked<TWidth>(ReadComponent read)
        where TWidth : struct, ICodeWidth
    {
        var random = new Random(Seed);
        byte* code = (byte*)NativeMemory.Alloc(1024);
        sbyte* query = (sbyte*)NativeMemory.Alloc(1024);
        for (int dimension = 1; dimension <= MaxDimension; dimension++)
        {
            int bytes = TWidth.CodeBytes(dimension);
            _lastGroup = bytes % 32 == 16 ? bytes / 32 : -1;
            random.NextBytes(new Span<byte>(code, bytes));
            float units = TWidth.Unpack(code, bytes, query);
            for (int i = 0; i < dimension; i++)
            {
                Assert.Equal((read(code, i) - TWidth.Offset) * units, query[i], 0.5f);
            }
        }

        NativeMemory.Free(code);
        NativeMemory.Free(query);
    }
}
