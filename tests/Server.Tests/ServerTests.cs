using System.Net;
using System.Text.Json;
using Hypervex.Server.Http;
using Hypervex.Server.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Tests;

public sealed class ServerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hypervex-server-").FullName;

    private ServerOptions OnDisk => TestServer.Options with { DataPath = Path.Combine(_directory, "data") };

    [Fact]
    public async Task Records_survive_a_restart()
    {
        string before;
        await using (TestServer server = await TestServer.StartAsync(OnDisk))
        {
            await server.FillAsync([1f, 2f], [3f, 4f], [5f, 6f]);
            await server.DeleteAsync("/api/v1/vectors/1");
            await server.PutAsync("/api/v1/vectors/2", """{"metadata":{"x":"y"}}""");
            before = (await server.GetAsync("/api/v1/vectors")).Body;
            Assert.Equal(OnDisk.DataPath, (await server.GetAsync("/api/v1/vectors/stats")).Json.GetProperty("storage_path").GetString());
        }

        await using (TestServer server = await TestServer.StartAsync(OnDisk))
        {
            Assert.Equal(before, (await server.GetAsync("/api/v1/vectors")).Body);
        }
    }

    [Fact]
    public async Task A_data_directory_has_one_owner()
    {
        await using TestServer first = await TestServer.StartAsync(OnDisk);
        await using HypervexServer second = await HypervexServer.StartAsync(OnDisk);
        HypervexException error = await Assert.ThrowsAsync<HypervexException>(() => second.Ready);
        Assert.Equal(ErrorCode.Locked, error.Code);
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(second.Addresses[0], "/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("\"code\":\"locked\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_contradict_the_stored_collection_keep_the_server_from_becoming_ready()
    {
        await using (TestServer server = await TestServer.StartAsync(OnDisk))
        {
            await server.FillAsync([1f, 2f]);
        }

        foreach (DefaultCollectionOptions wrong in new[] { new DefaultCollectionOptions { Dimension = 3 }, new DefaultCollectionOptions { Metric = Metric.L2 } })
        {
            await using HypervexServer server = await HypervexServer.StartAsync(OnDisk with { DefaultCollection = wrong });
            Assert.Equal(ErrorCode.InvalidArgument, (await Assert.ThrowsAsync<HypervexException>(() => server.Ready)).Code);
        }

        await using TestServer right = await TestServer.StartAsync(OnDisk with { DefaultCollection = new DefaultCollectionOptions { Dimension = 2, Metric = Metric.Cosine } });
        Assert.Equal(1, (await right.GetAsync("/api/v1/vectors/stats")).Json.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_stop_lets_running_requests_end_and_then_closes_the_database()
    {
        Database? database = null;
        TestServer server = await TestServer.StartAsync(() => database = Database.CreateInMemory());
        await server.Server.Ready;
        using RawConnection running = await RawConnection.OpenAsync(server.Address);
        const string Body = """{"vector_id":"late","vector":[1,2]}""";
        await running.BeginAsync($"POST /api/v1/vectors HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n");
        await running.SendAsync(Body[..10]);
        Task stopping = server.Server.StopAsync();
        await Task.Delay(200);
        Assert.False(stopping.IsCompleted);
        await running.SendAsync(Body[10..]);
        (string text, bool closed) = await running.ReadToEndAsync(TimeSpan.FromSeconds(60));
        Assert.StartsWith("HTTP/1.1 201", text, StringComparison.Ordinal);
        Assert.True(closed);
        await stopping;
        Assert.Equal(ErrorCode.Closed, Assert.Throws<HypervexException>(() => database!.ListCollections()).Code);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_server_can_be_stopped_while_its_database_still_opens()
    {
        using var mayOpen = new ManualResetEventSlim();
        Database? database = null;
        TestServer server = await TestServer.StartAsync(() =>
        {
            mayOpen.Wait();
            return database = Database.CreateInMemory();
        });
        Task stopping = server.DisposeAsync().AsTask();
        mayOpen.Set();
        await stopping;
        Assert.Equal(ErrorCode.Closed, Assert.Throws<HypervexException>(() => database!.ListCollections()).Code);
    }

    [Fact]
    public async Task Readers_and_writers_of_the_same_ids_get_only_answers_that_make_sense()
    {
        const int Ids = 20;
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 2f]);
        int seed = Environment.TickCount;
        async Task Work(int worker)
        {
            var random = new Random(seed + worker);
            for (int i = 0; i < 60; i++)
            {
                string id = $"id-{random.Next(Ids)}";
                string path = "/api/v1/vectors/" + id;
                Answer answer = random.Next(6) switch
                {
                    0 => await server.PostAsync("/api/v1/vectors", $$"""{"vector_id":"{{id}}","vector":[1,{{worker}}]}"""),
                    1 => await server.PutAsync(path, """{"metadata":{"x":1}}"""),
                    2 => await server.DeleteAsync(path),
                    3 => await server.PostAsync("/api/v1/vectors/batch", $$"""{"vectors":[{"vector_id":"{{id}}","vector":[2,{{worker}}]},{"vector_id":"{{id}}","vector":[3,1]}]}"""),
                    4 => await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1,1],"top_k":5}"""),
                    _ => await server.GetAsync(path),
                };
                Assert.True((int)answer.Status is 200 or 201 or 204 or 404 or 409, $"seed {seed}: {(int)answer.Status} {answer.Body}");
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 16).Select(Work));
        JsonElement stats = (await server.GetAsync("/api/v1/vectors/stats")).Json;
        Answer listed = await server.GetAsync("/api/v1/vectors?limit=10000");
        string?[] ids = [.. listed.Json.GetProperty("vectors").EnumerateArray().Select(record => record.GetProperty("vector_id").GetString())];
        Assert.Equal(ids.Distinct().Count(), ids.Length);
        Assert.Equal(stats.GetProperty("count").GetInt32(), ids.Length);
    }

    [Fact]
    public async Task A_dropped_collection_ends_its_requests_cleanly()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int round = 0; round < 10; round++)
        {
            await server.PostAsync("/api/v1/collections", """{"name":"c"}""");
            Task<Answer>[] running = [.. Enumerable.Range(0, 20).Select(i => server.PostAsync("/api/v1/collections/c/vectors", $$"""{"vector":[1,{{i}}]}"""))];
            Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync("/api/v1/collections/c")).Status);
            foreach (Answer answer in await Task.WhenAll(running))
            {
                Assert.True(answer.Status == HttpStatusCode.Created || answer.Code is "collection_not_found" or "closed", $"{(int)answer.Status} {answer.Body}");
            }
        }
    }

    [Fact]
    public async Task An_unexpected_error_is_logged_under_the_requests_id_and_its_text_stays_inside()
    {
        var log = new ListLogger();
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { TraceIdentifier = "request-7" };
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = "/x?key=hidden";
        var pipeline = new Pipeline(new RouteTable(), null!, new RequestMetrics(new RouteTable()), log, null!, null!);
        await pipeline.AnswerErrorsAsync(context, _ => throw new InvalidOperationException("secret text"));

        Assert.Equal(500, context.Response.StatusCode);
        string answer = System.Text.Encoding.UTF8.GetString(body.ToArray());
        Assert.Contains("\"code\":\"internal_error\"", answer, StringComparison.Ordinal);
        Assert.Contains("\"instance\":\"/x\"", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", answer, StringComparison.Ordinal);
        Assert.Contains("request-7", Assert.Single(log.Entries), StringComparison.Ordinal);
        Assert.Contains("secret text", log.Entries[0], StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private sealed class ListLogger : ILogger
    {
        public List<string> Entries { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Add($"{formatter(state, exception)} {exception}");
    }
}
