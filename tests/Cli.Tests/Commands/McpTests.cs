using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Hypervex.Cli.Tests.Commands;

/// <summary><c>hypervex mcp</c> as agents' programs run it: a process of its own, and the client of the protocol's own package.</summary>
public sealed class McpTests : IDisposable
{
    private static readonly string[] s_reading = ["search", "get", "list", "count", "list_collections", "describe_collection"];
    private static readonly string[] s_writing = ["create_collection", "upsert", "update", "delete"];

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task An_agent_fills_an_empty_directory_and_finds_what_it_wrote()
    {
        await using (McpClient client = await ConnectAsync("--data", _sandbox.Data))
        {
            Assert.Equal("hypervex", client.ServerInfo!.Name);
            Assert.Contains("list_collections", client.ServerInstructions!, StringComparison.Ordinal);
            Assert.Equal("""{"collections":[],"aliases":{}}""", (await AnswerAsync(client, "list_collections", "{}")).ToJsonString());
            JsonObject created = await AnswerAsync(client, "create_collection", """{"name": "docs", "dimension": 2, "metric": "l2"}""");
            Assert.Equal(("docs", 0, 2, "l2"), ((string?)created["name"], (int?)created["count"], (int?)created["dimension"], (string?)created["metric"]));

            JsonObject written = await AnswerAsync(client, "upsert", """
                {"collection": "docs", "records": [
                    {"vector_id": "a", "vector": [0, 0], "metadata": {"lang": "en", "year": 2020}, "document": "the first"},
                    {"vector_id": "b", "vector": [1, 0], "metadata": {"lang": "de", "year": 2021}, "document": "der zweite"},
                    {"vector": [5, 0], "metadata": {"lang": "en"}}]}
                """);
            Assert.Equal(3, (int?)written["upserted"]);
            Assert.Equal("a", (string?)written["vector_ids"]![0]);

            JsonObject found = await AnswerAsync(client, "search", """{"collection": "docs", "query_vector": [0.1, 0], "top_k": 2}""");
            Assert.Equal(["a", "b"], found["results"]!.AsArray().Select(hit => (string)hit!["vector_id"]!));
            Assert.Equal("the first", (string?)found["results"]![0]!["document"]);
            Assert.Equal("en", (string?)found["results"]![0]!["metadata"]!["lang"]);
            Assert.Null(found["results"]![0]!["vector"]);
            JsonObject neighbours = await AnswerAsync(client, "search", """{"collection": "docs", "vector_id": "a", "filter": {"lang": "de"}, "include": ["vector"]}""");
            Assert.Equal("""[1,0]""", neighbours["results"]!.AsArray().Single()!["vector"]!.ToJsonString());

            JsonObject updated = await AnswerAsync(client, "update", """{"collection": "docs", "vector_id": "a", "metadata": {"year": null, "seen": true}}""");
            Assert.Equal("""{"lang":"en","seen":true}""", Sorted(updated["metadata"]!));
            Assert.Equal(2, (int?)(await AnswerAsync(client, "count", """{"collection": "docs", "filter": {"lang": "en"}}"""))["count"]);
            Assert.Equal(1, (int?)(await AnswerAsync(client, "delete", """{"collection": "docs", "vector_ids": ["b", "nobody"]}"""))["deleted"]);
            JsonObject read = await AnswerAsync(client, "get", """{"collection": "docs", "vector_ids": ["a", "b"]}""");
            Assert.Equal(("a", "b"), ((string?)read["vectors"]!.AsArray().Single()!["vector_id"], (string?)read["missing"]!.AsArray().Single()));
        }

        // What an agent wrote stays.
        await using McpClient again = await ConnectAsync("--data", _sandbox.Data, "--read-only");
        Assert.Equal(2, (int?)(await AnswerAsync(again, "describe_collection", """{"collection": "docs"}"""))["count"]);
    }

    [Fact]
    public async Task A_server_answers_the_tools_like_the_directory()
    {
        (string Tool, string Arguments)[] calls =
        [
            ("list_collections", "{}"),
            ("describe_collection", "{}"),
            ("count", """{"filter": {"even": true}}"""),
            ("search", """{"query_vector": [41.2, 0], "top_k": 3, "filter": {"even": true}}"""),
            ("search", """{"vector_id": "41", "top_k": 3, "exact": true, "include": ["vector", "metadata"], "min_score": 0.1}"""),
            ("search", """{"query_vector": [1, 2, 3]}"""),
            ("search", """{"vector_id": "nobody"}"""),
            ("search", """{"query_vector": [1, 2], "filter": {"a": {"$what": 1}}}"""),
            ("search", """{"query_vector": [1, 2], "using": "nowhere"}"""),
            ("list", """{"limit": 2, "order_by": "number", "descending": true}"""),
            ("list", """{"cursor": "nonsense"}"""),
            ("get", """{"vector_ids": ["7", "nobody"], "include": ["document"]}"""),
            ("get", """{"collection": "nothing", "vector_ids": ["7"]}"""),
            ("upsert", """{"records": [{"vector_id": "7", "vector": [7, 1], "metadata": {"new": [1, 2.5, {"deep": true}]}, "document": "seven"}]}"""),
            ("upsert", """{"records": [{"vector_id": "8", "vector": [1, 2, 3]}]}"""),
            ("upsert", """{"records": [{"vector_id": "8"}]}"""),
            ("get", """{"vector_ids": ["7", "8"], "include": ["vector", "metadata", "document"]}"""),
            ("update", """{"vector_id": "9", "document": "nine"}"""),
            ("update", """{"vector_id": "nobody", "document": "?"}"""),
            ("delete", """{"vector_ids": ["98", "99", "nobody"]}"""),
            ("create_collection", """{"name": "default"}"""),
            ("create_collection", """{"name": "../x"}"""),
            ("count", "{}"),
        ];
        _sandbox.FillLine(100);
        var answers = new List<string>[] { [], [] };
        await using (McpClient local = await ConnectAsync("--data", _sandbox.Data))
        {
            foreach ((string tool, string arguments) in calls)
            {
                answers[0].Add(Comparable(tool, arguments, await CallAsync(local, tool, arguments)));
            }
        }

        Directory.Delete(_sandbox.Data, recursive: true);
        _sandbox.FillLine(100);
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);
        await using McpClient remote = await ConnectAsync("--url", server.Address);
        foreach ((string tool, string arguments) in calls)
        {
            answers[1].Add(Comparable(tool, arguments, await CallAsync(remote, tool, arguments)));
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Contains(answers[0], answer => answer.Contains("dimension_mismatch", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("search", "{}", "invalid_argument", "either query_vector or vector_id")]
    [InlineData("search", """{"query_vector": [1, 2], "vector_id": "1"}""", "invalid_argument", "either query_vector or vector_id")]
    [InlineData("search", """{"vector": [1, 2]}""", "invalid_argument", "There is no argument \"vector\"; there are collection, query_vector")]
    [InlineData("search", """{"query_vector": "1, 2"}""", "invalid_argument", "query_vector: expected an array of numbers, found a string.")]
    [InlineData("search", """{"query_vector": [1, "2"]}""", "invalid_vector", "query_vector[1]: expected a number, found a string.")]
    [InlineData("search", """{"query_vector": [1, 1e999]}""", "non_finite_vector", "query_vector[1]: 1e999")]
    [InlineData("search", """{"query_vector": [1, 2], "top_k": 0}""", "limit_out_of_range", "top_k: expected a whole number from 1 to 10000, found 0.")]
    [InlineData("search", """{"query_vector": [1, 2], "top_k": 1.5}""", "limit_out_of_range", "found 1.5")]
    [InlineData("search", """{"query_vector": [1, 2], "include": ["everything"]}""", "invalid_argument", "everything")]
    [InlineData("search", """{"query_vector": [1, 2], "filter": {"a": 1, "a": 2}}""", "invalid_json", "same key twice")]
    [InlineData("get", """{}""", "invalid_argument", "\"vector_ids\" is missing")]
    [InlineData("get", """{"vector_ids": [1]}""", "invalid_argument", "vector_ids[0]: expected a string, found a number.")]
    [InlineData("get", """{"vector_ids": ["1"], "collection": "nothing"}""", "collection_not_found", "nothing")]
    [InlineData("upsert", """{"records": [{"vector_id": "x", "vector": [1, 2]}, {"id": "y"}]}""", "invalid_argument", "There is no argument \"records[1].id\"")]
    [InlineData("upsert", """{"records": [{"vector_id": "x", "vector": [1, 2], "metadata": []}]}""", "invalid_argument", "records[0].metadata: expected an object, found an array.")]
    [InlineData("create_collection", """{"name": "x", "metric": "euclid"}""", "invalid_argument", "none of cosine")]
    public async Task What_cannot_be_done_is_an_error_with_our_code_that_says_what_to_do(string tool, string arguments, string code, string part)
    {
        _sandbox.FillLine(3);
        await using McpClient client = await ConnectAsync("--data", _sandbox.Data);

        CallToolResult result = await CallAsync(client, tool, arguments);

        JsonObject error = JsonNode.Parse(Text(result))!["error"]!.AsObject();
        Assert.True(result.IsError);
        Assert.Equal(code, (string?)error["code"]);
        Assert.Contains(part, (string?)error["message"], StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Text(result), StringComparison.Ordinal);
        Assert.Equal(3, (int?)(await AnswerAsync(client, "count", "{}"))["count"]);
    }

    [Fact]
    public async Task Read_only_offers_no_tool_that_writes_and_refuses_their_names()
    {
        _sandbox.FillLine(3);
        await using McpClient reader = await ConnectAsync("--data", _sandbox.Data, "--read-only");

        IList<McpClientTool> tools = await reader.ListToolsAsync();

        Assert.Equal(s_reading.Order(), tools.Select(tool => tool.Name).Order());
        Assert.All(tools, tool => Assert.True(tool.ProtocolTool.Annotations!.ReadOnlyHint));
        foreach (string name in s_writing)
        {
            McpException refused = await Assert.ThrowsAnyAsync<McpException>(() => CallAsync(reader, name, """{"vector_ids": ["1"]}"""));
            Assert.Contains("read-only", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(3, (int?)(await AnswerAsync(reader, "count", "{}"))["count"]);
    }

    [Fact]
    public async Task Every_tool_describes_itself_and_each_of_its_arguments()
    {
        await using McpClient client = await ConnectAsync("--data", _sandbox.Data);

        IList<McpClientTool> tools = await client.ListToolsAsync();

        Assert.Equal(s_reading.Concat(s_writing).Order(), tools.Select(tool => tool.Name).Order());
        foreach (McpClientTool tool in tools)
        {
            Assert.True(tool.Description.Length > 40, tool.Name);
            Assert.Equal("object", tool.JsonSchema.GetProperty("type").GetString());
            Assert.Equal(s_reading.Contains(tool.Name), tool.ProtocolTool.Annotations!.ReadOnlyHint);
            foreach (JsonProperty argument in tool.JsonSchema.GetProperty("properties").EnumerateObject())
            {
                Assert.True(argument.Value.GetProperty("description").GetString()!.Length > 10, $"{tool.Name}.{argument.Name}");
            }

            Assert.All(tool.JsonSchema.GetProperty("required").EnumerateArray(), name => Assert.True(tool.JsonSchema.GetProperty("properties").TryGetProperty(name.GetString()!, out _)));
        }
    }

    [Fact]
    public async Task Calls_beside_each_other_get_each_its_own_answer()
    {
        _sandbox.FillLine(100);
        await using McpClient client = await ConnectAsync("--data", _sandbox.Data);

        JsonObject[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => AnswerAsync(client, "get", $$"""{"vector_ids": ["{{i}}"]}""")));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"point {i}"), answers.Select(answer => (string)answer["vectors"]![0]!["document"]!));
    }

    [Fact]
    public async Task Nothing_but_messages_of_the_protocol_is_on_stdout_and_the_end_of_stdin_ends_it()
    {
        _sandbox.FillLine(3);
        using System.Diagnostics.Process process = HypervexProcess.Start(new Dictionary<string, string?>(), null, "mcp", "--data", _sandbox.Data);
        await process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a test","version":"1"}}}""");
        JsonNode greeting = JsonNode.Parse((await process.StandardOutput.ReadLineAsync())!)!;
        await process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
        await process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"count","arguments":{}}}""");
        JsonNode answer = JsonNode.Parse((await process.StandardOutput.ReadLineAsync())!)!;
        await process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"get","arguments":{"vector_ids":["\ud800"]}}}""");
        JsonNode refused = JsonNode.Parse((await process.StandardOutput.ReadLineAsync())!)!;
        process.StandardInput.Close();
        string rest = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal("hypervex", (string?)greeting["result"]!["serverInfo"]!["name"]);
        Assert.Equal((2, 3), ((int?)answer["id"], (int?)answer["result"]!["structuredContent"]!["count"]));
        Assert.DoesNotContain("UTF-16", refused.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal((3, -32603), ((int?)refused["id"], (int?)refused["error"]!["code"]));
        Assert.Empty(rest);
        Assert.Equal(0, process.ExitCode);
        using var reopened = Database.Open(_sandbox.Data); // it has let go of the directory
    }

    [Fact]
    public async Task A_directory_that_another_process_has_open_or_that_is_not_there_is_told_before_any_message()
    {
        _sandbox.FillLine(3);
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);

        ProgramRun locked = await HypervexProcess.RunAsync("mcp", "--data", _sandbox.Data);
        ProgramRun missing = await HypervexProcess.RunAsync("mcp", "--data", _sandbox.File("nothing"), "--read-only");

        Assert.Equal((4, ""), (locked.ExitCode, locked.Output));
        Assert.Contains("--url", locked.Error, StringComparison.Ordinal);
        Assert.Equal((3, ""), (missing.ExitCode, missing.Output));
        Assert.False(Directory.Exists(_sandbox.File("nothing")));
    }

    [Fact]
    public async Task A_server_that_goes_away_is_an_error_of_the_call_and_not_the_end_of_the_tools()
    {
        _sandbox.FillLine(3);
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);
        await using McpClient client = await ConnectAsync("--url", server.Address);
        Assert.Equal(3, (int?)(await AnswerAsync(client, "count", "{}"))["count"]);
        await server.StopAsync();

        CallToolResult first = await CallAsync(client, "count", "{}");
        CallToolResult second = await CallAsync(client, "list_collections", "{}");

        Assert.Equal(("unreachable", true), ((string?)JsonNode.Parse(Text(first))!["error"]!["code"], first.IsError));
        Assert.Equal(("unreachable", true), ((string?)JsonNode.Parse(Text(second))!["error"]!["code"], second.IsError));
    }

    [Fact]
    public async Task A_key_decides_what_the_tools_may_do()
    {
        _sandbox.FillLine(3);
        await HypervexProcess.RunAsync("keys", "create", "operator", "--scope", "admin", "--data", _sandbox.Data);
        string key = (string)(await HypervexProcess.RunAsync("keys", "create", "agent", "--scope", "read", "--data", _sandbox.Data, "--json")).Json["key"]!;
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);
        await using McpClient client = await ConnectAsync("--url", server.Address, "--api-key", key);
        await using McpClient without = await ConnectAsync("--url", server.Address);

        CallToolResult refused = await CallAsync(client, "delete", """{"vector_ids": ["1"]}""");
        CallToolResult unknown = await CallAsync(without, "count", "{}");

        Assert.Equal(3, (int?)(await AnswerAsync(client, "count", "{}"))["count"]);
        Assert.Equal("forbidden", (string?)JsonNode.Parse(Text(refused))!["error"]!["code"]);
        Assert.Equal("unauthorized", (string?)JsonNode.Parse(Text(unknown))!["error"]!["code"]);
    }

    // A program that starts slowly on a loaded machine is waited for: after five seconds the client would take it for one of an older protocol.
    private static readonly McpClientOptions s_patient = new() { DiscoverProbeTimeout = Timeout.InfiniteTimeSpan, InitializationTimeout = TimeSpan.FromMinutes(3) };

    private static Task<McpClient> ConnectAsync(params string[] args) => McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions
    {
        Command = "dotnet",
        Arguments = [HypervexProcess.ProgramFile, "mcp", .. args],
        WorkingDirectory = Path.GetTempPath(),
        EnvironmentVariables = new Dictionary<string, string?> { ["STORAGE_PATH"] = null, ["HYPERVEX_API_KEY"] = null },

        // Longer than closing a database takes on a loaded machine: the client kills what has not ended by then.
        ShutdownTimeout = TimeSpan.FromMinutes(1),
    }), s_patient);

    private static async Task<CallToolResult> CallAsync(McpClient client, string tool, string arguments)
    {
        using var values = JsonDocument.Parse(arguments);
        return await client.CallToolAsync(new CallToolRequestParams { Name = tool, Arguments = values.RootElement.EnumerateObject().ToDictionary(value => value.Name, value => value.Value.Clone()) });
    }

    private static async Task<JsonObject> AnswerAsync(McpClient client, string tool, string arguments)
    {
        CallToolResult result = await CallAsync(client, tool, arguments);
        Assert.True(result.IsError is not true, Text(result));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Text(result)), JsonNode.Parse(result.StructuredContent!.Value.GetRawText())));
        return JsonNode.Parse(Text(result))!.AsObject();
    }

    private static string Text(CallToolResult result) => Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;

    private static string Sorted(JsonNode json) => new JsonObject(json.AsObject().OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))).ToJsonString();

    // Times and versions differ between two runs, and so may the words of a message; everything else is the same.
    private static string Comparable(string tool, string arguments, CallToolResult result)
    {
        JsonNode json = JsonNode.Parse(Text(result))!;
        Strip(json);
        return $"{tool} {arguments} {result.IsError}: {json.ToJsonString()}";

        static void Strip(JsonNode? node)
        {
            if (node is JsonObject members)
            {
                foreach (string key in new[] { "created_at", "updated_at", "version", "message" })
                {
                    members.Remove(key);
                }
            }

            foreach (JsonNode? inner in node switch { JsonObject inside => inside.Select(member => member.Value), JsonArray items => items, _ => [] })
            {
                Strip(inner);
            }
        }
    }
}
