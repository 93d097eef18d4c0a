using System.Net;
using System.Text;
using Hypervex.Client;
using Hypervex.Wire;

namespace Hypervex.Server.Tests.Clients;

/// <summary>Which requests of the client are sent again. The answers are the test's own, and waits are as short as they can be.</summary>
public sealed class RetryTests
{
    private static readonly Func<HttpResponseMessage> _overloaded = () => Problem(HttpStatusCode.TooManyRequests, ErrorCodes.Overloaded);
    private static readonly Func<HttpResponseMessage> _opening = () => Problem(HttpStatusCode.ServiceUnavailable, ErrorCodes.Opening);
    private static readonly Func<HttpResponseMessage> _closed = () => Problem(HttpStatusCode.ServiceUnavailable, ErrorCodes.Closed);
    private static readonly Func<HttpResponseMessage> _unreachable = () => throw new HttpRequestException("none");

    [Fact]
    public async Task A_question_is_asked_again_after_whatever_may_pass()
    {
        foreach (Func<HttpResponseMessage> failure in new[] { _overloaded, _opening, _closed, _unreachable })
        {
            var answers = new Answers(failure, failure, () => Json("""{"count": 3}"""));
            using var client = Client(answers);
            Assert.Equal(3, await client.Collection().CountAsync());
            Assert.Equal(3, answers.Requests.Count);
            Assert.Single(answers.Requests.Distinct()); // the same body each time
        }
    }

    [Fact]
    public async Task A_write_is_sent_again_only_when_nothing_of_it_was_done()
    {
        RecordMessage[] records = [new RecordMessage { VectorId = "a", Vector = [1] }];
        foreach (Func<HttpResponseMessage> failure in new[] { _overloaded, _opening })
        {
            var answers = new Answers(failure, () => Json("""{"upserted": 1, "vector_ids": ["a"]}"""));
            using var client = Client(answers);
            Assert.Equal(1, (await client.Collection().UpsertBatchAsync(records)).Upserted);
            Assert.Equal(2, answers.Requests.Count);
        }

        foreach (Func<HttpResponseMessage> failure in new[] { _closed, _unreachable })
        {
            var answers = new Answers(failure, () => Json("{}"));
            using var client = Client(answers);
            await Assert.ThrowsAsync<HypervexClientException>(() => client.Collection().UpsertBatchAsync(records));
            await Assert.ThrowsAsync<HypervexClientException>(() => Client(new Answers(failure)).Collection().DeleteAsync("a"));
            Assert.Single(answers.Requests);
        }
    }

    [Fact]
    public async Task What_cannot_pass_is_not_tried_again_and_the_last_error_is_told_when_it_does_not_pass()
    {
        var refused = new Answers(() => Problem(HttpStatusCode.BadRequest, ErrorCodes.InvalidFilter));
        using var client = Client(refused);
        Assert.Equal(ErrorCodes.InvalidFilter, (await Assert.ThrowsAsync<HypervexClientException>(() => client.Collection().CountAsync())).Code);
        Assert.Single(refused.Requests);

        var busy = new Answers(_overloaded, _overloaded, _overloaded, _overloaded);
        using var other = Client(busy);
        HypervexClientException error = await Assert.ThrowsAsync<HypervexClientException>(() => other.Collection().CountAsync());
        Assert.Equal((ErrorCodes.Overloaded, TimeSpan.Zero), (error.Code, error.RetryAfter));
        Assert.Equal(4, busy.Requests.Count);

        var once = new Answers(_overloaded);
        using var impatient = new HypervexClient(new Uri("http://127.0.0.1:1"), new HypervexClientOptions { Handler = once, Retries = 0 });
        await Assert.ThrowsAsync<HypervexClientException>(() => impatient.Collection().CountAsync());
    }

    [Fact]
    public async Task The_wait_that_a_server_asks_for_is_waited_and_can_be_cancelled()
    {
        var answers = new Answers(() => Problem(HttpStatusCode.TooManyRequests, ErrorCodes.Overloaded, retryAfterSeconds: 3_600), () => Json("""{"count": 3}"""));
        using var client = Client(answers);
        using var cancelled = new CancellationTokenSource();
        Task<long> count = client.Collection().CountAsync(cancellationToken: cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => count);
        Assert.Single(answers.Requests);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(101, 1)]
    [InlineData(1, 0)]
    public void Options_out_of_their_range_are_refused(int retries, int delayMs) => Assert.Throws<ArgumentException>(
        () => new HypervexClient(new Uri("http://127.0.0.1:1"), new HypervexClientOptions { Retries = retries, RetryDelay = TimeSpan.FromMilliseconds(delayMs) }));

    private static HypervexClient Client(Answers answers) =>
        new(new Uri("http://127.0.0.1:1"), new HypervexClientOptions { Handler = answers, RetryDelay = TimeSpan.FromMilliseconds(1) });

    private static HttpResponseMessage Json(string json) => new(HttpStatusCode.OK) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Problem(HttpStatusCode status, string code, int retryAfterSeconds = 0)
    {
        var answer = new HttpResponseMessage(status) { Content = new StringContent($$"""{"code": "{{code}}", "detail": "no"}""", Encoding.UTF8, "application/problem+json") };
        answer.Headers.RetryAfter = new System.Net.Http.Headers.RetryConditionHeaderValue(TimeSpan.FromSeconds(retryAfterSeconds));
        return answer;
    }

    private sealed class Answers(params Func<HttpResponseMessage>[] answers) : HttpMessageHandler
    {
        public List<string> Requests { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            Requests.Add($"{request.Method} {request.RequestUri} {body}");
            return answers[Requests.Count - 1]();
        }
    }
}
