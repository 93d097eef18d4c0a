using System.Net;

namespace Hypervex.Server.Tests.Http;

public sealed class LoopbackTests
{
    [Theory]
    [InlineData("0.0.0.0:0")]
    [InlineData("[::]:0")]
    [InlineData("192.168.1.10:8080")]
    [InlineData("10.0.0.1:0")]
    [InlineData("[fe80::1]:0")]
    [InlineData("*:8080")]
    [InlineData("example.org:8080")]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("::1:8080")]
    [InlineData("")]
    [InlineData("http://127.0.0.1:8080")]
    public async Task Without_keys_only_loopback_addresses_are_listened_on(string listen)
    {
        HypervexException error = await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(TestServer.Options with { Listen = listen }));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
    }

    [Theory]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.2:0")]
    [InlineData("localhost:0")]
    public async Task Loopback_addresses_are_listened_on_and_the_taken_port_is_told(string listen)
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Listen = listen });
        Assert.True(server.Address.Port > 0);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/livez")).Status);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:8080", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.1.2.3:99", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("evil.example.org", false)]
    [InlineData("localhost.evil.example.org", false)]
    [InlineData("127.0.0.1.nip.io", false)]
    [InlineData("192.168.1.10", false)]
    [InlineData("[fe80::1]", false)]
    [InlineData("0.0.0.0", false)]
    public async Task A_host_header_that_is_not_the_loopback_is_refused(string host, bool accepted)
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (string path in new[] { "/livez", "/api/v1/vectors", "/nowhere" })
        {
            Answer answer = await server.SendAsync("GET", path, headers: ("Host", host));
            Assert.Equal(accepted, answer.Code != "forbidden_host");
            Assert.Equal(accepted, answer.Status != HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public async Task A_request_without_a_host_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync("GET /livez HTTP/1.0\r\n\r\n");
        (string text, bool closed) = await connection.ReadToEndAsync(TimeSpan.FromSeconds(10));
        Assert.True(closed);
        Assert.StartsWith("HTTP/1.1 403", text, StringComparison.Ordinal);
        Assert.Contains("forbidden_host", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_use_is_told()
    {
        await using TestServer first = await TestServer.StartAsync();
        HypervexException error = await Assert.ThrowsAsync<HypervexException>(
            () => HypervexServer.StartAsync(TestServer.Options with { Listen = $"127.0.0.1:{first.Address.Port}" }));
        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
    }
}
