using System.Net;
using System.Text;

namespace Hypervex.Server.Tests.Http;

/// <summary>Connections that no well-meaning client opens.</summary>
public sealed class HostileConnectionTests
{
    private const string Head = "POST /api/v1/vectors/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_body_whose_length_is_too_large_is_refused_before_it_comes()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync(Head + "Content-Length: 33554433\r\n\r\n{");
        (string text, bool closed) = await connection.ReadToEndAsync(_patience);
        Assert.StartsWith("HTTP/1.1 413", text, StringComparison.Ordinal);
        Assert.Contains("body_too_large", text, StringComparison.Ordinal);
        Assert.True(closed);
    }

    [Fact]
    public async Task An_endless_chunked_body_is_cut_at_the_limit()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxBodyBytes = 1024 * 1024 } });
        using RawConnection connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync(Head + "Transfer-Encoding: chunked\r\n\r\n");
        byte[] chunk = Encoding.ASCII.GetBytes("10000\r\n" + new string(' ', 65_536) + "\r\n");
        Task<(string Text, bool Closed)> reading = connection.ReadToEndAsync(_patience);
        int sent = 0;
        try
        {
            while (!reading.IsCompleted && sent < 1_000)
            {
                await connection.SendAsync(chunk);
                sent++;
            }
        }
        catch (IOException)
        {
            // The server has closed the connection.
        }

        (string text, bool closed) = await reading;
        Assert.True(closed);
        Assert.Contains("body_too_large", text, StringComparison.Ordinal);
        Assert.True(sent < 1_000, "the server read 64 MB of a body that may have 1 MB");
    }

    [Fact]
    public async Task A_body_of_exactly_the_limit_is_read()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxBodyBytes = 100_000 } });
        string body = """{"query_vector":[1,2,3]}""";
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/v1/vectors/search", body.PadRight(100_000))).Status);
        Assert.Equal("body_too_large", (await server.PostAsync("/api/v1/vectors/search", body.PadRight(100_001))).Code);
    }

    [Fact]
    public async Task A_slow_body_is_given_up_and_others_are_served_meanwhile()
    {
        var limits = new ServerLimits { MinBytesPerSecond = 1_000, RateGrace = TimeSpan.FromSeconds(5) };
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = limits });
        using RawConnection slow = await RawConnection.OpenAsync(server.Address);
        await slow.BeginAsync(Head + "Content-Length: 1000000\r\n");
        await slow.SendAsync("{");
        Task<(string Text, bool Closed)> reading = slow.ReadToEndAsync(_patience);
        int served = 0;
        while (!reading.IsCompleted)
        {
            Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/livez")).Status);
            served += reading.IsCompleted ? 0 : 1;
            await Task.Delay(50);
        }

        (string text, bool closed) = await reading;
        Assert.True(closed);
        Assert.StartsWith("HTTP/1.1 408", text, StringComparison.Ordinal);
        Assert.Contains("request_timeout", text, StringComparison.Ordinal);
        Assert.True(served > 5);
    }

    [Fact]
    public async Task Slow_headers_are_given_up()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { HeadersTimeout = TimeSpan.FromSeconds(1) } });
        using RawConnection slow = await RawConnection.OpenAsync(server.Address);
        await slow.SendAsync("GET /livez HTTP/1.1\r\nHost: local");
        (_, bool closed) = await slow.ReadToEndAsync(_patience);
        Assert.True(closed);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/livez")).Status);
    }

    [Fact]
    public async Task A_slow_reader_is_given_up()
    {
        var limits = new ServerLimits { MinBytesPerSecond = 100_000_000, RateGrace = TimeSpan.FromSeconds(1.5) };
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = limits });
        string document = new('x', 500_000);
        for (int i = 0; i < 40; i++)
        {
            await server.PostAsync("/api/v1/vectors", $$"""{"vector":[1],"document":"{{document}}"}""");
        }

        using RawConnection slow = await RawConnection.OpenAsync(server.Address);
        await slow.SendAsync("GET /api/v1/vectors HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await slow.WaitUntilResetAsync(_patience);
        (string text, bool closed) = await slow.ReadToEndAsync(_patience);
        Assert.True(closed);
        Assert.True(text.Length < 20_000_000, "the whole answer came");
        Assert.False(text.EndsWith("0\r\n\r\n", StringComparison.Ordinal), "the answer looks whole");
    }

    [Fact]
    public async Task A_connection_beyond_the_limit_is_closed_and_one_can_follow_when_another_ends()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxConnections = 2 } });
        using RawConnection first = await RawConnection.OpenAsync(server.Address);
        RawConnection second = await RawConnection.OpenAsync(server.Address);
        const string Request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
        foreach (RawConnection connection in new[] { first, second })
        {
            await connection.SendAsync(Request);
            Assert.StartsWith("HTTP/1.1 200", await connection.ReadUntilAsync("{\"status\":\"ok\"}"), StringComparison.Ordinal);
        }

        using (RawConnection third = await RawConnection.OpenAsync(server.Address))
        {
            (string text, bool closed) = await third.ReadToEndAsync(_patience);
            Assert.Equal(("", true), (text, closed));
        }

        second.Dispose();
        bool served = false;
        for (int attempt = 0; attempt < 50 && !served; attempt++)
        {
            await Task.Delay(100);
            using RawConnection next = await RawConnection.OpenAsync(server.Address);
            try
            {
                await next.SendAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            }
            catch (IOException)
            {
                continue;
            }

            served = (await next.ReadToEndAsync(_patience)).Text.StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
        }

        Assert.True(served);
    }

    [Fact]
    public async Task Bodies_that_hold_too_much_memory_together_get_429()
    {
        var limits = new ServerLimits { MaxBodyBytesTogether = 200_000 };
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = limits });
        Answer refused = await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1,2,3]}""".PadRight(1_000_000));
        Assert.Equal((HttpStatusCode.TooManyRequests, "overloaded"), (refused.Status, refused.Code));
        Assert.Equal("1", refused.Header("Retry-After"));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1,2,3]}""")).Status);
        }
    }

    [Theory]
    [InlineData("GET /a%00b HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n")]
    [InlineData("GET /livez HTTP/1.1\r\n\r\n")]
    [InlineData("NONSENSE\r\n\r\n")]
    [InlineData("POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n")]
    [InlineData("POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    public async Task What_is_no_http_gets_400_and_the_connection_ends(string request)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync(request);
        (string text, bool closed) = await connection.ReadToEndAsync(_patience);
        Assert.True(closed);
        Assert.StartsWith("HTTP/1.1 400", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/livez")).Status);
    }

    [Fact]
    public async Task A_broken_chunk_gets_a_problem()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync(Head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n");
        (string text, bool closed) = await connection.ReadToEndAsync(_patience);
        Assert.True(closed);
        Assert.StartsWith("HTTP/1.1 400", text, StringComparison.Ordinal);
        Assert.Contains("bad_request", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absolute_request_target_is_understood()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync("GET http://localhost/livez?x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        (string text, _) = await connection.ReadToEndAsync(_patience);
        Assert.Contains("query parameter \\\"x\\\"", text, StringComparison.Ordinal);
        using RawConnection second = await RawConnection.OpenAsync(server.Address);
        await second.SendAsync("GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", (await second.ReadToEndAsync(_patience)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_that_go_away_in_the_middle_leave_nothing_behind()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxBodyBytesTogether = 4 * 1024 * 1024 } });
        for (int i = 0; i < 100; i++)
        {
            using RawConnection connection = await RawConnection.OpenAsync(server.Address);
            await connection.SendAsync(Head + "Content-Length: 100000\r\n\r\n{\"query_vector\":[1");
        }

        // More than 64 bodies of 64 KB would not fit into the budget if those of vanished clients were still counted.
        for (int i = 0; i < 600; i++)
        {
            Answer answer = await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1,2,3]}""");
            if (answer.Status == HttpStatusCode.OK)
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail("the memory of bodies that never came is still taken");
    }
}
