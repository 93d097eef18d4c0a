namespace Hypervex.Metadata;

/// <summary>
/// The operand of <c>$match</c>: tokens, all of which a text must have; one with a <c>*</c> right behind it stands for every token that begins with it.
/// Invariant: 1 to 64 tokens, each once. Thread safety: immutable.
/// </summary>
internal sealed class TextQuery
{
    private readonly Token[] _tokens;

    private TextQuery(Token[] tokens) => _tokens = tokens;

    public ReadOnlySpan<Token> Tokens => _tokens;

    /// <summary>Reads an operand; null when it has no token, or too many.</summary>
    public static TextQuery? TryRead(ReadOnlySpan<byte> text)
    {
        var tokens = new List<Token>();
        Span<byte> room = stackalloc byte[TextTokens.MaxBytes];
        for (var walk = new TextTokens(text, room); walk.MoveNext();)
        {
            var token = new Token(walk.Current.ToArray(), !walk.Rest.IsEmpty && walk.Rest[0] == '*');
            if (!tokens.Exists(token.IsSame))
            {
                tokens.Add(token);
            }
        }

        return tokens.Count is > 0 and <= Limits.MaxMatchTokens ? new TextQuery([.. tokens]) : null;
    }

    /// <summary>Whether a text has all of the tokens.</summary>
    public bool Matches(ReadOnlySpan<byte> text)
    {
        ulong missing = ulong.MaxValue >> (64 - _tokens.Length);
        Span<byte> room = stackalloc byte[TextTokens.MaxBytes];
        for (var walk = new TextTokens(text, room); missing != 0 && walk.MoveNext();)
        {
            for (int i = 0; i < _tokens.Length; i++)
            {
                missing &= _tokens[i].Holds(walk.Current) ? ~(1UL << i) : ulong.MaxValue;
            }
        }

        return missing == 0;
    }

    /// <summary>A token of the operand.</summary>
    internal sealed class Token(byte[] text, bool isPrefix)
    {
        public ReadOnlySpan<byte> Text => text;

        /// <summary>Whether it stands for all tokens that begin with it.</summary>
        public bool IsPrefix => isPrefix;

        /// <summary>Whether a token of a text is the one that is meant.</summary>
        public bool Holds(ReadOnlySpan<byte> token) => isPrefix ? token.StartsWith(text) : token.SequenceEqual(text);

        public bool IsSame(Token other) => isPrefix == other.IsPrefix && other.Text.SequenceEqual(text);
    }
}
