using System.Buffers.Binary;

namespace Hypervex.Metadata;

/// <summary>
/// A value inside canonical bytes, not decoded: its tag and what follows it (8 bytes of a number, the text of a string, the
/// items of an array, the members of an object; nothing for null, false and true).
/// Thread safety: a view of memory that must not change.
/// </summary>
internal readonly ref struct EncodedValue(byte tag, ReadOnlySpan<byte> payload)
{
    public byte Tag { get; } = tag;

    public ReadOnlySpan<byte> Payload { get; } = payload;

    public long Integer => BinaryPrimitives.ReadInt64LittleEndian(Payload);

    public double Float => BinaryPrimitives.ReadDoubleLittleEndian(Payload);

    /// <summary>
    /// Cuts the first value off. On bytes that were never validated a slice may throw
    /// <see cref="ArgumentOutOfRangeException"/>; it never reads outside of the span.
    /// </summary>
    public static EncodedValue Take(scoped ref ReadOnlySpan<byte> source)
    {
        byte tag = source[0];
        ReadOnlySpan<byte> payload = tag switch
        {
            MetadataTag.Integer or MetadataTag.Float => source.Slice(1, MetadataTag.NumberBytes),
            MetadataTag.String or MetadataTag.Array or MetadataTag.Object => TakeLength(source[1..]),
            _ => [],
        };
        int header = tag >= MetadataTag.String ? 1 + MetadataTag.LengthBytes : 1;
        source = source[(header + payload.Length)..];
        return new EncodedValue(tag, payload);
    }

    /// <summary>The bytes that a length in front of them announces.</summary>
    public static ReadOnlySpan<byte> TakeLength(ReadOnlySpan<byte> source)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(source);
        return source[MetadataTag.LengthBytes..][..checked((int)length)];
    }
}

/// <summary>Walks the items of an array's payload.</summary>
internal ref struct EncodedItems(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    public EncodedValue Current { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        Current = EncodedValue.Take(ref _rest);
        return true;
    }
}

/// <summary>Walks the members of an object's body in key order.</summary>
internal ref struct EncodedMembers(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public ReadOnlySpan<byte> Key { get; private set; }

    public EncodedValue Value { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        Key = EncodedValue.TakeLength(_rest);
        _rest = _rest[(MetadataTag.LengthBytes + Key.Length)..];
        Value = EncodedValue.Take(ref _rest);
        return true;
    }
}
