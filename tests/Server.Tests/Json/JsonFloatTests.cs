using System.Globalization;
using System.Text;
using Hypervex.Server.Json;

namespace Hypervex.Server.Tests.Json;

/// <summary>The oracle is the runtime's own parser, bit for bit.</summary>
public sealed class JsonFloatTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("1")]
    [InlineData("-1.5")]
    [InlineData("0.1")]
    [InlineData("1e10")]
    [InlineData("1E+10")]
    [InlineData("1e-45")]
    [InlineData("7e-46")]
    [InlineData("1.4e-45")]
    [InlineData("1.17549435e-38")]
    [InlineData("1.1754942e-38")]
    [InlineData("3.4028235e38")]
    [InlineData("3.4028236e38")]
    [InlineData("3.40282356779733661637539395458142568447e38")]
    [InlineData("3.40282356779733661637539395458142568448e38")]
    [InlineData("16777217")]
    [InlineData("16777219")]
    [InlineData("1.00000005960464477539062")]
    [InlineData("1.00000005960464477539063")]
    [InlineData("9007199254740993")]
    [InlineData("123456789012345")]
    [InlineData("1234567890123456")]
    [InlineData("99999999999999999999999999")]
    [InlineData("0.000000000000000000000000000000000000000000001")]
    [InlineData("1e39")]
    [InlineData("-1e400")]
    [InlineData("1e-400")]
    [InlineData("0e999999999999999999999")]
    [InlineData("1e99999999999999999999")]
    public void A_number_is_the_one_that_the_runtime_reads(string text) => AssertSame(text);

    [Fact]
    public void Random_numbers_are_the_ones_that_the_runtime_reads()
    {
        const int Seed = 1;
        var random = new Random(Seed);
        for (int i = 0; i < 200_000; i++)
        {
            float value = BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32));
            if (!float.IsFinite(value))
            {
                continue;
            }

            AssertSame(value.ToString("R", CultureInfo.InvariantCulture));
            AssertSame(((double)value).ToString("E8", CultureInfo.InvariantCulture));
            AssertSame(((random.NextDouble() * 2) - 1).ToString($"F{random.Next(1, 20)}", CultureInfo.InvariantCulture));
            AssertSame($"{random.NextInt64(1L << random.Next(1, 62))}e{random.Next(-50, 40)}");
        }
    }

    [Fact]
    public void Numbers_beside_the_middle_between_two_floats_round_to_the_right_side()
    {
        const int Seed = 2;
        var random = new Random(Seed);
        for (int i = 0; i < 100_000; i++)
        {
            float low = BitConverter.Int32BitsToSingle(random.Next(0x3000_0000, 0x5000_0000));
            double middle = ((double)low + MathF.BitIncrement(low)) / 2;
            AssertSame(middle.ToString("G17", CultureInfo.InvariantCulture));
            AssertSame(middle.ToString("G15", CultureInfo.InvariantCulture));
            AssertSame(Math.BitIncrement(middle).ToString("G17", CultureInfo.InvariantCulture));
            AssertSame(Math.BitDecrement(middle).ToString("G15", CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("1,2", 1)]
    [InlineData("-12.5e+3]", 8)]
    [InlineData("0 ", 1)]
    public void Only_the_numbers_own_bytes_are_taken(string text, int expected) =>
        Assert.Equal(expected, JsonFloat.Read(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1.e5")]
    [InlineData("01")]
    [InlineData("-01")]
    [InlineData("00")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("\"1\"")]
    [InlineData(" 1")]
    public void What_is_no_number_of_json_takes_no_bytes(string text) =>
        Assert.Equal(0, JsonFloat.Read(Encoding.ASCII.GetBytes(text), out _));

    private static void AssertSame(string text)
    {
        float expected = float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        byte[] utf8 = Encoding.ASCII.GetBytes(text);
        int taken = JsonFloat.Read(utf8, out float actual);
        Assert.True(
            taken == utf8.Length && BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(actual),
            $"{text}: expected {expected:R}, found {actual:R} in {taken} bytes");
    }
}
