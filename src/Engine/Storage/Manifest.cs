using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Hypervex.Storage;

/// <summary>One snapshot file as the manifest names it.</summary>
internal readonly record struct SnapshotFile(long Bytes, uint Checksum);

/// <summary>A field's part of a checkpoint.</summary>
internal readonly record struct FieldSnapshot(uint Field, int Chunks, SnapshotFile File);

/// <summary>The content of a partition's manifest: the one valid checkpoint (docs/formats/checkpoint.md).</summary>
internal sealed record Manifest(
    ulong Checkpoint,
    ulong CollectionId,
    ulong Sequence,
    ulong Segment,
    long Offset,
    uint Slots,
    SnapshotFile Records,
    IReadOnlyList<FieldSnapshot> Fields)
{
    private const string Kind = "manifest";

    /// <summary>Replaces the manifest durably.</summary>
    public void Save(IFileSystem files, string partition)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("checkpoint", Checkpoint);
            json.WriteString("collection", DatabasePaths.Hex(CollectionId));
            json.WriteNumber("sequence", Sequence);
            json.WriteString("segment", DatabasePaths.Hex(Segment));
            json.WriteNumber("offset", Offset);
            json.WriteNumber("slots", Slots);
            json.WriteStartObject("records");
            WriteFile(json, Records);
            json.WriteEndObject();
            json.WriteStartArray("fields");
            foreach (FieldSnapshot field in Fields)
            {
                json.WriteStartObject();
                json.WriteNumber("field", field.Field);
                json.WriteNumber("chunks", field.Chunks);
                WriteFile(json, field.File);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        CheckedFile.Replace(files, DatabasePaths.Manifest(partition), Kind, buffer.WrittenSpan);
    }

    /// <summary>Reads the manifest; null when there is none, or neither it nor its previous copy checks.</summary>
    public static Manifest? Load(IFileSystem files, string partition)
    {
        try
        {
            byte[]? content = CheckedFile.Read(files, DatabasePaths.Manifest(partition), Kind, out _);
            if (content is null)
            {
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            return new Manifest(
                root.GetProperty("checkpoint").GetUInt64(),
                ReadHex(root, "collection"),
                root.GetProperty("sequence").GetUInt64(),
                ReadHex(root, "segment"),
                root.GetProperty("offset").GetInt64(),
                root.GetProperty("slots").GetUInt32(),
                ReadFile(root.GetProperty("records")),
                [.. root.GetProperty("fields").EnumerateArray().Select(field => new FieldSnapshot(field.GetProperty("field").GetUInt32(), field.GetProperty("chunks").GetInt32(), ReadFile(field)))]);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or HypervexException { Code: ErrorCode.Damaged })
        {
            return null; // derived: the log is replayed instead
        }
    }

    /// <summary>Makes the partition forget its checkpoint, durably.</summary>
    public static void Delete(IFileSystem files, string partition)
    {
        string path = DatabasePaths.Manifest(partition);
        files.DeleteFile(path + DatabasePaths.PreviousSuffix);
        files.DeleteFile(path);
        files.SyncDirectory(partition);
    }

    private static void WriteFile(Utf8JsonWriter json, SnapshotFile file)
    {
        json.WriteNumber("bytes", file.Bytes);
        json.WriteString("crc32c", file.Checksum.ToString("x8", CultureInfo.InvariantCulture));
    }

    private static SnapshotFile ReadFile(JsonElement element) => new(
        element.GetProperty("bytes").GetInt64(),
        uint.Parse(element.GetProperty("crc32c").GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    private static ulong ReadHex(JsonElement root, string name) =>
        DatabasePaths.TryParseHex(root.GetProperty(name).GetString(), out ulong value) ? value : throw new FormatException();
}
