using System.Net;
using System.Text;
using Hypervex.Server.Http;
using Microsoft.Extensions.DependencyInjection;
using EndpointDataSource = Microsoft.AspNetCore.Routing.EndpointDataSource;

namespace Hypervex.Server.Tests.Keys;

/// <summary>Every route of the running server, against keys of every kind.</summary>
public sealed class EveryRouteTests
{
    private const string Foreign = "hvx_0123456789abcdef_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task All_that_the_server_answers_is_in_its_route_table_and_only_the_probes_are_open()
    {
        await using KeyServer server = await KeyServer.StartAsync();

        // The pipeline ends in the route table: there are no endpoints of the framework beside it.
        Assert.Empty(server.Test.Server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints));
        Assert.True(server.Test.Server.Table.All.Count >= 50, $"only {server.Test.Server.Table.All.Count} routes were found");
        Assert.Equal(["/livez", "/readyz"], server.Test.Server.Table.All.Where(route => route.Access == Access.Open).Select(route => route.Path));
    }

    [Fact]
    public async Task Each_route_but_the_probes_refuses_a_missing_and_a_wrong_key_in_the_same_words()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string revoked = await server.CreateAsync("admin", null, server.Admin);
        Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("DELETE", "/api/v1/keys/" + KeyServer.IdOf(revoked), null, server.Admin)).Status);
        string?[] wrong = [null, Foreign, server.Admin[..^1] + (server.Admin[^1] == '0' ? '1' : '0'), revoked, "", "x", server.Admin + "0"];
        foreach (Route route in server.Test.Server.Table.All)
        {
            string? body = route.ReadsBody ? "{}" : null;
            foreach (string? key in wrong)
            {
                Answer answer = await server.SendAsync(route.Method, Example(route), body, key);
                if (route.Access == Access.Open)
                {
                    Assert.Equal(HttpStatusCode.OK, answer.Status);
                    continue;
                }

                Assert.True(answer.Status == HttpStatusCode.Unauthorized && answer.Code == "unauthorized", $"{route.Method} {route.Path} with {key}: {(int)answer.Status} {answer.Body}");
                Assert.StartsWith("Bearer", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
                Assert.Contains("needs a valid key", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
            }

            // The control: with a key the same request is not refused for want of one.
            Assert.NotEqual(HttpStatusCode.Unauthorized, (await server.SendAsync(route.Method, Example(route), body, server.Admin)).Status);
        }
    }

    [Theory]
    [InlineData("Content-Length: 1099511627776\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n")]
    [InlineData("Content-Length: 100\r\nExpect: 100-continue\r\n")]
    public async Task A_body_that_never_comes_is_not_waited_for(string body)
    {
        await using KeyServer server = await KeyServer.StartAsync();
        foreach (Route route in server.Test.Server.Table.All.Where(route => route.ReadsBody))
        {
            foreach (string? key in new[] { null, Foreign })
            {
                using RawConnection connection = await RawConnection.OpenAsync(server.Test.Address);
                string credential = key is null ? "" : $"x-api-key: {key}\r\n";
                await connection.SendAsync($"{route.Method} {Example(route)} HTTP/1.1\r\nHost: anywhere\r\nContent-Type: application/json\r\n{credential}{body}\r\n");

                // The whole answer is there while nothing of the body has been sent.
                string text = await connection.ReadUntilAsync("\"instance\":", _patience);
                Assert.StartsWith("HTTP/1.1 401", text, StringComparison.Ordinal);
                Assert.Contains("\r\nConnection: close\r\n", text, StringComparison.Ordinal);
                Assert.DoesNotContain("100 Continue", text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task An_endless_body_of_a_key_that_may_not_write_is_cut_off()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string reader = await server.CreateAsync("read", null, server.Admin);
        using RawConnection connection = await RawConnection.OpenAsync(server.Test.Address);
        await connection.SendAsync($"POST /api/v1/vectors/import HTTP/1.1\r\nHost: anywhere\r\nContent-Type: application/x-ndjson\r\nAuthorization: Bearer {reader}\r\nTransfer-Encoding: chunked\r\n\r\n");
        byte[] chunk = Encoding.ASCII.GetBytes("10000\r\n" + new string(' ', 65_536) + "\r\n");
        Task<(string Text, bool Closed)> reading = connection.ReadToEndAsync(_patience);
        int sent = 0;
        try
        {
            for (; !reading.IsCompleted && sent < 1_000; sent++)
            {
                await connection.SendAsync(chunk);
            }
        }
        catch (IOException)
        {
            // The server has closed the connection.
        }

        (_, bool closed) = await reading;
        Assert.True(closed);
        Assert.True(sent < 1_000, "the server read 64 MB of a body that it refuses");
        Assert.Contains("forbidden", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_route_admits_exactly_the_keys_of_its_scope_and_collection()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("POST", "/api/v1/collections", """{"name": "mine"}""", server.Admin)).Status);
        var keys = new List<(string Scope, string? Collection, string Key)>();
        foreach (string scope in new[] { "read", "write", "admin" })
        {
            foreach (string? collection in new[] { null, "mine", "default", "other" })
            {
                keys.Add((scope, collection, await server.CreateAsync(scope, collection is null ? null : [collection], server.Admin)));
            }
        }

        (int admitted, int refused) = (0, 0);
        foreach (Route route in server.Test.Server.Table.All.Where(route => route.Access != Access.Open))
        {
            foreach ((string scope, string? collection, string key) in keys)
            {
                bool mayIt = Expected(route, scope, collection);
                Answer answer = await server.SendAsync(route.Method, Example(route), route.ReadsBody ? "{" : null, key);
                Assert.True((answer.Code == "forbidden") == !mayIt, $"{route.Method} {route.Path} with {scope} on {collection ?? "all"}: {(int)answer.Status} {answer.Body}");
                Assert.Equal(!mayIt, answer.Status == HttpStatusCode.Forbidden);
                Assert.NotEqual(HttpStatusCode.Unauthorized, answer.Status);
                (admitted, refused) = mayIt ? (admitted + 1, refused) : (admitted, refused + 1);
                if (route is { Method: "DELETE", Path: "/api/v1/collections/{collection}" } && mayIt)
                {
                    await server.SendAsync("POST", "/api/v1/collections", """{"name": "mine"}""", server.Admin);
                }
            }
        }

        Assert.True(admitted > 100 && refused > 100, $"{admitted} admitted, {refused} refused");
    }

    [Fact]
    public async Task Where_there_is_no_route_a_key_is_needed_to_learn_so()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        foreach (string path in new[] { "/nowhere", "/livez/", "/LIVEZ", "//livez", "/livez/..", "/api/v1/../../livez", "/livez%2f", "/x/livez" })
        {
            Assert.Equal("unauthorized", (await server.SendAsync("GET", path, null, key: null)).Code);
            Assert.NotEqual("unauthorized", (await server.SendAsync("GET", path, null, server.Admin)).Code);
        }
    }

    // Written beside the table, not read from it: a route whose access is changed fails here.
    private static bool Expected(Route route, string scope, string? collection)
    {
        bool isAdmin = scope == "admin";
        bool sees = collection is null || collection == (route.Path.Contains("{collection}", StringComparison.Ordinal) ? "mine" : "default");
        string[] reading = ["/get", "/count", "/facets", "/sample", "/search", "/search/batch"];
        return (route.Method, route.Path) switch
        {
            (_, "/api/v1/health") or ("GET", "/api/v1/collections" or "/api/v1/aliases" or "/openapi" or "/openapi/v1.json" or "/openapi/page.js" or "/openapi/page.css") => true,
            (_, var path) when path.StartsWith("/api/v1/jobs", StringComparison.Ordinal) => true,
            ("POST" or "PUT" or "DELETE", var path) when path.Contains("/snapshots", StringComparison.Ordinal) || path.EndsWith("/compact", StringComparison.Ordinal) || path.EndsWith("/checkpoint", StringComparison.Ordinal) => isAdmin && sees,
            (_, "/api/v1/keys" or "/api/v1/keys/{key}" or "/api/v1/keys/{key}/rotate") or ("POST", "/api/v1/collections") => isAdmin && collection is null,
            (_, "/api/v1/aliases" or "/api/v1/aliases/{alias}") => isAdmin && collection is null,
            ("GET", "/metrics") => collection is null,
            ("DELETE" or "PATCH", "/api/v1/collections/{collection}") => isAdmin && sees,
            ("POST", "/api/v1/collections/{collection}/field-indexes") => isAdmin && sees,
            ("DELETE", "/api/v1/collections/{collection}/field-indexes/{field}") => isAdmin && sees,
            ("GET", _) => sees,
            ("POST", var path) when reading.Any(end => path.EndsWith(end, StringComparison.Ordinal)) => sees,
            _ => scope != "read" && sees,
        };
    }

    private static string Example(Route route) => route.Path
        .Replace("{collection}", "mine", StringComparison.Ordinal)
        .Replace("{id}", "none", StringComparison.Ordinal)
        .Replace("{alias}", "none", StringComparison.Ordinal)
        .Replace("{snapshot}", "none.hvsnap", StringComparison.Ordinal)
        .Replace("{job}", "none", StringComparison.Ordinal)
        .Replace("{field}", "none", StringComparison.Ordinal)
        .Replace("{key}", "none", StringComparison.Ordinal);
}
