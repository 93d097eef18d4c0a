using System.Net;
using System.Text;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class TransferRouteTests
{
    private const string Vectors = "/api/v1/vectors";
    private const string Import = Vectors + "/import";
    private const string Export = Vectors + "/export";
    private const string Lines = "application/x-ndjson";

    [Fact]
    public async Task What_was_exported_can_be_imported_and_is_the_same()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([.. Enumerable.Range(0, 2_500).Select(i => new[] { 1f, i * 0.1f, -i })]);
        Answer exported = await server.GetAsync(Export);
        Assert.Equal(Lines, exported.ContentHeaders.ContentType?.MediaType);
        string[] lines = exported.Body.Split('\n');
        Assert.Equal(2_501, lines.Length);
        Assert.Equal("", lines[^1]);
        Assert.Equal((await server.GetAsync(Vectors + "/7")).Body, lines[7]);

        await using TestServer other = await TestServer.StartAsync();
        await Task.Delay(5);
        Answer imported = await other.SendAsync("POST", Import, exported.Body, Lines);
        Assert.Equal(HttpStatusCode.OK, imported.Status);
        Assert.Equal("""{"imported":2500,"lines":2500}""", imported.Body);
        string[] again = (await other.GetAsync(Export)).Body.Split('\n');
        Assert.Equal(lines.Select(WithoutVersion), again.Select(WithoutVersion));
    }

    [Fact]
    public async Task Creation_times_survive_an_import_and_no_other_write()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.SendAsync("POST", Import, """{"vector_id":"a","vector":[1],"created_at":"2020-02-03T04:05:06.789Z"}""", Lines);
        Assert.Equal("2020-02-03T04:05:06.789Z", (await server.GetAsync(Vectors + "/a")).Json.GetProperty("created_at").GetString());
        Answer batch = await server.PostAsync(Vectors + "/batch", """{"vectors":[{"vector_id":"b","vector":[1],"created_at":"2020-02-03T04:05:06.789Z"}]}""");
        Assert.Equal(HttpStatusCode.OK, batch.Status);
        Assert.NotEqual(2020, (await server.GetAsync(Vectors + "/b")).Json.GetProperty("created_at").GetDateTimeOffset().Year);
    }

    [Theory]
    [InlineData("{\"vector_id\":\"x\",\"vector\":[1,\"2\"]}", "invalid_vector", "Line 1503: $.vector[1]")]
    [InlineData("{\"vector_id\":\"x\",\"vector\":[1,2,3]}", "dimension_mismatch", "Line 1503: ")]
    [InlineData("{\"vector_id\":\"x\",\"vector\":[1,1e39]}", "non_finite_vector", "Line 1503: $.vector[1]")]
    [InlineData("{\"vector_id\":\"x\",\"vector\":[0,0]}", "zero_norm", "Line 1503: ")]
    [InlineData("hello", "invalid_json", "Line 1503: ")]
    public async Task A_bad_line_stops_the_import_behind_all_lines_before_it(string bad, string code, string detail)
    {
        await using TestServer server = await TestServer.StartAsync();
        var body = new StringBuilder();
        for (int i = 1; i <= 2_000; i++)
        {
            body.Append(i == 1_503 ? bad : i == 10 ? "  " : $$"""{"vector_id":"{{i}}","vector":[1,{{i}}]}""").Append(i % 2 == 0 ? "\r\n" : "\n");
        }

        Answer stopped = await server.SendAsync("POST", Import, body.ToString(), Lines);
        Assert.Equal((HttpStatusCode.BadRequest, code), (stopped.Status, stopped.Code));
        Assert.StartsWith(detail, stopped.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(1_503, stopped.Json.GetProperty("line").GetInt64());
        Assert.Equal(1_501, stopped.Json.GetProperty("imported").GetInt64());
        Assert.Equal(1_503, stopped.Json.GetProperty("resume_from_line").GetInt64());
        Assert.Equal(1_501, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt64());

        body.Replace(bad, """{"vector_id":"1503","vector":[1,2]}""");
        Answer resumed = await server.SendAsync("POST", Import + "?from_line=1503", body.ToString(), Lines);
        Assert.Equal("""{"imported":498,"lines":2000}""", resumed.Body);
        Assert.Equal(1_999, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task An_import_into_a_full_collection_says_how_far_it_came()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Capacity = 5 } });
        string body = string.Join('\n', Enumerable.Range(1, 10).Select(i => $$"""{"vector_id":"{{i}}","vector":[{{i}}]}"""));
        Answer stopped = await server.SendAsync("POST", Import, body, Lines);
        Assert.Equal(((HttpStatusCode)507, "capacity_exceeded"), (stopped.Status, stopped.Code));
        Assert.Equal(6, stopped.Json.GetProperty("resume_from_line").GetInt64());
        Assert.Equal(5, stopped.Json.GetProperty("imported").GetInt64());
        Assert.Equal(5, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_line_that_is_too_long_stops_the_import_with_413()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxLineBytes = 1_000 } });
        string body = """{"vector_id":"a","vector":[1]}""" + "\n" + new string(' ', 200_000) + "\n";
        Answer stopped = await server.SendAsync("POST", Import, body, Lines);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "body_too_large"), (stopped.Status, stopped.Code));
        Assert.Equal((2, 1, 2), (stopped.Json.GetProperty("line").GetInt32(), stopped.Json.GetProperty("imported").GetInt32(), stopped.Json.GetProperty("resume_from_line").GetInt32()));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Vectors + "/a")).Status);
    }

    [Fact]
    public async Task An_import_may_be_larger_than_any_other_body()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxBodyBytes = 10_000, MaxBodyBytesTogether = 1_000_000 } });
        string document = new('d', 5_000);
        string body = string.Join('\n', Enumerable.Range(0, 2_000).Select(i => $$"""{"vector_id":"{{i}}","vector":[{{i + 1}}],"document":"{{document}}"}"""));
        Assert.True(body.Length > 10_000_000);
        Answer imported = await server.SendAsync("POST", Import, body, Lines);
        Assert.Equal("""{"imported":2000,"lines":2000}""", imported.Body);
    }

    [Fact]
    public async Task An_empty_import_and_an_empty_export_are_fine()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal("""{"imported":0,"lines":0}""", (await server.SendAsync("POST", Import, "", Lines)).Body);
        Assert.Equal("""{"imported":0,"lines":2}""", (await server.SendAsync("POST", Import, "\n \t\r\n", "application/jsonl")).Body);
        Assert.Equal("", (await server.GetAsync(Export)).Body);
    }

    [Fact]
    public async Task What_came_before_the_client_went_away_is_kept()
    {
        await using TestServer server = await TestServer.StartAsync();
        using (RawConnection connection = await RawConnection.OpenAsync(server.Address))
        {
            await connection.SendAsync($"POST {Import} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {Lines}\r\nContent-Length: 100000000\r\n\r\n");
            await connection.SendAsync(string.Concat(Enumerable.Range(0, 5_500).Select(i => $$"""{"vector_id":"{{i}}","vector":[1,{{i}}]}""" + "\n")));
            long count = 0;
            for (int attempt = 0; attempt < 1_200 && count < 5_000; attempt++)
            {
                await Task.Delay(50);
                count = (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt64();
            }

            Assert.Equal(5_000, count);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Vectors + "/4999")).Status);
    }

    // An import makes new versions and change times; everything else must be the same.
    private static string WithoutVersion(string line)
    {
        if (line.Length == 0)
        {
            return "";
        }

        JsonElement record = JsonDocument.Parse(line).RootElement;
        return string.Join(' ', record.EnumerateObject().Where(member => member.Name is not ("version" or "updated_at")).Select(member => member.ToString()));
    }
}
