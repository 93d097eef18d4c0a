using System.Net;
using System.Text.Json;
using Hypervex.Server.Keys;

namespace Hypervex.Server.Tests.Keys;

public sealed class KeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypervex-keys-").FullName;

    private string Data => Path.Combine(_folder, "data");

    private ServerOptions Options => TestServer.Options with { DataPath = Data };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_key_is_told_once_and_only_its_hash_is_on_disk()
    {
        await using KeyServer server = await KeyServer.StartAsync(Options);
        string key = await server.CreateAsync("write", ["docs"], server.Admin);
        Answer list = await server.SendAsync("GET", "/api/v1/keys", null, server.Admin);

        JsonElement[] listed = [.. list.Json.GetProperty("keys").EnumerateArray()];
        Assert.Equal(["admin", "write"], listed.Select(one => one.GetProperty("scope").GetString()!));
        Assert.Equal("docs", Assert.Single(listed[1].GetProperty("collections").EnumerateArray()).GetString());
        Assert.Equal(KeyServer.IdOf(key), listed[1].GetProperty("id").GetString());
        string file = File.ReadAllText(Path.Combine(Data, "keys.json"));
        Assert.Contains(Convert.ToHexStringLower(KeyText.Hash(key)), file, StringComparison.Ordinal);
        foreach (string secret in new[] { server.Admin, key }.Select(text => text.Split('_')[2]))
        {
            Assert.DoesNotContain(secret, file, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, list.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, server.Log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_hold_after_a_restart_and_a_revoked_one_does_not_come_back()
    {
        string kept, revoked, admin;
        await using (KeyServer server = await KeyServer.StartAsync(Options))
        {
            admin = server.Admin;
            (kept, revoked) = (await server.CreateAsync("read", null, admin), await server.CreateAsync("read", null, admin));
            Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("GET", "/api/v1/health", null, revoked)).Status);
            Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("DELETE", "/api/v1/keys/" + KeyServer.IdOf(revoked), null, admin)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.SendAsync("GET", "/api/v1/health", null, revoked)).Status);
        }

        await using TestServer again = await TestServer.StartAsync(Options);
        Assert.Equal(HttpStatusCode.OK, (await again.SendAsync("GET", "/api/v1/health", headers: ("x-api-key", kept))).Status);
        Assert.Equal(HttpStatusCode.OK, (await again.SendAsync("GET", "/api/v1/keys", headers: ("Authorization", "bearer " + admin))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await again.SendAsync("GET", "/api/v1/health", headers: ("x-api-key", revoked))).Status);
    }

    [Fact]
    public async Task A_rotation_ends_the_text_before_at_once_or_after_its_grace()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string first = await server.CreateAsync("read", null, server.Admin);
        async Task<string> Rotate(string body)
        {
            Answer answer = await server.SendAsync("POST", $"/api/v1/keys/{KeyServer.IdOf(first)}/rotate", body, server.Admin);
            Assert.Equal((HttpStatusCode.OK, "no-store"), (answer.Status, answer.Header("Cache-Control")));
            return answer.Json.GetProperty("key").GetString()!;
        }

        async Task<bool> Works(string key) => (await server.SendAsync("GET", "/api/v1/health", null, key)).Status == HttpStatusCode.OK;

        string second = await Rotate("""{"grace_seconds": 3600}""");
        Assert.Equal((true, true), (await Works(first), await Works(second)));
        string third = await Rotate("{}");
        Assert.Equal((false, false, true), (await Works(first), await Works(second), await Works(third)));
        Assert.Equal("not_found", (await server.SendAsync("POST", "/api/v1/keys/0000000000000000/rotate", "{}", server.Admin)).Code);
        Assert.Equal("limit_out_of_range", (await server.SendAsync("POST", $"/api/v1/keys/{KeyServer.IdOf(first)}/rotate", """{"grace_seconds": 604801}""", server.Admin)).Code);
    }

    [Fact]
    public void The_text_before_a_rotation_ends_when_its_grace_is_over()
    {
        var clock = new Clock();
        using KeyStore keys = KeyStore.OpenForServer(dataPath: null, adminKeyFile: null, clock);
        (ApiKey key, string first) = keys.Create("a", KeyScope.Admin, collections: null);
        string second = keys.Rotate(key.Id, TimeSpan.FromSeconds(10))!.Value.Text;
        clock.Now += TimeSpan.FromSeconds(9.999);
        Assert.NotNull(keys.Authenticate(first));
        clock.Now += TimeSpan.FromSeconds(0.001);
        Assert.Null(keys.Authenticate(first));
        Assert.NotNull(keys.Authenticate(second));
    }

    [Fact]
    public void A_key_is_accepted_until_it_expires_and_its_callers_no_longer()
    {
        var clock = new Clock();
        using KeyStore keys = KeyStore.OpenForServer(dataPath: null, adminKeyFile: null, clock);
        keys.Create("operator", KeyScope.Admin, collections: null);
        (ApiKey key, string text) = keys.Create("visitor", KeyScope.Read, collections: null, expiresAt: clock.Now + TimeSpan.FromSeconds(10));
        clock.Now += TimeSpan.FromSeconds(9.999);
        Caller caller = keys.Authenticate(text)!;
        Assert.True(keys.Accepts(caller));
        string rotated = keys.Rotate(key.Id, TimeSpan.FromSeconds(60))!.Value.Text;
        Assert.NotNull(keys.Authenticate(rotated));
        clock.Now += TimeSpan.FromSeconds(0.001);
        Assert.Null(keys.Authenticate(text));
        Assert.Null(keys.Authenticate(rotated));
        Assert.False(keys.Accepts(caller));
        Assert.Contains(keys.List(), one => one.Id == key.Id);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => keys.Create("late", KeyScope.Read, null, expiresAt: clock.Now)).Code);
    }

    [Fact]
    public void One_admin_key_that_never_expires_is_always_left()
    {
        var clock = new Clock();
        using KeyStore keys = KeyStore.OpenForServer(dataPath: null, adminKeyFile: null, clock);
        DateTimeOffset tomorrow = clock.Now + TimeSpan.FromDays(1);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => keys.Create("first", KeyScope.Admin, null, expiresAt: tomorrow)).Code);
        string lasting = keys.Create("operator", KeyScope.Admin, null).Key.Id;
        keys.Create("visitor", KeyScope.Admin, null, expiresAt: tomorrow);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => keys.Revoke(lasting)).Code);
    }

    [Fact]
    public async Task An_expiry_is_told_kept_in_the_file_and_asked_for_over_rest()
    {
        await using (TestServer server = await TestServer.StartAsync(Options))
        {
            string admin = (await server.PostAsync("/api/v1/keys", """{"name": "operator", "scope": "admin"}""")).Json.GetProperty("key").GetString()!;
            Answer created = await server.SendAsync("POST", "/api/v1/keys", """{"name": "visitor", "scope": "read", "expires_at": "2999-01-31T01:00:00+01:00"}""", headers: ("x-api-key", admin));
            Assert.Equal("2999-01-31T00:00:00Z", created.Json.GetProperty("expires_at").GetString());
            foreach (string wrong in (string[])["\"2001-01-01T00:00:00Z\"", "\"tomorrow\"", "\"2999-01-31\""])
            {
                Assert.Equal("invalid_argument", (await server.SendAsync("POST", "/api/v1/keys", $$"""{"name": "x", "scope": "read", "expires_at": {{wrong}}}""", headers: ("x-api-key", admin))).Code);
            }
        }

        using KeyStore again = KeyStore.OpenDirectory(Data);
        Assert.Equal([null, new DateTimeOffset(2999, 1, 31, 0, 0, 0, TimeSpan.Zero)], again.List().OrderBy(key => key.Name).Select(key => key.ExpiresAt));
    }

    [Fact]
    public async Task A_server_with_keys_listens_beyond_loopback_and_does_not_ask_for_a_loopback_host()
    {
        HypervexException refused = await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(Options with { Listen = "0.0.0.0:0" }));
        Assert.Contains("hypervex keys create", refused.Message, StringComparison.Ordinal);
        string text;
        using (KeyStore keys = KeyStore.OpenDirectory(Data))
        {
            text = keys.Create("operator", KeyScope.Admin, collections: null).Text;
        }

        await using HypervexServer server = await HypervexServer.StartAsync(Options with { Listen = "0.0.0.0:0" });
        await server.Ready;
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Addresses[0].Port}/api/v1/health");
        request.Headers.Host = "vectors.example.org";
        request.Headers.Add("x-api-key", text);
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task The_first_key_is_an_admin_and_the_last_one_stays()
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (string body in new[] { """{"name": "a", "scope": "write"}""", """{"name": "a", "scope": "admin", "collections": ["docs"]}""" })
        {
            Assert.Equal("invalid_argument", (await server.PostAsync("/api/v1/keys", body)).Code);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/v1/health")).Status);
        string admin = (await server.PostAsync("/api/v1/keys", """{"name": "a", "scope": "admin"}""")).Json.GetProperty("key").GetString()!;
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/api/v1/health")).Status);
        Assert.Equal("invalid_argument", (await server.SendAsync("DELETE", "/api/v1/keys/" + KeyServer.IdOf(admin), headers: ("x-api-key", admin))).Code);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("GET", "/api/v1/health", headers: ("x-api-key", admin))).Status);
    }

    [Theory]
    [InlineData("""{"scope": "read"}""", "invalid_json")]
    [InlineData("""{"name": "a"}""", "invalid_json")]
    [InlineData("""{"name": "a", "scope": "root"}""", "invalid_argument")]
    [InlineData("""{"name": "", "scope": "read"}""", "invalid_name")]
    [InlineData("""{"name": "a\nb", "scope": "read"}""", "invalid_name")]
    [InlineData("""{"name": "a", "scope": "read", "collections": []}""", "invalid_argument")]
    [InlineData("""{"name": "a", "scope": "read", "collections": [1]}""", "invalid_json")]
    [InlineData("""{"name": "a", "scope": "read", "key": "mine"}""", "invalid_json")]
    public async Task A_bad_key_is_refused(string body, string code)
    {
        await using KeyServer server = await KeyServer.StartAsync();
        Assert.Equal(code, (await server.SendAsync("POST", "/api/v1/keys", body, server.Admin)).Code);
    }

    [Fact]
    public async Task A_key_in_the_query_or_beside_another_one_does_not_count_and_is_not_logged()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        Assert.Equal("unauthorized", (await server.SendAsync("GET", $"/api/v1/health?x-api-key={server.Admin}&api_key={server.Admin}", null, key: null)).Code);
        Assert.Equal("unauthorized", (await server.Test.SendAsync("GET", "/api/v1/health", headers: [("Authorization", "Bearer " + server.Admin), ("x-api-key", server.Admin)])).Code);
        Assert.Equal("unauthorized", (await server.Test.SendAsync("GET", "/api/v1/health", headers: ("Authorization", "Basic " + server.Admin))).Code);
        Assert.DoesNotContain(server.Admin.Split('_')[2], server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_collections_holds_those_of_the_key()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        foreach (string name in new[] { "a", "b" })
        {
            Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("POST", "/api/v1/collections", $$"""{"name": "{{name}}"}""", server.Admin)).Status);
        }

        string key = await server.CreateAsync("read", ["b", "later"], server.Admin);
        Answer list = await server.SendAsync("GET", "/api/v1/collections", null, key);
        Assert.Equal("b", Assert.Single(list.Json.GetProperty("collections").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal("forbidden", (await server.SendAsync("GET", "/api/v1/collections/a/vectors/stats", null, key)).Code);
        Assert.Equal("forbidden", (await server.SendAsync("GET", "/api/v1/collections/nosuch/vectors/stats", null, key)).Code);
        Assert.Equal("collection_not_found", (await server.SendAsync("GET", "/api/v1/collections/later/vectors/stats", null, key)).Code);
    }

    [Fact]
    public async Task The_audit_log_names_admin_calls_and_refusals()
    {
        KeyServer server = await KeyServer.StartAsync();
        string admin = KeyServer.IdOf(server.Admin);
        string reader;
        await using (server)
        {
            string key = await server.CreateAsync("read", null, server.Admin);
            reader = KeyServer.IdOf(key);
            await server.SendAsync("POST", "/api/v1/collections", """{"name": "docs"}""", server.Admin);
            await server.SendAsync("POST", "/api/v1/collections", """{"name": "docs"}""", server.Admin);
            await server.SendAsync("DELETE", "/api/v1/collections/docs?x=secret", null, key);
            await server.SendAsync("GET", "/api/v1/health", null, "wrong");
        }

        // Lines about calls that were admitted are written after their answers; the server's end waits for them.
        string[] expected =
        [
            $"Administered: POST /api/v1/keys subject {admin} key none from 127.0.0.1",
            $"Administered: POST /api/v1/keys subject {reader} key {admin} from 127.0.0.1",
            $"Administered: POST /api/v1/collections subject docs key {admin} from 127.0.0.1",
            ": collection_exists",
            $"Refused: forbidden DELETE /api/v1/collections/docs key {reader} from 127.0.0.1",
            "Refused: unauthorized GET /api/v1/health key - from 127.0.0.1",
        ];
        Assert.All(expected, line => Assert.Contains(line, server.Log, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_of_the_admin_key_file_may_everything()
    {
        string file = Path.Combine(_folder, "admin.key");
        string key = new('k', 32);
        File.WriteAllText(file, key + "\n");
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { AdminKeyFile = file });
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/api/v1/keys")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("GET", "/api/v1/keys", headers: ("x-api-key", key))).Status);
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("POST", "/api/v1/keys", """{"name": "a", "scope": "read"}""", headers: ("x-api-key", key))).Status);
        foreach (string content in new[] { "", "short", new string('k', 513), new string('k', 20) + " " + new string('k', 20) })
        {
            File.WriteAllText(file, content);
            Assert.Equal(ErrorCode.InvalidArgument, (await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(TestServer.Options with { AdminKeyFile = file }))).Code);
        }

        Assert.Equal(ErrorCode.InvalidArgument, (await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(TestServer.Options with { AdminKeyFile = file + ".none" }))).Code);
    }

    [Fact]
    public async Task A_damaged_file_of_keys_keeps_the_server_from_starting()
    {
        using (KeyStore keys = KeyStore.OpenDirectory(Data))
        {
            keys.Create("a", KeyScope.Admin, collections: null);
        }

        string path = Path.Combine(Data, "keys.json");
        byte[] whole = File.ReadAllBytes(path);
        foreach (int at in new[] { 0, 15, whole.Length / 2, whole.Length - 1 })
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 1;
            File.WriteAllBytes(path, damaged);
            Assert.Equal(ErrorCode.Damaged, (await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(Options))).Code);
        }

        // The control.
        File.WriteAllBytes(path, whole);
        await using TestServer server = await TestServer.StartAsync(Options);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/api/v1/health")).Status);
    }

    [Fact]
    public void A_directory_of_keys_has_one_owner_at_a_time()
    {
        using KeyStore first = KeyStore.OpenDirectory(Data);
        Assert.Equal(ErrorCode.Locked, Assert.Throws<HypervexException>(() => KeyStore.OpenDirectory(Data)).Code);
        first.Create("a", KeyScope.Admin, collections: null);
        first.Dispose();
        Assert.Equal(ErrorCode.Closed, Assert.Throws<HypervexException>(() => first.Create("b", KeyScope.Admin, collections: null)).Code);
        using KeyStore second = KeyStore.OpenDirectory(Data);
        Assert.Single(second.List());
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
