using Hypervex.Server.Tests.Keys;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>The watch of a collection over gRPC; what it tells is tested with the engine.</summary>
public sealed class WatchTests
{
    private const string Watch = "/hypervex.v1.Records/Watch";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_watch_tells_what_is_there_then_what_comes_and_leads_on_from_its_position()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await caller.Server.FillAsync([1f, 2f], [2f, 1f]);
        using OpenCall watch = Open(caller, new V1.WatchRequest());
        V1.WatchResponse there = await ReadAsync(watch);
        Assert.Equal(["0", "1"], there.Changes.Select(change => change.Upserted.VectorId));
        Assert.Equal("text 0", there.Changes[0].Upserted.Document);
        await caller.Server.PutAsync("/api/v1/vectors/1", """{"document": "new"}""");
        Assert.Equal("new", (await ReadAsync(watch)).Changes.Single().Upserted.Document);
        await caller.Server.DeleteAsync("/api/v1/vectors/0");
        V1.WatchResponse last = await ReadAsync(watch);
        Assert.Equal("0", last.Changes.Single().Deleted.VectorId);
        Assert.Equal(32, last.Changes[0].Deleted.Version.Length);
        Assert.NotNull(last.Changes[0].Deleted.DeletedAt);

        using OpenCall again = Open(caller, new V1.WatchRequest { Position = there.Position, Include = new V1.Include { Metadata = true } });
        V1.WatchResponse rest = await ReadAsync(again);
        Assert.Equal(["1", "0"], rest.Changes.Select(change => change.Upserted?.VectorId ?? change.Deleted.VectorId));
        Assert.False(rest.Changes[0].Upserted.HasDocument);
        Assert.Null(rest.Changes[0].Upserted.Vector);
        Assert.Equal(last.Position, rest.Position);
    }

    [Fact]
    public async Task From_now_on_the_first_message_is_a_position_and_heartbeats_come_while_nothing_does()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await caller.Server.FillAsync([1f, 2f]);
        using OpenCall watch = Open(caller, new V1.WatchRequest { FromNow = true, HeartbeatSeconds = 1 });
        V1.WatchResponse first = await ReadAsync(watch);
        Assert.Empty(first.Changes);
        Assert.StartsWith("p1-", first.Position, StringComparison.Ordinal);
        V1.WatchResponse heartbeat = await ReadAsync(watch);
        Assert.Empty(heartbeat.Changes);
        Assert.Equal(first.Position, heartbeat.Position);
        await caller.Server.PostAsync("/api/v1/vectors", """{"vector_id": "late", "vector": [1, 2]}""");
        V1.WatchResponse change;
        do
        {
            change = await ReadAsync(watch);
        }
        while (change.Changes.Count == 0);

        Assert.Equal("late", change.Changes.Single().Upserted.VectorId);
    }

    [Fact]
    public async Task What_is_not_acceptable_is_refused()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await caller.Server.FillAsync([1f, 2f]);
        foreach ((V1.WatchRequest request, string status, string code) in new[]
        {
            (new V1.WatchRequest { Position = "here" }, "3", "invalid_argument"),
            (new V1.WatchRequest { Position = "p1-1-0-0", FromNow = true }, "3", "invalid_argument"),
            (new V1.WatchRequest { HeartbeatSeconds = -1 }, "3", "limit_out_of_range"),
            (new V1.WatchRequest { HeartbeatSeconds = 3_601 }, "3", "limit_out_of_range"),
            (new V1.WatchRequest { Collection = "nowhere" }, "5", "collection_not_found"),
            (new V1.WatchRequest { Position = "p1-1-0-0" }, "11", "position_expired"),
        })
        {
            CallEnd end = await caller.SendAsync(Watch, request);
            Assert.True((end.Status, end.Code) == (status, code), $"{request}: {end.Status} {end.Code} {end.Message}");
        }
    }

    [Fact]
    public async Task A_watch_ends_with_its_key_at_the_next_heartbeat_or_change()
    {
        await using KeyServer server = await KeyServer.StartAsync(TestServer.Options with { GrpcListen = "127.0.0.1:0" });
        var caller = new RawCaller(server.Test);
        await caller.SendAsync("/hypervex.v1.Records/DeleteBatch", new V1.DeleteBatchRequest { VectorIds = { "none" } }, ("x-api-key", server.Admin)); // creates the collection
        string key = await server.CreateAsync("read", ["default"], server.Admin);
        using OpenCall quiet = Open(caller, new V1.WatchRequest { HeartbeatSeconds = 1 }, ("x-api-key", key));
        using OpenCall busy = Open(caller, new V1.WatchRequest { HeartbeatSeconds = 3_600 }, ("x-api-key", key));
        await ReadAsync(quiet);
        await ReadAsync(busy);
        Assert.Equal("7", (await caller.SendAsync(Watch, new V1.WatchRequest { Collection = "other" }, ("x-api-key", key))).Status);
        await server.SendAsync("DELETE", "/api/v1/keys/" + KeyServer.IdOf(key), null, server.Admin);
        await server.SendAsync("POST", "/api/v1/vectors", """{"vector": [1, 2]}""", server.Admin);
        Assert.Equal(("16", "unauthorized"), await busy.EndAsync().WaitAsync(_patience));
        Assert.Equal("16", await EndAsync(quiet));
    }

    [Fact]
    public async Task A_watch_ends_when_its_collection_is_dropped_its_deadline_passes_or_the_server_stops()
    {
        RawCaller caller = await RawCaller.StartAsync();
        await caller.Server.FillAsync([1f, 2f]);
        await caller.Server.PostAsync("/api/v1/collections", """{"name": "docs"}""");
        using OpenCall dropped = Open(caller, new V1.WatchRequest { Collection = "docs" });
        using OpenCall late = Open(caller, new V1.WatchRequest { FromNow = true }, ("grpc-timeout", "1S"));
        using OpenCall stopped = Open(caller, new V1.WatchRequest { FromNow = true });
        await ReadAsync(dropped);
        await ReadAsync(stopped);
        await caller.Server.DeleteAsync("/api/v1/collections/docs");
        Assert.Equal(("14", "closed"), await dropped.EndAsync().WaitAsync(_patience));
        Assert.Equal("4", await EndAsync(late));
        Task stopping = caller.Server.Server.StopAsync();
        Assert.Equal(("14", "closed"), await stopped.EndAsync().WaitAsync(_patience));
        await stopping;
        await caller.DisposeAsync();
    }

    [Fact]
    public async Task A_watch_that_waits_or_whose_client_does_not_read_holds_no_place_and_holds_nobody_up()
    {
        await using RawCaller caller = await RawCaller.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxRunningReads = 1, MaxRunningWrites = 1, MaxQueuedRequests = 0 } });
        await caller.Server.FillAsync([1f, 2f]);
        using OpenCall waits = Open(caller, new V1.WatchRequest { FromNow = true });
        using OpenCall doesNotRead = Open(caller, new V1.WatchRequest());
        await ReadAsync(waits);
        await ReadAsync(doesNotRead);
        string document = new('x', 500_000);
        for (int i = 0; i < 24; i++)
        {
            V1.UpsertRequest request = new() { Record = new V1.Record { VectorId = $"large{i}", Vector = new V1.Vector { Values = { 1, i } }, Document = document } };
            await caller.CallAsync("/hypervex.v1.Records/Upsert", request, V1.WriteResponse.Parser);
        }

        // 12 MB do not fit between the two ends; the one that reads hears of everything meanwhile.
        int told = 0;
        while (told < 24)
        {
            told += (await ReadAsync(waits)).Changes.Count;
        }

        Assert.True(SpinWait.SpinUntil(() => caller.Server.Server.Admission.StreamReads is { Running: 0, Waiting: 0 }, _patience));
        told = 0;
        while (told < 24)
        {
            told += (await ReadAsync(doesNotRead)).Changes.Count;
        }
    }

    private static OpenCall Open(RawCaller caller, V1.WatchRequest request, params (string, string)[] headers)
    {
        var call = new OpenCall(caller.Address, Watch, headers);
        call.Send(RawCaller.Frame(request));
        call.EndSending();
        return call;
    }

    private static async Task<V1.WatchResponse> ReadAsync(OpenCall call) => V1.WatchResponse.Parser.ParseFrom(await call.ReadAsync().WaitAsync(_patience));

    // Heartbeats may come before the end.
    private static async Task<string> EndAsync(OpenCall call)
    {
        while (true)
        {
            try
            {
                await call.ReadAsync().WaitAsync(_patience);
            }
            catch (EndOfStreamException)
            {
                return (await call.EndAsync()).Status;
            }
        }
    }
}
