using System.Globalization;

namespace Hypervex;

/// <summary>
/// A hybrid logical clock reading (Kulkarni et al., 2014) and the node that took it: 48 bits of milliseconds since the Unix
/// epoch, a 16-bit counter, a 64-bit node id. Ordered by clock, then node. Text form: 32 hexadecimal digits.
/// </summary>
public readonly record struct RecordVersion(ulong Clock, ulong Node) : IComparable<RecordVersion>
{
    /// <inheritdoc/>
    public int CompareTo(RecordVersion other)
    {
        int byClock = Clock.CompareTo(other.Clock);
        return byClock != 0 ? byClock : Node.CompareTo(other.Node);
    }

    /// <summary>Whether <paramref name="left"/> is older.</summary>
    public static bool operator <(RecordVersion left, RecordVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is newer.</summary>
    public static bool operator >(RecordVersion left, RecordVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is older or the same.</summary>
    public static bool operator <=(RecordVersion left, RecordVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is newer or the same.</summary>
    public static bool operator >=(RecordVersion left, RecordVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Clock:x16}{Node:x16}");

    /// <summary>Reads the text form; false when it is not 32 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RecordVersion version)
    {
        version = default;
        if (text.Length != 32
            || !ulong.TryParse(text[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong clock)
            || !ulong.TryParse(text[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong node))
        {
            return false;
        }

        version = new RecordVersion(clock, node);
        return true;
    }
}
