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

    [Theory]
    [InlineData("""{"field": "a"}""", "invalid_json")]
    [InlineData("""{"field": "a", "type": "text"}""", "invalid_argument")]
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
