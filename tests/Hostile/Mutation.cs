using System.Buffers.Binary;
using System.Text;

namespace Hypervex.Hostile.Tests;

/// <summary>
/// Turns valid bytes into others: flipped bits, cut, doubled and moved runs, pieces of other requests, numbers that are too large, nesting that is too deep, text that is no UTF-8,
/// lengths that lie. The same seed makes the same bytes.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class Mutation(Random random, IReadOnlyList<byte[]> others)
{
    private static readonly byte[][] _pieces =
    [
        .. new[]
        {
            "1e999", "-1e999", "1e39", "NaN", "Infinity", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "0", "-0", "-1", "1.5", "2147483648", "null", "true", "\"\"", "{}", "[]",
            "\\ud800", "\\udc00\\ud800", "\\u0000", "\\u", "\"", ",", ":", "}", "]", "{\"a\":", "/*", "//", "../", "%2f", "%00", "%", "\r\n", "\n", "\r\n\r\n", "$or", "$not", "__proto__", "hvx_",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0],
        [0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x0A], [0x0B], [0x0C], [0x12, 0x80],
        [.. Enumerable.Repeat((byte)'[', 2_000)], [.. Enumerable.Repeat("{\"a\":"u8.ToArray(), 500).SelectMany(piece => piece)], [.. Enumerable.Repeat((byte)'9', 400)], [.. Enumerable.Repeat((byte)'x', 5_000)],
        [.. Enumerable.Repeat("2\u0080\u0001"u8.ToArray(), 300).SelectMany(piece => piece)],
    ];

    /// <summary>Other bytes, mostly close to the given ones.</summary>
    public byte[] Of(byte[] valid)
    {
        byte[] bytes = valid;
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            bytes = Once(bytes);
        }

        return bytes;
    }

    private byte[] Once(byte[] bytes)
    {
        int at = random.Next(bytes.Length + 1);
        int end = Math.Min(bytes.Length, at + random.Next(1, 17));
        switch (random.Next(10))
        {
            case 0 or 1 when bytes.Length > 0:
                byte[] flipped = [.. bytes];
                flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 2 when bytes.Length > 0:
                byte[] replaced = [.. bytes];
                replaced[random.Next(replaced.Length)] = (byte)random.Next(256);
                return replaced;
            case 3:
                return bytes[..at];
            case 4:
                return [.. bytes[..at], .. bytes[end..]];
            case 5:
                return [.. bytes[..end], .. bytes[at..]];
            case 6:
                byte[] other = others[random.Next(others.Count)];
                int from = random.Next(other.Length + 1);
                return [.. bytes[..at], .. other[from..Math.Min(other.Length, from + random.Next(1, 200))], .. bytes[end..]];
            case 7:
                return WithNumber(bytes);
            default:
                return [.. bytes[..at], .. _pieces[random.Next(_pieces.Length)], .. bytes[(random.Next(2) == 0 ? at : end)..]];
        }
    }

    // A number, as digits or as four bytes, becomes one that lies.
    private byte[] WithNumber(byte[] bytes)
    {
        int digit = bytes.AsSpan().IndexOfAnyInRange((byte)'0', (byte)'9');
        if (digit >= 0 && random.Next(3) > 0)
        {
            int[] digits = [.. Enumerable.Range(0, bytes.Length).Where(i => char.IsAsciiDigit((char)bytes[i]))];
            int at = digits[random.Next(digits.Length)];
            int end = at;
            while (end < bytes.Length && char.IsAsciiDigit((char)bytes[end]))
            {
                end++;
            }

            return [.. bytes[..at], .. _pieces[random.Next(13)], .. bytes[end..]];
        }

        if (bytes.Length < sizeof(uint))
        {
            return [.. bytes, 0x7F];
        }

        byte[] lying = [.. bytes];
        uint[] lengths = [0, 1, 0x7F, 0xFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x0200_0001, 0x7FC0_0000];
        BinaryPrimitives.WriteUInt32LittleEndian(lying.AsSpan(random.Next(lying.Length - 3)), lengths[random.Next(lengths.Length)]);
        return lying;
    }
}
