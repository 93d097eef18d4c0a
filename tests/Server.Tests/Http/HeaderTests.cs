using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Hypervex.Server.Tests.Http;

public sealed class HeaderTests
{
    [Theory]
    [InlineData("GET", "/livez", 200)]
    [InlineData("GET", "/api/v1/vectors/stats", 200)]
    [InlineData("GET", "/api/v1/vectors/none", 404)]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("PATCH", "/", 405)]
    [InlineData("DELETE", "/api/v1/vectors/a", 204)]
    public async Task Every_answer_has_the_time_it_took_an_id_and_no_name_of_the_server(string method, string path, int status)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync("/api/v1/vectors", """{"vector_id":"a","vector":[1]}""");
        Answer answer = await server.SendAsync(method, path);
        Assert.Equal(status, (int)answer.Status);
        double seconds = double.Parse(answer.Header("X-Process-Time")!, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        Assert.InRange(seconds, 0, 30);
        Assert.NotEmpty(answer.Header("X-Request-Id")!);
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.Null(answer.Header("Server"));
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task The_time_it_took_includes_the_wait_for_the_body()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawConnection connection = await RawConnection.OpenAsync(server.Address);
        long before = Stopwatch.GetTimestamp();
        await connection.BeginAsync("POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\nConnection: close\r\n");
        long begun = Stopwatch.GetTimestamp();
        await Task.Delay(300);
        double waited = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await connection.SendAsync("{\"query_vector\":[1]}");
        (string text, bool closed) = await connection.ReadToEndAsync(TimeSpan.FromSeconds(60));
        double all = Stopwatch.GetElapsedTime(before).TotalSeconds;
        Assert.True(closed);
        string header = text.Split("\r\n").Single(line => line.StartsWith("X-Process-Time: ", StringComparison.Ordinal));
        Assert.InRange(double.Parse(header["X-Process-Time: ".Length..], CultureInfo.InvariantCulture), waited - 1e-5, all + 1e-5); // it is told in microseconds
    }

    [Fact]
    public async Task A_request_keeps_the_id_that_it_brings_if_it_is_a_plain_one()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal("trace-1.a_B", (await server.SendAsync("GET", "/livez", headers: ("X-Request-Id", "trace-1.a_B"))).Header("X-Request-Id"));
        foreach (string bad in new[] { "a b", "<x>", new string('a', 129), "a;b" })
        {
            string id = (await server.SendAsync("GET", "/livez", headers: ("X-Request-Id", bad))).Header("X-Request-Id")!;
            Assert.NotEqual(bad, id);
            Assert.NotEmpty(id);
        }
    }

    [Fact]
    public async Task Head_is_get_without_the_body()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.SendAsync("HEAD", "/api/v1/health");
        Assert.Equal((HttpStatusCode.OK, ""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task A_405_names_the_methods_that_the_route_has()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.SendAsync("PATCH", "/api/v1/vectors/a");
        Assert.Equal(["DELETE", "GET", "PUT"], answer.ContentHeaders.Allow.Order());
    }
}
