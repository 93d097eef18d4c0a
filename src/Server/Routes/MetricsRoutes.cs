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
        bool isReady = server.Database.Opened.IsCompletedSuccessfully;
        text.Begin(MetricList.Build);
        text.Add(1, server.Version);
        One(text, MetricList.Ready, isReady ? 1 : 0);
        text.Begin(MetricList.Requests);
        server.Requests.Write(text);
        text.Begin(MetricList.Calls);
        server.Calls.Write(text);
        OfKinds(text, MetricList.Running, server.Admission, queue => queue.Running);
        OfKinds(text, MetricList.Waiting, server.Admission, queue => queue.Waiting);
        OfKinds(text, MetricList.Refused, server.Admission, queue => queue.Refused);
        One(text, MetricList.Bodies, server.Bodies.Taken);
        One(text, MetricList.Resident, Environment.WorkingSet);
        if (isReady)
        {
            Database database = server.Database.Database;
            One(text, MetricList.DatabaseMemory, database.MemoryBytes);
            One(text, MetricList.OpenFiles, database.OpenFiles);
            CollectionMetrics.Write(text, database);
        }

        return text.ToString();
    }

    private static void One(PrometheusText text, MetricDescription metric, double value)
    {
        text.Begin(metric);
        text.Add(value);
    }

    private static void OfKinds(PrometheusText text, MetricDescription metric, Admission admission, Func<AdmissionQueue, long> value)
    {
        text.Begin(metric);
        text.Add(value(admission.Reads), "read");
        text.Add(value(admission.Writes), "write");
        text.Add(value(admission.StreamReads), "stream_read");
        text.Add(value(admission.StreamWrites), "stream_write");
    }
}
