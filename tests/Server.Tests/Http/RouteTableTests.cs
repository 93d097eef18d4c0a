using Hypervex.Server.Http;

namespace Hypervex.Server.Tests.Http;

public sealed class RouteTableTests
{
    private readonly RouteTable _routes = new();

    public RouteTableTests()
    {
        foreach ((string method, string path) in new[]
        {
            ("GET", "/"), ("GET", "/v"), ("POST", "/v"), ("GET", "/v/{id}"), ("PUT", "/v/{id}"), ("GET", "/v/stats"), ("POST", "/v/search"), ("GET", "/c/{collection}/v/{id}"), ("GET", "/c/{collection}"),
        })
        {
            _routes.Add(Access.Read, method, path, _ => Task.CompletedTask, $"{method} {path}");
        }
    }

    [Theory]
    [InlineData("GET", "/", "GET /", "")]
    [InlineData("HEAD", "/", "GET /", "")]
    [InlineData("GET", "/v", "GET /v", "")]
    [InlineData("GET", "/v/a", "GET /v/{id}", "a")]
    [InlineData("GET", "/v/", "GET /v/{id}", "")]
    [InlineData("GET", "/v/..", "GET /v/{id}", "..")]
    [InlineData("GET", "/v/a%2Fb", "GET /v/{id}", "a%2Fb")]
    [InlineData("GET", "/v/stats", "GET /v/stats", null)]
    [InlineData("GET", "/v/Stats", "GET /v/{id}", "Stats")]
    [InlineData("GET", "/v/%73tats", "GET /v/{id}", "%73tats")]
    [InlineData("PUT", "/v/stats", "PUT /v/{id}", "stats")]
    [InlineData("PUT", "/v/search", "PUT /v/{id}", "search")]
    [InlineData("POST", "/v/search", "POST /v/search", null)]
    [InlineData("GET", "/c/x/v/y", "GET /c/{collection}/v/{id}", "x y")]
    [InlineData("GET", "/c/v/v/v", "GET /c/{collection}/v/{id}", "v v")]
    public void A_path_finds_its_route(string method, string path, string route, string? segments)
    {
        RouteMatch match = _routes.Find(method, path);
        Assert.Equal(route, match.Route.Query[0]);
        Assert.Equal(segments ?? "", string.Join(' ', match.Segments));
    }

    [Theory]
    [InlineData("GET", "/x", "route_not_found")]
    [InlineData("GET", "/v/a/b", "route_not_found")]
    [InlineData("GET", "/c", "route_not_found")]
    [InlineData("GET", "/c/", null)]
    [InlineData("GET", "v", "route_not_found")]
    [InlineData("GET", "", "route_not_found")]
    [InlineData("GET", "*", "route_not_found")]
    [InlineData("POST", "/", "method_not_allowed")]
    [InlineData("GET", "/v/search", "method_not_allowed")]
    [InlineData("DELETE", "/v/stats", "method_not_allowed")]
    [InlineData("get", "/v", "method_not_allowed")]
    public void What_has_no_route_is_refused(string method, string path, string? code) =>
        Assert.Equal(code, (Record.Exception(() => _routes.Find(method, path)) as RefusedException)?.Code);
}
