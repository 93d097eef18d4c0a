using System.Net;

namespace Hypervex.Server.Tests.Http;

/// <summary>The time that the server gives reads. Its clock passes the limit at once, so that nothing depends on how long a search takes.</summary>
public sealed class DeadlineTests
{
    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(59);

    // More than are compared between two looks at the token.
    private const int Records = 5_000;

    [Theory]
    [InlineData("/search", """{"query_vector":[1,2],"exact":true}""")]
    [InlineData("/search", """{"query_vector":[1,2],"exact":true,"timeout_ms":3600000}""")]
    [InlineData("/search", """{"query_vector":[1,2],"exact":true,"group_by":"n"}""")]
    [InlineData("/search/batch", """{"searches":[{"query_vector":[1,2],"exact":true}]}""")]
    public async Task A_read_that_takes_longer_than_the_server_gives_it_is_stopped(string path, string body)
    {
        await using TestServer late = await StartAsync(new OverAtOnce());
        Answer answer = await late.PostAsync("/api/v1/vectors" + path, body);
        Assert.Equal((HttpStatusCode.GatewayTimeout, "timeout"), (answer.Status, answer.Code));
        Assert.Contains("request_timeout_seconds", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // The control: where time passes as usual, the same request ends.
        await using TestServer usual = await StartAsync(TimeProvider.System);
        Assert.Equal(HttpStatusCode.OK, (await usual.PostAsync("/api/v1/vectors" + path, body)).Status);
    }

    [Fact]
    public async Task Writes_and_imports_are_not_stopped()
    {
        await using TestServer late = await StartAsync(new OverAtOnce());
        Assert.Equal(HttpStatusCode.Created, (await late.PostAsync("/api/v1/vectors", """{"vector_id":"a","vector":[1,2]}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await late.SendAsync("POST", "/api/v1/vectors/import", """{"vector_id":"b","vector":[1,2]}""", "application/x-ndjson")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await late.DeleteAsync("/api/v1/vectors/a")).Status);
    }

    [Fact]
    public async Task Without_a_limit_nothing_is_stopped()
    {
        await using TestServer server = await StartAsync(new OverAtOnce(), TimeSpan.Zero);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1,2],"exact":true}""")).Status);
    }

    private static async Task<TestServer> StartAsync(TimeProvider time, TimeSpan? limit = null)
    {
        TestServer server = await TestServer.StartAsync(TestServer.Options with
        {
            Database = new DatabaseOptions { TimeProvider = time },
            Limits = new ServerLimits { RequestTimeout = limit ?? Limit },
        });
        await server.FillAsync([.. Enumerable.Range(0, Records).Select(i => new[] { 1f, i })]);
        return server;
    }

    // Whoever waits for the limit has waited already.
    internal sealed class OverAtOnce : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (dueTime == Limit)
            {
                callback(state);
            }
            else
            {
                timer.Change(dueTime, period);
            }

            return timer;
        }
    }
}
