using System.Globalization;

namespace Hypervex.Collections;

/// <summary>The opaque text of a listing's position: the created sequence of the last record that was returned.</summary>
internal static class ListCursor
{
    private const string Prefix = "c1-";

    public static string Encode(ulong createdSequence) => Prefix + createdSequence.ToString("x", CultureInfo.InvariantCulture);

    public static ulong Decode(string? cursor)
    {
        if (cursor is null)
        {
            return 0;
        }

        return cursor.StartsWith(Prefix, StringComparison.Ordinal)
            && ulong.TryParse(cursor.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong sequence)
            ? sequence
            : throw new HypervexException(ErrorCode.InvalidArgument, "The cursor is not one that a listing returned.");
    }
}
