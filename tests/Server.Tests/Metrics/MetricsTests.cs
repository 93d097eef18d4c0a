using System.Net;
using System.Text.RegularExpressions;
using Hypervex.Server.Metrics;

namespace Hypervex.Server.Tests.Metrics;

public sealed partial class MetricsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hypervex-metrics-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_the_server_writes_is_the_format_and_every_metric_of_the_page_and_no_other_is_in_it()
    {
        await using Grpc.RawCaller caller = await Grpc.RawCaller.StartAsync(TestServer.Options with { DataPath = Path.Combine(_directory, "data") });
        TestServer server = caller.Server;
        await FillAsync(server);
        await caller.SendAsync("/hypervex.v1.Records/Count", new Wire.V1.CountRequest());
        await UntilAsync(server, page => page.Samples.Any(sample => sample.Metric == "hypervex_grpc_call_duration_seconds"));
        Answer answer = await server.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.ContentHeaders.ContentType!.ToString());
        MetricsPage page = MetricsPage.Parse(answer.Body);
        Assert.Equal(MetricList.All.Select(metric => (metric.Name, metric.Type, metric.Help)), page.Metrics);

        Dictionary<string, (string Type, string Labels)> documented = Row().Matches(RepositoryFiles.Read("docs/metrics.md"))
            .ToDictionary(row => row.Groups["name"].Value, row => (row.Groups["type"].Value, row.Groups["labels"].Value));
        Assert.Equal(page.Metrics.Select(metric => metric.Name).Order(), documented.Keys.Order());
        foreach (MetricDescription metric in MetricList.All)
        {
            Assert.Equal((metric.Type, string.Join(", ", metric.Labels.Select(label => $"`{label}`"))), documented[metric.Name]);
            Assert.True(page.Samples.Any(sample => sample.Metric == metric.Name), $"{metric.Name} has no sample");
            foreach (MetricsPage.Sample sample in page.Samples.Where(sample => sample.Metric == metric.Name))
            {
                Assert.Equal(metric.Labels, sample.Labels.Keys.Where(label => label != "le"));
            }
        }
    }

    [Fact]
    public async Task The_numbers_are_those_of_what_was_done()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DataPath = Path.Combine(_directory, "data") });
        await FillAsync(server);
        MetricsPage before = MetricsPage.Parse((await server.GetAsync("/metrics")).Body);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1,2],"exact":true}""")).Status);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await server.PostAsync("/api/v1/vectors/search", "{")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("/nowhere")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("/api/v1/vectors/none")).Status);
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/v1/vectors", """{"vector":[1,2]}""")).Status);

        // A request is counted when its answer is complete, which its client may know first.
        MetricsPage after = before;
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    after = MetricsPage.Parse(server.GetAsync("/metrics").GetAwaiter().GetResult().Body);
                    return Requests(after, "POST", "/api/v1/vectors/search", "2xx") == 3 && Requests(after, "POST", "/api/v1/vectors", "2xx") == 1;
                },
                TimeSpan.FromSeconds(60)),
            "the requests were not counted");
        Assert.Equal(1, Requests(after, "POST", "/api/v1/vectors/search", "4xx"));
        Assert.Equal(1, Requests(after, "GET", "/api/v1/vectors/{id}", "4xx"));
        Assert.Equal(1, Requests(after, "none", "none", "4xx"));
        Assert.Equal(3, after.Value("hypervex_collection_searches_total", ("collection", "default")) - before.Value("hypervex_collection_searches_total", ("collection", "default")));
        Assert.Equal(6, after.Value("hypervex_collection_distances_total", ("collection", "default")) - before.Value("hypervex_collection_distances_total", ("collection", "default")));
        Assert.Equal(2, before.Value("hypervex_collection_records", ("collection", "default")));
        Assert.Equal(3, after.Value("hypervex_collection_records", ("collection", "default")));
        Assert.True(after.Value("hypervex_collection_log_bytes", ("collection", "default")) > before.Value("hypervex_collection_log_bytes", ("collection", "default")));
        Assert.True(after.Value("hypervex_collection_log_sync_duration_seconds_count", ("collection", "default")) > before.Value("hypervex_collection_log_sync_duration_seconds_count", ("collection", "default")));
        Assert.True(after.Value("hypervex_collection_memory_bytes", ("collection", "default"), ("part", "record_table")) > 0);
        Assert.Equal(1, after.Value("hypervex_ready"));
    }

    [Fact]
    public async Task Calls_are_counted_by_method_and_status()
    {
        await using Grpc.RawCaller caller = await Grpc.RawCaller.StartAsync();
        await caller.Server.FillAsync([1f, 2f]);
        const string Count = "/hypervex.v1.Records/Count";
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("0", (await caller.SendAsync(Count, new Wire.V1.CountRequest())).Status);
        }

        Assert.Equal("3", (await caller.SendAsync(Count, new Wire.V1.CountRequest { Filter = "{" })).Status);
        Assert.Equal("13", (await caller.SendAsync(Count, Grpc.RawCaller.Frame([0xff]))).Status);
        Assert.Equal("12", (await caller.SendAsync("/nothing/Here", new Wire.V1.CountRequest())).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await caller.SendAsync(Count, [], method: "GET")).Http); // no call
        using (var call = new Grpc.OpenCall(caller.Address, "/grpc.health.v1.Health/Watch"))
        {
            call.Send(Grpc.RawCaller.Frame([]));
            call.EndSending();
            await call.ReadAsync();
            call.Cancel();
        }

        // A call is counted when its answer is complete, which its client may know first.
        await UntilAsync(caller.Server, page => Calls(page, "hypervex.v1.Records/Count", "OK") == 3 && Calls(page, "grpc.health.v1.Health/Watch", "CANCELLED") == 1);
        MetricsPage page = MetricsPage.Parse((await caller.Server.GetAsync("/metrics")).Body);
        Assert.Equal(1, Calls(page, "hypervex.v1.Records/Count", "INVALID_ARGUMENT"));
        Assert.Equal(1, Calls(page, "hypervex.v1.Records/Count", "INTERNAL"));
        Assert.Equal(1, Calls(page, "none", "UNIMPLEMENTED"));
        Assert.Equal(7, page.Samples.Where(sample => sample.Name == "hypervex_grpc_call_duration_seconds_count").Sum(sample => sample.Value));
    }

    [Fact]
    public async Task Requests_that_wait_and_that_were_refused_are_counted()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxRunningReads = 1, MaxQueuedRequests = 0 } });
        using (await server.Server.Admission.Reads.EnterAsync(CancellationToken.None))
        {
            Assert.Equal("overloaded", (await server.GetAsync("/stats")).Code);
            MetricsPage page = MetricsPage.Parse((await server.GetAsync("/metrics")).Body);
            Assert.Equal(1, page.Value("hypervex_requests_running", ("kind", "read")));
            Assert.Equal(1, page.Value("hypervex_requests_refused_total", ("kind", "read")));
            Assert.Equal(0, page.Value("hypervex_requests_refused_total", ("kind", "write")));
        }
    }

    [Fact]
    public async Task While_the_database_opens_the_server_has_metrics_already()
    {
        using var mayOpen = new ManualResetEventSlim();
        await using TestServer server = await TestServer.StartAsync(() =>
        {
            mayOpen.Wait();
            return Database.CreateInMemory();
        });
        MetricsPage page = MetricsPage.Parse((await server.GetAsync("/metrics")).Body);
        mayOpen.Set();
        Assert.Equal(0, page.Value("hypervex_ready"));
    }

    [Fact]
    public void Labels_and_help_are_escaped()
    {
        var text = new PrometheusText();
        text.Begin(new MetricDescription("x", "gauge", "a\\b\nc", "l", "m"));
        text.Add(1.5, "q\"u\\o\nte", "é");
        Assert.Equal("# HELP x a\\\\b\\nc\n# TYPE x gauge\nx{l=\"q\\\"u\\\\o\\nte\",m=\"é\"} 1.5\n", text.ToString());
        Assert.Equal("q\"u\\o\nte", MetricsPage.Parse(text.ToString()).Samples[0].Labels["l"]);
    }

    [Theory]
    [InlineData("x 1\n")]
    [InlineData("# TYPE x gauge\nx 1\n")]
    [InlineData("# HELP x h\n# TYPE x gauge\nx 1")]
    [InlineData("# HELP x h\n# TYPE x gauge\nx one\n")]
    [InlineData("# HELP x h\n# TYPE x gauge\nx{a=\"1\",} 1\n")]
    [InlineData("# HELP x h\n# TYPE x gauge\nx{a=\"\\q\"} 1\n")]
    [InlineData("# HELP x h\n# TYPE x gauge\ny 1\n")]
    [InlineData("# HELP x h\n# TYPE x gauge\nx 1\nx 2\n")]
    [InlineData("# HELP x h\n# TYPE x counter\nx 1\n")]
    [InlineData("# HELP x h\n# TYPE x gauge\n# HELP x h\n# TYPE x gauge\n")]
    [InlineData("# HELP x h\n# TYPE x histogram\nx_bucket{le=\"1\"} 2\nx_bucket{le=\"+Inf\"} 1\nx_sum 1\nx_count 1\n")]
    [InlineData("# HELP x h\n# TYPE x histogram\nx_bucket{le=\"1\"} 1\nx_bucket{le=\"+Inf\"} 1\nx_sum 1\nx_count 2\n")]
    [InlineData("# HELP x h\n# TYPE x histogram\nx_bucket{le=\"1\"} 1\nx_sum 1\nx_count 1\n")]
    public void The_reader_of_these_tests_refuses_what_is_not_the_format(string text) => Assert.Throws<FormatException>(() => MetricsPage.Parse(text));

    private static double Calls(MetricsPage page, string method, string status) =>
        page.Samples.Where(sample => sample.Name == "hypervex_grpc_call_duration_seconds_count" && sample.Labels["method"] == method && sample.Labels["status"] == status).Sum(sample => sample.Value);

    private static async Task UntilAsync(TestServer server, Predicate<MetricsPage> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo(MetricsPage.Parse((await server.GetAsync("/metrics")).Body)))
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private static double Requests(MetricsPage page, string method, string route, string status) =>
        page.Samples.Where(sample => sample.Name == "hypervex_http_request_duration_seconds_count" && sample.Labels["method"] == method && sample.Labels["route"] == route && sample.Labels["status"] == status).Sum(sample => sample.Value);

    private static async Task FillAsync(TestServer server) => await server.FillAsync([1f, 2f], [2f, 1f]);

    [GeneratedRegex(@"^\| `(?<name>hypervex_\w+)` \| (?<type>\w+) \| (?<labels>[^|]*?) ?\|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
