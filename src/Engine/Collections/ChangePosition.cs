using System.Globalization;

namespace Hypervex;

/// <summary>
/// A place between two changes of one collection, from which a watch goes on. Its text is opaque: keep it beside what you made of the changes, and give it back.
/// Layout of the text: <c>p1-</c>, collection, sequence and base, in hexadecimal digits and separated by hyphens.
/// Thread safety: immutable.
/// </summary>
public readonly record struct ChangePosition
{
    private const string Prefix = "p1-";

    internal ChangePosition(ulong collection, ulong sequence, ulong baseSequence)
    {
        Collection = collection;
        Sequence = sequence;
        Base = sequence >= baseSequence ? 0 : baseSequence;
    }

    /// <summary>Before the first change: a watch from here is told of every record that there is, then of every change.</summary>
    public static ChangePosition Beginning => default;

    /// <summary>The sequence of the last change before the place; 0 = none.</summary>
    public ulong Sequence { get; }

    /// <summary>The generated id of the collection; 0 = the beginning of any.</summary>
    internal ulong Collection { get; }

    /// <summary>Deletions up to this sequence need not be told: whoever watches began without any record, and when they were gone already; 0 = none.</summary>
    internal ulong Base { get; }

    /// <summary>The text form; empty for the beginning.</summary>
    public override string ToString() => Collection == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Collection:x}-{Sequence:x}-{Base:x}");

    /// <summary>Reads the text form; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ChangePosition position)
    {
        position = default;
        if (text.IsEmpty)
        {
            return true;
        }

        Span<Range> parts = stackalloc Range[4];
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length..].Split(parts, '-') != 3)
        {
            return false;
        }

        ReadOnlySpan<char> numbers = text[Prefix.Length..];
        if (!TryRead(numbers[parts[0]], out ulong collection) || !TryRead(numbers[parts[1]], out ulong sequence) || !TryRead(numbers[parts[2]], out ulong baseSequence) || collection == 0)
        {
            return false;
        }

        position = new ChangePosition(collection, sequence, baseSequence);
        return true;
    }

    private static bool TryRead(ReadOnlySpan<char> digits, out ulong number) => ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}
