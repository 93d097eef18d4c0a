using System.Net;
using Hypervex.Client;
using Hypervex.Server.Http;
using Hypervex.Server.Keys;
using Hypervex.Wire;

namespace Hypervex.Server.Tests.Keys;

/// <summary>How a key may be presented, and where its text must not turn up.</summary>
public sealed class CredentialTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("Authorization: Bearer {KEY}", 200)]
    [InlineData("AUTHORIZATION: bearer {KEY}", 200)]
    [InlineData("authorization:BEARER   {KEY}  ", 200)]
    [InlineData("X-API-KEY:  {KEY} ", 200)]
    [InlineData("Authorization: Bearer {KEY}\r\nAuthorization: Bearer {KEY}", 401)]
    [InlineData("Authorization: Bearer {KEY}\r\nx-api-key: {KEY}", 401)]
    [InlineData("Authorization: Bearer {KEY}\r\nx-api-key: ", 401)]
    [InlineData("x-api-key: {KEY}\r\nX-Api-Key: {KEY}", 401)]
    [InlineData("x-api-key: {KEY}, {KEY}", 401)]
    [InlineData("Authorization: Bearer {KEY}, Bearer {KEY}", 401)]
    [InlineData("Authorization: Bearer{KEY}", 401)]
    [InlineData("Authorization: Bearer", 401)]
    [InlineData("Authorization: {KEY}", 401)]
    [InlineData("Authorization: Bearer \"{KEY}\"", 401)]
    [InlineData("Proxy-Authorization: Bearer {KEY}", 401)]
    [InlineData("Cookie: x-api-key={KEY}", 401)]
    public async Task A_key_counts_in_one_header_with_one_value(string header, int status)
    {
        await using KeyServer server = await KeyServer.StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(server.Test.Address);
        await connection.SendAsync($"GET /api/v1/health HTTP/1.1\r\nHost: anywhere\r\n{header.Replace("{KEY}", server.Admin, StringComparison.Ordinal)}\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", await connection.ReadUntilAsync("}", _patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_every_method_on_every_path_gets_401_but_the_probes()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string[] paths = ["/", "/livez", "/readyz", "/nowhere", "/%00", "/%", "/api/v1/collections/%00/vectors", "/api/v1/collections/%zz", "/api/v1/vectors/..%2f..%2flivez", "http://x/api/v1/keys", "*"];
        string[] methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "ANY"];
        foreach ((string method, string path) in methods.SelectMany(method => paths.Select(path => (method, path))).Where(pair => pair.path != "*" || pair.method == "OPTIONS"))
        {
            bool isOpen = (method is "GET" or "HEAD") && (path is "/livez" or "/readyz");
            int without = await StatusAsync(server, method, path, key: null);
            int with = await StatusAsync(server, method, path, server.Admin);

            // What is no HTTP does not come as far as to be asked for a key.
            bool isHttp = !path.Contains("%00", StringComparison.Ordinal);
            Assert.Equal((path, method, isOpen ? 200 : isHttp ? 401 : 400), (path, method, without));
            Assert.Equal((path, method, isHttp), (path, method, with is not (400 or 401) || path.Contains("%zz", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_key_in_a_path_a_query_or_a_request_id_is_not_logged()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string id = KeyServer.IdOf(server.Admin);
        Answer mistaken = await server.SendAsync("DELETE", "/api/v1/keys/" + server.Admin, null, server.Admin);
        Assert.Equal("not_found", mistaken.Code);
        Assert.Contains(id, mistaken.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("invalid_argument", (await server.SendAsync("DELETE", "/api/v1/keys/0000000000000000?api_key=" + server.Admin, null, server.Admin)).Code);
        Assert.Equal("invalid_argument", (await server.SendAsync("GET", "/api/v1/health?api_key=" + server.Admin, null, server.Admin)).Code);
        Answer named = await server.Test.SendAsync("GET", "/x/" + server.Admin + "/y", headers: ("X-Request-Id", server.Admin));
        Assert.Equal("unauthorized", named.Code);
        Assert.NotEqual(server.Admin, named.Header("X-Request-Id"));

        // The refused call with a wrong query is in the audit log too.
        Assert.Contains($"Administered: DELETE /api/v1/keys/hvx_{id}_... subject", server.Log, StringComparison.Ordinal);
        Assert.Contains($"Refused: unauthorized GET /x/hvx_{id}_.../y key -", server.Log, StringComparison.Ordinal);
        Assert.Contains("Administered: DELETE /api/v1/keys/0000000000000000 subject", server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Admin.Split('_')[2], server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("/api/v1/keys", "/api/v1/keys")]
    [InlineData("hvx_", "hvx_")]
    [InlineData("a hvx_0123456789abcdef_00ff, b", "a hvx_0123456789abcdef_..., b")]
    [InlineData("HVX_0123456789abcdef_00ff/hvx_0123456789abcdef_11", "HVX_0123456789abcdef_.../hvx_0123456789abcdef_...")]
    [InlineData("hvx_hvx_0123456789abcdef_00ff", "hvx_hvx_0123456789abcdef_...")]
    public void Secrets_are_cut_out_of_texts(string text, string expected) => Assert.Equal(expected, KeyText.WithoutSecrets(text));

    [Fact]
    public async Task What_a_terminal_would_obey_is_not_logged()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(server.Test.Address);
        await connection.SendAsync("GET /a\u001b[2Jb HTTP/1.1\r\nHost: anywhere\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401", await connection.ReadUntilAsync("}", _patience), StringComparison.Ordinal);
        Assert.Contains("Refused: unauthorized GET /a?[2Jb key", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_of_a_message_that_carries_a_key_does_not()
    {
        const string Secret = "very-secret";
        Assert.DoesNotContain(Secret, new HypervexClientOptions { ApiKey = Secret }.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new KeyAnswer { Id = "1", Name = "a", Scope = "read", CreatedAt = default, Key = Secret }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_with_a_key_that_may_not_write_creates_nothing()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string reader = await server.CreateAsync("read", null, server.Admin);
        string writer = await server.CreateAsync("write", null, server.Admin);
        foreach (Route route in server.Test.Server.Table.All.Where(route => route is { Access: Access.Read, Method: not "PUT" }))
        {
            string path = route.Path.Replace("{collection}", "default", StringComparison.Ordinal).Replace("{id}", "none", StringComparison.Ordinal).Replace("{snapshot}", "none.hvsnap", StringComparison.Ordinal);
            Answer answer = await server.SendAsync(route.Method, path, route.Method == "POST" ? "{}" : null, reader);
            bool isOfSnapshots = path.Contains("/snapshots", StringComparison.Ordinal) && answer.Code == "invalid_argument"; // there are none in memory
            Assert.True(route.Path == "/" || isOfSnapshots || answer.Code == "collection_not_found", $"{route.Method} {path}: {(int)answer.Status} {answer.Body}");
            Answer list = await server.SendAsync("GET", "/api/v1/collections", null, server.Admin);
            Assert.Empty(list.Json.GetProperty("collections").EnumerateArray());
        }

        // The control: a key that may write creates it, and then it can be read.
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("GET", "/api/v1/vectors/stats", null, writer)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("GET", "/api/v1/vectors/stats", null, reader)).Status);
    }

    [Fact]
    public async Task The_probe_of_a_database_that_does_not_open_tells_strangers_no_paths()
    {
        string folder = Directory.CreateTempSubdirectory("hypervex-keys-").FullName;
        try
        {
            string text;
            using (KeyStore keys = KeyStore.OpenDirectory(folder))
            {
                text = keys.Create("a", KeyScope.Admin, collections: null).Text;
            }

            File.WriteAllText(Path.Combine(folder, "database.json"), "damaged");
            await using HypervexServer server = await HypervexServer.StartAsync(TestServer.Options with { DataPath = folder });
            await Assert.ThrowsAsync<HypervexException>(() => server.Ready);
            using var http = new HttpClient();
            string open = await (await http.GetAsync(new Uri(server.Addresses[0], "/readyz"))).Content.ReadAsStringAsync();
            Assert.Contains("\"damaged\"", open, StringComparison.Ordinal);
            Assert.DoesNotContain(folder, open, StringComparison.Ordinal);
            http.DefaultRequestHeaders.Add("x-api-key", text);
            string known = await (await http.GetAsync(new Uri(server.Addresses[0], "/api/v1/health"))).Content.ReadAsStringAsync();
            Assert.Contains(folder, known, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> StatusAsync(KeyServer server, string method, string path, string? key)
    {
        using RawConnection connection = await RawConnection.OpenAsync(server.Test.Address);
        string credential = key is null ? "" : $"x-api-key: {key}\r\n";
        await connection.SendAsync($"{method} {path} HTTP/1.1\r\nHost: x\r\n{credential}Content-Length: 0\r\nConnection: close\r\n\r\n");
        string answer = await connection.ReadUntilAsync("\r\n", _patience);
        return int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
