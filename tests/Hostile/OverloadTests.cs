using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hypervex.Faults.Tests;
using Xunit.Abstractions;

namespace Hypervex.Hostile.Tests;

/// <summary>L1: 256 connections at once, each of which asks again as soon as it has its answer. Whoever cannot be served in time is told so, and afterwards the server is as quick as before.</summary>
public sealed class OverloadTests(ITestOutputHelper output)
{
    private const int Connections = 256;
    private const int Rows = 20_000;
    private const int Dimension = 128;
    private const string Path = "/api/v1/collections/load/vectors";

    [Fact]
    public Task Under_256_connections_every_request_is_answered_or_refused_and_then_the_server_answers_again() => RunAsync(requests: 4_000);

    [Fact]
    [Trait("Tier", "Long")]
    public Task Under_256_connections_for_long_every_request_is_answered_or_refused_and_then_the_server_is_quick_again() => RunAsync(requests: 60_000);

    // An exact search of all rows: work enough that two processors cannot keep up.
    private static byte[] Search { get; } = new RestRequest("POST /", Path + "/search", Encoding.UTF8.GetBytes($$"""{"query_vector":[{{string.Join(',', Enumerable.Repeat("0.5", Dimension))}}],"exact":true,"include":[]}""")).Bytes();

    private static async Task FillAsync(HttpWire wire)
    {
        var random = new Random(1);
        var kept = new KeptData(wire);
        await kept.RequireAsync(201, new RestRequest("POST /", "/api/v1/collections", Encoding.UTF8.GetBytes($$$"""{"name":"load","dimension":{{{Dimension}}},"metric":"l2","index":{"type":"flat"}}""")));
        for (int first = 0; first < Rows; first += 1_000)
        {
            int from = first;
            byte[] header = Encoding.UTF8.GetBytes($$"""{"vector_ids":[{{string.Join(',', Enumerable.Range(from, 1_000).Select(id => $"\"{id}\""))}}]}""" + "\n");
            float[] rows = new float[1_000 * Dimension];
            for (int i = 0; i < rows.Length; i++)
            {
                rows[i] = random.NextSingle();
            }

            await kept.RequireAsync(200, new RestRequest("POST /", Path + "/batch", [.. header, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes(rows.AsSpan())]) { ContentType = "application/octet-stream" });
        }
    }

    private static async Task<double> MillisecondsAsync(HttpWire wire, int searches)
    {
        var times = new List<double>();
        for (int i = 0; i < searches; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            Assert.Equal(200, (await wire.AskAsync(Search)).Status);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private async Task RunAsync(int requests)
    {
        // As on a machine of two processors, with a line that is shorter than the connections are many.
        await using ServedProcess server = await ServedProcess.StartAsync("--max-running-reads", "4", "--max-queued-requests", "128");
        using var single = new HttpWire(server.Rest);
        await FillAsync(single);
        double before = await MillisecondsAsync(single, 50);
        var statuses = new ConcurrentDictionary<string, int>();
        var latencies = new ConcurrentQueue<double>();
        int left = requests;
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var wire = new HttpWire(server.Rest);
            while (Interlocked.Decrement(ref left) >= 0)
            {
                long begin = Stopwatch.GetTimestamp();
                HttpAnswer answer = await wire.AskAsync(Search); // throws after a minute without an answer
                latencies.Enqueue(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                statuses.AddOrUpdate($"{answer.Status} {answer.Code}".TrimEnd(), 1, (_, count) => count + 1);
            }
        })));
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        long ended = Stopwatch.GetTimestamp();
        await MillisecondsAsync(single, 1);
        double first = Stopwatch.GetElapsedTime(ended).TotalMilliseconds;
        double after = await MillisecondsAsync(single, 50);
        double[] sorted = [.. latencies.Order()];
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{Connections} connections, {requests} exact searches of {Rows} rows in {seconds:F1} s: {string.Join(", ", statuses.OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} x {pair.Key}"))}; longest {sorted[^1]:F0} ms, P99 {sorted[(int)(sorted.Length * 0.99)]:F0} ms; one connection: {before:F1} ms before, first answer afterwards {first:F1} ms, then {after:F1} ms");
        output.WriteLine(figures);
        Assert.Equal(requests, statuses.Values.Sum());
        Assert.Empty(statuses.Keys.Except(["200", "429 overloaded"]));
        Assert.True(statuses["200"] > 0);
        Assert.True(server.IsAlive);
        Assert.Equal((0, ""), await server.StopAsync());
        ReliabilityReport.Write("L1", requests >= 60_000, "256 connections on two processors", 1, figures);
    }
}
