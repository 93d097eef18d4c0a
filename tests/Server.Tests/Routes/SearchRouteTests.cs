using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class SearchRouteTests
{
    private const string Vectors = "/api/v1/vectors";
    private const string Search = Vectors + "/search";

    [Fact]
    public async Task Results_come_nearest_first_with_score_distance_and_metadata()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f], [1f, 1f]);
        Answer answer = await server.PostAsync(Search, """{"query_vector":[2,0.1],"top_k":10}""");

        Assert.Equal(["results", "count"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(3, answer.Json.GetProperty("count").GetInt32());
        JsonElement[] results = [.. answer.Json.GetProperty("results").EnumerateArray()];
        Assert.Equal(["0", "2", "1"], results.Select(result => result.GetProperty("vector_id").GetString()));
        Assert.All(results, result => Assert.Equal(["vector_id", "score", "distance", "metadata"], result.EnumerateObject().Select(member => member.Name)));
        Assert.Equal("""{"n":0}""", results[0].GetProperty("metadata").GetRawText());
        double cosine = 2 / Math.Sqrt(4 + 0.01);
        Assert.Equal(cosine, results[0].GetProperty("score").GetDouble(), 1e-6);
        Assert.Equal(1 - cosine, results[0].GetProperty("distance").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task Distances_are_those_of_a_plain_loop()
    {
        const int Seed = 20_260_101;
        var random = new Random(Seed);
        float[][] vectors = [.. Enumerable.Range(0, 300).Select(_ => Enumerable.Range(0, 7).Select(_ => (random.NextSingle() * 2) - 1).ToArray())];
        float[] query = [.. Enumerable.Range(0, 7).Select(_ => random.NextSingle())];
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Metric = Metric.L2 } });
        await server.FillAsync(vectors);
        Answer answer = await server.PostAsync(Search, $$"""{"query_vector":{{JsonSerializer.Serialize(query)}},"top_k":25,"exact":true}""");

        double[] expected = [.. vectors.Select(vector => Math.Sqrt(vector.Zip(query, (a, b) => ((double)a - b) * ((double)a - b)).Sum())).Order().Take(25)];
        double[] actual = [.. answer.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("distance").GetDouble())];
        Assert.Equal(25, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public async Task Include_chooses_what_comes_with_a_result()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f]);
        async Task<IEnumerable<string>> Members(string include) =>
            (await server.PostAsync(Search, $$"""{"query_vector":[1,0],"include":{{include}}}""")).Json.GetProperty("results")[0].EnumerateObject().Select(member => member.Name);

        Assert.Equal(["vector_id", "score", "distance"], await Members("[]"));
        Assert.Equal(["vector_id", "score", "distance", "vector"], await Members("""["vector"]"""));
        Assert.Equal(["vector_id", "score", "distance", "document"], await Members("""["document"]"""));
        Assert.Equal(["vector_id", "score", "distance", "vector", "metadata", "document"], await Members("""["document","metadata","vector"]"""));
        Assert.Equal(["vector_id", "score", "distance", "metadata"], await Members("null"));
    }

    [Fact]
    public async Task A_filter_and_a_least_score_leave_only_what_fits()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f], [1f, 1f], [-1f, 0f]);
        async Task<IEnumerable<string?>> Ids(string rest) =>
            (await server.PostAsync(Search, $$"""{"query_vector":[1,0],{{rest}}}""")).Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("vector_id").GetString());

        Assert.Equal(["2", "1", "3"], await Ids(""" "filter":{"n":{"$gte":1}} """));
        Assert.Equal(["0", "2"], await Ids("\"min_score\":0.5"));
        Assert.Equal(["0", "2", "1", "3"], await Ids("\"min_score\":null,\"filter\":null,\"ef\":null,\"exact\":null,\"top_k\":null"));
    }

    [Fact]
    public async Task A_search_by_id_uses_that_records_vector_and_leaves_it_out()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f], [1f, 1f]);
        Answer answer = await server.PostAsync(Search, """{"vector_id":"0","top_k":2}""");
        Assert.Equal(["2", "1"], answer.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("vector_id").GetString()));
        Assert.Equal("not_found", (await server.PostAsync(Search, """{"vector_id":"none"}""")).Code);
    }

    [Fact]
    public async Task A_batch_of_searches_answers_each_in_order()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f]);
        Answer answer = await server.PostAsync(Search + "/batch", """{"searches":[{"query_vector":[1,0],"top_k":1},{"query_vector":[0,1],"include":[]},{"vector_id":"1","top_k":1}]}""");
        Assert.Equal(["results"], answer.Json.EnumerateObject().Select(member => member.Name));
        JsonElement[] lists = [.. answer.Json.GetProperty("results").EnumerateArray()];
        Assert.Equal(["0", "1 0", "0"], lists.Select(list => string.Join(' ', list.EnumerateArray().Select(result => result.GetProperty("vector_id").GetString()))));
        Assert.Equal("""{"results":[]}""", (await server.PostAsync(Search + "/batch", """{"searches":[]}""")).Body);
    }

    [Fact]
    public async Task An_empty_collection_finds_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Search, """{"query_vector":[1,0],"top_k":10000}""");
        Assert.Equal("""{"results":[],"count":0}""", answer.Body);
    }

    [Fact]
    public async Task Named_fields_are_searched_with_using()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync("/api/v1/collections", """{"name":"two","vectors":{"":{"dimension":2,"metric":"l2"},"title":{"dimension":3,"metric":"l2"}}}""");
        const string Two = "/api/v1/collections/two/vectors";
        Answer created = await server.PostAsync(Two, """{"vector_id":"a","vector":[1,2],"vectors":{"title":[1,2,3]}}""");
        Assert.Equal("""{"title":[1,2,3]}""", created.Json.GetProperty("vectors").GetRawText());
        await server.PostAsync(Two, """{"vector_id":"b","vectors":{"title":[4,5,6]}}""");

        Answer found = await server.PostAsync(Two + "/search", """{"query_vector":[4,5,6],"using":"title","include":["vectors"]}""");
        Assert.Equal(["b", "a"], found.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("vector_id").GetString()));
        Assert.Equal("""{"title":[4,5,6]}""", found.Json.GetProperty("results")[0].GetProperty("vectors").GetRawText());
        Assert.Equal("invalid_argument", (await server.PostAsync(Two + "/search", """{"query_vector":[4,5,6],"using":"none"}""")).Code);
        Assert.Equal("dimension_mismatch", (await server.PostAsync(Two + "/search", """{"query_vector":[4,5,6]}""")).Code);
        Answer stats = await server.GetAsync(Two + "/stats");
        Assert.Equal(3, stats.Json.GetProperty("vectors").GetProperty("title").GetProperty("dimension").GetInt32());
    }

    [Fact]
    public async Task An_answer_with_too_many_vector_components_is_refused_before_the_search()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxAnswerComponents = 9 } });
        await server.FillAsync([1f, 0f], [0f, 1f], [1f, 1f], [2f, 1f], [3f, 1f]);
        Answer refused = await server.PostAsync(Search, """{"query_vector":[1,0],"top_k":5,"include":["vector"]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "limit_out_of_range"), (refused.Status, refused.Code));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Search, """{"query_vector":[1,0],"top_k":4,"include":["vector"]}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Search, """{"query_vector":[1,0],"top_k":5}""")).Status);
    }

    [Fact]
    public async Task A_deadline_that_is_far_away_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f]);
        Assert.Equal(1, (await server.PostAsync(Search, """{"query_vector":[1,0],"timeout_ms":60000}""")).Json.GetProperty("count").GetInt32());
    }
}
