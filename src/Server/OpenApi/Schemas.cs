using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Hypervex.Wire;

namespace Hypervex.Server.OpenApi;

/// <summary>
/// The schemas of the wire's messages, from their source-generated descriptions, each once under its type's name.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class Schemas
{
    private static readonly JsonSchemaExporterOptions _options = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Complete };
    private readonly SortedDictionary<string, JsonNode> _byName = new(StringComparer.Ordinal);

    /// <summary>A reference to the schema of a message, which is added when it is new.</summary>
    public JsonNode Refer(JsonTypeInfo type)
    {
        string name = type.Type.Name;
        if (!_byName.ContainsKey(name))
        {
            JsonNode schema = JsonSchemaExporter.GetJsonSchemaAsNode(type.Options, type.Type, _options);
            (schema as JsonObject)?.Insert(0, "title", name);
            MoveReferences(schema, "#/components/schemas/" + name);
            _byName.Add(name, schema);
        }

        return new JsonObject { ["$ref"] = "#/components/schemas/" + name };
    }

    /// <summary>A reference to one of several messages.</summary>
    public JsonNode Refer(IReadOnlyList<JsonTypeInfo> types) =>
        types.Count == 1 ? Refer(types[0]) : new JsonObject { ["anyOf"] = new JsonArray([.. types.Select(Refer)]) };

    /// <summary>All schemas by name.</summary>
    public JsonObject ToJson() => new(_byName.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    // A type that comes twice in a message is referred to from the message's root, which is not the document's.
    private static void MoveReferences(JsonNode? node, string root)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array)
            {
                MoveReferences(item, root);
            }
        }
        else if (node is JsonObject members)
        {
            if (members["$ref"] is JsonValue reference)
            {
                members["$ref"] = root + reference.GetValue<string>()[1..];
            }

            foreach ((_, JsonNode? member) in members)
            {
                MoveReferences(member, root);
            }
        }
    }

    // What the types do not say: vectors may be text, and some bodies choose the form of the answer's.
    private static JsonNode Complete(JsonSchemaExporterContext context, JsonNode schema)
    {
        Type type = context.TypeInfo.Type;
        if (type == typeof(float[]))
        {
            return new JsonObject
            {
                ["description"] = "A vector: numbers, or the base64 of little-endian float32 (of bit vectors: of the packed bytes).",
                ["anyOf"] = new JsonArray(
                    new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "number" }, ["minItems"] = 1, ["maxItems"] = Limits.MaxDimension },
                    new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
                    new JsonObject { ["type"] = "null" }),
            };
        }

        if ((type == typeof(SearchMessage) || type == typeof(IdsMessage) || type == typeof(SampleMessage)) && schema is JsonObject message && message["properties"] is JsonObject properties)
        {
            properties["vector_format"] = new JsonObject { ["type"] = new JsonArray("string", "null"), ["enum"] = new JsonArray("array", "base64", null) };
        }

        return schema;
    }
}
