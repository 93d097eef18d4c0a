using Hypervex.Server.Http;

namespace Hypervex.Server.Routes;

/// <summary>
/// Every route on a collection's vectors exists twice: for a named collection and, shorter, for the one named <c>default</c>.
/// Thread safety: pure functions.
/// </summary>
internal static class VectorPaths
{
    /// <summary>Adds a route under both paths.</summary>
    /// <param name="routes">Where to add it.</param>
    /// <param name="access">Who may call it.</param>
    /// <param name="method">The method.</param>
    /// <param name="path">The path behind <c>/vectors</c>.</param>
    /// <param name="handler">Answers a request.</param>
    /// <param name="query">The query parameters that it knows.</param>
    public static void AddVectors(this RouteTable routes, Access access, string method, string path, Func<Exchange, Task> handler, params IReadOnlyList<string> query)
    {
        routes.Add(access, method, "/api/v1/vectors" + path, handler, query);
        routes.Add(access, method, $"/api/v1/collections/{RouteTable.CollectionSegment}/vectors{path}", handler, query);
    }

    /// <summary>Adds a route under both paths whose requests are not bounded.</summary>
    /// <inheritdoc cref="AddVectors"/>
    public static void AddUnlimitedVectors(this RouteTable routes, Access access, string method, string path, Func<Exchange, Task> handler, params IReadOnlyList<string> query)
    {
        routes.Add(access, Work.Unlimited, method, "/api/v1/vectors" + path, handler, query);
        routes.Add(access, Work.Unlimited, method, $"/api/v1/collections/{RouteTable.CollectionSegment}/vectors{path}", handler, query);
    }
}
