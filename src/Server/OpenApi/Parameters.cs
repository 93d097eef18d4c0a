using System.Text.Json.Nodes;

namespace Hypervex.Server.OpenApi;

/// <summary>
/// What the parameters of paths and queries mean.
/// Thread safety: pure functions.
/// </summary>
internal static class Parameters
{
    private static readonly Dictionary<string, (string Example, string Meaning)> _ofPaths = new(StringComparer.Ordinal)
    {
        ["collection"] = ("docs", "The collection, or an alias of it."),
        ["id"] = ("oak", "The record's id, percent-encoded once."),
        ["field"] = ("lang", "The metadata field."),
        ["alias"] = ("live", "The alias."),
        ["snapshot"] = ("20261122T120000Z-5f0c3a9b.hvsnap", "The snapshot's name."),
        ["job"] = ("5f0c3a9be1d24477", "The job's id."),
        ["key"] = ("5f0c3a9be1d24477", "The key's id, not its text."),
    };

    private static readonly Dictionary<string, (string Schema, string Meaning)> _ofQueries = new(StringComparer.Ordinal)
    {
        ["durability"] = ("""{"type": "string", "enum": ["fsync", "batch", "os"]}""", "When the write is acknowledged."),
        ["vector_format"] = ("""{"type": "string", "enum": ["array", "base64"]}""", "How vectors of the answer are written."),
        ["include"] = ("""{"type": "string"}""", "Parts of the records, separated by commas: metadata, document, vector, vectors."),
        ["limit"] = ("""{"type": "integer", "minimum": 1, "maximum": 10000}""", "Records of the page."),
        ["cursor"] = ("""{"type": "string"}""", "next_cursor of the page before."),
        ["filter"] = ("""{"type": "string"}""", "A filter as JSON: only records that match."),
        ["order_by"] = ("""{"type": "string"}""", "The metadata field whose values order the records."),
        ["order"] = ("""{"type": "string", "enum": ["asc", "desc"]}""", "With order_by: the smallest or the greatest values first."),
        ["from_line"] = ("""{"type": "integer", "minimum": 1}""", "The first line that is written; those before it are passed over."),
        ["top_k"] = ("""{"type": "integer", "minimum": 1, "maximum": 10000}""", "Number of results."),
        ["min_score"] = ("""{"type": "number"}""", "Only results with at least this score."),
        ["radius"] = ("""{"type": "number"}""", "Only results within this distance."),
        ["ef"] = ("""{"type": "integer", "minimum": 1, "maximum": 65536}""", "Width of the beam."),
        ["target_recall"] = ("""{"type": "number", "minimum": 0.5, "maximum": 0.999}""", "The recall to hold, instead of ef."),
        ["exact"] = ("""{"type": "boolean"}""", "Scan exactly."),
        ["oversampling"] = ("""{"type": "number", "minimum": 1, "maximum": 100}""", "How many times top_k candidates are ranked again by full precision at least."),
        ["max_distances"] = ("""{"type": "integer", "minimum": 1}""", "Limit on the records that are compared."),
        ["using"] = ("""{"type": "string"}""", "The vector field; the default one without it."),
        ["timeout_ms"] = ("""{"type": "integer", "minimum": 1, "maximum": 3600000}""", "Stop after this time."),
        ["explain"] = ("""{"type": "boolean"}""", "Say how the results were found."),
    };

    /// <summary>A parameter of a path.</summary>
    public static JsonObject OfPath(string name)
    {
        (string example, string meaning) = _ofPaths[name];
        return new JsonObject
        {
            ["name"] = name,
            ["in"] = "path",
            ["required"] = true,
            ["description"] = meaning,
            ["schema"] = new JsonObject { ["type"] = "string" },
            ["example"] = example,
        };
    }

    /// <summary>A parameter of a query.</summary>
    public static JsonObject OfQuery(string name)
    {
        (string schema, string meaning) = _ofQueries[name];
        return new JsonObject { ["name"] = name, ["in"] = "query", ["description"] = meaning, ["schema"] = JsonNode.Parse(schema) };
    }
}
