using System.Net;
using System.Net.Sockets;
using System.Text;
using Hypervex.Server.Metrics;
using Hypervex.Server.Tests.Grpc;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Telemetry;

/// <summary>What a collector of OpenTelemetry is told, over a real socket.</summary>
public sealed class TelemetryTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Caller = "00f067aa0ba902b7";
    private const int ServerKind = 2;
    private const int ErrorStatus = 2;

    // Fields of Span.
    private const int TraceId = 1, SpanId = 2, ParentId = 4, Name = 5, Kind = 6, Attributes = 9, Status = 15;

    // Fields of Metric: data is a gauge or a sum, with the points in 1; a point's attributes and its double.
    private const int MetricName = 1, Gauge = 5, Sum = 7, PointAttributes = 7, PointDouble = 4;

    private static readonly (string, string) s_parent = ("traceparent", $"00-{Trace}-{Caller}-01");

    [Fact]
    public async Task Each_request_and_call_is_a_span_with_route_status_and_collection_under_the_callers()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        string name = $"spans-{Guid.NewGuid():N}";
        await using (RawCaller caller = await RawCaller.StartAsync(TestServer.Options with { OtlpEndpoint = collector.Address }))
        {
            TestServer server = caller.Server;
            Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/v1/collections", $$"""{"name":"{{name}}","dimension":2}""")).Status);
            await server.SendAsync("PUT", "/api/v1/aliases/live", $$"""{"collection":"{{name}}"}""");
            string vectors = "/api/v1/collections/live/vectors";
            Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("POST", vectors, """{"vector_id":"secret-id","vector":[0.25,0.5],"document":"secret-text"}""", headers: [s_parent])).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await server.SendAsync("GET", vectors + "/secret-nobody", headers: [s_parent])).Status);
            V1.CollectionDescription described = await caller.CallAsync(
                "/hypervex.v1.Collections/Describe", new V1.DescribeCollectionRequest { Name = name }, V1.CollectionDescription.Parser, s_parent);
            Assert.Equal(1, described.Count);
        }

        ProtoMessage[] mine = [.. collector.Spans.Where(span => Convert.ToHexStringLower(span.Bytes(TraceId)) == Trace && span.Attributes(Attributes).GetValueOrDefault("hypervex.collection") == name)];
        Assert.Equal(
            ["GET /api/v1/collections/{collection}/vectors/{id} 404", "POST /api/v1/collections/{collection}/vectors 201", "hypervex.v1.Collections/Describe 0"],
            mine.Select(span => $"{span.Text(Name)} {StatusOf(span.Attributes(Attributes))}").Order(StringComparer.Ordinal));
        Assert.All(mine, span =>
        {
            Assert.Equal(Caller, Convert.ToHexStringLower(span.Bytes(ParentId)));
            Assert.Equal((ulong)ServerKind, span.Number(Kind));
            Assert.NotEqual((ulong)ErrorStatus, span.Messages(Status).FirstOrDefault()?.Number(3) ?? 0);
        });
        Assert.Equal(3, mine.Select(span => Convert.ToHexStringLower(span.Bytes(SpanId))).Distinct().Count());
        Assert.Equal("hypervex", collector.Resource["service.name"]);
        Assert.Contains(collector.Spans, span => span.Text(Name) == "POST /api/v1/collections" && span.Bytes(ParentId).Length == 0);
        Assert.DoesNotContain(collector.Received, each => Encoding.Latin1.GetString(each.Body).Contains("secret-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_are_those_of_the_page_and_histograms_have_their_three_series()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        string name = $"metrics-{Guid.NewGuid():N}";
        await using (TestServer server = await TestServer.StartAsync(TestServer.Options with { OtlpEndpoint = collector.Address }))
        {
            await server.PostAsync("/api/v1/collections", $$"""{"name":"{{name}}","dimension":2}""");
            await server.PostAsync($"/api/v1/collections/{name}/vectors/batch", """{"vectors":[{"vector_id":"a","vector":[1,2]},{"vector_id":"b","vector":[2,2]}]}""");
        }

        Assert.Equal(2, ValueOf(collector, "hypervex_collection_records", Gauge, ("collection", name)));
        Assert.Equal(1, ValueOf(collector, "hypervex_ready", Gauge));
        Assert.Equal(1, ValueOf(collector, "hypervex_http_request_duration_seconds_count", Sum, ("route", "/api/v1/collections"), ("status", "2xx"), ("method", "POST")));
        Assert.Equal(1, ValueOf(collector, "hypervex_http_request_duration_seconds_bucket", Sum, ("route", "/api/v1/collections"), ("status", "2xx"), ("method", "POST"), ("le", "+Inf")));
        HashSet<string> told = [.. collector.Metrics.Select(metric => metric.Text(MetricName))];
        string[] withoutSamples = [MetricList.Calls.Name, MetricList.ScrubProblems.Name]; // nobody called, and there is no disk
        Assert.All(MetricList.All.Where(metric => !withoutSamples.Contains(metric.Name)), metric => Assert.Contains(metric.Type == "histogram" ? metric.Name + "_sum" : metric.Name, told));
    }

    [Fact]
    public async Task A_collector_that_is_away_neither_keeps_the_server_from_answering_nor_from_stopping()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var nobody = new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}"); // it accepts, and never answers
        TestServer server = await TestServer.StartAsync(TestServer.Options with { OtlpEndpoint = nobody });
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/api/v1/health")).Status);
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("collector:4318")]
    [InlineData("ftp://collector:4318")]
    [InlineData("http://user@collector:4318")]
    [InlineData("http://collector:4318/?x=1")]
    [InlineData("/v1")]
    public void An_endpoint_that_is_none_is_refused_before_the_server_starts(string endpoint)
    {
        HypervexException refused = Assert.Throws<HypervexException>(() => ServerEnvironment.Read(name => name == "HYPERVEX_OTLP_ENDPOINT" ? endpoint : null));
        Assert.Equal(ErrorCode.InvalidArgument, refused.Code);
        Assert.Contains("HYPERVEX_OTLP_ENDPOINT", refused.Message, StringComparison.Ordinal);
        Assert.Equal(new Uri("http://collector:4318"), ServerEnvironment.Read(name => name == "HYPERVEX_OTLP_ENDPOINT" ? "http://collector:4318" : null).OtlpEndpoint);
    }

    private static string StatusOf(IReadOnlyDictionary<string, string> attributes) => attributes.GetValueOrDefault("http.response.status_code") ?? attributes["rpc.grpc.status_code"];

    private static double ValueOf(OtlpCollector collector, string name, int kind, params (string Key, string Value)[] labels) => collector.Metrics
        .Where(metric => metric.Text(MetricName) == name)
        .SelectMany(metric => metric.Messages(kind))
        .SelectMany(data => data.Messages(1))
        .Where(point => labels.All(label => point.Attributes(PointAttributes).GetValueOrDefault(label.Key) == label.Value))
        .Select(point => point.Double(PointDouble))
        .Max();
}
