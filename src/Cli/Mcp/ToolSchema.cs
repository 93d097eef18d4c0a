using System.Globalization;
using System.Text.Json;

namespace Hypervex.Cli.Mcp;

/// <summary>
/// JSON Schemas of the tools' arguments, put together of properties that several tools have.
/// Thread safety: constants and pure functions.
/// </summary>
internal static class ToolSchema
{
    /// <summary>The name of the collection.</summary>
    public const string Collection = """
        "collection": {"type": "string", "description": "Name or alias of the collection; \"default\" when left out. list_collections names those that there are."}
        """;

    /// <summary>Which records.</summary>
    public const string Filter = """
        "filter": {"type": "object", "description": "Only records whose metadata match, for example {\"lang\": \"en\", \"year\": {\"$gte\": 2020}}. Operators: $eq $ne $gt $gte $lt $lte $in $nin $exists $contains $prefix $match $near $not; $and and $or take arrays of filters."}
        """;

    /// <summary>Which parts of each record.</summary>
    public const string Include = """
        "include": {"type": "array", "items": {"type": "string", "enum": ["metadata", "document", "vector", "vectors"]}, "description": "Parts of each record in the answer beside its id; metadata and document when left out. Vectors are long: ask for them only to compute with them."}
        """;

    /// <summary>The content of a record that is written.</summary>
    public const string Content = """
        "vector": {"type": "array", "items": {"type": "number"}, "description": "The embedding; as many numbers as describe_collection tells as dimension."},
        "vectors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "number"}}, "description": "Embeddings of named vector fields, in collections that have them."},
        "metadata": {"type": "object", "description": "JSON to filter by: strings, numbers, booleans, arrays, objects."},
        "document": {"type": "string", "description": "The text that the vector stands for."}
        """;

    /// <summary>A property that is a whole number.</summary>
    public static string Integer(string name, string description, int least, int most) => string.Create(
        CultureInfo.InvariantCulture, $$"""  "{{name}}": {"type": "integer", "minimum": {{least}}, "maximum": {{most}}, "description": "{{description}}"} """);

    /// <summary>A schema of these properties.</summary>
    /// <param name="required">Names of those that must be given.</param>
    /// <param name="properties">Each as one or more members of an object.</param>
    public static JsonElement Of(string[] required, params string[] properties)
    {
        string names = string.Join(", ", required.Select(name => $"\"{name}\""));
        return JsonElement.Parse($$"""
            {"type": "object", "properties": { {{string.Join(", ", properties)}} }, "required": [{{names}}], "additionalProperties": false}
            """);
    }
}
