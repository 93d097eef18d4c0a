using System.Text;

namespace Hypervex.Server.Http;

/// <summary>
/// The path of a request as it came, still percent-encoded. The server takes it apart itself, because the framework decodes
/// paths in part (not <c>%2F</c>) and removes <c>..</c>, and an id may hold both.
/// Thread safety: pure functions.
/// </summary>
internal static class RawPath
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The path of a request target (origin or absolute form, RFC 9112 section 3.2), without its query.</summary>
    public static string Of(string target)
    {
        ReadOnlySpan<char> path = target;
        int scheme = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            path = path[(scheme + 3)..];
            int slash = path.IndexOf('/');
            path = slash < 0 ? "/" : path[slash..];
        }

        int query = path.IndexOfAny('?', '#');
        return (query < 0 ? path : path[..query]).ToString();
    }

    /// <summary>Decodes a segment's percent-encoding exactly once.</summary>
    /// <returns>The text; null when an escape is broken or the bytes are not UTF-8.</returns>
    public static string? Decode(string segment)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(segment.Length)];
        int count = 0;
        for (int i = 0; i < segment.Length; i++)
        {
            if (segment[i] == '%')
            {
                if (i + 2 >= segment.Length || !char.IsAsciiHexDigit(segment[i + 1]) || !char.IsAsciiHexDigit(segment[i + 2]))
                {
                    return null;
                }

                bytes[count++] = Convert.FromHexString(segment.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                int units = char.IsHighSurrogate(segment[i]) && i + 1 < segment.Length ? 2 : 1;
                count += Encoding.UTF8.GetBytes(segment.AsSpan(i, units), bytes.AsSpan(count));
                i += units - 1;
            }
        }

        try
        {
            return _strictUtf8.GetString(bytes, 0, count);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
