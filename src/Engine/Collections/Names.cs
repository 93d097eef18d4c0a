using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Hypervex.Collections;

/// <summary>Checks of the strings that users choose: ids, and names of collections and fields.</summary>
internal static class Names
{
    /// <summary>An id as UTF-8, 1 to 512 bytes; every well-formed string is allowed and compared byte by byte.</summary>
    public static byte[] EncodeId(string? id)
    {
        Span<byte> utf8 = stackalloc byte[Limits.MaxIdBytes];
        return utf8[..EncodeId(id, utf8)].ToArray();
    }

    /// <summary>As <see cref="EncodeId(string?)"/>, into a given place of at least <see cref="Limits.MaxIdBytes"/> bytes; returns the length.</summary>
    public static int EncodeId(string? id, Span<byte> utf8)
    {
        if (string.IsNullOrEmpty(id))
        {
            throw new HypervexException(ErrorCode.InvalidId, "The id is empty; expected 1 to 512 bytes of UTF-8.");
        }

        if (Utf8.FromUtf16(id, utf8[..Limits.MaxIdBytes], out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            throw new HypervexException(
                ErrorCode.InvalidId,
                $"The id of {id.Length} characters is longer than {Limits.MaxIdBytes} bytes of UTF-8, or holds a lone surrogate.");
        }

        return written;
    }

    /// <summary>Bytes that <see cref="EncodeDocument"/> wants as room, at most.</summary>
    public static int MostDocumentBytes(string document) => Math.Min(Limits.MaxDocumentBytes, Encoding.UTF8.GetMaxByteCount(Math.Min(document.Length, Limits.MaxDocumentBytes)));

    /// <summary>A document as UTF-8, at most 1 MB; returns the length.</summary>
    public static int EncodeDocument(string document, Span<byte> utf8)
    {
        if (document.Length > Limits.MaxDocumentBytes
            || Utf8.FromUtf16(document, utf8[..MostDocumentBytes(document)], out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            throw new HypervexException(
                ErrorCode.InvalidDocument,
                $"The document of {document.Length} characters is longer than {Limits.MaxDocumentBytes} bytes of UTF-8, or holds a lone surrogate.");
        }

        return written;
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
        Span<byte> utf8 = stackalloc byte[Limits.MaxIndexedNameBytes];
        if (name is null || name.StartsWith('$') || Utf8.FromUtf16(name, utf8, out _, out _, replaceInvalidSequences: false) != OperationStatus.Done)
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
}
