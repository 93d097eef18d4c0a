using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class CollectionRouteTests
{
    private const string Collections = "/api/v1/collections";

    [Fact]
    public async Task A_collection_is_created_described_listed_and_dropped()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer created = await server.PostAsync(Collections, """{"name":"docs","dimension":3,"metric":"l2","index":{"type":"hnsw","m":8,"ef_construction":100},"quantization":"none","capacity":null}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal("/api/v1/collections/docs", created.Headers.Location!.ToString());
        Assert.Equal(
            """{"name":"docs","dimension":3,"metric":"l2","index":{"type":"hnsw","m":8,"ef_construction":100,"ef":64},"quantization":"none","capacity":null,"count":0}""",
            created.Body);
        Assert.Equal(created.Body, (await server.GetAsync(Collections + "/docs")).Body);
        Assert.Equal("""{"collections":[{"name":"docs"}]}""", (await server.GetAsync(Collections)).Body);
        Assert.Equal("collection_exists", (await server.PostAsync(Collections, """{"name":"docs"}""")).Code);

        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync(Collections + "/docs")).Status);
        Assert.Equal("collection_not_found", (await server.DeleteAsync(Collections + "/docs")).Code);
        Assert.Equal("collection_not_found", (await server.GetAsync(Collections + "/docs")).Code);
        Assert.Equal("collection_not_found", (await server.GetAsync(Collections + "/docs/vectors/stats")).Code);
        Assert.Equal("""{"collections":[]}""", (await server.GetAsync(Collections)).Body);
    }

    [Fact]
    public async Task Settings_that_are_left_out_or_null_get_their_defaults()
    {
        await using TestServer server = await TestServer.StartAsync();
        string plain = (await server.PostAsync(Collections, """{"name":"a"}""")).Body;
        string nulls = (await server.PostAsync(Collections, """{"name":"b","dimension":null,"metric":null,"index":null,"quantization":null,"capacity":null,"vectors":null}""")).Body;
        Assert.Equal(
            """{"name":"a","dimension":null,"metric":"cosine","index":{"type":"hnsw","m":16,"ef_construction":200,"ef":64},"quantization":"none","capacity":null,"count":0}""",
            plain);
        Assert.Equal(plain.Replace("\"a\"", "\"b\"", StringComparison.Ordinal), nulls);
    }

    [Fact]
    public async Task The_routes_on_vectors_exist_for_every_collection()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync(Collections, """{"name":"docs","metric":"dot"}""");
        const string Docs = Collections + "/docs/vectors";
        Answer created = await server.PostAsync(Docs, """{"vector_id":"x/y","vector":[1,2]}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal("/api/v1/collections/docs/vectors/x%2Fy", created.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(created.Headers.Location.OriginalString)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PutAsync(Docs + "/x%2Fy", """{"metadata":{"a":1}}""")).Status);
        Assert.Equal(1, (await server.PostAsync(Docs + "/batch", """{"vectors":[{"vector_id":"z","vector":[3,4]}]}""")).Json.GetProperty("upserted").GetInt32());
        Assert.Equal(2, (await server.PostAsync(Docs + "/count", "{}")).Json.GetProperty("count").GetInt32());
        Assert.Equal(["z", "x/y"], (await server.PostAsync(Docs + "/search", """{"query_vector":[1,1]}""")).Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("vector_id").GetString()));
        Assert.Equal(-7, (await server.PostAsync(Docs + "/search", """{"query_vector":[1,1]}""")).Json.GetProperty("results")[0].GetProperty("distance").GetSingle());
        Assert.Equal(1, (await server.PostAsync(Docs + "/search/batch", """{"searches":[{"query_vector":[1,1]}]}""")).Json.GetProperty("results").GetArrayLength());
        Assert.Equal(2, (await server.GetAsync(Docs)).Json.GetProperty("vectors").GetArrayLength());
        Assert.Equal(1, (await server.PostAsync(Docs + "/get", """{"vector_ids":["z"]}""")).Json.GetProperty("vectors").GetArrayLength());
        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync(Docs + "/x%2Fy")).Status);
        Assert.Equal(1, (await server.PostAsync(Docs + "/delete", """{"vector_ids":["z"]}""")).Json.GetProperty("deleted").GetInt32());
        Assert.Equal("dot", (await server.GetAsync(Docs + "/stats")).Json.GetProperty("metric").GetString());
        Assert.Equal(0, (await server.GetAsync("/api/v1/vectors/stats")).Json.GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("..%2f..%2fetc")]
    [InlineData("%2e%2e")]
    [InlineData("..")]
    [InlineData("%2Fetc%2Fpasswd")]
    [InlineData("a%20b")]
    [InlineData("%FF")]
    [InlineData("%zz")]
    [InlineData("-a")]
    public async Task A_name_of_another_form_is_refused_wherever_it_stands_in_a_path(string segment)
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach ((string method, string path) in new[] { ("GET", ""), ("DELETE", ""), ("GET", "/vectors/stats"), ("GET", "/vectors/x"), ("DELETE", "/vectors/x") })
        {
            Answer answer = await server.SendAsync(method, $"{Collections}/{segment}{path}");
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_name"), (answer.Status, answer.Code));
        }
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("_", true)]
    [InlineData("0.x-Y_z", true)]
    [InlineData("", false)]
    [InlineData(".a", false)]
    [InlineData("-a", false)]
    [InlineData("ä", false)]
    [InlineData("a/b", false)]
    [InlineData("../x", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("a\0b", false)]
    public async Task Paths_and_bodies_have_the_same_rule_for_names(string name, bool accepted)
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer created = await server.PostAsync(Collections, $$"""{"name":{{JsonSerializer.Serialize(name)}}}""");
        Assert.Equal(accepted ? HttpStatusCode.Created : HttpStatusCode.BadRequest, created.Status);
        Assert.Equal(accepted ? null : "invalid_name", created.Code);
        if (!name.Contains('\0', StringComparison.Ordinal))
        {
            Answer described = await server.GetAsync($"{Collections}/{Uri.EscapeDataString(name)}");
            Assert.Equal(accepted ? null : "invalid_name", described.Code);
        }
    }

    [Fact]
    public async Task The_longest_name_is_128_characters()
    {
        await using TestServer server = await TestServer.StartAsync();
        string longest = new('n', 128);
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Collections, $$"""{"name":"{{longest}}"}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync($"{Collections}/{longest}")).Status);
        Assert.Equal("invalid_name", (await server.PostAsync(Collections, $$"""{"name":"{{longest}}n"}""")).Code);
        Assert.Equal("invalid_name", (await server.GetAsync($"{Collections}/{new string('n', 300)}")).Code);
    }
}
