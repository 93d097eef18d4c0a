using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class FilteredRouteTests
{
    private const string Vectors = "/api/v1/vectors";

    [Fact]
    public async Task Records_are_listed_in_order_of_a_field()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([3, 0], [1, 0], [2, 0]);
        await server.PutAsync(Vectors + "/1", """{"metadata": {"n": null}}""");
        Answer first = await server.GetAsync(Vectors + "?order_by=n&order=desc&limit=2&include=document,metadata");
        Assert.Equal(["2", "0"], Ids(first));
        Assert.Equal("text 2", first.Json.GetProperty("vectors")[0].GetProperty("document").GetString());
        Answer second = await server.GetAsync($"{Vectors}?order_by=n&order=desc&limit=2&cursor={first.Json.GetProperty("next_cursor").GetString()}");
        Assert.Equal(["1"], Ids(second));
        Assert.Equal(JsonValueKind.Null, second.Json.GetProperty("next_cursor").ValueKind);
        Assert.Equal(2, second.Json.GetProperty("vectors")[0].GetProperty("vector").GetArrayLength());
    }

    [Theory]
    [InlineData("?order=desc", "invalid_argument")]
    [InlineData("?order_by=n&order=down", "invalid_argument")]
    [InlineData("?order_by=%24n", "invalid_name")]
    [InlineData("?order_by=n&cursor=c1-1", "invalid_argument")]
    [InlineData("?order_by=n&cursor=o1-AAAA", "invalid_argument")]
    [InlineData("?order_by=n&limit=0", "limit_out_of_range")]
    public async Task A_bad_order_is_refused(string query, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.GetAsync(Vectors + query);
        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.Status, answer.Code));
    }

    [Theory]
    [InlineData("update", """{"metadata": {}}""", "invalid_json")]
    [InlineData("update", """{"filter": {}}""", "invalid_json")]
    [InlineData("update", """{"filter": {}, "metadata": null}""", "invalid_json")]
    [InlineData("update", """{"filter": {}, "metadata": []}""", "invalid_json")]
    [InlineData("update", """{"filter": {}, "metadata": {}, "vector": [1]}""", "invalid_json")]
    [InlineData("update", """{"filter": {}, "metadata": {"a": 1}, "metadata_mode": "append"}""", "invalid_argument")]
    [InlineData("update", """{"filter": {"a": {"$is": 1}}, "metadata": {"a": 1}}""", "invalid_filter")]
    [InlineData("sample", """{"limit": 0}""", "limit_out_of_range")]
    [InlineData("sample", """{"limit": 10001}""", "limit_out_of_range")]
    [InlineData("sample", """{"seed": 1.5}""", "limit_out_of_range")]
    [InlineData("sample", """{"seed": 3000000000}""", "limit_out_of_range")]
    [InlineData("sample", """{"include": ["all"]}""", "invalid_argument")]
    [InlineData("sample", """{"n": 1}""", "invalid_json")]
    public async Task A_bad_request_is_refused_and_changes_nothing(string route, string body, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 0]);
        string before = (await server.GetAsync(Vectors)).Body;
        Answer answer = await server.PostAsync($"{Vectors}/{route}", body);
        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.Status, answer.Code));
        Assert.Equal(before, (await server.GetAsync(Vectors)).Body);
    }

    [Fact]
    public async Task Routes_work_on_a_named_collection_and_take_a_durability()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync("/api/v1/collections", """{"name": "docs"}""");
        const string Docs = "/api/v1/collections/docs/vectors";
        await server.PostAsync(Docs, """{"vector_id": "a", "vector": [1, 2]}""");
        Assert.Equal(1, (await server.PostAsync(Docs + "/update?durability=os", """{"filter": {}, "metadata": {"n": 1}}""")).Json.GetProperty("updated").GetInt32());
        Assert.Equal(["a"], Ids(await server.PostAsync(Docs + "/sample", "{}")));
    }

    [Fact]
    public async Task Searches_choose_among_near_records()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 0], [1, 0.1f], [0, 1], [0.1f, 1]);
        await server.PostAsync(Vectors + "/update", """{"filter": {"n": {"$in": [0, 1]}}, "metadata": {"kind": "a"}}""");
        await server.PostAsync(Vectors + "/update", """{"filter": {"n": {"$in": [2, 3]}}, "metadata": {"kind": true}}""");
        JsonElement groups = (await server.PostAsync(Vectors + "/search", """{"query_vector": [1, 0], "group_by": "kind", "group_size": 2, "include": ["vector"]}""")).Json;
        Assert.Equal(["\"a\" 0 1", "true 3 2"], groups.GetProperty("groups").EnumerateArray().Select(group =>
            $"{group.GetProperty("value").GetRawText()} {string.Join(' ', group.GetProperty("results").EnumerateArray().Select(hit => hit.GetProperty("vector_id").GetString()))}"));
        Assert.Equal(2, groups.GetProperty("count").GetInt32());
        Assert.Equal(2, groups.GetProperty("groups")[0].GetProperty("results")[0].GetProperty("vector").GetArrayLength());
        Assert.Equal(["3"], Found(await server.PostAsync(Vectors + "/search", """{"positive": ["2"], "negative": [[1, 0]], "top_k": 1}""")));
        Assert.Equal(["3", "1", "0"], Found(await server.PostAsync(Vectors + "/search", """{"positive": ["2"], "negative": [[1, 0]], "strategy": "best_score"}""")));
        Assert.Equal(["0", "2"], Found(await server.PostAsync(Vectors + "/search", """{"query_vector": [1, 0], "mmr": {"lambda": 0.1}, "top_k": 2}""")));
        Assert.Equal(["1", "2"], Found(await server.PostAsync(Vectors + "/search", """{"vector_id": "0", "mmr": {"lambda": 0.1}, "top_k": 2}""")));
    }

    [Theory]
    [InlineData("""{"query_vector": [1, 0], "group_size": 2}""", "invalid_argument")]
    [InlineData("""{"query_vector": [1, 0], "group_by": "k", "group_size": 0}""", "limit_out_of_range")]
    [InlineData("""{"query_vector": [1, 0], "group_by": "k", "group_size": 5000}""", "limit_out_of_range")]
    [InlineData("""{"query_vector": [1, 0], "group_by": "$k"}""", "invalid_name")]
    [InlineData("""{"query_vector": [1, 0], "group_by": 5}""", "invalid_json")]
    [InlineData("""{"query_vector": [1, 0], "group_by": "k", "explain": true}""", "invalid_argument")]
    [InlineData("""{"query_vector": [1, 0], "group_by": "k", "mmr": {}}""", "invalid_argument")]
    [InlineData("""{"query_vector": [1, 0], "positive": ["0"]}""", "invalid_argument")]
    [InlineData("""{"positive": []}""", "invalid_argument")]
    [InlineData("""{"negative": ["0"], "query_vector": [1, 0]}""", "invalid_argument")]
    [InlineData("""{"positive": [5]}""", "invalid_vector")]
    [InlineData("""{"positive": [[1, 2, 3]]}""", "dimension_mismatch")]
    [InlineData("""{"positive": ["0"], "strategy": "worst"}""", "invalid_argument")]
    [InlineData("""{"query_vector": [1, 0], "mmr": {"lambda": 2}}""", "limit_out_of_range")]
    [InlineData("""{"query_vector": [1, 0], "mmr": {"candidates": 1001}}""", "limit_out_of_range")]
    [InlineData("""{"query_vector": [1, 0], "mmr": {"candidates": 5}}""", "limit_out_of_range")]
    [InlineData("""{"query_vector": [1, 0], "mmr": {"mu": 1}}""", "invalid_json")]
    [InlineData("""{"query_vector": [1, 0], "mmr": 1}""", "invalid_json")]
    public async Task A_choice_that_means_nothing_is_refused(string body, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 0]);
        Answer answer = await server.PostAsync(Vectors + "/search", body);
        Assert.True((HttpStatusCode.BadRequest, code) == (answer.Status, answer.Code), answer.Body);
    }

    [Fact]
    public async Task A_choice_does_not_go_into_a_batch_and_an_example_must_exist()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 0]);
        Assert.Equal("invalid_argument", (await server.PostAsync(Vectors + "/search/batch", """{"searches": [{"query_vector": [1, 0], "mmr": {}}]}""")).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await server.PostAsync(Vectors + "/search", """{"positive": ["none"]}""")).Status);
    }

    private static string[] Found(Answer answer) => [.. answer.Json.GetProperty("results").EnumerateArray().Select(hit => hit.GetProperty("vector_id").GetString()!)];

    private static string[] Ids(Answer answer) => [.. answer.Json.GetProperty("vectors").EnumerateArray().Select(record => record.GetProperty("vector_id").GetString()!)];
}
