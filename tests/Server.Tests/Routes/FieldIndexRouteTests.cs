using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class FieldIndexRouteTests
{
    private const string Indexes = "/api/v1/collections/docs/field-indexes";

    [Fact]
    public async Task An_index_is_declared_listed_used_and_dropped()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer collection = await server.SendAsync("POST", "/api/v1/collections", """{"name": "docs", "dimension": 2, "metric": "l2", "field_indexes": {"year": "integer"}}""");
        Assert.Equal(HttpStatusCode.Created, collection.Status);
        Assert.Equal("integer", collection.Json.GetProperty("field_indexes").GetProperty("year").GetString());
        await server.SendAsync("POST", "/api/v1/collections/docs/vectors/batch", """{"vectors": [{"vector_id": "a", "vector": [1, 0], "metadata": {"a/b": "x", "year": 3}}, {"vector_id": "b", "vector": [2, 0], "metadata": {"a/b": 5, "year": 4}}]}""");

        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("POST", Indexes, """{"field": "a/b", "type": "keyword"}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("POST", Indexes, """{"field": "a/b", "type": "keyword"}""")).Status);
        JsonElement[] listed = await ReadyAsync(server);
        Assert.Equal(["year", "a/b"], listed.Select(index => index.GetProperty("field").GetString()));
        Assert.Equal((2, 1, 1), (listed[1].GetProperty("records").GetInt32(), listed[1].GetProperty("other_records").GetInt32(), listed[1].GetProperty("values").GetInt32()));
        Assert.Equal(2, (await server.SendAsync("GET", "/api/v1/collections/docs/vectors/stats")).Json.GetProperty("field_indexes").GetArrayLength());

        Answer search = await server.SendAsync("POST", "/api/v1/collections/docs/vectors/search", """{"query_vector": [0, 0], "filter": {"a/b": "x", "month": {"$exists": false}}, "explain": true}""");
        JsonElement explain = search.Json.GetProperty("explain");
        Assert.Equal("a", search.Json.GetProperty("results")[0].GetProperty("vector_id").GetString());
        Assert.Equal(("scan", 1, 2), (explain.GetProperty("plan").GetString(), explain.GetProperty("matches").GetInt32(), explain.GetProperty("records_read").GetInt32()));
        Assert.Contains("month", explain.GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);

        Answer batch = await server.SendAsync("POST", "/api/v1/collections/docs/vectors/search/batch", """{"searches": [{"query_vector": [0, 0]}, {"query_vector": [0, 0], "explain": true}]}""");
        Assert.Equal(JsonValueKind.Null, batch.Json.GetProperty("explain")[0].ValueKind);
        Assert.Equal(2, batch.Json.GetProperty("explain")[1].GetProperty("distances").GetInt32());

        Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("DELETE", Indexes + "/a%2Fb")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.SendAsync("DELETE", Indexes + "/a%2Fb")).Status);
    }

    [Fact]
    public async Task Records_are_listed_counted_by_value_and_deleted_by_a_filter()
    {
        await using TestServer server = await TestServer.StartAsync();
        const string Vectors = "/api/v1/vectors";
        await server.PostAsync(Vectors + "/batch", """{"vectors": [{"vector_id": "a", "vector": [1, 0], "metadata": {"k": ["x", "y"]}}, {"vector_id": "b", "vector": [2, 0], "metadata": {"k": "x"}}, {"vector_id": "c", "vector": [3, 1], "metadata": {"k": 1.5}}]}""");
        Answer listed = await server.GetAsync(Vectors + "?limit=1&filter=" + Uri.EscapeDataString("""{"k": "x"}"""));
        Assert.Equal("a", listed.Json.GetProperty("vectors")[0].GetProperty("vector_id").GetString());
        Answer next = await server.GetAsync($"{Vectors}?limit=1&filter={Uri.EscapeDataString("""{"k": "x"}""")}&cursor={listed.Json.GetProperty("next_cursor").GetString()}");
        Assert.Equal("b", next.Json.GetProperty("vectors")[0].GetProperty("vector_id").GetString());
        Assert.Equal("invalid_filter", (await server.GetAsync(Vectors + "?filter=" + Uri.EscapeDataString("""{"k": {"$is": 1}}"""))).Json.GetProperty("code").GetString());

        Assert.Equal("""{"values":[{"value":"x","count":2},{"value":1.5,"count":1},{"value":"y","count":1}],"different_values":3}""", (await server.PostAsync(Vectors + "/facets", """{"field": "k"}""")).Body);
        Assert.Equal("""{"values":[{"value":"x","count":2}],"different_values":2}""", (await server.PostAsync(Vectors + "/facets", """{"field": "k", "filter": {"k": "x"}, "limit": 1}""")).Body);
        Assert.Equal("invalid_json", (await server.PostAsync(Vectors + "/facets", "{}")).Json.GetProperty("code").GetString());

        Assert.Equal("invalid_argument", (await server.PostAsync(Vectors + "/delete", """{"filter": {}, "ids": ["a"]}""")).Json.GetProperty("code").GetString());
        Assert.Equal("invalid_json", (await server.PostAsync(Vectors + "/delete", "{}")).Json.GetProperty("code").GetString());
        Assert.Equal(2, (await server.PostAsync(Vectors + "/delete", """{"filter": {"k": "x"}}""")).Json.GetProperty("deleted").GetInt32());
        Assert.Equal(1, (await server.PostAsync(Vectors + "/count", "{}")).Json.GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("""{"field": "a"}""", "invalid_json")]
    [InlineData("""{"field": "a", "type": "words"}""", "invalid_argument")]
    [InlineData("""{"field": "$a", "type": "keyword"}""", "invalid_name")]
    [InlineData("""{"field": "a", "type": "keyword", "more": 1}""", "invalid_json")]
    [InlineData("""[]""", "invalid_json")]
    public async Task A_bad_declaration_is_refused(string body, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.SendAsync("POST", "/api/v1/collections", """{"name": "docs"}""");
        Answer answer = await server.SendAsync("POST", Indexes, body);
        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.Status, answer.Json.GetProperty("code").GetString()));
    }

    private static async Task<JsonElement[]> ReadyAsync(TestServer server)
    {
        while (true)
        {
            JsonElement[] indexes = [.. (await server.SendAsync("GET", Indexes)).Json.GetProperty("field_indexes").EnumerateArray()];
            if (indexes.All(index => index.GetProperty("ready").GetBoolean()))
            {
                return indexes;
            }

            await Task.Yield();
        }
    }
}
