using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class BatchRouteTests
{
    private const string Vectors = "/api/v1/vectors";
    private const string Batch = Vectors + "/batch";

    [Fact]
    public async Task A_batch_says_how_many_and_which()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Batch, """{"vectors":[{"vector_id":"a","vector":[1,2]},{"vector":[3,4]}]}""");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(["upserted", "vector_ids"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(2, answer.Json.GetProperty("upserted").GetInt32());
        string?[] ids = [.. answer.Json.GetProperty("vector_ids").EnumerateArray().Select(id => id.GetString())];
        Assert.Equal("a", ids[0]);
        Assert.Equal("[3,4]", (await server.GetAsync($"{Vectors}/{ids[1]}")).Json.GetProperty("vector").GetRawText());
    }

    [Fact]
    public async Task Of_two_records_with_one_id_the_later_wins_and_the_answer_says_so()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Batch, """{"vectors":[{"vector_id":"a","vector":[1,2]},{"vector_id":"b","vector":[1,2]},{"vector_id":"a","vector":[3,4]},{"vector_id":"a","vector":[5,6]}]}""");
        Assert.Equal("""{"upserted":2,"vector_ids":["a","b","a","a"],"superseded":[0,2]}""", answer.Body);
        Assert.Equal("[5,6]", (await server.GetAsync(Vectors + "/a")).Json.GetProperty("vector").GetRawText());
    }

    [Fact]
    public async Task A_batch_with_one_bad_record_is_refused_as_a_whole()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Batch, """{"vectors":[{"vector_id":"a","vector":[1,2]},{"vector_id":"b","vector":[1,"2"]}]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_vector"), (answer.Status, answer.Code));
        Assert.StartsWith("$.vectors[1].vector[1]: ", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Answer mismatch = await server.PostAsync(Batch, """{"vectors":[{"vector_id":"a","vector":[1,2]},{"vector_id":"b","vector":[1,2,3]}]}""");
        Assert.Equal("dimension_mismatch", mismatch.Code);
        Assert.Equal(0, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt64());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_partial_batch_writes_the_good_records_and_names_the_bad_ones(bool partialFirst)
    {
        await using TestServer server = await TestServer.StartAsync();
        const string Records = """
            "vectors":[{"vector_id":"a","vector":[1,2]},
                       {"vector_id":"b","vector":[1,"2"],"metadata":{"deep":[{"x":"]}"}]}},
                       {"vector_id":"c","vector":[1e39,2]},
                       {"vector_id":"d","vector":[1,2,3]},
                       {"vector_id":"e","vector":[0,0]},
                       {"vector_id":"","vector":[1,2]},
                       {"vector_id":"a","vector":[7,8]}]
            """;
        Answer answer = await server.PostAsync(Batch, partialFirst ? $$"""{"partial":true,{{Records}}}""" : $$"""{{{Records}},"partial":true}""");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(1, answer.Json.GetProperty("upserted").GetInt32());
        Assert.Equal("""["a",null,null,null,null,null,"a"]""", answer.Json.GetProperty("vector_ids").GetRawText());
        Assert.Equal("[0]", answer.Json.GetProperty("superseded").GetRawText());
        Assert.Equal(
            ["1 invalid_vector", "2 non_finite_vector", "3 dimension_mismatch", "4 zero_norm", "5 invalid_id"],
            answer.Json.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("index").GetInt32()} {error.GetProperty("code").GetString()}"));
        Assert.Equal("[7,8]", (await server.GetAsync(Vectors + "/a")).Json.GetProperty("vector").GetRawText());
        Assert.Equal(1, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_partial_batch_without_a_good_record_writes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Batch, """{"partial":true,"vectors":[{"vector_id":"a"},{"vector":[]}]}""");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(0, answer.Json.GetProperty("upserted").GetInt32());
        Assert.Equal(2, answer.Json.GetProperty("errors").GetArrayLength());
        Assert.Equal("invalid_json", (await server.PostAsync(Batch, """{"partial":true,"vectors":[{"vector_id":"a","vector":[1],"unknown":1}]}""")).Code);
    }

    [Fact]
    public async Task A_partial_batch_fills_a_collection_up_to_its_capacity()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Capacity = 2 } });
        const string Records = """ "vectors":[{"vector_id":"a","vector":[1]},{"vector_id":"b","vector":[1]},{"vector_id":"a","vector":[2]},{"vector_id":"c","vector":[1]}] """;
        Assert.Equal("capacity_exceeded", (await server.PostAsync(Batch, $$"""{{{Records}}}""")).Code);
        Answer answer = await server.PostAsync(Batch, $$"""{{{Records}},"partial":true}""");
        Assert.Equal(2, answer.Json.GetProperty("upserted").GetInt32());
        Assert.Equal("""["a","b","a",null]""", answer.Json.GetProperty("vector_ids").GetRawText());
        Assert.Equal("capacity_exceeded", answer.Json.GetProperty("errors")[0].GetProperty("code").GetString());
        Assert.Equal("[2]", (await server.GetAsync(Vectors + "/a")).Json.GetProperty("vector").GetRawText());
    }

    [Fact]
    public async Task Records_are_read_by_ids_in_the_order_asked_for()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 2f], [3f, 4f]);
        Answer answer = await server.PostAsync(Vectors + "/get", """{"vector_ids":["1","x","0","1"]}""");
        Assert.Equal(["1", "0", "1"], answer.Json.GetProperty("vectors").EnumerateArray().Select(record => record.GetProperty("vector_id").GetString()));
        Assert.Equal("""["x"]""", answer.Json.GetProperty("missing").GetRawText());
        Assert.Equal("""{"n":1}""", answer.Json.GetProperty("vectors")[0].GetProperty("metadata").GetRawText());
        Answer part = await server.PostAsync(Vectors + "/get", """{"ids":["0"],"include":[]}""");
        Assert.Equal(["vector_id", "created_at", "updated_at", "version"], part.Json.GetProperty("vectors")[0].EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Records_are_deleted_by_ids()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 2f], [3f, 4f], [5f, 6f]);
        Answer answer = await server.PostAsync(Vectors + "/delete", """{"vector_ids":["0","2","2","x"]}""");
        Assert.Equal("""{"deleted":2}""", answer.Body);
        Assert.Equal(["1"], (await server.GetAsync(Vectors)).Json.GetProperty("vectors").EnumerateArray().Select(record => record.GetProperty("vector_id").GetString()));
    }

    [Fact]
    public async Task Records_are_counted_with_and_without_a_filter()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 2f], [3f, 4f], [5f, 6f]);
        Assert.Equal("""{"count":3}""", (await server.PostAsync(Vectors + "/count", "{}")).Body);
        Assert.Equal("""{"count":2}""", (await server.PostAsync(Vectors + "/count", """{"filter":{"n":{"$lt":2}}}""")).Body);
        Assert.Equal("""{"count":3}""", (await server.PostAsync(Vectors + "/count", """{"filter":null}""")).Body);
    }

    [Fact]
    public async Task The_greatest_batch_is_written_and_one_more_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        string Records(int count) => $$"""{"vectors":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"vector_id":"{{i}}","vector":[1,{{i}}]}"""))}}]}""";
        Answer refused = await server.PostAsync(Batch, Records(10_001));
        Assert.Equal("limit_out_of_range", refused.Code);
        Assert.Equal(10_000, (await server.PostAsync(Batch, Records(10_000))).Json.GetProperty("upserted").GetInt32());
        Assert.Equal(JsonValueKind.Number, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").ValueKind);
    }
}
