using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hypervex.Server.Http;
using Hypervex.Server.OpenApi;
using Hypervex.Server.Tests.Keys;

namespace Hypervex.Server.Tests.OpenApi;

/// <summary>The description of the API is whole, well-formed, and true.</summary>
public sealed partial class OpenApiTests
{
    private const string Document = "/openapi/v1.json";

    [Fact]
    public async Task Every_route_is_described_and_nothing_else()
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonElement paths = (await server.GetAsync(Document)).Json.GetProperty("paths");
        string[] described = [.. paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"))];
        Assert.Equal(server.Server.Table.All.Select(route => $"{route.Method} {route.Path}").Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.Equal(OperationTable.Keys.Order(StringComparer.Ordinal), server.Server.Table.All.Select(OperationTable.KeyOf).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_parameter_of_a_route_is_described()
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonElement paths = (await server.GetAsync(Document)).Json.GetProperty("paths");
        foreach (Route route in server.Server.Table.All)
        {
            JsonElement operation = paths.GetProperty(route.Path).GetProperty(route.Method.ToLowerInvariant());
            string[] expected = [.. Brace().Matches(route.Path).Select(match => "path " + match.Groups[1].Value), .. route.Query.Select(name => "query " + name)];
            string[] actual = operation.TryGetProperty("parameters", out JsonElement parameters)
                ? [.. parameters.EnumerateArray().Select(parameter => $"{parameter.GetProperty("in").GetString()} {parameter.GetProperty("name").GetString()}")]
                : [];
            Assert.Equal(expected, actual);
            Assert.True(route.ReadsBody || !operation.TryGetProperty("requestBody", out _));
            Assert.Equal(route.Access == Access.Open, operation.TryGetProperty("security", out JsonElement security) && security.GetArrayLength() == 0);
        }
    }

    [Fact]
    public async Task The_document_has_the_structure_of_openapi_3_1()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Empty(OpenApiStructure.Check((await server.GetAsync(Document)).Json));
    }

    [Theory]
    [InlineData("\"openapi\": \"3.1.0\"", "\"openapi\": \"3.0.0\"")]
    [InlineData("\"operationId\": \"search\"", "\"operationId\": \"readStats\"")]
    [InlineData("#/components/schemas/SearchMessage", "#/components/schemas/SearchMessag")]
    [InlineData("\"in\": \"path\"", "\"in\": \"pfad\"")]
    [InlineData("\"required\": true,\n            \"description\": \"The record's id", "\"required\": false,\n            \"description\": \"The record's id")]
    [InlineData("\"description\": \"Done.\"", "\"beschreibung\": \"Done.\"")]
    [InlineData("\"/livez\"", "\"livez\"")]
    [InlineData("\"type\": \"object\"", "\"type\": \"objekt\"")]
    public void The_check_of_the_structure_finds_faults(string right, string wrong)
    {
        string document = RepositoryFiles.Read("docs/openapi.json");
        int at = document.IndexOf(right, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{right} is not in the document");
        string broken = document[..at] + wrong + document[(at + right.Length)..];
        Assert.NotEmpty(OpenApiStructure.Check(JsonDocument.Parse(broken).RootElement));
    }

    [Fact]
    public async Task The_documents_copy_in_docs_is_what_the_server_says()
    {
        await using TestServer server = await TestServer.StartAsync();
        string said = (await server.GetAsync(Document)).Body + "\n";
        if (Environment.GetEnvironmentVariable("HYPERVEX_UPDATE_OPENAPI") == "1")
        {
            await File.WriteAllTextAsync(RepositoryFiles.PathOf("docs/openapi.json"), said);
        }

        Assert.True(said == RepositoryFiles.Read("docs/openapi.json"), "docs/openapi.json is out of step; run this test with HYPERVEX_UPDATE_OPENAPI=1 and look at the difference.");
    }

    [Fact]
    public async Task Every_described_example_gets_the_described_success()
    {
        using var data = new TemporaryData();
        await using KeyServer server = await KeyServer.StartAsync(TestServer.Options with { DataPath = data.Path });
        JsonElement paths = (await server.SendAsync("GET", Document, null, server.Admin)).Json.GetProperty("paths");
        List<(string Path, string Method, JsonElement Operation)> operations =
            [.. paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => (path.Name, method.Name, method.Value)))];

        // What ends something comes last, and the collection behind what is in it.
        IEnumerable<(string Path, string Method, JsonElement Operation)> inOrder =
            [.. operations.Where(each => each.Method != "delete"), .. operations.Where(each => each.Method == "delete").OrderByDescending(each => each.Path.Length).ThenBy(each => each.Path, StringComparer.Ordinal)];
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        int examples = 0;
        foreach ((string path, string method, JsonElement operation) in inOrder.Where(each => each.Path != "/api/v1/collections/{collection}" || each.Method != "delete").Concat(
            operations.Where(each => each.Path == "/api/v1/collections/{collection}" && each.Method == "delete")))
        {
            foreach ((string? type, string? body) in BodiesOf(operation))
            {
                string target = Brace().Replace(path, match => Uri.EscapeDataString(ids.TryGetValue(match.Groups[1].Value, out string? known) ? known : ExampleOf(operation, match.Groups[1].Value)));
                Answer answer = await server.Test.SendAsync(method.ToUpperInvariant(), target, body is null ? null : Encoding.UTF8.GetBytes(body), type, ("x-api-key", server.Admin));
                int[] expected = [.. operation.GetProperty("responses").EnumerateObject().Where(response => response.Name != "default").Select(response => int.Parse(response.Name, CultureInfo.InvariantCulture))];
                Assert.True(expected.Contains((int)answer.Status), $"{method} {target} {body}: {(int)answer.Status} {answer.Body}");
                Assert.Equal(
                    operation.GetProperty("responses").GetProperty(((int)answer.Status).ToString(CultureInfo.InvariantCulture)).TryGetProperty("content", out JsonElement content) ? content.EnumerateObject().Single().Name : null,
                    answer.ContentHeaders.ContentType?.MediaType);
                if (method == "post" && answer.Status == HttpStatusCode.Created && path == "/api/v1/keys")
                {
                    ids["key"] = answer.Json.GetProperty("id").GetString()!; // the server chooses it
                }

                if (answer.Status == HttpStatusCode.Accepted)
                {
                    await FinishAsync(server, answer, ids);
                }

                examples++;
            }
        }

        Assert.True(examples >= 70, $"only {examples} examples");
    }

    [Fact]
    public async Task Every_key_that_a_body_may_have_is_in_its_schema_and_none_besides()
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonElement document = (await server.GetAsync(Document)).Json;
        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
        {
            // A restore looks for its snapshot before it reads what it is to do with it.
            if (!path.Value.TryGetProperty("post", out JsonElement post) || !post.TryGetProperty("requestBody", out JsonElement body) || path.Name.Contains("{snapshot}", StringComparison.Ordinal)
                || !body.GetProperty("content").TryGetProperty("application/json", out JsonElement json) || !json.GetProperty("schema").TryGetProperty("$ref", out JsonElement reference))
            {
                continue;
            }

            JsonElement schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
            if (!schema.TryGetProperty("properties", out JsonElement properties))
            {
                continue; // the short forms
            }

            // The server's own reader says which keys it knows.
            string target = Brace().Replace(path.Name, "docs");
            await server.PostAsync("/api/v1/collections", """{"name":"docs","dimension":2}""");
            Answer refused = await server.PostAsync(target, """{"no such key":1}""");
            Match known = KnownKeys().Match(refused.Json.GetProperty("detail").GetString()!);
            Assert.True(known.Success, $"{path.Name}: {refused.Body}");
            string[] keys = [.. known.Groups[1].Value.Split(", ").Where(key => key != "ids" || reference.GetString()!.EndsWith("/IdsMessage", StringComparison.Ordinal)).Except(["ids"])];
            Assert.Equal(keys.Order(StringComparer.Ordinal), properties.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task The_page_loads_nothing_from_elsewhere_and_takes_a_key_as_the_browsers_password()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("anyone:" + server.Admin));
        string wrong = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("anyone:" + server.Admin + "0"));
        foreach (string path in (string[])["/openapi", "/openapi/page.js", "/openapi/page.css", Document])
        {
            Answer asked = await server.SendAsync("GET", path, null, key: null);
            Assert.Equal(HttpStatusCode.Unauthorized, asked.Status);
            Assert.Contains("Basic realm=", asked.Header("WWW-Authenticate"), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Test.SendAsync("GET", path, (byte[]?)null, null, ("Authorization", wrong))).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Test.SendAsync("GET", path, (byte[]?)null, null, ("Authorization", "Basic bm8gY29sb24="))).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Test.SendAsync("GET", path, (byte[]?)null, null, ("Authorization", "Basic %%%"))).Status);
            Answer answer = await server.Test.SendAsync("GET", path, (byte[]?)null, null, ("Authorization", basic));
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.StartsWith("default-src 'none'", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.DoesNotContain("innerHTML", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("://", path == Document ? "" : answer.Body, StringComparison.Ordinal);
        }

        // A browser sends the password by itself, so that nothing which does something takes it.
        foreach ((string method, string path) in ((string, string)[])[("GET", "/api/v1/collections"), ("POST", "/api/v1/collections"), ("POST", "/openapi"), ("GET", "/openapi/"), ("GET", "/openapi/v2.json")])
        {
            Answer refused = await server.Test.SendAsync(method, path, method == "POST" ? "{}"u8.ToArray() : null, "application/json", ("Authorization", basic));
            Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
            Assert.DoesNotContain("Basic", refused.Header("WWW-Authenticate"), StringComparison.Ordinal);
        }
    }

    private static async Task FinishAsync(KeyServer server, Answer begun, Dictionary<string, string> ids)
    {
        ids["job"] = begun.Json.GetProperty("id").GetString()!;
        if (begun.Json.TryGetProperty("snapshot", out JsonElement snapshot))
        {
            ids["snapshot"] = snapshot.GetString()!;
        }

        JsonElement job;
        do
        {
            job = (await server.SendAsync("GET", "/api/v1/jobs/" + ids["job"], null, server.Admin)).Json;
        }
        while (job.GetProperty("state").GetString() == "running");
        Assert.True(job.GetProperty("state").GetString() == "done", job.ToString());
    }

    private static (string? Type, string? Body)[] BodiesOf(JsonElement operation)
    {
        if (!operation.TryGetProperty("requestBody", out JsonElement body))
        {
            return [(null, null)];
        }

        (string?, string?)[] bodies =
        [
            .. from media in body.GetProperty("content").EnumerateObject()
               where media.Value.TryGetProperty("examples", out _)
               from example in media.Value.GetProperty("examples").EnumerateObject()
               let value = example.Value.GetProperty("value")
               select ((string?)media.Name, value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()),
        ];
        Assert.True(bodies.Length > 0 || operation.GetProperty("operationId").GetString() == "uploadSnapshot", "a body without an example");
        return bodies;
    }

    private static string ExampleOf(JsonElement operation, string parameter) =>
        operation.GetProperty("parameters").EnumerateArray().Single(each => each.GetProperty("name").GetString() == parameter && each.GetProperty("in").GetString() == "path").GetProperty("example").GetString()!;

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Brace();

    [GeneratedRegex(@"is not known here; known are ([\w, ]+)\.")]
    private static partial Regex KnownKeys();
}
