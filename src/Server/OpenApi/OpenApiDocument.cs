using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Server.Http;
using Hypervex.Wire;

namespace Hypervex.Server.OpenApi;

/// <summary>
/// The description of the API by OpenAPI 3.1: paths, methods and parameters from the route table, schemas from the wire's messages, words and examples from
/// <see cref="OperationTable"/>.
/// Thread safety: pure functions.
/// </summary>
internal static class OpenApiDocument
{
    private static readonly JsonWriterOptions _indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document, in UTF-8.</summary>
    /// <param name="routes">All routes.</param>
    public static byte[] Write(RouteTable routes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, _indented))
        {
            Create(routes).WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static JsonObject Create(RouteTable routes)
    {
        var schemas = new Schemas();
        JsonObject paths = Paths(routes, schemas);
        JsonNode problem = schemas.Refer(WireJson.Default.ProblemMessage);
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Hypervex",
                ["version"] = "1",
                ["description"] = "A vector database over HTTP. Errors are problem details (RFC 9457) with a stable code. Without keys the server answers on loopback only, and needs none; with keys each call but the probes needs one.",
            },
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject { ["apiKey"] = new JsonArray() }, new JsonObject()),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.ToJson(),
                ["responses"] = new JsonObject
                {
                    ["Problem"] = new JsonObject { ["description"] = "An error; code says which.", ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = problem } } },
                },
                ["securitySchemes"] = new JsonObject
                {
                    ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" },
                    ["apiKey"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "x-api-key" },
                },
            },
        };
    }

    // In the order of the operations' table, in which the examples work.
    private static JsonObject Paths(RouteTable routes, Schemas schemas)
    {
        var paths = new JsonObject();
        Dictionary<string, int> order = OperationTable.Keys.Select((key, i) => (key, i)).ToDictionary(pair => pair.key, pair => pair.i, StringComparer.Ordinal);
        foreach (Route route in routes.All.OrderBy(route => order.GetValueOrDefault(OperationTable.KeyOf(route), int.MaxValue)).ThenBy(route => route.Number))
        {
            if (OperationTable.Find(route) is not { } operation)
            {
                continue;
            }

            if (paths[route.Path] is not JsonObject item)
            {
                paths.Add(route.Path, item = []);
            }

            item.Add(route.Method.ToLowerInvariant(), Describe(route, operation, schemas));
        }

        return paths;
    }

    private static JsonObject Describe(Route route, Operation operation, Schemas schemas)
    {
        var described = new JsonObject
        {
            ["operationId"] = operation.Id,
            ["tags"] = new JsonArray(operation.Tag),
            ["summary"] = operation.Summary,
        };
        if (route.Access == Access.Open)
        {
            described["security"] = new JsonArray();
        }

        string[] segments = [.. route.Path.Split('/').Where(segment => segment.StartsWith('{')).Select(segment => segment[1..^1])];
        if (segments.Length + route.Query.Count > 0)
        {
            described["parameters"] = new JsonArray([.. segments.Select(Parameters.OfPath), .. route.Query.Select(Parameters.OfQuery)]);
        }

        if (operation.Requests.Count + operation.OtherBodies.Count > 0)
        {
            described["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Bodies(operation, schemas) };
        }

        described["responses"] = Responses(operation, schemas);
        return described;
    }

    private static JsonObject Bodies(Operation operation, Schemas schemas)
    {
        var bodies = new JsonObject();
        if (operation.Requests.Count > 0)
        {
            bodies[RequestBody.Json] = new JsonObject { ["schema"] = schemas.Refer(operation.Requests) };
        }

        foreach ((string type, string what) in operation.OtherBodies)
        {
            bodies[type] = new JsonObject { ["schema"] = new JsonObject { ["description"] = what } };
        }

        if (operation.Examples.Count > 0)
        {
            bool isJson = operation.ExampleType == RequestBody.Json;
            bodies[operation.ExampleType]!["examples"] = new JsonObject(operation.Examples.Select(example =>
                KeyValuePair.Create(example.Key, (JsonNode?)new JsonObject { ["value"] = isJson ? JsonNode.Parse(example.Value) : JsonValue.Create(example.Value) })));
        }

        return bodies;
    }

    private static JsonObject Responses(Operation operation, Schemas schemas)
    {
        var responses = new JsonObject { [Text(operation.Status)] = Success(operation, operation.Status == 204 ? "Done; the answer is empty." : "Done.", schemas) };
        foreach ((int status, string meaning) in operation.OtherStatuses)
        {
            responses[Text(status)] = Success(operation, meaning, schemas);
        }

        responses["default"] = new JsonObject { ["$ref"] = "#/components/responses/Problem" };
        return responses;
    }

    private static JsonObject Success(Operation operation, string description, Schemas schemas)
    {
        var success = new JsonObject { ["description"] = description };
        if (operation.AnswerType is { } type)
        {
            JsonNode schema = operation.Answers.Count > 0 ? schemas.Refer(operation.Answers) : new JsonObject();
            success["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = schema } };
        }

        return success;
    }

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
