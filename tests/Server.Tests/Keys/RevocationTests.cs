using System.Net;

namespace Hypervex.Server.Tests.Keys;

/// <summary>
/// Keys that end while a request of theirs is under way. The server sends "100 Continue" when it has admitted a request and begins to wait for its body; the tests
/// change keys between that line and the body.
/// </summary>
public sealed class RevocationTests
{
    private const string NewKey = """{"name": "left behind", "scope": "admin"}""";
    private const string NewRecord = """{"vector_id": "late", "vector": [1, 2]}""";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_revoked_key_does_not_leave_another_one_behind(bool revoked)
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string stolen = await server.CreateAsync("admin", null, server.Admin);
        using RawConnection slow = await BeginAsync(server.Test.Address, "/api/v1/keys", "application/json", NewKey.Length, stolen);
        if (revoked)
        {
            await RevokeAsync(server, stolen);
        }

        await slow.SendAsync(NewKey);
        string answer = await slow.ReadUntilAsync("}", _patience);
        Assert.StartsWith(revoked ? "HTTP/1.1 401" : "HTTP/1.1 201", answer, StringComparison.Ordinal);
        Answer list = await server.SendAsync("GET", "/api/v1/keys", null, server.Admin);
        Assert.Equal(!revoked, list.Body.Contains("left behind", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_began_before_there_were_keys_does_not_end_without_one(bool created)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawConnection slow = await BeginAsync(server.Address, "/api/v1/keys", "application/json", NewKey.Length, key: null);
        if (created)
        {
            Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/v1/keys", """{"name": "first", "scope": "admin"}""")).Status);
        }

        await slow.SendAsync(NewKey);
        Assert.StartsWith(created ? "HTTP/1.1 401" : "HTTP/1.1 201", await slow.ReadUntilAsync("}", _patience), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("revoke")]
    [InlineData("rotate")]
    [InlineData("")]
    public async Task A_write_whose_body_comes_after_its_key_has_ended_is_not_done(string change)
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string writer = await server.CreateAsync("write", null, server.Admin);
        using RawConnection slow = await BeginAsync(server.Test.Address, "/api/v1/vectors", "application/json", NewRecord.Length, writer);
        await ChangeAsync(server, writer, change);
        await slow.SendAsync(NewRecord);
        Assert.StartsWith(change == "" ? "HTTP/1.1 201" : "HTTP/1.1 401", await slow.ReadUntilAsync("}", _patience), StringComparison.Ordinal);
        Assert.Equal(change == "" ? HttpStatusCode.OK : HttpStatusCode.NotFound, (await server.SendAsync("GET", "/api/v1/vectors/late", null, server.Admin)).Status);
    }

    [Theory]
    [InlineData("revoke")]
    [InlineData("rotate")]
    [InlineData("")]
    public async Task An_import_ends_with_its_key(string change)
    {
        await using KeyServer server = await KeyServer.StartAsync();
        string writer = await server.CreateAsync("write", null, server.Admin);
        string line = NewRecord + "\n";
        using RawConnection slow = await BeginAsync(server.Test.Address, "/api/v1/vectors/import", "application/x-ndjson", line.Length, writer);
        await ChangeAsync(server, writer, change);
        await slow.SendAsync(line);
        string answer = await slow.ReadUntilAsync("}", _patience);
        if (change == "")
        {
            Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
            return;
        }

        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
        Assert.Contains("\"resume_from_line\":1", answer, StringComparison.Ordinal);
        Assert.Contains("WWW-Authenticate: Bearer", answer, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.SendAsync("GET", "/api/v1/vectors/late", null, server.Admin)).Status);
        Assert.Contains($"Refused: unauthorized POST /api/v1/vectors/import key {KeyServer.IdOf(writer)}", server.Log, StringComparison.Ordinal);
    }

    private static async Task<RawConnection> BeginAsync(Uri address, string path, string type, int length, string? key)
    {
        RawConnection connection = await RawConnection.OpenAsync(address);
        string credential = key is null ? "" : $"x-api-key: {key}\r\n";
        await connection.SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n{credential}\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await connection.ReadUntilAsync("\r\n\r\n", _patience));
        return connection;
    }

    private static async Task ChangeAsync(KeyServer server, string key, string change)
    {
        if (change == "revoke")
        {
            await RevokeAsync(server, key);
        }
        else if (change == "rotate")
        {
            Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("POST", $"/api/v1/keys/{KeyServer.IdOf(key)}/rotate", "{}", server.Admin)).Status);
        }
    }

    private static async Task RevokeAsync(KeyServer server, string key) =>
        Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("DELETE", "/api/v1/keys/" + KeyServer.IdOf(key), null, server.Admin)).Status);
}
