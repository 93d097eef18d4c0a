using System.Globalization;
using System.Text;

namespace Hypervex.Metadata;

/// <summary>
/// Walks the tokens of a text in UTF-8: the longest runs of letters and digits of Unicode, with the marks that follow them, each in one case (the simple
/// mapping of Unicode to upper and from there to lower case, which is that of no language). Nothing is normalised or stemmed. Of a token that is longer than 64 bytes in
/// that form its beginning counts. Allocates nothing. Thread safety: one caller at a time.
/// </summary>
internal ref struct TextTokens(ReadOnlySpan<byte> text, Span<byte> room)
{
    /// <summary>Bytes of a token that count, and of the room that the caller gives.</summary>
    public const int MaxBytes = Limits.MaxTokenBytes;

    private readonly Span<byte> _room = room;
    private ReadOnlySpan<byte> _rest = text;
    private int _length;

    /// <summary>The token; until the next step.</summary>
    public readonly ReadOnlySpan<byte> Current => _room[.._length];

    /// <summary>The text behind the token.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public bool MoveNext()
    {
        _length = 0;
        bool isInside = false;
        bool isCut = false;
        while (!_rest.IsEmpty)
        {
            Rune.DecodeFromUtf8(_rest, out Rune rune, out int bytes);
            bool belongs = Rune.IsLetterOrDigit(rune) || (isInside && IsMark(rune));
            if (isInside && !belongs)
            {
                return true;
            }

            _rest = _rest[bytes..];
            if (belongs)
            {
                isInside = true;
                isCut |= !TryAppend(Fold(rune), isCut);
            }
        }

        return isInside;
    }

    /// <summary>A character in the case in which tokens are compared.</summary>
    public static Rune Fold(Rune rune) => Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune));

    /// <summary>Whether a character belongs to the letter before it.</summary>
    public static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private bool TryAppend(Rune rune, bool isCut)
    {
        if (isCut || !rune.TryEncodeToUtf8(_room[_length..MaxBytes], out int written))
        {
            return false;
        }

        _length += written;
        return true;
    }
}
