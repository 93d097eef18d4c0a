using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hypervex.Metadata;

/// <summary>
/// The canonical bytes of metadata: the grammar, with pictures, is docs/formats/metadata.md. One object has exactly one
/// encoding, and no metadata is zero bytes, like an empty object.
/// Thread safety: pure functions.
/// </summary>
internal static class MetadataEncoding
{
    /// <summary>Bytes that <c>Encode</c> will write, 0 to <see cref="Limits.MaxMetadataBytes"/>.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>: more than that.</exception>
    public static int Measure(MetadataObject? metadata)
    {
        long bytes = metadata?.BodyBytes ?? 0;
        MetadataLimits.CheckSize(bytes);
        return (int)bytes;
    }

    /// <summary>Appends the encoding to the output.</summary>
    /// <returns>Bytes written.</returns>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>: larger than the limit; nothing was written.</exception>
    public static int Encode(MetadataObject? metadata, IBufferWriter<byte> output)
    {
        int bytes = Measure(metadata);
        if (bytes > 0)
        {
            Span<byte> target = output.GetSpan(bytes)[..bytes];
            Span<byte> rest = WriteBody(metadata!, target);
            Debug.Assert(rest.IsEmpty, "The measured size is the written size.");
            output.Advance(bytes);
        }

        return bytes;
    }

    /// <summary>The encoding as a new array.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidMetadata"/>: larger than the limit.</exception>
    public static byte[] Encode(MetadataObject? metadata)
    {
        byte[] bytes = new byte[Measure(metadata)];
        if (bytes.Length > 0)
        {
            WriteBody(metadata!, bytes);
        }

        return bytes;
    }

    /// <summary>Writes the encoding into a place that has the measured size.</summary>
    /// <param name="metadata">The object.</param>
    /// <param name="target">byte[<see cref="Measure"/>].</param>
    public static void Write(MetadataObject metadata, Span<byte> target) => WriteBody(metadata, target);

    /// <summary>One value with its tag, without the limit on size; for the operands of filters.</summary>
    public static byte[] EncodeOperand(MetadataValue value)
    {
        byte[] bytes = new byte[value.EncodedBytes];
        WriteValue(value, bytes);
        return bytes;
    }

    /// <summary>Whether the bytes are exactly what the encoder writes for some object. Reads nothing outside of the span.</summary>
    public static bool TryValidate(ReadOnlySpan<byte> encoding, [NotNullWhen(false)] out string? problem)
    {
        var validator = default(MetadataValidator);
        problem = validator.Check(encoding);
        return problem is null;
    }

    /// <summary>Refuses bytes that are not an encoding.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Damaged"/>, with the position.</exception>
    public static void Validate(ReadOnlySpan<byte> encoding)
    {
        if (!TryValidate(encoding, out string? problem))
        {
            throw new HypervexException(ErrorCode.Damaged, $"The bytes are not the canonical encoding of metadata: {problem}");
        }
    }

    /// <summary>The object of an encoding, which is validated first. It can be changed; it shares nothing with the bytes.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Damaged"/>: not an encoding.</exception>
    public static MetadataObject Decode(ReadOnlySpan<byte> encoding)
    {
        Validate(encoding);
        return new MetadataObject(DecodeMembers(encoding), readOnly: false);
    }

    /// <summary>The value of valid bytes.</summary>
    public static MetadataValue Decode(EncodedValue value)
    {
        switch (value.Tag)
        {
            case MetadataTag.Null:
                return MetadataValue.Null;
            case MetadataTag.False or MetadataTag.True:
                return value.Tag == MetadataTag.True;
            case MetadataTag.Integer:
                return value.Integer;
            case MetadataTag.Float:
                return value.Float;
            case MetadataTag.String:
                return Encoding.UTF8.GetString(value.Payload);
            case MetadataTag.Array:
                var items = new List<MetadataValue>();
                for (var cursor = new EncodedItems(value.Payload); cursor.MoveNext();)
                {
                    items.Add(Decode(cursor.Current));
                }

                return new MetadataValue(new MetadataArray([.. items]));
            default:
                return new MetadataObject(DecodeMembers(value.Payload), readOnly: true);
        }
    }

    private static List<KeyValuePair<string, MetadataValue>> DecodeMembers(ReadOnlySpan<byte> body)
    {
        var members = new List<KeyValuePair<string, MetadataValue>>();
        for (var cursor = new EncodedMembers(body); cursor.MoveNext();)
        {
            members.Add(new(Encoding.UTF8.GetString(cursor.Key), Decode(cursor.Value)));
        }

        return members;
    }

    private static Span<byte> WriteBody(MetadataObject members, Span<byte> target)
    {
        foreach ((string key, MetadataValue value) in members.Members)
        {
            target = WriteText(key, target);
            target = WriteValue(value, target);
        }

        return target;
    }

    private static Span<byte> WriteValue(MetadataValue value, Span<byte> target)
    {
        switch (value.Kind)
        {
            case MetadataKind.Null:
                target[0] = MetadataTag.Null;
                return target[1..];
            case MetadataKind.Boolean:
                target[0] = value.AsBoolean() ? MetadataTag.True : MetadataTag.False;
                return target[1..];
            case MetadataKind.Integer:
                target[0] = MetadataTag.Integer;
                BinaryPrimitives.WriteInt64LittleEndian(target[1..], value.AsInteger());
                return target[(1 + MetadataTag.NumberBytes)..];
            case MetadataKind.Float:
                target[0] = MetadataTag.Float;
                BinaryPrimitives.WriteDoubleLittleEndian(target[1..], value.AsDouble());
                return target[(1 + MetadataTag.NumberBytes)..];
            case MetadataKind.String:
                target[0] = MetadataTag.String;
                return WriteText(value.AsString(), target[1..]);
            case MetadataKind.Array:
                target[0] = MetadataTag.Array;
                BinaryPrimitives.WriteUInt32LittleEndian(target[1..], (uint)(value.EncodedBytes - 1 - MetadataTag.LengthBytes));
                target = target[(1 + MetadataTag.LengthBytes)..];
                foreach (MetadataValue item in value.Items)
                {
                    target = WriteValue(item, target);
                }

                return target;
            default:
                target[0] = MetadataTag.Object;
                BinaryPrimitives.WriteUInt32LittleEndian(target[1..], (uint)value.AsObject().BodyBytes);
                return WriteBody(value.AsObject(), target[(1 + MetadataTag.LengthBytes)..]);
        }
    }

    private static Span<byte> WriteText(string text, Span<byte> target)
    {
        int length = Encoding.UTF8.GetBytes(text, target[MetadataTag.LengthBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)length);
        return target[(MetadataTag.LengthBytes + length)..];
    }
}
