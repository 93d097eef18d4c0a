using System.Diagnostics;
using System.Globalization;
using Hypervex.Faults.Tests;
using Xunit.Abstractions;

namespace Hypervex.Hostile.Tests;

/// <summary>L2: valid requests of every route and calls of every method, mutated, against a server process. It answers all of them as documented, its memory stays flat, and what no request names stays as it is.</summary>
public sealed class MutatedRequestTests(ITestOutputHelper output)
{
    private const int InRound = 5_000;
    private const int Senders = 20;
    private const long FlatBytes = 64 * 1024 * 1024;

    [Fact]
    public Task Fifty_thousand_mutated_requests_are_answered_as_documented() => RunAsync(seed: Environment.TickCount, rounds: 10);

    [Fact]
    [Trait("Tier", "Long")]
    public Task A_million_mutated_requests_are_answered_as_documented() =>
        RunAsync(seed: 71, rounds: int.TryParse(Environment.GetEnvironmentVariable("HYPERVEX_HOSTILE_ROUNDS"), CultureInfo.InvariantCulture, out int rounds) ? rounds : 200);

    [Fact]
    public void Answers_that_no_client_may_get_are_found()
    {
        var judge = new Judge();
        HttpAnswer Problem(int status, string code) => new(status, "HTTP/1.1 500\r\nContent-Type: application/problem+json\r\n", System.Text.Encoding.UTF8.GetBytes($$"""{"status":{{status}},"code":"{{code}}"}"""));
        judge.Add(Problem(400, "invalid_json"), mayBeBare: true, () => "");
        judge.Add([400], "HTTP/1.1 400 Bad Request", () => "");
        judge.Add(new GrpcAnswer(200, "13", "bad_request"), () => "");
        Assert.Empty(judge.Findings);
        judge.Add(Problem(500, "internal_error"), mayBeBare: true, () => "");
        judge.Add(Problem(500, "damaged"), mayBeBare: true, () => "");
        judge.Add(Problem(400, "not_documented"), mayBeBare: true, () => "");
        judge.Add(Problem(404, "invalid_json"), mayBeBare: true, () => "");
        judge.Add(new HttpAnswer(500, "HTTP/1.1 500\r\n", []), mayBeBare: true, () => "");
        judge.Add(new HttpAnswer(400, "HTTP/1.1 400\r\n", []), mayBeBare: false, () => "");
        judge.Add([200, 500], "", () => "");
        judge.Add([400], "\"code\":\"internal_error\"", () => "");
        judge.Add(new GrpcAnswer(200, null, null), () => "");
        judge.Add(new GrpcAnswer(200, "2", "bad_request"), () => "");
        judge.Add(new GrpcAnswer(200, "13", "internal_error"), () => "");
        judge.AddSilence(new TimeoutException(), () => "");
        Assert.Equal(12, judge.Findings.Count);
    }

    [Fact]
    public async Task A_change_of_what_no_request_names_is_found()
    {
        await using ServedProcess server = await ServedProcess.StartAsync();
        using var wire = new HttpWire(server.Rest);
        var kept = new KeptData(wire);
        await kept.CreateAsync();
        await kept.CheckAsync();
        await kept.RequireAsync(200, new RestRequest("PUT /", $"/api/v1/collections/{KeptData.Collection}/vectors/7", """{"metadata":{"n":8}}"""u8.ToArray()));
        await Assert.ThrowsAnyAsync<Exception>(kept.CheckAsync);
    }

    private async Task RunAsync(int seed, int rounds)
    {
        await using ServedProcess server = await ServedProcess.StartAsync();
        using var wire = new HttpWire(server.Rest);
        using var grpc = new GrpcWire(server.Grpc);
        var kept = new KeptData(wire);
        await kept.CreateAsync();
        var scene = new Scene(kept);
        await scene.CheckCoverageAsync();
        var judge = new Judge();
        var memory = new List<long>();
        TimeSpan began = Process.GetCurrentProcess().TotalProcessorTime;
        for (int round = 0; round < rounds; round++)
        {
            await scene.SetAsync();
            await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(() => SendAsync(server, grpc, scene, judge, HashCode.Combine(seed, round, sender)))));
            Assert.True(judge.Findings.Count == 0, $"seed {seed}, round {round}:\n{string.Join("\n\n", judge.Findings)}");
            Assert.True(server.IsAlive, $"seed {seed}, round {round}: the server has ended");
            await kept.CheckAsync();
            await scene.CheckNothingIsHeldAsync();
            memory.Add(server.AnonymousBytes);
        }

        TimeSpan own = Process.GetCurrentProcess().TotalProcessorTime - began;
        TimeSpan served = server.ProcessorTime;
        (int exitCode, string faults) = await server.StopAsync();
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{rounds * InRound} requests on {RestCorpus.All([], "").Count} of REST and {GrpcCorpus.All([], "").Count} of gRPC: {judge.Accepted} still valid, {judge.Refused} refused, {judge.Unanswered} broken frames dropped, 0 crashes; server's memory {memory.Min() >> 20} to {memory.Max() >> 20} MB, last {memory[^1] >> 20}");
        output.WriteLine($"seed {seed}: {figures}; processor seconds: tests {own.TotalSeconds:F1}, server {served.TotalSeconds:F1}; MB behind each round: {string.Join(' ', memory.Select(bytes => bytes >> 20))}");
        Assert.Equal((0, ""), (exitCode, faults));
        Assert.True(judge.Refused > rounds * InRound / 4, "most of what is sent is valid: nothing is tested");
        Assert.True(judge.Accepted > rounds * InRound / 50, "nothing of what is sent is valid: nothing behind the first check is tested");
        long early = memory.Take(Math.Max(1, rounds / 2)).Max();
        long late = memory.Skip(rounds * 2 / 3).Min();
        Assert.True(late < early + FlatBytes, $"the server's memory grows: {string.Join(' ', memory.Select(bytes => bytes >> 20))} MB");
        ReliabilityReport.Write("L2", rounds >= 200, "mutated requests and calls", seed, figures);
    }

    private static async Task SendAsync(ServedProcess server, GrpcWire grpc, Scene scene, Judge judge, int seed)
    {
        var random = new Random(seed);
        using var wire = new HttpWire(server.Rest);
        var rest = new RestMutant(scene.Rest, random, wire, judge);
        var calls = new GrpcMutant(scene.Grpc, random, grpc, judge);
        for (int i = 0; i < InRound / Senders; i++)
        {
            await (random.Next(5) < 3 ? rest.SendAsync() : calls.SendAsync());
        }
    }
}
