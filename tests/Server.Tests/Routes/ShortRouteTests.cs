using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class ShortRouteTests
{
    [Fact]
    public async Task The_root_and_the_stats_have_their_shapes()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal("""{"service":"Hypervex","status":"healthy","vectors_indexed":0}""", (await server.GetAsync("/")).Body);
        Assert.Equal("""{"collections":[]}""", (await server.GetAsync("/api/v1/collections")).Body);
        Assert.Equal("""{"total_vectors":0,"dimension":null,"index_type":"hnsw","hnsw_m":16,"hnsw_ef_search":64}""", (await server.GetAsync("/stats")).Body);
        await server.FillAsync([1f, 2f, 3f]);
        Assert.Equal("""{"service":"Hypervex","status":"healthy","vectors_indexed":1}""", (await server.GetAsync("/")).Body);
        Assert.Equal("""{"total_vectors":1,"dimension":3,"index_type":"hnsw","hnsw_m":16,"hnsw_ef_search":64}""", (await server.GetAsync("/stats")).Body);
    }

    [Fact]
    public async Task A_query_vector_gets_indices_and_distances()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Metric = Metric.L2 } });
        foreach ((string id, int x) in new[] { ("7", 0), ("-1", 1), ("007", 2), ("-0", 3), ("a", 4), ("9007199254740991", 5), ("9007199254740992", 6), ("1.0", 7) })
        {
            await server.PostAsync("/api/v1/vectors", $$"""{"vector_id":"{{id}}","vector":[{{x}}]}""");
        }

        Assert.Equal(
            """{"indices":[7,-1,"007","-0","a",9007199254740991,"9007199254740992","1.0"],"distances":[0,1,2,3,4,5,6,7]}""",
            (await server.PostAsync("/search", """{"query_vector":[0],"k":10}""")).Body);
        Assert.Equal("""{"indices":[7],"distances":[0]}""", (await server.PostAsync("/search", """{"query_vector":[0],"k":1}""")).Body);
    }

    [Fact]
    public async Task A_vector_gets_results()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Metric = Metric.L2 } });
        await server.FillAsync([0f], [1f], [2f]);
        Assert.Equal("""{"results":[{"id":"0","distance":0},{"id":"1","distance":1}]}""", (await server.PostAsync("/search?top_k=2", """{"vector":[0]}""")).Body);
        Assert.Equal(3, (await server.PostAsync("/search", """{"vector":[0]}""")).Json.GetProperty("results").GetArrayLength());
    }

    [Fact]
    public async Task Insert_update_and_delete_answer_with_the_id()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal("""{"id":"a"}""", (await server.PostAsync("/insert", """{"id":"a","vector":[1,2],"metadata":{"x":1}}""")).Body);
        Assert.Equal("""{"id":42}""", (await server.PostAsync("/insert", """{"id":42,"vector":[1,2]}""")).Body);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/v1/vectors/42")).Status);
        Answer generated = await server.PostAsync("/insert", """{"vector":[1,2]}""");
        Assert.Equal(7, Guid.Parse(generated.Json.GetProperty("id").GetString()!).Version);
        Answer again = await server.PostAsync("/insert", """{"id":"a","vector":[1,2]}""");
        Assert.Equal((HttpStatusCode.Conflict, "already_exists"), (again.Status, again.Code));

        Assert.Equal("""{"id":"a"}""", (await server.PostAsync("/update", """{"id":"a","vector":[3,4],"metadata":{"y":2}}""")).Body);
        JsonElement record = (await server.GetAsync("/api/v1/vectors/a")).Json;
        Assert.Equal("""{"x":1,"y":2}""", record.GetProperty("metadata").GetRawText());
        Assert.Equal("[3,4]", record.GetProperty("vector").GetRawText());
        Assert.Equal("not_found", (await server.PostAsync("/update", """{"id":"none","vector":[3,4]}""")).Code);

        Assert.Equal("""{"id":42}""", (await server.PostAsync("/delete", """{"id":42}""")).Body);
        Assert.Equal("not_found", (await server.PostAsync("/delete", """{"id":"42"}""")).Code);
        Assert.Equal("""{"id":"a"}""", (await server.PostAsync("/delete", """{"id":"a"}""")).Body);
    }
}
