using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Xunit.Abstractions;

namespace Hypervex.Cli.Tests.Commands;

/// <summary>A server that gets SIGTERM while it is written and searched.</summary>
public sealed class GracefulStopTests(ITestOutputHelper output) : IDisposable
{
    private const int Before = 3_000, Writers = 8, Readers = 4, AcknowledgementsBeforeTheSignal = 200;
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("3")]
    [InlineData("0")]
    public async Task What_was_acknowledged_before_and_during_the_stop_is_there_and_the_process_ends_well(string checkpointSeconds)
    {
        var acknowledged = new ConcurrentBag<string>();
        var unexpected = new ConcurrentBag<HttpStatusCode>();
        TimeSpan elapsed;
        ProgramRun end;
        await using (ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data, "--closing-checkpoint-seconds", checkpointSeconds, "--max-queued-requests", "4"))
        {
            using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
            object[] records = [.. Enumerable.Range(0, Before).Select(i => new { vector_id = $"before-{i}", vector = new[] { 1f, i } })];
            using (HttpResponseMessage filled = await http.PostAsJsonAsync("/api/v1/vectors/batch", new { vectors = records }))
            {
                Assert.Equal(HttpStatusCode.OK, filled.StatusCode);
            }

            async Task WriteAsync(int writer)
            {
                for (int i = 0; ; i++)
                {
                    string id = $"{writer}-{i}";
                    if (await SendAsync(() => http.PostAsJsonAsync("/api/v1/vectors", new { vector_id = id, vector = new[] { writer + 1f, i } })) is not { } status)
                    {
                        return;
                    }

                    if (status == HttpStatusCode.Created)
                    {
                        acknowledged.Add(id);
                    }
                    else if (status is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
                    {
                        unexpected.Add(status);
                    }
                }
            }

            async Task ReadAsync()
            {
                while (await SendAsync(() => http.PostAsJsonAsync("/api/v1/vectors/search", new { query_vector = new[] { 1f, 7f }, exact = true })) is { } status)
                {
                    if (status is not (HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
                    {
                        unexpected.Add(status);
                    }
                }
            }

            Task[] load = [.. Enumerable.Range(0, Writers).Select(WriteAsync), .. Enumerable.Range(0, Readers).Select(_ => ReadAsync())];
            while (acknowledged.Count < AcknowledgementsBeforeTheSignal)
            {
                Assert.DoesNotContain(load, task => task.IsCompleted);
                await Task.Delay(5);
            }

            long started = Stopwatch.GetTimestamp();
            end = await server.StopAsync();
            elapsed = Stopwatch.GetElapsedTime(started);
            await Task.WhenAll(load);
        }

        output.WriteLine($"{acknowledged.Count} writes were acknowledged; the process ended {elapsed.TotalSeconds:F2} s after the signal, with {checkpointSeconds} s for checkpoints");
        Assert.True(end.ExitCode == 0, end.ToString());
        Assert.Empty(end.Output);
        Assert.Empty(unexpected);
        using var database = Database.Open(_sandbox.Data);
        Collection collection = database.GetCollection("default");
        Assert.Equal(0, collection.Recovery.TornBytes);
        Assert.All(acknowledged, id => Assert.NotNull(collection.Get(id)));
        Assert.Equal(Before, Enumerable.Range(0, Before).Count(i => collection.Get($"before-{i}") is not null));
        Assert.Empty(collection.Verify().Findings);
        if (checkpointSeconds == "0")
        {
            Assert.True(collection.Recovery.Replayed >= Before + AcknowledgementsBeforeTheSignal, $"{collection.Recovery.Replayed} operations were replayed: a checkpoint was taken");
        }
    }

    // Null when the server has gone.
    private static async Task<HttpStatusCode?> SendAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            using HttpResponseMessage answer = await send();
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
