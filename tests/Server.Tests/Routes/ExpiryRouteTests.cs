using System.Net;

namespace Hypervex.Server.Tests.Routes;

public sealed class ExpiryRouteTests
{
    private const string Vectors = "/api/v1/vectors";

    [Fact]
    public async Task A_record_says_when_it_expires_and_a_put_keeps_changes_or_removes_that()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer created = await server.PostAsync(Vectors, """{"vector_id":"a","vector":[1,2],"expires_at":"2999-01-01T02:00:00.1239+02:00"}""");
        Assert.Equal((HttpStatusCode.Created, "2999-01-01T00:00:00.123Z"), (created.Status, created.Json.GetProperty("expires_at").GetString()));
        Assert.Equal("2999-01-01T00:00:00.123Z", await Put("""{"metadata":{"x":1},"expires_at":null}"""));
        Assert.Equal("2998-01-01T00:00:00.000Z", await Put("""{"expires_at":"2998-01-01T00:00:00Z"}"""));
        Assert.Equal("2998-01-01T00:00:00.000Z", (await server.GetAsync(Vectors + "/a")).Json.GetProperty("expires_at").GetString());
        Assert.Null(await Put("""{"expires_at":"never"}"""));

        async Task<string?> Put(string body)
        {
            Answer answer = await server.PutAsync(Vectors + "/a", body);
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            return answer.Json.TryGetProperty("expires_at", out System.Text.Json.JsonElement time) ? time.GetString() : null;
        }
    }

    [Fact]
    public async Task The_short_forms_take_the_time_too()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/insert", """{"id":"a","vector":[1,2],"expires_at":"2999-01-01T02:00:00+02:00"}""")).Status);
        Assert.Equal("2999-01-01T00:00:00.000Z", await Expiry());
        await server.PostAsync("/update", """{"id":"a","metadata":{"x":1}}""");
        Assert.Equal("2999-01-01T00:00:00.000Z", await Expiry());
        await server.PostAsync("/update", """{"id":"a","expires_at":"2998-01-01T00:00:00Z"}""");
        Assert.Equal("2998-01-01T00:00:00.000Z", await Expiry());
        await server.PostAsync("/update", """{"id":"a","expires_at":"never"}""");
        Assert.Null(await Expiry());
        Assert.Equal("invalid_argument", (await server.PostAsync("/insert", """{"id":"b","vector":[1,2],"expires_at":"soon"}""")).Code);

        async Task<string?> Expiry() =>
            (await server.GetAsync(Vectors + "/a")).Json.TryGetProperty("expires_at", out System.Text.Json.JsonElement time) ? time.GetString() : null;
    }

    [Fact]
    public async Task A_record_whose_time_has_passed_is_not_there()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync(Vectors + "/batch", """{"vectors":[{"vector_id":"a","vector":[1,2],"expires_at":"2001-01-01T00:00:00Z"},{"vector_id":"b","vector":[1,2]}]}""");
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(Vectors + "/a")).Status);
        Assert.Equal(1, (await server.PostAsync(Vectors + "/count", "{}")).Json.GetProperty("count").GetInt32());
        Assert.Equal(1, (await server.PostAsync(Vectors + "/search", """{"query_vector":[1,2]}""")).Json.GetProperty("count").GetInt32());
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Vectors, """{"vector_id":"a","vector":[1,2]}""")).Status);
    }

    [Theory]
    [InlineData("\"tomorrow\"")]
    [InlineData("\"2999-01-01\"")]
    [InlineData("\"2999-01-01T00:00:00\"")]
    [InlineData("\"1970-01-01T00:00:00Z\"")]
    public async Task A_time_that_is_none_is_refused(string time)
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Vectors, $$"""{"vector_id":"a","vector":[1,2],"expires_at":{{time}}}""");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_argument"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Field_indexes_of_dates_and_texts_are_created_and_used()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync(Vectors + "/batch", """
            {"vectors":[{"vector_id":"a","vector":[1,2],"metadata":{"at":"2024-05-01T12:00:00+02:00","title":"An old oak"}},
                        {"vector_id":"b","vector":[1,2],"metadata":{"at":"2024-05-01T11:00:00Z","title":"Oaks"}}]}
            """);
        foreach ((string field, string type) in ((string, string)[])[("at", "datetime"), ("title", "text")])
        {
            Answer made = await server.PostAsync("/api/v1/collections/default/field-indexes", $$"""{"field":"{{field}}","type":"{{type}}"}""");
            Assert.Equal((HttpStatusCode.Created, type), (made.Status, made.Json.GetProperty("type").GetString()));
        }

        Assert.Equal(1, await Count("""{"at":{"$lte":"2024-05-01T10:00:00Z"}}"""));
        Assert.Equal(1, await Count("""{"title":{"$match":"OAK"}}"""));
        Assert.Equal(2, await Count("""{"title":{"$match":"oak*"}}"""));
        Answer refused = await server.PostAsync(Vectors + "/count", """{"filter":{"at":{"$lte":"May"}}}""");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_filter"), (refused.Status, refused.Code));

        async Task<int> Count(string filter) => (await server.PostAsync(Vectors + "/count", $$"""{"filter":{{filter}}}""")).Json.GetProperty("count").GetInt32();
    }
}
