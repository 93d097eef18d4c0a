using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hypervex.Server.Tests.OpenApi;

/// <summary>Checks a document against the parts of OpenAPI 3.1 (and of JSON Schema 2020-12) that it uses: what must be there, of which kind, and that references lead somewhere.</summary>
internal static partial class OpenApiStructure
{
    private static readonly string[] _methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    private static readonly string[] _types = ["null", "boolean", "object", "array", "number", "string", "integer"];

    /// <summary>What is wrong; empty when nothing is.</summary>
    public static List<string> Check(JsonElement document)
    {
        var faults = new List<string>();
        void Need(bool holds, string what)
        {
            if (!holds)
            {
                faults.Add(what);
            }
        }

        Need(document.TryGetProperty("openapi", out JsonElement version) && Version().IsMatch(version.GetString()!), "openapi is not 3.1.x");
        Need(document.TryGetProperty("info", out JsonElement info) && IsText(info, "title") && IsText(info, "version"), "info needs title and version");
        Need(document.EnumerateObject().All(member => member.Name is "openapi" or "info" or "servers" or "paths" or "components" or "security" or "tags"), "an unknown member at the root");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
        {
            Need(path.Name.StartsWith('/'), $"the path {path.Name} does not begin with /");
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                string where = $"{operation.Name} {path.Name}";
                Need(_methods.Contains(operation.Name), $"{where}: no method");
                Need(IsText(operation.Value, "operationId") && ids.Add(operation.Value.GetProperty("operationId").GetString()!), $"{where}: operationId is missing or taken");
                CheckParameters(path.Name, operation.Value, where, Need);
                if (operation.Value.TryGetProperty("requestBody", out JsonElement body))
                {
                    Need(body.TryGetProperty("content", out JsonElement content) && content.EnumerateObject().Any(), $"{where}: a body without content");
                    CheckContent(body, where, Need);
                }

                Need(operation.Value.TryGetProperty("responses", out JsonElement responses) && responses.EnumerateObject().Any(), $"{where}: no responses");
                foreach (JsonProperty response in responses.EnumerateObject())
                {
                    Need(response.Name == "default" || Status().IsMatch(response.Name), $"{where}: {response.Name} is no status");
                    Need(response.Value.TryGetProperty("$ref", out _) || IsText(response.Value, "description"), $"{where} {response.Name}: no description");
                    CheckContent(response.Value, where, Need);
                }
            }
        }

        foreach (JsonProperty schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            Need(ComponentName().IsMatch(schema.Name), $"the schema's name {schema.Name}");
            CheckSchema(schema.Value, schema.Name, Need);
        }

        CheckReferences(document, document, Need);
        CheckSecurity(document, Need);
        return faults;
    }

    private static void CheckParameters(string path, JsonElement operation, string where, Action<bool, string> need)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement parameter in operation.TryGetProperty("parameters", out JsonElement parameters) ? parameters.EnumerateArray() : [])
        {
            string name = parameter.GetProperty("name").GetString()!;
            string place = parameter.GetProperty("in").GetString()!;
            need(place is "path" or "query" or "header" or "cookie", $"{where}: {name} is in {place}");
            need(names.Add($"{place} {name}"), $"{where}: {name} is given twice");
            need(parameter.TryGetProperty("schema", out JsonElement schema), $"{where}: {name} has no schema");
            CheckSchema(schema, $"{where} {name}", need);
            need(place != "path" || (path.Contains($"{{{name}}}", StringComparison.Ordinal) && parameter.TryGetProperty("required", out JsonElement required) && required.ValueKind == JsonValueKind.True), $"{where}: {name} must be in the path, and required");
        }

        foreach (Match brace in Brace().Matches(path))
        {
            need(names.Contains("path " + brace.Groups[1].Value), $"{where}: {brace.Value} is not described");
        }
    }

    private static void CheckContent(JsonElement holder, string where, Action<bool, string> need)
    {
        foreach (JsonProperty media in holder.TryGetProperty("content", out JsonElement content) ? content.EnumerateObject() : default)
        {
            need(media.Name.Contains('/'), $"{where}: {media.Name} is no media type");
            need(media.Value.TryGetProperty("schema", out JsonElement schema), $"{where}: {media.Name} has no schema");
            CheckSchema(schema, $"{where} {media.Name}", need);
        }
    }

    private static void CheckSchema(JsonElement schema, string where, Action<bool, string> need)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return;
        }

        need(schema.ValueKind == JsonValueKind.Object, $"{where}: a schema is an object or a boolean");
        foreach (JsonProperty member in schema.EnumerateObject())
        {
            switch (member.Name)
            {
                case "type":
                    IEnumerable<JsonElement> types = member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray() : [member.Value];
                    need(types.All(type => _types.Contains(type.GetString())), $"{where}: {member.Value} is no type");
                    break;
                case "properties":
                    foreach (JsonProperty property in member.Value.EnumerateObject())
                    {
                        CheckSchema(property.Value, $"{where}.{property.Name}", need);
                    }

                    break;
                case "items" or "additionalProperties":
                    CheckSchema(member.Value, $"{where}.{member.Name}", need);
                    break;
                case "anyOf" or "oneOf" or "allOf":
                    foreach (JsonElement choice in member.Value.EnumerateArray())
                    {
                        CheckSchema(choice, $"{where}.{member.Name}", need);
                    }

                    break;
                case "required":
                    need(member.Value.EnumerateArray().All(name => schema.GetProperty("properties").TryGetProperty(name.GetString()!, out _)), $"{where}: required names a property that is none");
                    break;
                default:
                    need(
                        member.Name is "$ref" or "title" or "description" or "enum" or "const" or "default" or "format" or "pattern" or "minimum" or "maximum" or "minItems" or "maxItems" or "contentEncoding",
                        $"{where}: the keyword {member.Name} is not known here");
                    break;
            }
        }
    }

    private static void CheckReferences(JsonElement document, JsonElement element, Action<bool, string> need)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                CheckReferences(document, item, need);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in element.EnumerateObject())
            {
                if (member.Name == "$ref" && member.Value.ValueKind == JsonValueKind.String)
                {
                    need(Leads(document, member.Value.GetString()!), $"{member.Value} leads nowhere");
                }

                CheckReferences(document, member.Value, need);
            }
        }
    }

    private static bool Leads(JsonElement document, string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return false;
        }

        JsonElement at = document;
        foreach (string step in reference[2..].Split('/').Select(step => Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at))
            {
                return false;
            }
        }

        return true;
    }

    private static void CheckSecurity(JsonElement document, Action<bool, string> need)
    {
        JsonElement schemes = document.GetProperty("components").GetProperty("securitySchemes");
        foreach (JsonElement choice in document.GetProperty("security").EnumerateArray())
        {
            need(choice.EnumerateObject().All(scheme => schemes.TryGetProperty(scheme.Name, out _)), "security names a scheme that is none");
        }
    }

    private static bool IsText(JsonElement element, string member) => element.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Length > 0;

    [GeneratedRegex(@"^3\.1\.\d+$")]
    private static partial Regex Version();

    [GeneratedRegex(@"^[1-5]\d\d$")]
    private static partial Regex Status();

    [GeneratedRegex(@"^[A-Za-z0-9._-]+$")]
    private static partial Regex ComponentName();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Brace();
}
