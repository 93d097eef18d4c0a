using Hypervex.Server.Http;

namespace Hypervex.Server.Metrics;

/// <summary>
/// All that a server counts and measures, at one moment. It never waits, and answers while the database opens.
/// Thread safety: pure functions.
/// </summary>
internal static class ServerMetrics
{
    public static void Write(IMetricSink sink, ServerParts server)
    {
        bool isReady = server.Database.Opened.IsCompletedSuccessfully;
        sink.Begin(MetricList.Build);
        sink.Add(1, server.Version);
        One(sink, MetricList.Ready, isReady ? 1 : 0);
        sink.Begin(MetricList.Requests);
        server.Requests.Write(sink);
        sink.Begin(MetricList.Calls);
        server.Calls.Write(sink);
        OfKinds(sink, MetricList.Running, server.Admission, queue => queue.Running);
        OfKinds(sink, MetricList.Waiting, server.Admission, queue => queue.Waiting);
        OfKinds(sink, MetricList.Refused, server.Admission, queue => queue.Refused);
        One(sink, MetricList.Bodies, server.Bodies.Taken);
        One(sink, MetricList.Resident, Environment.WorkingSet);
        if (isReady)
        {
            Database database = server.Database.Database;
            One(sink, MetricList.DatabaseMemory, database.MemoryBytes);
            One(sink, MetricList.OpenFiles, database.OpenFiles);
            CollectionMetrics.Write(sink, database);
        }
    }

    private static void One(IMetricSink sink, MetricDescription metric, double value)
    {
        sink.Begin(metric);
        sink.Add(value);
    }

    private static void OfKinds(IMetricSink sink, MetricDescription metric, Admission admission, Func<AdmissionQueue, long> value)
    {
        sink.Begin(metric);
        sink.Add(value(admission.Reads), "read");
        sink.Add(value(admission.Writes), "write");
        sink.Add(value(admission.StreamReads), "stream_read");
        sink.Add(value(admission.StreamWrites), "stream_write");
    }
}
