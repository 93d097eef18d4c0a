using System.Text.Json;

namespace Hypervex.Collections;

/// <summary>A declared field index, as the collection's file names it (docs/formats/database.md).</summary>
internal sealed record FieldIndexSchema(string Field, FieldIndexType Type)
{
    private const string Member = "field_indexes";

    /// <summary>Writes the member <c>field_indexes</c>; nothing when there are none, as before there were any.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<FieldIndexSchema> indexes)
    {
        if (indexes.Count == 0)
        {
            return;
        }

        json.WriteStartArray(Member);
        foreach (FieldIndexSchema index in indexes)
        {
            json.WriteStartObject();
            json.WriteString("field", index.Field);
            json.WriteString("type", SchemaNames.Of(index.Type));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Reads the member <c>field_indexes</c>; what is of another type is an exception of the JSON reader.</summary>
    public static FieldIndexSchema[] Read(JsonElement root) => root.TryGetProperty(Member, out JsonElement indexes)
        ? [.. indexes.EnumerateArray().Select(index => new FieldIndexSchema(index.GetProperty("field").GetString()!, SchemaNames.ParseFieldIndexType(index.GetProperty("type").GetString()!)))]
        : [];
}
