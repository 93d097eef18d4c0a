using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Hypervex.Server.Keys;

/// <summary>
/// The text of keys, <c>hvx_&lt;id&gt;_&lt;secret&gt;</c> (docs/formats/keys.md). The secret has 256 random bits, so that a fast hash is enough: nobody can try them.
/// Thread safety: pure functions.
/// </summary>
internal static class KeyText
{
    private const string Prefix = "hvx_";
    private const int IdBytes = 8;
    private const int SecretBytes = 32;
    private const int IdDigits = IdBytes * 2;
    private const int Length = 4 + IdDigits + 1 + (SecretBytes * 2);

    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789abcdef");

    /// <summary>A new id.</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    /// <summary>A new text for a key.</summary>
    public static string New(string id) => $"{Prefix}{id}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))}";

    /// <summary>What is kept of a text.</summary>
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>The id in a text; null when the text is no key.</summary>
    public static string? IdOf(string text)
    {
        bool isKey = text.Length == Length && text.StartsWith(Prefix, StringComparison.Ordinal) && text[Prefix.Length + IdDigits] == '_';
        return isKey && IsId(text.AsSpan(Prefix.Length, IdDigits)) ? text.Substring(Prefix.Length, IdDigits) : null;
    }

    /// <summary>A text without the secrets of the keys in it: what follows <c>hvx_&lt;id&gt;_</c> is replaced by dots.</summary>
    public static string WithoutSecrets(string text)
    {
        for (int at = 0; (at = text.IndexOf(Prefix, at, StringComparison.OrdinalIgnoreCase)) >= 0;)
        {
            at += Prefix.Length;
            int secret = at + IdDigits + 1;
            if (secret < text.Length && text[secret - 1] == '_')
            {
                int end = secret;
                while (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))
                {
                    end++;
                }

                text = string.Concat(text.AsSpan(0, secret), "...", text.AsSpan(end));
            }
        }

        return text;
    }

    /// <summary>Whether a text is spelled like an id.</summary>
    public static bool IsId(ReadOnlySpan<char> text) => text.Length == IdDigits && !text.ContainsAnyExcept(_digits);
}
