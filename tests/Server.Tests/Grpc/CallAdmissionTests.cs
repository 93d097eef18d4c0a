using Hypervex.Server.Grpc;
using Hypervex.Server.Http;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>Calls that run, wait and are refused. Tests take the places themselves, so that nothing depends on how long a call takes.</summary>
public sealed class CallAdmissionTests
{
    private const string Count = "/hypervex.v1.Records/Count";
    private const string Delete = "/hypervex.v1.Records/DeleteBatch";
    private const string Export = "/hypervex.v1.Records/Export";
    private const string UpsertStream = "/hypervex.v1.Records/UpsertStream";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private static readonly byte[] _batch = RawCaller.Frame(new V1.UpsertStreamRequest { Records = { new V1.Record { VectorId = "a", Vector = new V1.Vector { Values = { 1, 2 } } } } });

    // One place of each kind and no line.
    private static readonly ServerLimits _one = new() { MaxRunningReads = 1, MaxRunningWrites = 1, MaxQueuedRequests = 0 };
    private static readonly ServerLimits _patient = _one with { MaxQueuedRequests = 1, QueueTimeout = TimeSpan.FromHours(1) };

    [Fact]
    public async Task While_all_places_are_taken_exactly_the_methods_that_are_bounded_refuse()
    {
        await using RawCaller caller = await StartAsync(_one);
        using (await Of(caller).Reads.EnterAsync(CancellationToken.None))
        using (await Of(caller).Writes.EnterAsync(CancellationToken.None))
        {
            (int refused, int answered) = (0, 0);
            foreach (GrpcMethod method in caller.Server.Server.Calls.All.Where(method => !method.Path.EndsWith("/Watch", StringComparison.Ordinal)))
            {
                CallEnd end = await caller.SendAsync(method.Path, RawCaller.Frame([]));
                Assert.True((end.Code == "overloaded") == IsBounded(method.Path), $"{method.Path}: {end.Status} {end.Code} {end.Message}");
                if (IsBounded(method.Path))
                {
                    Assert.Equal("8", end.Status);
                    Assert.Equal("1", end.Headers.GetValues("retry-after").Single());
                    refused++;
                }
                else
                {
                    Assert.False(end.Headers.Contains("retry-after"));
                    answered++;
                }
            }

            Assert.True(refused >= 17 && answered >= 4, $"{refused} refused, {answered} answered");
        }

        // The control: with places, none is refused.
        foreach (GrpcMethod method in caller.Server.Server.Calls.All.Where(method => IsBounded(method.Path)))
        {
            Assert.NotEqual("overloaded", (await caller.SendAsync(method.Path, RawCaller.Frame([]))).Code);
        }

        AssertIdle(caller);
    }

    [Fact]
    public async Task Who_waits_runs_when_a_place_is_free_and_the_next_one_finds_no_room()
    {
        await using RawCaller caller = await StartAsync(_patient);
        Task<CallEnd> waiting;
        using (await Of(caller).Reads.EnterAsync(CancellationToken.None))
        {
            waiting = caller.SendAsync(Count, new V1.CountRequest());
            await UntilAsync(() => Of(caller).Reads.Waiting == 1);
            CallEnd refused = await caller.SendAsync(Count, new V1.CountRequest());
            Assert.Equal(("8", "overloaded"), (refused.Status, refused.Code));
            Assert.Contains("1 reads run and 1 wait", refused.Message, StringComparison.Ordinal);
            Assert.False(waiting.IsCompleted);
        }

        Assert.Equal("0", (await waiting).Status);
        AssertIdle(caller);
    }

    [Fact]
    public async Task A_deadline_and_a_reset_end_the_waiting()
    {
        await using RawCaller caller = await StartAsync(_patient);
        using (await Of(caller).Reads.EnterAsync(CancellationToken.None))
        {
            CallEnd late = await caller.SendAsync(Count, new V1.CountRequest(), ("grpc-timeout", "100m"));
            Assert.Equal(("4", "timeout"), (late.Status, late.Code));
            await UntilAsync(() => Of(caller).Reads.Waiting == 0);

            using var call = new OpenCall(caller.Address, Count);
            call.Send(RawCaller.Frame([]));
            call.EndSending();
            await UntilAsync(() => Of(caller).Reads.Waiting == 1);
            call.Cancel();
            await UntilAsync(() => Of(caller).Reads.Waiting == 0);
        }

        AssertIdle(caller);
    }

    [Fact]
    public async Task A_key_that_is_revoked_while_its_call_waits_is_refused()
    {
        await using Keys.KeyServer server = await Keys.KeyServer.StartAsync(TestServer.Options with { Limits = _patient, GrpcListen = "127.0.0.1:0" });
        var caller = new RawCaller(server.Test);
        string key = await server.CreateAsync("write", null, server.Admin);
        Task<CallEnd> waiting;
        using (await Of(caller).Writes.EnterAsync(CancellationToken.None))
        {
            waiting = caller.SendAsync(Delete, new V1.DeleteBatchRequest { VectorIds = { "a" } }, ("x-api-key", key));
            await UntilAsync(() => Of(caller).Writes.Waiting == 1);
            Assert.Equal("unauthorized", (await caller.SendAsync(Delete, new V1.DeleteBatchRequest())).Code); // before it learns how busy the server is
            await server.SendAsync("DELETE", "/api/v1/keys/" + Keys.KeyServer.IdOf(key), null, server.Admin);
        }

        Assert.Equal(("16", "unauthorized"), ((await waiting).Status, (await waiting).Code));
        AssertIdle(caller);
    }

    [Fact]
    public async Task A_slow_message_holds_no_place()
    {
        await using RawCaller caller = await StartAsync(_one);
        byte[] message = RawCaller.Frame(new V1.CountRequest { Filter = "{}" });
        using var slow = new OpenCall(caller.Address, Count);
        slow.Send(message[..6]);
        await UntilAsync(() => caller.Server.Server.Bodies.Taken > 0); // it has passed the door: beside one that runs it would be refused there
        Assert.Equal("0", (await caller.SendAsync(Count, new V1.CountRequest())).Status);
        slow.Send(message[6..]);
        slow.EndSending();
        Assert.Equal(0, V1.CountResponse.Parser.ParseFrom(await slow.ReadAsync()).Count);
        AssertIdle(caller);
    }

    [Fact]
    public async Task A_slow_reader_of_an_export_holds_no_place()
    {
        await using RawCaller caller = await StartAsync(_one);
        await caller.CallAsync("/hypervex.v1.Records/UpsertBatch", new V1.UpsertBatchRequest { Records = { Enumerable.Range(0, 24).Select(Large) } }, V1.UpsertBatchResponse.Parser);
        using var slow = new OpenCall(caller.Address, Export);
        slow.Send(RawCaller.Frame(new V1.ExportRequest()));
        slow.EndSending();
        int records = V1.ExportResponse.Parser.ParseFrom(await slow.ReadAsync()).Records.Count;

        // 12 MB do not fit between the two ends: the export is still under way, and waits for its client.
        await UntilAsync(() => Of(caller).StreamReads.Running == 0);
        using (await Of(caller).StreamReads.EnterAsync(CancellationToken.None).AsTask().WaitAsync(_patience))
        {
        }

        for (; records < 24;)
        {
            records += V1.ExportResponse.Parser.ParseFrom(await slow.ReadAsync()).Records.Count;
        }

        Assert.Equal("0", (await slow.EndAsync()).Status);
        AssertIdle(caller);
    }

    [Fact]
    public async Task Each_batch_of_a_stream_waits_for_a_place_and_none_is_refused()
    {
        await using RawCaller caller = await StartAsync(_one);
        using var first = new OpenCall(caller.Address, UpsertStream);
        using var second = new OpenCall(caller.Address, UpsertStream);
        using (await Of(caller).StreamWrites.EnterAsync(CancellationToken.None))
        {
            first.Send(_batch);
            second.Send(_batch);
            await UntilAsync(() => Of(caller).StreamWrites.Waiting == 2);

            // Writes that are no streams go on, and reads too.
            Assert.Equal("0", (await caller.SendAsync(Delete, new V1.DeleteBatchRequest { VectorIds = { "b" } })).Status);
            Assert.Equal(0, (await caller.CallAsync(Count, new V1.CountRequest(), V1.CountResponse.Parser)).Count);
        }

        Assert.Equal(1, V1.UpsertStreamResponse.Parser.ParseFrom(await first.ReadAsync()).Upserted);
        Assert.Equal(1, V1.UpsertStreamResponse.Parser.ParseFrom(await second.ReadAsync()).Upserted);

        // Both are open still, wait for their clients, and hold nothing.
        AssertIdle(caller);
        first.Send(_batch);
        Assert.Equal(1, V1.UpsertStreamResponse.Parser.ParseFrom(await first.ReadAsync()).Upserted);
        first.EndSending();
        Assert.Equal("0", (await first.EndAsync()).Status);
    }

    [Fact]
    public async Task A_stream_whose_key_is_revoked_while_a_batch_waits_ends_and_the_batch_is_not_written()
    {
        await using Keys.KeyServer server = await Keys.KeyServer.StartAsync(TestServer.Options with { Limits = _one, GrpcListen = "127.0.0.1:0" });
        var caller = new RawCaller(server.Test);
        string key = await server.CreateAsync("write", null, server.Admin);
        await caller.CallAsync(Delete, new V1.DeleteBatchRequest { VectorIds = { "none" } }, V1.DeleteBatchResponse.Parser, ("x-api-key", key)); // creates the collection
        using var call = new OpenCall(caller.Address, UpsertStream, ("x-api-key", key));
        using (await Of(caller).StreamWrites.EnterAsync(CancellationToken.None))
        {
            call.Send(_batch);
            await UntilAsync(() => Of(caller).StreamWrites.Waiting == 1);
            await server.SendAsync("DELETE", "/api/v1/keys/" + Keys.KeyServer.IdOf(key), null, server.Admin);
        }

        Assert.Equal(("16", "unauthorized"), await call.EndAsync());
        Assert.Equal(0, (await caller.CallAsync(Count, new V1.CountRequest(), V1.CountResponse.Parser, ("x-api-key", server.Admin))).Count);
        AssertIdle(caller);
    }

    [Fact]
    public async Task A_flood_gets_answers_or_is_refused_health_answers_meanwhile_and_no_place_is_lost()
    {
        await using RawCaller caller = await StartAsync(new ServerLimits { MaxRunningReads = 2, MaxRunningWrites = 2, MaxQueuedRequests = 4, QueueTimeout = TimeSpan.FromSeconds(1) });
        CallEnd[] ends = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => (i % 4) switch
        {
            0 => caller.SendAsync("/grpc.health.v1.Health/Check", new Wire.Health.HealthCheckRequest()),
            1 => caller.SendAsync("/hypervex.v1.Records/Upsert", new V1.UpsertRequest { Record = new V1.Record { VectorId = $"flood-{i}", Vector = new V1.Vector { Values = { 1, i } } } }),
            2 => caller.SendAsync(Count, new V1.CountRequest()),
            _ => caller.SendAsync(Count, RawCaller.Frame([0xff, 0xff])),
        }));
        for (int i = 0; i < ends.Length; i++)
        {
            string without = i % 4 == 3 ? "13" : "0";
            Assert.True(ends[i].Status == without || (i % 4 != 0 && ends[i].Code == "overloaded"), $"{i}: {ends[i].Status} {ends[i].Code} {ends[i].Message}");
        }

        AssertIdle(caller);
        long written = ends.Where((end, i) => i % 4 == 1 && end.Status == "0").Count();
        Assert.Equal(written, (await caller.CallAsync(Count, new V1.CountRequest(), V1.CountResponse.Parser)).Count);
        Assert.Equal(0, caller.Server.Server.Bodies.Taken);
    }

    // Written beside the table, not read from it.
    private static bool IsBounded(string path) =>
        (path.StartsWith("/hypervex.v1.Records/", StringComparison.Ordinal) && path is not (UpsertStream or Export or "/hypervex.v1.Records/Import" or "/hypervex.v1.Records/Watch"))
        || path.StartsWith("/hypervex.v1.Search/", StringComparison.Ordinal)
        || path is "/hypervex.v1.Collections/Describe" or "/hypervex.v1.Collections/ListFieldIndexes" or "/hypervex.v1.Snapshots/List";

    private static V1.Record Large(int i) => new() { VectorId = $"{i}", Document = new string('x', 500_000), Vector = new V1.Vector { Values = { 1, i } } };

    private static async Task<RawCaller> StartAsync(ServerLimits limits)
    {
        RawCaller caller = await RawCaller.StartAsync(TestServer.Options with { Limits = limits });
        await caller.CallAsync(Delete, new V1.DeleteBatchRequest { VectorIds = { "none" } }, V1.DeleteBatchResponse.Parser); // creates the collection
        AssertIdle(caller);
        return caller;
    }

    private static Admission Of(RawCaller caller) => caller.Server.Server.Admission;

    // The place is given back before the answer is sent, but its client may have it before the server's last step.
    private static void AssertIdle(RawCaller caller)
    {
        AdmissionQueue[] all = [Of(caller).Reads, Of(caller).Writes, Of(caller).StreamReads, Of(caller).StreamWrites];
        Assert.True(SpinWait.SpinUntil(() => all.All(queue => queue is { Running: 0, Waiting: 0 }), _patience), "a place was not given back");
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
