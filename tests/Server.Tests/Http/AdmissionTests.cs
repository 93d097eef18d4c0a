using System.Net;
using Hypervex.Server.Http;

namespace Hypervex.Server.Tests.Http;

/// <summary>Requests that run, wait and are refused. Tests take the places themselves, so that nothing depends on how long a request takes.</summary>
public sealed class AdmissionTests
{
    private const string Search = """{"query_vector":[1,2]}""";
    private const string SearchPath = "/api/v1/vectors/search";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    // One place of each kind and no line.
    private static readonly ServerLimits _one = new() { MaxRunningReads = 1, MaxRunningWrites = 1, MaxQueuedRequests = 0 };

    [Fact]
    public async Task While_all_places_are_taken_exactly_the_routes_that_are_not_bounded_answer()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = _one });
        await server.PostAsync("/api/v1/collections", """{"name":"mine"}""");
        using (await server.Server.Admission.Reads.EnterAsync(CancellationToken.None))
        using (await server.Server.Admission.Writes.EnterAsync(CancellationToken.None))
        {
            (int refused, int answered) = (0, 0);
            foreach (Route route in server.Server.Table.All)
            {
                Answer answer = await SendAsync(server, route);
                Assert.True((answer.Code == "overloaded") == IsBounded(route), $"{route.Method} {route.Path}: {(int)answer.Status} {answer.Body}");
                Assert.Equal(IsBounded(route), answer.Status == HttpStatusCode.TooManyRequests);
                Assert.Equal(IsBounded(route) ? "1" : null, answer.Header("Retry-After"));
                (refused, answered) = IsBounded(route) ? (refused + 1, answered) : (refused, answered + 1);
            }

            Assert.True(refused > 30 && answered > 12, $"{refused} refused, {answered} answered");
        }

        // The control: with places, none is refused.
        await server.PostAsync("/api/v1/collections", """{"name":"mine"}""");
        foreach (Route route in server.Server.Table.All)
        {
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await SendAsync(server, route)).Status);
        }

        AssertIdle(server);
    }

    [Fact]
    public async Task Reads_and_writes_do_not_keep_each_other_out()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = _one });
        using (await server.Server.Admission.Reads.EnterAsync(CancellationToken.None))
        {
            Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/v1/vectors", """{"vector_id":"a","vector":[1,2]}""")).Status);
            Assert.Equal("overloaded", (await server.PostAsync(SearchPath, Search)).Code);
        }

        using (await server.Server.Admission.Writes.EnterAsync(CancellationToken.None))
        {
            Assert.Equal("overloaded", (await server.PostAsync("/api/v1/vectors", """{"vector_id":"b","vector":[1,2]}""")).Code);
            Assert.Equal(1, (await server.PostAsync(SearchPath, Search)).Json.GetProperty("count").GetInt32());
        }
    }

    [Fact]
    public async Task Who_waits_runs_when_a_place_is_free_and_the_next_one_finds_no_room()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = _one with { MaxQueuedRequests = 1, QueueTimeout = TimeSpan.FromHours(1) } });
        await server.FillAsync([1f, 2f]);
        Task<Answer> waiting;
        using (await server.Server.Admission.Reads.EnterAsync(CancellationToken.None))
        {
            waiting = server.PostAsync(SearchPath, Search);
            await UntilAsync(() => server.Server.Admission.Reads.Waiting == 1);
            Answer refused = await server.PostAsync(SearchPath, Search);
            Assert.Equal("overloaded", refused.Code);
            Assert.Contains("1 reads run and 1 wait", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.False(waiting.IsCompleted);
        }

        Assert.Equal(1, (await waiting).Json.GetProperty("count").GetInt32());
        AssertIdle(server);
    }

    [Fact]
    public async Task Who_has_waited_long_enough_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = _one with { MaxQueuedRequests = 1, QueueTimeout = TimeSpan.FromMilliseconds(50) } });
        using (await server.Server.Admission.Reads.EnterAsync(CancellationToken.None))
        {
            Answer refused = await server.PostAsync(SearchPath, Search);
            Assert.Equal("overloaded", refused.Code);
            Assert.Contains("0.05 s", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Equal(0, server.Server.Admission.Reads.Waiting);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(SearchPath, Search)).Status);
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_the_line()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = _one with { MaxQueuedRequests = 1, QueueTimeout = TimeSpan.FromHours(1) } });
        using (await server.Server.Admission.Reads.EnterAsync(CancellationToken.None))
        {
            using (RawConnection connection = await RawConnection.OpenAsync(server.Address))
            {
                await connection.SendAsync("GET /stats HTTP/1.1\r\nHost: localhost\r\n\r\n");
                await UntilAsync(() => server.Server.Admission.Reads.Waiting == 1);
            }

            await UntilAsync(() => server.Server.Admission.Reads.Waiting == 0);
        }

        AssertIdle(server);
    }

    [Fact]
    public async Task A_slow_body_holds_no_place()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = _one });
        await server.FillAsync([1f, 2f]);
        using RawConnection slow = await RawConnection.OpenAsync(server.Address);
        await slow.BeginAsync($"POST {SearchPath} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {Search.Length}\r\n");
        await slow.SendAsync(Search[..5]);
        await UntilAsync(() => server.Server.Bodies.Taken > 0); // it has passed the door: beside one that runs it would be refused there
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(SearchPath, Search)).Status);
        await slow.SendAsync(Search[5..]);
        (string text, _) = await slow.ReadToEndAsync(_patience);
        Assert.StartsWith("HTTP/1.1 200", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_reader_holds_no_place()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = _one });
        string document = new('x', 500_000);
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/v1/vectors", $$"""{"vector":[1,2],"document":"{{document}}"}""")).Status);
        }

        using RawConnection slow = await RawConnection.OpenAsync(server.Address);
        await slow.SendAsync("GET /api/v1/vectors HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await slow.ReadUntilAsync("HTTP/1.1 200 OK\r\n");

        // 20 MB do not fit between the two ends: the answer is still being sent.
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(SearchPath, Search)).Status);
        AssertIdle(server);
    }

    [Fact]
    public async Task A_body_is_not_asked_for_when_there_is_no_room_to_wait()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = _one });
        using (await server.Server.Admission.Reads.EnterAsync(CancellationToken.None))
        {
            foreach (string body in new[] { "Content-Length: 1000000\r\n", "Transfer-Encoding: chunked\r\n" })
            {
                using RawConnection connection = await RawConnection.OpenAsync(server.Address);
                await connection.SendAsync($"POST {SearchPath} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n{body}\r\n");
                string text = await connection.ReadUntilAsync("\"instance\":", _patience);
                Assert.StartsWith("HTTP/1.1 429", text, StringComparison.Ordinal);
                Assert.Contains("\r\nConnection: close\r\n", text, StringComparison.Ordinal);
                Assert.DoesNotContain("100 Continue", text, StringComparison.Ordinal);
            }

            // A short body costs nobody a connection.
            using RawConnection kept = await RawConnection.OpenAsync(server.Address);
            for (int i = 0; i < 2; i++)
            {
                await kept.SendAsync($"POST {SearchPath} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Search.Length}\r\n\r\n{Search}");
                Assert.StartsWith("HTTP/1.1 429", await kept.ReadUntilAsync($"\"{SearchPath}\"}}"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_flood_gets_answers_or_429_probes_answer_meanwhile_and_no_place_is_lost()
    {
        var limits = new ServerLimits { MaxRunningReads = 2, MaxRunningWrites = 2, MaxQueuedRequests = 4, QueueTimeout = TimeSpan.FromSeconds(1) };
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = limits });
        await server.FillAsync([1f, 2f], [2f, 1f]);
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => (i % 4) switch
        {
            0 => server.GetAsync("/livez"),
            1 => server.PostAsync("/api/v1/vectors/batch", $$"""{"vectors":[{"vector_id":"flood-{{i}}","vector":[1,{{i}}]}]}"""),
            2 => server.PostAsync(SearchPath, """{"query_vector":[1,2],"exact":true}"""),
            _ => server.PostAsync(SearchPath, """{"query_vector":[1"""),
        }));
        for (int i = 0; i < answers.Length; i++)
        {
            Answer answer = answers[i];
            HttpStatusCode without = i % 4 == 3 ? HttpStatusCode.BadRequest : HttpStatusCode.OK;
            Assert.True(answer.Status == without || (i % 4 != 0 && answer.Code == "overloaded"), $"{i}: {(int)answer.Status} {answer.Body}");
        }

        AssertIdle(server);
        long written = answers.Where((answer, i) => i % 4 == 1 && answer.Status == HttpStatusCode.OK).Count();
        Assert.Equal(2 + written, (await server.GetAsync("/api/v1/vectors/stats")).Json.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_key_that_is_revoked_while_its_request_waits_is_refused()
    {
        await using Keys.KeyServer server = await Keys.KeyServer.StartAsync(TestServer.Options with { Limits = _one with { MaxQueuedRequests = 1, QueueTimeout = TimeSpan.FromHours(1) } });
        string key = await server.CreateAsync("write", null, server.Admin);
        Task<Answer> waiting;
        using (await server.Test.Server.Admission.Writes.EnterAsync(CancellationToken.None))
        {
            waiting = server.SendAsync("DELETE", "/api/v1/vectors/a", null, key);
            await UntilAsync(() => server.Test.Server.Admission.Writes.Waiting == 1);
            Assert.Equal("unauthorized", (await server.SendAsync("DELETE", "/api/v1/vectors/a", null, null)).Code);
            Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("DELETE", "/api/v1/keys/" + Keys.KeyServer.IdOf(key), null, server.Admin)).Status);
        }

        Assert.Equal("unauthorized", (await waiting).Code);
        AssertIdle(server.Test);
    }

    // Written beside the table, not read from it.
    private static bool IsBounded(Route route) => (route.Method, route.Path) switch
    {
        (_, "/" or "/livez" or "/readyz" or "/api/v1/health" or "/metrics") => false,
        (_, var path) when path.StartsWith("/api/v1/keys", StringComparison.Ordinal) || path.StartsWith("/api/v1/aliases", StringComparison.Ordinal) || path.StartsWith("/openapi", StringComparison.Ordinal) => false,
        (_, var path) when path.Contains("/snapshots", StringComparison.Ordinal) || path.StartsWith("/api/v1/jobs", StringComparison.Ordinal) || path.EndsWith("/compact", StringComparison.Ordinal) || path.EndsWith("/checkpoint", StringComparison.Ordinal) => false,
        (_, var path) when path.EndsWith("/import", StringComparison.Ordinal) || path.EndsWith("/export", StringComparison.Ordinal) => false,
        (_, "/api/v1/collections") => false,
        ("DELETE" or "PATCH", "/api/v1/collections/{collection}") => false,
        ("POST", "/api/v1/collections/{collection}/field-indexes") => false,
        ("DELETE", "/api/v1/collections/{collection}/field-indexes/{field}") => false,
        _ => true,
    };

    private static Task<Answer> SendAsync(TestServer server, Route route)
    {
        string path = route.Path
            .Replace("{collection}", "mine", StringComparison.Ordinal)
            .Replace("{id}", "none", StringComparison.Ordinal)
            .Replace("{field}", "none", StringComparison.Ordinal)
            .Replace("{key}", "none", StringComparison.Ordinal);
        string contentType = path.EndsWith("/import", StringComparison.Ordinal) ? "application/x-ndjson" : "application/json";
        return server.SendAsync(route.Method, path, route.ReadsBody ? "{}" : null, contentType);
    }

    // The place is given back before the answer is read, or while it is: the last step of a request may come after its client has all of it.
    private static void AssertIdle(TestServer server)
    {
        Assert.True(
            SpinWait.SpinUntil(() => (server.Server.Admission.Reads.Running, server.Server.Admission.Writes.Running, server.Server.Admission.Reads.Waiting, server.Server.Admission.Writes.Waiting) == (0, 0, 0, 0), _patience),
            "a place was not given back");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var time = new CancellationTokenSource(_patience);
        while (!condition())
        {
            await Task.Delay(5, time.Token);
        }
    }
}
