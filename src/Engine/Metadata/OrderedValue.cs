using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Hypervex.Metadata;

/// <summary>
/// A metadata value's place in a listing: false, true, numbers by their value (int64 and float64 without rounding), strings by their UTF-8 bytes. Null, arrays, objects
/// and a field that is not there are missing, which comes last in either direction. Of a string the first 512 bytes count, so that keys and cursors are bounded.
/// Encoding (in cursors): the rank, then nothing, 8 bytes of a number (little-endian), or the bytes of the text.
/// Thread safety: immutable.
/// </summary>
internal readonly struct OrderedValue
{
    /// <summary>Bytes of a string that count.</summary>
    public const int MaxTextBytes = 512;

    private readonly long _bits;
    private readonly byte[]? _text;

    private OrderedValue(ValueRank rank, long bits = 0, byte[]? text = null)
    {
        Rank = rank;
        _bits = bits;
        _text = text;
    }

    /// <summary>What kind of value it is; kinds are listed in this order.</summary>
    public ValueRank Rank { get; }

    /// <summary>The bytes of a string that count.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>The place of a field that is not there.</summary>
    public static OrderedValue Missing { get; } = new(ValueRank.Missing);

    /// <summary>The bytes of a text that count.</summary>
    public static ReadOnlySpan<byte> Shorten(ReadOnlySpan<byte> text) => text.Length > MaxTextBytes ? text[..MaxTextBytes] : text;

    /// <summary>The place of a stored value.</summary>
    public static OrderedValue Of(EncodedValue value) => value.Tag switch
    {
        MetadataTag.False => new OrderedValue(ValueRank.False),
        MetadataTag.True => new OrderedValue(ValueRank.True),
        MetadataTag.Integer => new OrderedValue(ValueRank.Integer, value.Integer),
        MetadataTag.Float => new OrderedValue(ValueRank.Float, BitConverter.DoubleToInt64Bits(value.Float)),
        MetadataTag.String => new OrderedValue(ValueRank.Text, text: Shorten(value.Payload).ToArray()),
        _ => Missing,
    };

    /// <summary>The place of an integer.</summary>
    public static OrderedValue Of(long integer) => new(ValueRank.Integer, integer);

    /// <summary>The place of a finite float.</summary>
    public static OrderedValue Of(double number) => new(ValueRank.Float, BitConverter.DoubleToInt64Bits(number));

    /// <summary>Negative, zero or positive as this one is listed before, beside or after the other.</summary>
    public int CompareTo(in OrderedValue other, bool descending)
    {
        if (Rank == ValueRank.Missing || other.Rank == ValueRank.Missing)
        {
            return (Rank == ValueRank.Missing).CompareTo(other.Rank == ValueRank.Missing);
        }

        int order = CompareUpwards(other);
        return descending ? -order : order;
    }

    /// <summary>Appends the encoding.</summary>
    public void Write(List<byte> target)
    {
        target.Add((byte)Rank);
        if (IsNumber)
        {
            Span<byte> number = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(number, _bits);
            target.AddRange(number);
        }
        else if (_text is not null)
        {
            target.AddRange(_text);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false when it did not write this.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out OrderedValue value)
    {
        value = default;
        if (source.IsEmpty || source[0] > (byte)ValueRank.Missing)
        {
            return false;
        }

        var rank = (ValueRank)source[0];
        ReadOnlySpan<byte> rest = source[1..];
        switch (rank)
        {
            case ValueRank.Integer or ValueRank.Float when rest.Length == sizeof(long):
                value = new OrderedValue(rank, BinaryPrimitives.ReadInt64LittleEndian(rest));
                return rank == ValueRank.Integer || double.IsFinite(BitConverter.Int64BitsToDouble(value._bits));
            case ValueRank.Text when rest.Length <= MaxTextBytes:
                value = new OrderedValue(rank, text: rest.ToArray());
                return true;
            case ValueRank.False or ValueRank.True or ValueRank.Missing when rest.IsEmpty:
                value = new OrderedValue(rank);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The number as a stored value, to compare others with; false when it is none.</summary>
    public bool TryGetNumber(Span<byte> eightBytes, [UnscopedRef] out EncodedValue number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(eightBytes, _bits);
        number = new EncodedValue(Rank == ValueRank.Integer ? MetadataTag.Integer : MetadataTag.Float, eightBytes);
        return IsNumber;
    }

    private bool IsNumber => Rank is ValueRank.Integer or ValueRank.Float;

    private int CompareUpwards(in OrderedValue other)
    {
        if (!IsNumber || !other.IsNumber)
        {
            return Rank != other.Rank ? Rank.CompareTo(other.Rank) : Text.SequenceCompareTo(other.Text);
        }

        double left = BitConverter.Int64BitsToDouble(_bits);
        double right = BitConverter.Int64BitsToDouble(other._bits);
        return (Rank, other.Rank) switch
        {
            (ValueRank.Integer, ValueRank.Integer) => _bits.CompareTo(other._bits),
            (ValueRank.Integer, _) => NumberOrder.Compare(_bits, right),
            (_, ValueRank.Integer) => -NumberOrder.Compare(other._bits, left),
            _ => left.CompareTo(right),
        };
    }
}

/// <summary>Kinds of values in the order in which they are listed; both kinds of numbers are listed by their value.</summary>
internal enum ValueRank : byte
{
    False = 0,
    True = 1,
    Integer = 2,
    Float = 3,
    Text = 4,
    Missing = 5,
}
