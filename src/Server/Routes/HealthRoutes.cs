using Hypervex.Server.Http;
using Hypervex.Wire;

namespace Hypervex.Server.Routes;

/// <summary>
/// Whether the server lives, is ready, and is well.
/// Thread safety: pure functions.
/// </summary>
internal static class HealthRoutes
{
    public static void Add(RouteTable routes)
    {
        routes.Add(Access.Open, "GET", "/livez", AnswerLiveAsync);
        routes.Add(Access.Open, "GET", "/readyz", AnswerReadyAsync);
        routes.Add(Access.AnyKey, "GET", "/api/v1/health", AnswerHealthAsync);
    }

    private static Task AnswerLiveAsync(Exchange exchange) =>
        exchange.AnswerAsync(new ProbeAnswer { Status = "ok" }, WireJson.Default.ProbeAnswer);

    private static Task AnswerReadyAsync(Exchange exchange)
    {
        try
        {
            _ = exchange.Server.Database.Database;
        }
        catch (HypervexException error) when (exchange.Server.Keys.IsRequired && error.Code != ErrorCode.Opening)
        {
            // It may name files, and this route answers anybody.
            throw new HypervexException(error.Code, "The database could not be opened; the server's log says why.", error);
        }

        return AnswerLiveAsync(exchange);
    }

    private static Task AnswerHealthAsync(Exchange exchange)
    {
        _ = exchange.Server.Database.Database;
        return exchange.AnswerAsync(
            new HealthAnswer { Status = "healthy", Version = exchange.Server.Version },
            WireJson.Default.HealthAnswer);
    }
}
