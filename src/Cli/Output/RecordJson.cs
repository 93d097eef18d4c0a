using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Output;

/// <summary>Records and hits as JSON, in the shapes of docs/rest.md.</summary>
internal static class RecordJson
{
    /// <summary>A whole record.</summary>
    public static JsonObject Of(VectorRecord record)
    {
        JsonObject json = new() { ["vector_id"] = record.Id };
        if (record.Vector is { } vector)
        {
            json["vector"] = Of(vector);
        }

        if (record.Vectors is { Count: > 0 } fields)
        {
            json["vectors"] = new JsonObject(fields.Select(field => KeyValuePair.Create(field.Key, (JsonNode?)Of(field.Value))));
        }

        json["metadata"] = Of(record.Metadata);
        json["document"] = record.Document;
        if (record.ExpiresAt is { } expiresAt)
        {
            json["expires_at"] = Of(expiresAt);
        }

        json["created_at"] = Of(record.CreatedAt);
        json["updated_at"] = Of(record.UpdatedAt);
        json["version"] = record.Version.ToString();
        return json;
    }

    /// <summary>A hit with the parts of its record that were asked for.</summary>
    public static JsonObject Of(SearchHit hit, Include include)
    {
        JsonObject json = new() { ["vector_id"] = hit.Id, ["score"] = hit.Score, ["distance"] = hit.Distance };
        if (include.HasFlag(Include.Metadata))
        {
            json["metadata"] = Of(hit.Record?.Metadata);
        }

        if (include.HasFlag(Include.Document))
        {
            json["document"] = hit.Record?.Document;
        }

        if (include.HasFlag(Include.Vectors) && hit.Record?.Vector is { } vector)
        {
            json["vector"] = Of(vector);
        }

        return json;
    }

    /// <summary>Metadata; an empty object when there is none.</summary>
    public static JsonNode Of(MetadataObject? metadata) =>
        metadata is null ? new JsonObject() : JsonNode.Parse(metadata.ToJson())!;

    private static JsonArray Of(float[] vector) => [.. vector.Select(component => JsonValue.Create(component))];

    private static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);
}
