using System.Text;

namespace Hypervex.Metadata;

/// <summary>
/// Well-formedness, length and order of .NET strings as if they were UTF-8.
/// Thread safety: pure functions.
/// </summary>
internal static class UnicodeText
{
    /// <summary>UTF-8 that refuses what is not well-formed instead of replacing it.</summary>
    public static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Index of the first surrogate without its partner; -1 when the text is well-formed.</summary>
    public static int IndexOfLoneSurrogate(ReadOnlySpan<char> text)
    {
        int at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        if (at < 0)
        {
            return -1;
        }

        while (at < text.Length)
        {
            if (!char.IsSurrogate(text[at]))
            {
                at++;
            }
            else if (at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]))
            {
                at += 2;
            }
            else
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>
    /// The order of two well-formed texts by their UTF-8 bytes, which is the order by code point. It differs from the ordinal
    /// order of UTF-16 only where a surrogate (a code point above U+FFFF) meets a unit in U+E000 to U+FFFF.
    /// </summary>
    public static int CompareAsUtf8(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int same = left.CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        char a = left[same];
        char b = right[same];
        bool aboveBasicPlane = char.IsSurrogate(a);
        return aboveBasicPlane == char.IsSurrogate(b) ? a.CompareTo(b) : aboveBasicPlane ? 1 : -1;
    }
}
