using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class RecordRouteTests
{
    private const string Vectors = "/api/v1/vectors";

    [Fact]
    public async Task A_created_record_comes_back_with_every_part()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer created = await server.PostAsync(Vectors, """
            {"vector_id":"a","vector":[0.25,-1e-3,3],"metadata":{"lang":"en","n":9007199254740993},"document":"grün 🌳",
             "created_at":"1999-01-01T00:00:00Z","updated_at":5,"version":null}
            """);

        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal("/api/v1/vectors/a", created.Headers.Location!.ToString());
        JsonElement record = created.Json;
        Assert.Equal(["vector_id", "vector", "metadata", "document", "created_at", "updated_at", "version"], record.EnumerateObject().Select(member => member.Name));
        Assert.Equal([0.25f, -1e-3f, 3f], record.GetProperty("vector").EnumerateArray().Select(item => item.GetSingle()));
        Assert.Equal("""{"lang":"en","n":9007199254740993}""", record.GetProperty("metadata").GetRawText());
        Assert.Equal("grün 🌳", record.GetProperty("document").GetString());
        Assert.Equal(DateTimeOffset.UtcNow, record.GetProperty("created_at").GetDateTimeOffset(), TimeSpan.FromMinutes(1));
        Assert.EndsWith("Z", record.GetProperty("updated_at").GetString(), StringComparison.Ordinal);
        Assert.Equal($"\"{record.GetProperty("version").GetString()}\"", created.Header("ETag"));

        Answer read = await server.GetAsync(Vectors + "/a");
        Assert.Equal(HttpStatusCode.OK, read.Status);
        Assert.Equal(created.Body, read.Body);
        Assert.Equal(created.Header("ETag"), read.Header("ETag"));
    }

    [Fact]
    public async Task A_record_without_an_id_gets_a_uuid_of_version_7()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer created = await server.PostAsync(Vectors, """{"vector":[1,2]}""");
        var id = Guid.Parse(created.Json.GetProperty("vector_id").GetString()!);
        Assert.Equal(7, id.Version);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync($"{Vectors}/{id}")).Status);
        Assert.Equal("{}", created.Json.GetProperty("metadata").GetRawText());
        Assert.Equal(JsonValueKind.Null, created.Json.GetProperty("document").ValueKind);
    }

    [Fact]
    public async Task Creating_an_id_twice_is_a_conflict_and_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync(Vectors, """{"vector_id":"a","vector":[1,2]}""");
        Answer second = await server.PostAsync(Vectors, """{"vector_id":"a","vector":[3,4]}""");
        Assert.Equal((HttpStatusCode.Conflict, "already_exists"), (second.Status, second.Code));
        Assert.Equal("[1,2]", (await server.GetAsync(Vectors + "/a")).Json.GetProperty("vector").GetRawText());
    }

    [Fact]
    public async Task Of_16_clients_that_create_one_id_exactly_one_succeeds()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 2f]);
        for (int round = 0; round < 20; round++)
        {
            string body = $$"""{"vector_id":"round-{{round}}","vector":[1,2]}""";
            Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => server.PostAsync(Vectors, body)));
            Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
            Assert.Equal(15, answers.Count(answer => answer.Code == "already_exists"));
        }
    }

    [Fact]
    public async Task An_update_merges_metadata_by_rfc_7396()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer created = await server.PostAsync(Vectors, """{"vector_id":"a","vector":[1,2],"metadata":{"keep":1,"drop":2,"deep":{"x":1,"y":2}},"document":"old"}""");
        Answer updated = await server.PutAsync(Vectors + "/a", """{"metadata":{"drop":null,"deep":{"y":3},"new":[null]}}""");

        Assert.Equal(HttpStatusCode.OK, updated.Status);
        Assert.Equal("""{"deep":{"x":1,"y":3},"keep":1,"new":[null]}""", updated.Json.GetProperty("metadata").GetRawText());
        Assert.Equal("old", updated.Json.GetProperty("document").GetString());
        Assert.Equal("[1,2]", updated.Json.GetProperty("vector").GetRawText());
        Assert.Equal(created.Json.GetProperty("created_at").GetString(), updated.Json.GetProperty("created_at").GetString());
        Assert.NotEqual(created.Header("ETag"), updated.Header("ETag"));
        Assert.Equal(updated.Body, (await server.GetAsync(Vectors + "/a")).Body);
    }

    [Fact]
    public async Task An_update_can_replace_metadata_vector_and_document()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync(Vectors, """{"vector_id":"a","vector":[1,2],"metadata":{"x":1}}""");
        Answer updated = await server.PutAsync(Vectors + "/a", """{"vector":[5,6],"metadata":{"y":2},"metadata_mode":"replace","document":"new"}""");
        Assert.Equal("""{"y":2}""", updated.Json.GetProperty("metadata").GetRawText());
        Assert.Equal("[5,6]", updated.Json.GetProperty("vector").GetRawText());
        Assert.Equal("new", updated.Json.GetProperty("document").GetString());
    }

    [Fact]
    public async Task A_record_as_it_was_read_can_be_put_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync(Vectors, """{"vector_id":"a","vector":[1,2],"metadata":{"x":1},"document":"d"}""");
        Answer read = await server.GetAsync(Vectors + "/a");
        Assert.Equal(HttpStatusCode.OK, (await server.PutAsync(Vectors + "/a", read.Body)).Status);
        Answer otherId = await server.PutAsync(Vectors + "/a", read.Body.Replace("\"a\"", "\"b\"", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_argument"), (otherId.Status, otherId.Code));
    }

    [Fact]
    public async Task If_match_guards_updates_and_deletes()
    {
        await using TestServer server = await TestServer.StartAsync();
        string first = (await server.PostAsync(Vectors, """{"vector_id":"a","vector":[1,2]}""")).Header("ETag")!;
        Answer updated = await server.SendAsync("PUT", Vectors + "/a", """{"document":"x"}""", headers: ("If-Match", first));
        Assert.Equal(HttpStatusCode.OK, updated.Status);
        string second = updated.Header("ETag")!;

        Answer stale = await server.SendAsync("PUT", Vectors + "/a", """{"document":"y"}""", headers: ("If-Match", first));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "version_mismatch"), (stale.Status, stale.Code));
        Answer noVersion = await server.SendAsync("DELETE", Vectors + "/a", headers: ("If-Match", "\"abc\""));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "version_mismatch"), (noVersion.Status, noVersion.Code));
        Answer staleDelete = await server.SendAsync("DELETE", Vectors + "/a", headers: ("If-Match", first));
        Assert.Equal(HttpStatusCode.PreconditionFailed, staleDelete.Status);
        Assert.Equal("x", (await server.GetAsync(Vectors + "/a")).Json.GetProperty("document").GetString());

        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("PUT", Vectors + "/a", """{"document":"z"}""", headers: ("If-Match", "*"))).Status);
        string third = (await server.GetAsync(Vectors + "/a")).Header("ETag")!;
        Assert.NotEqual(second, third);
        Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("DELETE", Vectors + "/a", headers: ("If-Match", third))).Status);
    }

    [Fact]
    public async Task A_deleted_record_is_gone_everywhere()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f]);
        Answer deleted = await server.DeleteAsync(Vectors + "/0");
        Assert.Equal((HttpStatusCode.NoContent, ""), (deleted.Status, deleted.Body));
        Assert.Equal("not_found", (await server.GetAsync(Vectors + "/0")).Code);
        Assert.Equal("not_found", (await server.DeleteAsync(Vectors + "/0")).Code);
        Assert.Equal("not_found", (await server.PutAsync(Vectors + "/0", "{}")).Code);
        Assert.Equal("1", (await server.PostAsync(Vectors + "/search", """{"query_vector":[1,0]}""")).Json.GetProperty("results")[0].GetProperty("vector_id").GetString());
        Assert.Equal(1, (await server.PostAsync(Vectors + "/count", "{}")).Json.GetProperty("count").GetInt64());
        Assert.Equal(["1"], (await server.GetAsync(Vectors)).Json.GetProperty("vectors").EnumerateArray().Select(record => record.GetProperty("vector_id").GetString()));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../../etc/passwd")]
    [InlineData("%2F")]
    [InlineData("100%")]
    [InlineData("a b+c")]
    [InlineData("🌳 étage")]
    [InlineData("é")]
    [InlineData("e\u0301")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("stats")]
    [InlineData("search")]
    [InlineData("a\tb\"c\\d\u0001e")]
    [InlineData("?limit=1#x")]
    public async Task Any_id_is_just_bytes_and_is_decoded_once(string id)
    {
        await using TestServer server = await TestServer.StartAsync();
        string json = JsonSerializer.Serialize(id);
        string path = $"{Vectors}/{string.Concat(System.Text.Encoding.UTF8.GetBytes(id).Select(unit => $"%{unit:X2}"))}";
        await server.PostAsync(Vectors, """{"vector_id":"other","vector":[1,2]}""");
        Answer created = await server.PostAsync(Vectors, $$"""{"vector_id":{{json}},"vector":[1,2],"document":"this one"}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal(id, created.Json.GetProperty("vector_id").GetString());

        Answer listed = await server.PostAsync(Vectors + "/get", $$"""{"vector_ids":[{{json}}]}""");
        Assert.Equal("this one", listed.Json.GetProperty("vectors")[0].GetProperty("document").GetString());
        Answer read = await server.GetAsync(path);
        Assert.Equal(id, read.Json.GetProperty("vector_id").GetString());
        Assert.Equal(HttpStatusCode.OK, (await server.PutAsync(path, """{"document":"changed"}""")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync(path)).Status);
        Assert.Equal(1, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_literal_route_wins_over_an_id_of_its_name_except_for_put_and_delete()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync(Vectors, """{"vector_id":"stats","vector":[1,2]}""");
        Assert.Equal(1, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt64());
        Answer wrongMethod = await server.GetAsync(Vectors + "/search");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "method_not_allowed"), (wrongMethod.Status, wrongMethod.Code));
        Assert.Equal(HttpStatusCode.OK, (await server.PutAsync(Vectors + "/stats", """{"document":"d"}""")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync(Vectors + "/stats")).Status);
    }

    [Fact]
    public async Task An_id_with_a_null_character_is_reached_through_bodies_only()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Vectors, """{"vector_id":"a\u0000b","vector":[1]}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.GetAsync(Vectors + "/a%00b")).Status);
        Assert.Equal(1, (await server.PostAsync(Vectors + "/get", """{"vector_ids":["a\u0000b"]}""")).Json.GetProperty("vectors").GetArrayLength());
        Assert.Equal(1, (await server.PostAsync(Vectors + "/delete", """{"vector_ids":["a\u0000b"]}""")).Json.GetProperty("deleted").GetInt32());
    }

    [Fact]
    public async Task Normal_forms_of_unicode_are_different_ids()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Vectors, """{"vector_id":"\u00e9","vector":[1]}""")).Status);
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Vectors, """{"vector_id":"e\u0301","vector":[1]}""")).Status);
    }

    [Fact]
    public async Task A_listing_pages_in_order_of_creation()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([.. Enumerable.Range(0, 25).Select(i => new[] { 1f, i })]);
        var seen = new List<string>();
        string? cursor = null;
        int pages = 0;
        do
        {
            Answer page = await server.GetAsync($"{Vectors}?limit=10{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            Assert.Equal(["vectors", "next_cursor"], page.Json.EnumerateObject().Select(member => member.Name));
            seen.AddRange(page.Json.GetProperty("vectors").EnumerateArray().Select(record => record.GetProperty("vector_id").GetString()!));
            cursor = page.Json.GetProperty("next_cursor").GetString();
            pages++;
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"{i}"), seen);
        Assert.Equal(3, pages);
    }

    [Fact]
    public async Task A_listing_larger_than_its_parts_is_streamed_whole()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([.. Enumerable.Range(0, 3_000).Select(i => new[] { 1f, i, 2f })]);
        Answer all = await server.GetAsync(Vectors + "?limit=10000");
        Assert.Equal(Enumerable.Range(0, 3_000).Select(i => $"{i}"), all.Json.GetProperty("vectors").EnumerateArray().Select(record => record.GetProperty("vector_id").GetString()));
        Assert.Equal(JsonValueKind.Null, all.Json.GetProperty("next_cursor").ValueKind);
        Assert.True(all.Headers.TransferEncodingChunked);
        Answer some = await server.GetAsync(Vectors + "?limit=2999&include=metadata");
        Assert.Equal(2_999, some.Json.GetProperty("vectors").GetArrayLength());
        Assert.NotNull(some.Json.GetProperty("next_cursor").GetString());
        Assert.False(some.Json.GetProperty("vectors")[0].TryGetProperty("vector", out _));
    }

    [Fact]
    public async Task Include_chooses_the_parts_of_a_read()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 2f]);
        Answer read = await server.GetAsync(Vectors + "/0?include=document");
        Assert.Equal(["vector_id", "document", "created_at", "updated_at", "version"], read.Json.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Durability_can_be_chosen_for_one_write()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Vectors + "?durability=os", """{"vector_id":"a","vector":[1]}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PutAsync(Vectors + "/a?durability=batch", """{"document":"x"}""")).Status);
        Assert.Equal("invalid_argument", (await server.DeleteAsync(Vectors + "/a?durability=never")).Code);
        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync(Vectors + "/a?durability=fsync")).Status);
    }

    [Fact]
    public async Task At_capacity_writes_get_507_and_reads_and_deletes_go_on()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Capacity = 2 } });
        await server.FillAsync([1f, 2f], [3f, 4f]);
        Answer full = await server.PostAsync(Vectors, """{"vector":[1,2]}""");
        Assert.Equal(((HttpStatusCode)507, "capacity_exceeded"), (full.Status, full.Code));
        Assert.Equal((HttpStatusCode)507, (await server.PostAsync(Vectors + "/batch", """{"vectors":[{"vector":[1,2]}]}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PutAsync(Vectors + "/0", """{"vector":[9,9]}""")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync(Vectors + "/0")).Status);
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Vectors, """{"vector":[1,2]}""")).Status);
    }
}
