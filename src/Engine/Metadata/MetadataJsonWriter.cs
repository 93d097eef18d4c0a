using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hypervex.Metadata;

/// <summary>
/// Writes metadata as JSON such that reading it gives the same values: floats always carry a fraction or an exponent.
/// Thread safety: pure functions.
/// </summary>
internal static class MetadataJsonWriter
{
    // The longest shortest-round-trip float64 has 24 characters (-2.2250738585072014E-308); ".0" comes on top of shorter ones.
    private const int LongestNumber = 32;

    private static readonly JsonWriterOptions Readable = new()
    {
        // The text is JSON for people and for APIs, never part of an HTML page as it stands.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string ToJson(MetadataObject metadata) => ToText(writer => Write(writer, metadata));

    public static string ToJson(MetadataValue value) => ToText(writer => Write(writer, value));

    /// <summary>What the action writes, as text without blanks.</summary>
    public static string ToText(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static void Write(Utf8JsonWriter writer, MetadataObject metadata)
    {
        writer.WriteStartObject();
        foreach ((string key, MetadataValue value) in metadata.Members)
        {
            writer.WritePropertyName(key);
            Write(writer, value);
        }

        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, MetadataValue value)
    {
        switch (value.Kind)
        {
            case MetadataKind.Null:
                writer.WriteNullValue();
                break;
            case MetadataKind.Boolean:
                writer.WriteBooleanValue(value.AsBoolean());
                break;
            case MetadataKind.Integer:
                writer.WriteNumberValue(value.AsInteger());
                break;
            case MetadataKind.Float:
                WriteFloat(writer, value.AsDouble());
                break;
            case MetadataKind.String:
                writer.WriteStringValue(value.AsString());
                break;
            case MetadataKind.Array:
                writer.WriteStartArray();
                foreach (MetadataValue item in value.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                Write(writer, value.AsObject());
                break;
        }
    }

    private static void WriteFloat(Utf8JsonWriter writer, double value)
    {
        Span<byte> text = stackalloc byte[LongestNumber];
        Utf8Formatter.TryFormat(value, text, out int length);
        if (text[..length].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(text[length..]);
            length += 2;
        }

        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }
}
