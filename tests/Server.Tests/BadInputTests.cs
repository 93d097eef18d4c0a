using System.Net;
using System.Text;
using System.Text.Json;

namespace Hypervex.Server.Tests;

/// <summary>
/// Bad input and its exact answer: status, stable code, and, where it matters, what the detail names. Nothing may be written,
/// and no exception's text may show.
/// </summary>
public sealed class BadInputTests(BadInputTests.FilledServer fixture) : IClassFixture<BadInputTests.FilledServer>
{
    private const string V = "/api/v1/vectors";
    private const string S = V + "/search";
    private const string C = "/api/v1/collections";

    [Fact]
    public async Task More_than_400_bad_inputs_get_their_status_and_code_and_change_nothing()
    {
        BadInput[] inputs = [.. BadRecordInputs.All(), .. BadAdministrationInputs.All()];
        Assert.True(inputs.Select(input => (input.Method, input.Path, input.Body, input.ContentType)).Distinct().Count() >= 400, $"only {inputs.Length} inputs");
        using var data = new TemporaryData();
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DataPath = data.Path });
        await BadInputState.FillAsync(server, data.Path);
        string before = await BadInputState.ReadAsync(server, data.Path);
        var wrong = new List<string>();
        foreach (BadInput input in inputs)
        {
            Answer answer = await server.SendAsync(input.Method, input.Path, input.Body, input.ContentType);
            if (((int)answer.Status, answer.Code) != (input.Status, input.Code) || !answer.Json.GetProperty("detail").GetString()!.Contains(input.Detail, StringComparison.Ordinal))
            {
                wrong.Add($"{input}: {(int)answer.Status} {answer.Body}");
            }
            else
            {
                AssertProblem(answer, input.Status, input.Code, input.Path);
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
        Assert.Equal(before, await BadInputState.ReadAsync(server, data.Path));
        Assert.Equal(0, server.Server.Bodies.Taken);

        // The control: what is compared sees one changed member of one record.
        Assert.Equal(HttpStatusCode.OK, (await server.PutAsync(V + "/0", """{"metadata":{"n":7}}""")).Status);
        Assert.NotEqual(before, await BadInputState.ReadAsync(server, data.Path));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jsonx")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("application/x-ndjson")]
    [InlineData("not a type")]
    public async Task A_body_of_another_type_is_refused(string? contentType)
    {
        byte[] body = """{"query_vector":[1,2,3]}"""u8.ToArray();
        foreach (string path in new[] { S, V, V + "/batch", "/search", "/insert", C })
        {
            AssertProblem(await fixture.Server.SendAsync("POST", path, body, contentType), 415, "unsupported_media_type", path);
        }

        AssertProblem(await fixture.Server.SendAsync("POST", V + "/import", body, "application/json"), 415, "unsupported_media_type", V + "/import");
        await fixture.AssertUnchangedAsync();
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    [InlineData("Application/JSON")]
    public async Task Every_spelling_of_the_json_type_is_read(string contentType) =>
        Assert.Equal(HttpStatusCode.OK, (await fixture.Server.SendAsync("POST", S, """{"query_vector":[1,2,3]}"""u8.ToArray(), contentType)).Status);

    [Fact]
    public async Task A_compressed_body_is_refused() =>
        AssertProblem(
            await fixture.Server.SendAsync("POST", S, """{"query_vector":[1,2,3]}""", headers: ("Content-Encoding", "gzip")), 415, "unsupported_media_type", S);

    [Fact]
    public async Task Bytes_that_are_not_utf_8_are_refused()
    {
        foreach (byte[] bad in new byte[][] { [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80] })
        {
            byte[] body = [.. "{\"vector\":[1,2,3],\"document\":\""u8, .. bad, .. "\"}"u8];
            AssertProblem(await fixture.Server.SendAsync("POST", V, body, "application/json"), 400, "invalid_json", V);
        }

        byte[] utf16 = Encoding.Unicode.GetBytes("""{"vector":[1,2,3]}""");
        AssertProblem(await fixture.Server.SendAsync("POST", V, utf16, "application/json"), 400, "invalid_json", V);
        await fixture.AssertUnchangedAsync();
    }

    [Fact]
    public async Task A_vector_beyond_the_greatest_dimension_is_refused_while_it_is_read()
    {
        string vector = string.Join(',', Enumerable.Repeat("1", 65_537));
        AssertProblem(await fixture.Server.PostAsync(V, $$"""{"vector":[{{vector}}]}"""), 400, "dimension_mismatch", V);
        AssertProblem(await fixture.Server.PostAsync(S, $$"""{"query_vector":[{{vector}}]}"""), 400, "dimension_mismatch", S);
    }

    [Fact]
    public async Task The_greatest_k_on_three_records_allocates_no_more_than_a_small_one()
    {
        // The count is the whole process's, in which other tests run beside this one: the least of several rounds is this test's own.
        async Task<long> Allocated(int k)
        {
            string body = $$"""{"query_vector":[1,2,3],"top_k":{{k}}}""";
            long least = long.MaxValue;
            for (int round = 0; round < 20; round++)
            {
                long before = GC.GetTotalAllocatedBytes(precise: true);
                for (int i = 0; i < 20; i++)
                {
                    await fixture.Server.PostAsync(S, body);
                }

                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            }

            return least;
        }

        long small = await Allocated(3);
        long great = await Allocated(10_000);
        Assert.True(great < small + (20 * 10_000), $"{great} bytes for k = 10,000 against {small} for k = 3, both 20 times");
    }

    [Fact]
    public async Task Random_damage_to_bodies_never_becomes_a_fault_of_the_server()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        (string Method, string Path, string Body)[] good =
        [
            ("POST", S, """{"query_vector":[1.5,-2e-3,3],"top_k":3,"filter":{"n":{"$gte":0},"$or":[{"a":"b"},{"t":{"$in":[1,2]}}]},"include":["metadata","vector"],"exact":true}"""),
            ("POST", V + "/count", """{"filter":{"n":{"$lt":2},"x":{"$exists":false}}}"""),
            ("POST", V + "/get", """{"vector_ids":["0","1","\u00e9"],"include":["metadata"]}"""),
            ("POST", S + "/batch", """{"searches":[{"query_vector":[1,2,3]},{"vector_id":"1","min_score":0.5}]}"""),
            ("POST", "/search", """{"query_vector":[1,2,3],"k":2}"""),
            ("POST", V, """{"vector_id":"n","vector":[1.5,-2e-3,3],"metadata":{"a":[1,"\u00e9",{"b":null}]},"document":"text","created_at":"2020-01-01T00:00:00Z"}"""),
            ("POST", V + "/batch", """{"vectors":[{"vector_id":"a","vector":[1,2,3]},{"vectors":{"":[3,2,1]}}],"partial":true}"""),
            ("PUT", V + "/0", """{"vector":[1,2,3],"metadata":{"n":null,"x":1e3},"metadata_mode":"merge"}"""),
            ("POST", "/insert", """{"id":12,"vector":[1,2,3],"metadata":{"a":1}}"""),
            ("POST", V + "/delete", """{"vector_ids":["a","12"]}"""),
            ("POST", C, """{"name":"c","dimension":3,"metric":"l2","index":{"type":"hnsw","m":8},"capacity":10}"""),
        ];
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 2f, 3f], [4f, 5f, 6f]);
        for (int i = 0; i < 3_000; i++)
        {
            (string method, string path, string text) = good[random.Next(good.Length)];
            byte[] body = Damage(Encoding.UTF8.GetBytes(text), random);
            Answer answer = await server.SendAsync(method, path, body, "application/json");
            Assert.True(
                (int)answer.Status is 200 or 201 || ((int)answer.Status is 400 or 404 or 409 && answer.Code is not null),
                $"seed {seed}, input {i}: {(int)answer.Status} {answer.Body} for {Convert.ToBase64String(body)}");
            AssertNoExceptionText(answer);
        }
    }

    private static byte[] Damage(byte[] body, Random random)
    {
        for (int change = random.Next(1, 4); change > 0 && body.Length > 0; change--)
        {
            int at = random.Next(body.Length);
            switch (random.Next(3))
            {
                case 0:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1:
                    body = [.. body[..at], .. body[Math.Min(body.Length, at + random.Next(1, 8))..]];
                    break;
                default:
                    body = [.. body[..at], .. body[random.Next(at + 1)..]];
                    break;
            }
        }

        return body;
    }

    private static void AssertProblem(Answer answer, int status, string code, string path)
    {
        Assert.Equal("application/problem+json", answer.ContentHeaders.ContentType?.MediaType);
        Assert.Equal((status, code), ((int)answer.Status, answer.Code));
        Assert.Equal(["type", "title", "status", "detail", "code", "instance"], answer.Json.EnumerateObject().Select(member => member.Name).Take(6)); // an import says behind them how far it came
        Assert.Equal("urn:hypervex:error:" + code, answer.Json.GetProperty("type").GetString());
        Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
        Assert.Equal(path.Split('?')[0], answer.Json.GetProperty("instance").GetString());
        Assert.NotNull(answer.Header("X-Process-Time"));
        if (status == 405)
        {
            Assert.NotEmpty(answer.ContentHeaders.Allow);
        }

        AssertNoExceptionText(answer);
    }

    private static void AssertNoExceptionText(Answer answer)
    {
        foreach (string trace in new[] { "Exception", "   at ", "System.", "Hypervex.Server", ".cs:", "BytePositionInLine", "Parameter '" })
        {
            Assert.DoesNotContain(trace, answer.Body, StringComparison.Ordinal);
        }
    }

    /// <summary>A server whose default collection holds the records 0, 1 and 2, of dimension 3.</summary>
    public sealed class FilledServer : IAsyncLifetime
    {
        private string _listing = "";

        internal TestServer Server { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await TestServer.StartAsync();
            await Server.FillAsync([1f, 2f, 3f], [4f, 5f, 6f], [7f, 8f, 9f]);
            _listing = (await Server.GetAsync(V)).Body;
        }

        /// <summary>Checks that no record has changed and no collection has come.</summary>
        public async Task AssertUnchangedAsync()
        {
            Assert.Equal(_listing, (await Server.GetAsync(V)).Body);
            Assert.Equal("""{"collections":[{"name":"default"}]}""", (await Server.GetAsync(C)).Body);
        }

        public async Task DisposeAsync() => await Server.DisposeAsync();
    }
}
