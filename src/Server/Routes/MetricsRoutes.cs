using System.Text;
using Hypervex.Server.Http;
using Hypervex.Server.Metrics;

namespace Hypervex.Server.Routes;

/// <summary>
/// What the server counts and measures, for Prometheus.
/// Thread safety: pure functions.
/// </summary>
internal static class MetricsRoutes
{
    public static void Add(RouteTable routes) => routes.Add(Access.ReadAll, "GET", "/metrics", AnswerAsync);

    private static async Task AnswerAsync(Exchange exchange)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Write(exchange.Server));
        exchange.Context.Response.ContentType = PrometheusText.ContentType;
        exchange.Context.Response.ContentLength = bytes.Length;
        await exchange.Context.Response.Body.WriteAsync(bytes, exchange.Aborted).ConfigureAwait(false);
    }

    private static string Write(ServerParts server)
    {
        var text = new PrometheusText();
        ServerMetrics.Write(text, server);
        return text.ToString();
    }
}
