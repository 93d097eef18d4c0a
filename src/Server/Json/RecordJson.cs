using System.Globalization;
using System.Text.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Json;

/// <summary>
/// Reads and writes records: <c>{"vector_id", "vector", "vectors", "metadata", "document", "expires_at", "created_at", "updated_at",
/// "version"}</c>. On input the last three are ignored, the creation time excepted where an import keeps it.
/// Thread safety: one caller at a time for each reader and writer.
/// </summary>
internal static class RecordJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly KeySet _keys = new("vector_id", "vector", "vectors", "metadata", "document", "created_at", "updated_at", "version", "expires_at");

    /// <summary>The record that the reader stands on; without an id it gets a new one (UUID version 7).</summary>
    public static VectorRecord Read(ref StrictJson json)
    {
        json.ExpectObject();
        string? id = null;
        float[]? vector = null;
        IReadOnlyDictionary<string, float[]>? vectors = null;
        MetadataObject? metadata = null;
        string? document = null;
        DateTimeOffset? expiresAt = null;
        DateTimeOffset createdAt = default;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "vector_id":
                    id = json.ReadString();
                    break;
                case "vector":
                    vector = VectorJson.Read(ref json);
                    break;
                case "vectors":
                    vectors = VectorJson.ReadNamed(ref json);
                    break;
                case "metadata":
                    metadata = ContentJson.ReadMetadata(ref json);
                    break;
                case "document":
                    document = json.ReadString();
                    break;
                case "expires_at":
                    expiresAt = ReadExpiry(ref json, out _);
                    break;
                case "created_at":
                    createdAt = ReadTime(ref json);
                    break;
                default:
                    json.ReadIgnored();
                    break;
            }
        }

        if (vector is null && vectors is null)
        {
            throw json.Fail(ErrorCode.InvalidVector, "the record has no vector; give \"vector\" or \"vectors\".");
        }

        return new VectorRecord
        {
            Id = id ?? NewId(),
            Vector = vector,
            Vectors = vectors,
            Metadata = metadata,
            Document = document,
            ExpiresAt = expiresAt,
            CreatedAt = createdAt,
        };
    }

    /// <summary>A new id: UUID version 7, so that ids made later sort later.</summary>
    public static string NewId() => Guid.CreateVersion7().ToString("D", CultureInfo.InvariantCulture);

    /// <summary>The time at which a record is to expire; null when it is never to, or for null, which says nothing.</summary>
    /// <param name="json">The reader, on the value.</param>
    /// <param name="never">Whether it is said that the record never expires.</param>
    public static DateTimeOffset? ReadExpiry(ref StrictJson json, out bool never)
    {
        never = false;
        if (json.ReadString() is not { } text)
        {
            return null;
        }

        if (!WireTime.TryReadExpiry(text, out DateTimeOffset? time))
        {
            throw json.Fail(ErrorCode.InvalidArgument, $"expected {WireTime.Expected}, found {JsonPath.Quote(text)}.");
        }

        never = time is null;
        return time;
    }

    /// <summary>Writes a record.</summary>
    public static void Write(Utf8JsonWriter writer, VectorRecord record, RecordParts parts, VectorText vectorText)
    {
        writer.WriteStartObject();
        writer.WriteString("vector_id"u8, record.Id);
        WriteParts(writer, record, parts, vectorText);
        if (record.ExpiresAt is { } expiresAt)
        {
            writer.WriteString("expires_at"u8, WireTime.Write(expiresAt));
        }

        writer.WriteString("created_at"u8, FormatTime(record.CreatedAt));
        writer.WriteString("updated_at"u8, FormatTime(record.UpdatedAt));
        writer.WriteString("version"u8, record.Version.ToString());
        writer.WriteEndObject();
    }

    /// <summary>Writes the parts of a record as members of the object that the writer is in.</summary>
    public static void WriteParts(Utf8JsonWriter writer, VectorRecord record, RecordParts parts, VectorText vectorText)
    {
        if (parts.HasFlag(RecordParts.Vector) && record.Vector is { } vector)
        {
            writer.WritePropertyName("vector"u8);
            vectorText.Write(writer, "", vector);
        }

        if (parts.HasFlag(RecordParts.Vectors) && record.Vectors is { Count: > 0 } vectors)
        {
            writer.WriteStartObject("vectors"u8);
            foreach ((string name, float[] named) in vectors)
            {
                writer.WritePropertyName(name);
                vectorText.Write(writer, name, named);
            }

            writer.WriteEndObject();
        }

        if (parts.HasFlag(RecordParts.Metadata))
        {
            writer.WritePropertyName("metadata"u8);
            WriteMetadata(writer, record.Metadata);
        }

        if (parts.HasFlag(RecordParts.Document))
        {
            writer.WriteString("document"u8, record.Document);
        }
    }

    private static void WriteMetadata(Utf8JsonWriter writer, MetadataObject? metadata)
    {
        if (metadata is null)
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }
        else
        {
            metadata.WriteTo(writer);
        }
    }

    private static string FormatTime(DateTimeOffset time) =>
        time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    // A time that cannot be read is as good as none: only an import uses it, and everywhere else it is ignored.
    private static DateTimeOffset ReadTime(ref StrictJson json)
    {
        json.ReadIgnored(); // refuses escaped surrogates without their partner, at which the reader of times throws
        return json.Reader.TokenType == JsonTokenType.String && json.Reader.TryGetDateTimeOffset(out DateTimeOffset time) ? time : default;
    }
}
