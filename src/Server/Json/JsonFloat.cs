using System.Globalization;

namespace Hypervex.Server.Json;

/// <summary>
/// Reads one JSON number as the nearest float32, ties to even. Numbers of up to 15 digits and small exponents are computed
/// exactly in float64 (Clinger, "How to read floating point numbers accurately", 1990, the fast path); the rest is left to
/// the runtime's parser. Numbers beyond float32 become infinite.
/// Thread safety: pure functions.
/// </summary>
internal static class JsonFloat
{
    private const int MaxExactDigits = 15;
    private const int MaxExactPowerOfTen = 22;

    private static readonly double[] _powersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads the number at the start of the text.</summary>
    /// <param name="utf8">Text that begins with the number.</param>
    /// <param name="value">The number.</param>
    /// <returns>Bytes that the number takes; 0 when there is no number of JSON's grammar.</returns>
    public static int Read(ReadOnlySpan<byte> utf8, out float value)
    {
        value = 0;
        int at = 0;
        bool negative = utf8.Length > 0 && utf8[0] == '-';
        if (negative)
        {
            at++;
        }

        ulong digits = 0;
        int start = at;
        at = ReadDigits(utf8, at, ref digits);
        int whole = at - start;
        if (whole == 0 || (whole > 1 && utf8[start] == '0'))
        {
            return 0;
        }

        int fraction = 0;
        if (at < utf8.Length && utf8[at] == '.')
        {
            int point = ++at;
            at = ReadDigits(utf8, at, ref digits);
            fraction = at - point;
            if (fraction == 0)
            {
                return 0;
            }
        }

        int exponent = 0;
        if (at < utf8.Length && (utf8[at] | 0x20) == 'e')
        {
            int exponentBytes = ReadExponent(utf8[at..], out exponent);
            if (exponentBytes == 0)
            {
                return 0;
            }

            at += exponentBytes;
        }

        if (whole + fraction > MaxExactDigits || !TryCompute(digits, exponent - fraction, out value))
        {
            value = float.Parse(utf8[..at], NumberStyles.Float, CultureInfo.InvariantCulture);
        }
        else if (negative)
        {
            value = -value;
        }

        return at;
    }

    // More than 19 digits overflow silently; the caller then leaves the number to the runtime's parser.
    private static int ReadDigits(ReadOnlySpan<byte> utf8, int at, ref ulong digits)
    {
        ulong read = digits;
        while (at < utf8.Length && (uint)(utf8[at] - '0') <= 9)
        {
            read = (read * 10) + (uint)(utf8[at] - '0');
            at++;
        }

        digits = read;
        return at;
    }

    private static int ReadExponent(ReadOnlySpan<byte> utf8, out int exponent)
    {
        exponent = 0;
        int at = 1;
        bool negative = at < utf8.Length && utf8[at] == '-';
        if (at < utf8.Length && utf8[at] is (byte)'-' or (byte)'+')
        {
            at++;
        }

        int start = at;
        while (at < utf8.Length && (uint)(utf8[at] - '0') <= 9)
        {
            exponent = Math.Min((exponent * 10) + (utf8[at] - '0'), 100_000);
            at++;
        }

        exponent = negative ? -exponent : exponent;
        return at == start ? 0 : at;
    }

    private static bool TryCompute(ulong digits, int powerOfTen, out float value)
    {
        value = 0;
        if (digits == 0)
        {
            return true;
        }

        if (Math.Abs(powerOfTen) > MaxExactPowerOfTen)
        {
            return false;
        }

        double nearest = powerOfTen < 0 ? digits / _powersOfTen[-powerOfTen] : digits * _powersOfTen[powerOfTen];
        value = (float)nearest;

        // Rounding twice goes wrong only where the float64 lies exactly between two float32 (its lower 29 bits are 1 and 28
        // zeros); below the smallest normal float32 that pattern sits elsewhere.
        const ulong LowerBits = (1UL << 29) - 1;
        const ulong Midpoint = 1UL << 28;
        const float SmallestNormal = 1.17549435e-38f;
        return (BitConverter.DoubleToUInt64Bits(nearest) & LowerBits) != Midpoint && value > SmallestNormal;
    }
}
