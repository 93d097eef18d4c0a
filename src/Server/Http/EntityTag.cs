namespace Hypervex.Server.Http;

/// <summary>
/// A record's version as an entity tag (RFC 9110, section 8.8.3), and the condition of If-Match.
/// Thread safety: pure functions.
/// </summary>
internal static class EntityTag
{
    /// <summary>The tag of a version: the version in quotes.</summary>
    public static string Of(RecordVersion version) => $"\"{version}\"";

    /// <summary>Whether If-None-Match names a version, or is <c>*</c>; marks of weakness do not count (RFC 9110, section 13.1.2).</summary>
    public static bool IsAmong(string? header, RecordVersion version)
    {
        if (string.IsNullOrEmpty(header))
        {
            return false;
        }

        string tag = Of(version);
        return header.Split(',', StringSplitOptions.TrimEntries).Any(one => one == "*" || (one.StartsWith("W/", StringComparison.Ordinal) ? one[2..] : one) == tag);
    }

    /// <summary>The version that If-Match asks for; null without the header, and for <c>*</c>, which any record fulfils.</summary>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.VersionMismatch"/> for a tag that is no version, which no record can have;
    /// <see cref="ErrorCode.InvalidArgument"/> for several tags.
    /// </exception>
    public static RecordVersion? ParseIfMatch(string? header)
    {
        string? tag = header?.Trim();
        if (string.IsNullOrEmpty(tag) || tag == "*")
        {
            return null;
        }

        if (tag.Contains(','))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "If-Match names several versions; give one.");
        }

        string version = tag.Length >= 2 && tag[0] == '"' && tag[^1] == '"' ? tag[1..^1] : tag;
        return RecordVersion.TryParse(version, out RecordVersion parsed)
            ? parsed
            : throw new HypervexException(ErrorCode.VersionMismatch, "If-Match is not the version of any record; give the ETag of an earlier answer, 32 hexadecimal digits in quotes.");
    }
}
