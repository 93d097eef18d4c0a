using System.Net;

namespace Hypervex.Server.Tests.Http;

public sealed class CorsTests
{
    private const string Origin = "https://app.example.org";

    [Fact]
    public async Task Without_allowed_origins_no_answer_allows_one()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer preflight = await Preflight(server, Origin);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, preflight.Status);
        Assert.Null(preflight.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task An_allowed_origin_may_call_and_read_errors_and_another_may_not()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { AllowedOrigins = [Origin] });
        Answer preflight = await Preflight(server, Origin);
        Assert.Equal(HttpStatusCode.NoContent, preflight.Status);
        Assert.Equal(Origin, preflight.Header("Access-Control-Allow-Origin"));
        Assert.Contains("content-type", preflight.Header("Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);

        Answer found = await server.SendAsync("GET", "/api/v1/health", headers: ("Origin", Origin));
        Assert.Equal(Origin, found.Header("Access-Control-Allow-Origin"));
        Assert.Contains("etag", found.Header("Access-Control-Expose-Headers"), StringComparison.OrdinalIgnoreCase);
        Answer missing = await server.SendAsync("GET", "/api/v1/vectors/none", headers: ("Origin", Origin));
        Assert.Equal((HttpStatusCode.NotFound, Origin), (missing.Status, missing.Header("Access-Control-Allow-Origin")));

        Assert.Null((await Preflight(server, "https://evil.example.org")).Header("Access-Control-Allow-Origin"));
        Assert.Null((await server.SendAsync("GET", "/api/v1/health", headers: ("Origin", "https://evil.example.org"))).Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_star_allows_every_origin()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { AllowedOrigins = ["*"] });
        Assert.Equal("*", (await Preflight(server, Origin)).Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("app.example.org")]
    [InlineData("https://app.example.org/")]
    [InlineData("https://app.example.org/path")]
    [InlineData("ftp://app.example.org")]
    [InlineData("https://*.example.org/")]
    [InlineData("null")]
    public async Task What_is_no_origin_is_refused_at_the_start(string origin)
    {
        HypervexException error = await Assert.ThrowsAsync<HypervexException>(() => HypervexServer.StartAsync(TestServer.Options with { AllowedOrigins = [origin] }));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
    }

    private static Task<Answer> Preflight(TestServer server, string origin) => server.SendAsync(
        "OPTIONS", "/api/v1/vectors/search", headers: [("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")]);
}
