using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>Name and settings of a collection as an archive describes them (docs/formats/snapshot.md, "Description").</summary>
internal static class SnapshotDescription
{
    public static byte[] Write(CollectionSchema schema)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("name", schema.Name);
            schema.WriteSettings(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The schema that an archive describes, with id and version 0; every setting is in its range.</summary>
    public static CollectionSchema Read(ArchiveReader archive)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(archive.Description);
            JsonElement root = document.RootElement;
            CollectionSchema schema = CollectionSchema.ReadSettings(root.GetProperty("name").GetString()!, 0, 0, root);
            Names.CheckCollection(schema.Name);
            OptionChecks.Check(schema.ToOptions());
            bool idsDiffer = schema.Fields.DistinctBy(field => field.Id).Count() == schema.Fields.Count;
            return idsDiffer && Write(schema).AsSpan().SequenceEqual(archive.Description)
                ? schema
                : throw archive.Bad("the collection's description is not in its canonical form");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw archive.Bad("the collection's description cannot be read");
        }
        catch (HypervexException exception) when (exception.Code != ErrorCode.BadSnapshot)
        {
            throw archive.Bad($"the collection's description is not acceptable ({exception.Message.TrimEnd('.')})");
        }
    }

    /// <summary>What keeps a snapshot from being restored into a collection: a clause, or null when nothing does.</summary>
    public static string? Difference(CollectionSchema snapshot, CollectionSchema target)
    {
        foreach (FieldSchema field in snapshot.Fields)
        {
            if (target.Find(field.Name) is not { } present)
            {
                return $"it has the vector field \"{field.Name}\", which the collection has not";
            }

            string name = field.Name.Length == 0 ? "the vectors" : $"the vectors of \"{field.Name}\"";
            if (field.Options.Metric != present.Options.Metric)
            {
                return $"{name} are for the metric {SchemaNames.Of(field.Options.Metric)} in the snapshot, for {SchemaNames.Of(present.Options.Metric)} in the collection";
            }

            if (field.Options.Curvature != present.Options.Curvature)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{name} are for curvature {field.Options.Curvature} in the snapshot, for {present.Options.Curvature} in the collection");
            }

            if (field.Options.Dimension is { } dimension && present.Options.Dimension is { } expected && dimension != expected)
            {
                return $"{name} have dimension {dimension} in the snapshot, {expected} in the collection";
            }
        }

        FieldSchema? extra = target.Fields.FirstOrDefault(field => snapshot.Find(field.Name) is null);
        return extra is null ? null : $"the collection has the vector field \"{extra.Name}\", which the snapshot has not";
    }
}
