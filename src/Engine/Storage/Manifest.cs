using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Hypervex.Storage;

/// <summary>One snapshot file as the manifest names it.</summary>
internal readonly record struct SnapshotFile(long Bytes, uint Checksum);

/// <summary>A field's part of a checkpoint; <c>Codes</c> is null when it had none.</summary>
internal readonly record struct FieldSnapshot(uint Field, int Chunks, SnapshotFile File, SnapshotFile? Codes = null);

/// <summary>A checkpoint as the manifest names it (docs/formats/checkpoint.md).</summary>
internal sealed record CheckpointEntry(
    ulong Number,
    ulong Sequence,
    ulong Segment,
    long Offset,
    uint Slots,
    SnapshotFile Records,
    IReadOnlyList<FieldSnapshot> Fields)
{
    /// <summary>No version in the checkpoint has a later clock; 0 = not known.</summary>
    public ulong Clock { get; init; }
}

/// <summary>
/// The content of a partition's manifest: up to where its log is known durable, which compacted segments are in force (by nonce), and the one
/// valid checkpoint, if there is one.
/// </summary>
internal sealed record Manifest(ulong CollectionId, ulong Durable, IReadOnlyList<ulong> Compacted, CheckpointEntry? Checkpoint)
{
    private const string Kind = "manifest";

    /// <summary>Replaces the manifest durably.</summary>
    public void Save(IFileSystem files, string partition)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("collection", DatabasePaths.Hex(CollectionId));
            json.WriteNumber("durable", Durable);
            json.WriteStartArray("compacted");
            foreach (ulong nonce in Compacted)
            {
                json.WriteStringValue(DatabasePaths.Hex(nonce));
            }

            json.WriteEndArray();
            if (Checkpoint is { } checkpoint)
            {
                json.WriteStartObject("checkpoint");
                Write(json, checkpoint);
                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("checkpoint");
            }

            json.WriteEndObject();
        }

        CheckedFile.Replace(files, DatabasePaths.Manifest(partition), Kind, buffer.WrittenSpan);
    }

    /// <summary>Makes the partition forget its checkpoint, durably and in the previous copy too.</summary>
    public void Forget(IFileSystem files, string partition)
    {
        Manifest without = this with { Checkpoint = null };
        without.Save(files, partition);
        without.Save(files, partition);
    }

    /// <summary>Reads the manifest; null when there is none, or neither it nor its previous copy checks.</summary>
    public static Manifest? Load(IFileSystem files, string partition) => Load(files, partition, out _);

    /// <inheritdoc cref="Load(IFileSystem, string)"/>
    /// <param name="files">Where the file is.</param>
    /// <param name="partition">The partition's directory.</param>
    /// <param name="damage">What was wrong with the file when its previous copy stood in for it, else null.</param>
    public static Manifest? Load(IFileSystem files, string partition, out string? damage)
    {
        damage = null;
        try
        {
            byte[]? content = CheckedFile.Read(files, DatabasePaths.Manifest(partition), Kind, out damage);
            if (content is null)
            {
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            JsonElement checkpoint = root.GetProperty("checkpoint");
            return new Manifest(
                ReadHex(root, "collection"),
                root.GetProperty("durable").GetUInt64(),
                root.TryGetProperty("compacted", out JsonElement compacted) ? [.. compacted.EnumerateArray().Select(ReadHex)] : [],
                checkpoint.ValueKind == JsonValueKind.Null ? null : ReadCheckpoint(checkpoint));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or HypervexException { Code: ErrorCode.Damaged })
        {
            return null; // derived: the log is replayed instead
        }
    }

    private static void Write(Utf8JsonWriter json, CheckpointEntry checkpoint)
    {
        json.WriteNumber("number", checkpoint.Number);
        json.WriteNumber("sequence", checkpoint.Sequence);
        json.WriteString("segment", DatabasePaths.Hex(checkpoint.Segment));
        json.WriteNumber("offset", checkpoint.Offset);
        json.WriteNumber("slots", checkpoint.Slots);
        json.WriteNumber("clock", checkpoint.Clock);
        json.WriteStartObject("records");
        WriteFile(json, checkpoint.Records);
        json.WriteEndObject();
        json.WriteStartArray("fields");
        foreach (FieldSnapshot field in checkpoint.Fields)
        {
            json.WriteStartObject();
            json.WriteNumber("field", field.Field);
            json.WriteNumber("chunks", field.Chunks);
            WriteFile(json, field.File);
            if (field.Codes is { } codes)
            {
                json.WriteStartObject("codes");
                WriteFile(json, codes);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static CheckpointEntry ReadCheckpoint(JsonElement root) => new(
        root.GetProperty("number").GetUInt64(),
        root.GetProperty("sequence").GetUInt64(),
        ReadHex(root, "segment"),
        root.GetProperty("offset").GetInt64(),
        root.GetProperty("slots").GetUInt32(),
        ReadFile(root.GetProperty("records")),
        [.. root.GetProperty("fields").EnumerateArray().Select(ReadField)])
    {
        Clock = root.TryGetProperty("clock", out JsonElement clock) ? clock.GetUInt64() : 0,
    };

    private static FieldSnapshot ReadField(JsonElement field) => new(
        field.GetProperty("field").GetUInt32(),
        field.GetProperty("chunks").GetInt32(),
        ReadFile(field),
        field.TryGetProperty("codes", out JsonElement codes) ? ReadFile(codes) : null);

    private static void WriteFile(Utf8JsonWriter json, SnapshotFile file)
    {
        json.WriteNumber("bytes", file.Bytes);
        json.WriteString("crc32c", file.Checksum.ToString("x8", CultureInfo.InvariantCulture));
    }

    private static SnapshotFile ReadFile(JsonElement element) => new(
        element.GetProperty("bytes").GetInt64(),
        uint.Parse(element.GetProperty("crc32c").GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    private static ulong ReadHex(JsonElement root, string name) => ReadHex(root.GetProperty(name));

    private static ulong ReadHex(JsonElement element) => DatabasePaths.TryParseHex(element.GetString(), out ulong value) ? value : throw new FormatException();
}
