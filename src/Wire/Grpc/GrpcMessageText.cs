using System.Text;

namespace Hypervex.Wire;

/// <summary>
/// The text of <c>grpc-message</c>: UTF-8 of which all but printable ASCII, and <c>%</c>, is percent-encoded (gRPC over HTTP/2, "Status-Message").
/// Thread safety: pure functions.
/// </summary>
public static class GrpcMessageText
{
    private const string Digits = "0123456789ABCDEF";

    /// <summary>Encodes a text.</summary>
    public static string Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var encoded = new StringBuilder(text.Length);
        foreach (byte unit in Encoding.UTF8.GetBytes(text))
        {
            if (unit is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)unit);
            }
            else
            {
                encoded.Append('%').Append(Digits[unit >> 4]).Append(Digits[unit & 15]);
            }
        }

        return encoded.ToString();
    }

    /// <summary>A text of which the UTF-8 is no longer than allowed; what is cut off is replaced by dots.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxBytes">Greatest number of bytes, at least 3.</param>
    public static string Shorten(string text, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return text;
        }

        var kept = new StringBuilder();
        int bytes = 3;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
            {
                break;
            }

            kept.Append(rune.ToString());
        }

        return kept.Append("...").ToString();
    }
}
