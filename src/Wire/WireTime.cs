using System.Globalization;

namespace Hypervex.Wire;

/// <summary>
/// Times that a record is given, as text: RFC 3339 with a time zone, and the word for none. Thread safety: pure functions.
/// </summary>
public static class WireTime
{
    /// <summary>What takes the place of a time when a record is never to expire.</summary>
    public const string Never = "never";

    /// <summary>What is expected, for messages.</summary>
    public const string Expected = "a time of RFC 3339 with its offset, like \"2027-01-27T12:00:00Z\", or \"never\"";

    private static readonly string[] _formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads the time at which a record expires; null = never.</summary>
    /// <param name="text">The text.</param>
    /// <param name="time">The time.</param>
    /// <returns>False when the text is neither a time with an offset nor the word for none.</returns>
    public static bool TryReadExpiry(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text == Never)
        {
            return true;
        }

        bool hasOffset = text is { Length: > 6 } && (text[^1] == 'Z' || text[^6] is '+' or '-');
        if (!hasOffset || !DateTimeOffset.TryParseExact(text, _formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset read))
        {
            return false;
        }

        time = read;
        return true;
    }

    /// <summary>The time in UTC, to the millisecond; or the word for none.</summary>
    public static string Write(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? Never;
}
