using System.Net;
using Hypervex.Server.Tests.Keys;

namespace Hypervex.Server.Tests.Routes;

public sealed class AliasRouteTests
{
    private const string Aliases = "/api/v1/aliases";
    private const string Collections = "/api/v1/collections";

    [Fact]
    public async Task Every_route_of_a_collection_works_by_an_alias_of_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        await CreateAsync(server, "blue", "green");
        Answer set = await server.PutAsync(Aliases + "/live", """{"collection":"blue"}""");
        Assert.Equal((HttpStatusCode.OK, """{"alias":"live","collection":"blue"}"""), (set.Status, set.Body));
        const string Live = Collections + "/live";
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Live + "/vectors", """{"vector_id":"a","vector":[1,2]}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Collections + "/blue/vectors/a")).Status);
        Assert.Equal("blue", (await server.GetAsync(Live)).Json.GetProperty("name").GetString());
        Assert.Equal(1, (await server.GetAsync(Live + "/vectors/stats")).Json.GetProperty("count").GetInt32());
        Assert.Equal(1, (await server.PostAsync(Live + "/vectors/search", """{"query_vector":[1,2]}""")).Json.GetProperty("count").GetInt32());
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Live + "/field-indexes", """{"field":"f","type":"keyword"}""")).Status);

        await server.PutAsync(Aliases + "/live", """{"collection":"green"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(Live + "/vectors/a")).Status);
        Assert.Equal("green", (await server.GetAsync(Live)).Json.GetProperty("name").GetString());
        Assert.Equal(["blue", "green"], (await server.GetAsync(Collections)).Json.GetProperty("collections").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task The_collection_default_can_be_an_alias()
    {
        await using TestServer server = await TestServer.StartAsync();
        await CreateAsync(server, "blue");
        await server.PutAsync(Aliases + "/default", """{"collection":"blue"}""");
        await server.PostAsync("/api/v1/vectors", """{"vector_id":"a","vector":[1,2]}""");
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Collections + "/blue/vectors/a")).Status);
        Assert.Equal(1, (await server.GetAsync("/")).Json.GetProperty("vectors_indexed").GetInt32());
    }

    [Fact]
    public async Task What_an_alias_stands_for_is_not_dropped_nor_is_anything_by_the_alias()
    {
        await using TestServer server = await TestServer.StartAsync();
        await CreateAsync(server, "blue");
        await server.PutAsync(Aliases + "/live", """{"collection":"blue"}""");
        Answer refused = await server.DeleteAsync(Collections + "/blue");
        Assert.Equal((HttpStatusCode.Conflict, "collection_in_use"), (refused.Status, refused.Code));
        Assert.Equal((HttpStatusCode.NotFound, "collection_not_found"), await OutcomeAsync(server.DeleteAsync(Collections + "/live")));
        Assert.Equal((HttpStatusCode.Conflict, "collection_exists"), await OutcomeAsync(server.PostAsync(Collections, """{"name":"live"}""")));
        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync(Aliases + "/live")).Status);
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await OutcomeAsync(server.DeleteAsync(Aliases + "/live")));
        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync(Collections + "/blue")).Status);
    }

    [Theory]
    [InlineData("PUT", "/live", """{"collection":"red"}""", "collection_not_found")]
    [InlineData("PUT", "/live", """{"collection":"old"}""", "collection_not_found")]
    [InlineData("PUT", "/live", """{"collection":null}""", "invalid_json")]
    [InlineData("PUT", "/live", "{}", "invalid_json")]
    [InlineData("PUT", "/live", """{"collection":"blue","x":1}""", "invalid_json")]
    [InlineData("PUT", "/live", """{"collection":7}""", "invalid_json")]
    [InlineData("PUT", "/blue", """{"collection":"green"}""", "collection_exists")]
    [InlineData("PUT", "/..%2fx", """{"collection":"blue"}""", "invalid_name")]
    [InlineData("PUT", "/%ff", """{"collection":"blue"}""", "invalid_name")]
    [InlineData("PUT", "/", """{"collection":"blue"}""", "invalid_name")]
    [InlineData("POST", "", "{}", "invalid_json")]
    [InlineData("POST", "", """{"changes":[{"alias":"a"}]}""", "invalid_json")]
    [InlineData("POST", "", """{"changes":[{"collection":null}]}""", "invalid_json")]
    [InlineData("POST", "", """{"changes":[{"alias":"old","collection":"green"},{"alias":"x","collection":"red"}]}""", "collection_not_found")]
    [InlineData("POST", "", """{"changes":[{"alias":"old","collection":"green"},{"alias":"x","collection":null}]}""", "not_found")]
    [InlineData("POST", "", """{"changes":[{"alias":"old","collection":"green"},{"alias":"old","collection":null}]}""", "invalid_argument")]
    public async Task A_change_that_is_not_right_changes_nothing(string method, string path, string body, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        await CreateAsync(server, "blue", "green");
        await server.PutAsync(Aliases + "/old", """{"collection":"blue"}""");
        Answer refused = await server.SendAsync(method, Aliases + path, body);
        Assert.True(refused.Code == code, refused.Body);
        Assert.Equal("""{"aliases":[{"alias":"old","collection":"blue"}]}""", (await server.GetAsync(Aliases)).Body);
    }

    [Fact]
    public async Task A_key_counts_for_collections_and_follows_an_alias_only_to_its_own()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        foreach (string name in (string[])["blue", "green"])
        {
            await server.SendAsync("POST", Collections, $$"""{"name":"{{name}}","dimension":2}""", server.Admin);
        }

        await server.SendAsync("PUT", Aliases + "/live", """{"collection":"blue"}""", server.Admin);
        string ofBlue = await server.CreateAsync("admin", ["blue"], server.Admin);
        string ofLive = await server.CreateAsync("admin", ["live"], server.Admin);
        const string Stats = Collections + "/live/vectors/stats";
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("GET", Stats, null, ofBlue)).Status);
        Assert.Equal("""{"aliases":[{"alias":"live","collection":"blue"}]}""", (await server.SendAsync("GET", Aliases, null, ofBlue)).Body);
        Assert.Equal("forbidden", (await server.SendAsync("GET", Stats, null, ofLive)).Code);
        Assert.Equal("""{"aliases":[]}""", (await server.SendAsync("GET", Aliases, null, ofLive)).Body);

        foreach (string key in (string[])[ofBlue, ofLive])
        {
            Assert.Equal("forbidden", (await server.SendAsync("PUT", Aliases + "/live", """{"collection":"blue"}""", key)).Code);
            Assert.Equal("forbidden", (await server.SendAsync("POST", Aliases, """{"changes":[]}""", key)).Code);
            Assert.Equal("forbidden", (await server.SendAsync("DELETE", Aliases + "/live", null, key)).Code);
        }

        await server.SendAsync("PUT", Aliases + "/live", """{"collection":"green"}""", server.Admin);
        Assert.Equal("forbidden", (await server.SendAsync("GET", Stats, null, ofBlue)).Code);
        Assert.Equal("forbidden", (await server.SendAsync("DELETE", Collections + "/live", null, ofBlue)).Code);
        Assert.Contains("PUT /api/v1/aliases/live subject green", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_named_like_an_alias_opens_nothing_while_the_database_still_opens()
    {
        // The alias is not known when the key is judged; it is judged again when the collection has been found.
        using var opening = new ManualResetEventSlim();
        string data = Directory.CreateTempSubdirectory("hypervex-alias").FullName;
        try
        {
            using (Database database = Database.Open(data))
            {
                database.CreateCollection("blue", CollectionOptions.Create(2));
                database.SetAlias("live", "blue");
            }

            string ofLive;
            using (var keys = Hypervex.Server.Keys.KeyStore.OpenDirectory(data))
            {
                keys.Create("admin", Hypervex.Server.Keys.KeyScope.Admin, null);
                (_, ofLive) = keys.Create("live", Hypervex.Server.Keys.KeyScope.Admin, ["live"]);
            }

            Database Open()
            {
                opening.Wait();
                return Database.Open(data);
            }

            await using TestServer server = await TestServer.StartAsync(Open, TestServer.Options with { DataPath = data });
            (string, string) header = ("x-api-key", ofLive);

            // The key is judged while the name means nothing; the body, and with it the collection, comes later.
            Answer early = await server.SendAsync("GET", Collections + "/live/vectors/stats", (byte[]?)null, null, header);
            Assert.Equal("opening", early.Code);
            opening.Set();
            await server.Server.Ready;
            Assert.Equal("forbidden", (await server.SendAsync("GET", Collections + "/live/vectors/stats", (byte[]?)null, null, header)).Code);
        }
        finally
        {
            opening.Set();
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task Requests_by_an_alias_find_one_of_the_two_while_it_is_switched()
    {
        await using TestServer server = await TestServer.StartAsync();
        await CreateAsync(server, "blue", "green");
        foreach (string name in (string[])["blue", "green"])
        {
            await server.PostAsync($"{Collections}/{name}/vectors/batch", $$"""{"vectors":[{"vector_id":"{{name}}","vector":[1,2]}]}""");
        }

        await server.PutAsync(Aliases + "/live", """{"collection":"blue"}""");
        Task switching = Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                Answer switched = await server.PutAsync(Aliases + "/live", $$"""{"collection":"{{(i % 2 == 0 ? "green" : "blue")}}"}""");
                Assert.Equal(HttpStatusCode.OK, switched.Status);
            }
        });
        do
        {
            Answer found = await server.PostAsync(Collections + "/live/vectors/search/batch", """{"searches":[{"query_vector":[1,2]},{"query_vector":[2,1]}]}""");
            string[] ids = [.. found.Json.GetProperty("results").EnumerateArray().Select(hits => Assert.Single(hits.EnumerateArray()).GetProperty("vector_id").GetString()!)];
            Assert.Contains(ids[0], (string[])["blue", "green"]);
            Assert.Equal(ids[0], ids[1]);
        }
        while (!switching.IsCompleted);
        await switching;
    }

    private static async Task CreateAsync(TestServer server, params string[] names)
    {
        foreach (string name in names)
        {
            Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Collections, $$"""{"name":"{{name}}","dimension":2}""")).Status);
        }
    }

    private static async Task<(HttpStatusCode Status, string? Code)> OutcomeAsync(Task<Answer> request)
    {
        Answer answer = await request;
        return (answer.Status, answer.Code);
    }
}
