using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Checks that the texts in the bytes of a message are UTF-8, as the format asks for. The parser would replace what is not: an id would be another one.
/// It walks over the fields by their lengths and reads nothing but texts; what else is wrong with the bytes is for the parser to say.
/// Thread safety: pure functions.
/// </summary>
internal static class TextCheck
{
    // The parser's own limit; what is deeper it refuses.
    private const int MaxDepth = 100;

    /// <summary>Whether all texts of a message are UTF-8.</summary>
    public static bool IsUtf8(ReadOnlySpan<byte> message, MessageDescriptor descriptor) => IsUtf8(message, descriptor, 0);

    private static bool IsUtf8(ReadOnlySpan<byte> message, MessageDescriptor descriptor, int depth)
    {
        if (depth > MaxDepth)
        {
            return true;
        }

        while (TryReadVarint(ref message, out ulong tag))
        {
            if (!TrySkip(ref message, tag, out ReadOnlySpan<byte> content))
            {
                return true;
            }

            bool isDelimited = WireFormat.GetTagWireType((uint)tag) == WireFormat.WireType.LengthDelimited;
            FieldDescriptor? field = isDelimited ? descriptor.FindFieldByNumber(WireFormat.GetTagFieldNumber((uint)tag)) : null;
            bool isGood = field?.FieldType switch
            {
                FieldType.String => Utf8.IsValid(content),
                FieldType.Message => IsUtf8(content, field.MessageType, depth + 1),
                _ => true,
            };
            if (!isGood)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> message, ulong tag, out ReadOnlySpan<byte> content)
    {
        content = default;
        ulong length;
        switch (WireFormat.GetTagWireType((uint)tag))
        {
            case WireFormat.WireType.Varint:
                return TryReadVarint(ref message, out _);
            case WireFormat.WireType.Fixed32:
                length = sizeof(uint);
                break;
            case WireFormat.WireType.Fixed64:
                length = sizeof(ulong);
                break;
            case WireFormat.WireType.LengthDelimited when TryReadVarint(ref message, out length):
                break;
            default:
                return false;
        }

        if (length > (ulong)message.Length)
        {
            return false;
        }

        content = message[..(int)length];
        message = message[(int)length..];
        return true;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> message, out ulong value)
    {
        const int MostBytes = 10;
        value = 0;
        for (int i = 0; i < message.Length && i < MostBytes; i++)
        {
            value |= (ulong)(message[i] & 0x7F) << (7 * i);
            if (message[i] < 0x80)
            {
                message = message[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
