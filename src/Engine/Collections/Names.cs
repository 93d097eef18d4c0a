using System.Text;

namespace Hypervex.Collections;

/// <summary>Checks of the strings that users choose: ids, and names of collections and fields.</summary>
internal static class Names
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>An id as UTF-8, 1 to 512 bytes; every well-formed string is allowed and compared byte by byte.</summary>
    public static byte[] EncodeId(string? id)
    {
        if (string.IsNullOrEmpty(id))
        {
            throw new HypervexException(ErrorCode.InvalidId, "The id is empty; expected 1 to 512 bytes of UTF-8.");
        }

        if (id.Length > Limits.MaxIdBytes || EncodeStrict(id) is not { } bytes || bytes.Length > Limits.MaxIdBytes)
        {
            throw new HypervexException(
                ErrorCode.InvalidId,
                $"The id of {id.Length} characters is longer than {Limits.MaxIdBytes} bytes of UTF-8, or holds a lone surrogate.");
        }

        return bytes;
    }

    /// <summary>A document as UTF-8, at most 1 MB.</summary>
    public static byte[] EncodeDocument(string document)
    {
        if (document.Length > Limits.MaxDocumentBytes || EncodeStrict(document) is not { } bytes || bytes.Length > Limits.MaxDocumentBytes)
        {
            throw new HypervexException(
                ErrorCode.InvalidDocument,
                $"The document of {document.Length} characters is longer than {Limits.MaxDocumentBytes} bytes of UTF-8, or holds a lone surrogate.");
        }

        return bytes;
    }

    /// <summary>
    /// A collection's name: 1 to 128 bytes of letters, digits, and <c>_ - .</c> (not first), so that it reads the same in a path, a
    /// URL and a shell.
    /// </summary>
    public static void CheckCollection(string? name)
    {
        if (!IsPlainName(name))
        {
            throw new HypervexException(
                ErrorCode.InvalidName,
                $"A collection's name has 1 to {Limits.MaxNameBytes} ASCII letters, digits, '_', '-' and '.', and begins with a letter, digit or '_'.");
        }
    }

    /// <summary>A vector field's name: empty for the default field, else as a collection's.</summary>
    public static void CheckField(string? name)
    {
        if (name is null || (name.Length > 0 && !IsPlainName(name)))
        {
            throw new HypervexException(
                ErrorCode.InvalidName,
                $"A vector field's name is empty (the default field) or has 1 to {Limits.MaxNameBytes} ASCII letters, digits, '_', '-' and '.', and begins with a letter, digit or '_'.");
        }
    }

    /// <summary>The name of an indexed metadata field: what a filter may ask about, at most 512 bytes.</summary>
    public static void CheckIndexedField(string? name)
    {
        if (name is null || name.StartsWith('$') || name.Length > Limits.MaxIndexedNameBytes || EncodeStrict(name) is not { Length: <= Limits.MaxIndexedNameBytes })
        {
            throw new HypervexException(
                ErrorCode.InvalidName,
                $"The name of an indexed field is well-formed Unicode of at most {Limits.MaxIndexedNameBytes} bytes of UTF-8 that does not begin with $.");
        }
    }

    /// <summary>Text from bytes that were checked when they were written.</summary>
    public static string Decode(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private static bool IsPlainName(string? name) =>
        name is { Length: > 0 and <= Limits.MaxNameBytes }
        && (char.IsAsciiLetterOrDigit(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    private static byte[]? EncodeStrict(string text)
    {
        try
        {
            return s_strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }
}
