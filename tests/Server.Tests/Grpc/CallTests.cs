using System.Net;
using Hypervex.Server.Http;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>Who may call, and when a call ends.</summary>
public sealed class CallTests
{
    private const string Count = "/hypervex.v1.Records/Count";
    private const string Insert = "/hypervex.v1.Records/Insert";
    private const string UpsertStream = "/hypervex.v1.Records/UpsertStream";

    private static readonly byte[] _batch = RawCaller.Frame(new V1.UpsertStreamRequest { Records = { Record("a") } });

    [Fact]
    public async Task A_key_decides_who_may_call_what()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        string admin = await CreateKeyAsync(caller, "admin", null, key: null);
        string reader = await CreateKeyAsync(caller, "read", "default", admin);
        string writer = await CreateKeyAsync(caller, "write", "default", admin);
        async Task<(string?, string?)> Call(string path, Google.Protobuf.IMessage message, params (string, string)[] headers)
        {
            CallEnd end = await caller.SendAsync(path, message, headers);
            return (end.Status, end.Code);
        }

        var count = new V1.CountRequest();
        var insert = new V1.InsertRequest { Record = Record("x") };
        Assert.Equal(("16", "unauthorized"), await Call(Count, count));
        Assert.Equal(("16", "unauthorized"), await Call(Count, count, ("x-api-key", "hvx_0000000000000000_" + new string('0', 64))));
        Assert.Equal(("16", "unauthorized"), await Call(Count, count, ("x-api-key", admin), ("authorization", "Bearer " + admin)));
        Assert.Equal(("16", "unauthorized"), await Call("/hypervex.v1.Records/Fly", count));
        Assert.Equal(("12", "route_not_found"), await Call("/hypervex.v1.Records/Fly", count, ("x-api-key", reader)));
        Assert.Equal(("7", "forbidden"), await Call(Insert, insert, ("x-api-key", reader)));
        Assert.Equal(("0", null), await Call(Insert, insert, ("x-api-key", writer)));
        Assert.Equal(("0", null), await Call(Count, count, ("authorization", "Bearer " + reader)));
        Assert.Equal(("7", "forbidden"), await Call(Count, new V1.CountRequest { Collection = "other" }, ("x-api-key", writer)));
        Assert.Equal(("5", "collection_not_found"), await Call(Count, new V1.CountRequest { Collection = "other" }, ("x-api-key", admin)));
        Assert.Equal(("0", null), await Call("/grpc.health.v1.Health/Check", new Wire.Health.HealthCheckRequest()));
    }

    [Fact]
    public async Task A_stream_ends_with_the_key_that_it_began_with_and_what_was_acknowledged_stays()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        string admin = await CreateKeyAsync(caller, "admin", null, key: null);
        string writer = await CreateKeyAsync(caller, "write", "default", admin);
        using var call = new OpenCall(caller.Address, UpsertStream, ("x-api-key", writer));
        call.Send(_batch);
        Assert.Equal(1, V1.UpsertStreamResponse.Parser.ParseFrom(await call.ReadAsync()).Upserted);
        Answer revoked = await caller.Server.SendAsync("DELETE", "/api/v1/keys/" + writer.Split('_')[1], null, headers: ("x-api-key", admin));
        Assert.Equal(HttpStatusCode.NoContent, revoked.Status);
        call.Send(RawCaller.Frame(new V1.UpsertStreamRequest { Records = { Record("b") } }));
        Assert.Equal(("16", "unauthorized"), await call.EndAsync());
        V1.CountResponse count = await caller.CallAsync(Count, new V1.CountRequest(), V1.CountResponse.Parser, ("x-api-key", admin));
        Assert.Equal(1, count.Count);
    }

    [Fact]
    public async Task A_stream_that_began_before_the_first_key_ends_with_it()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        using var call = new OpenCall(caller.Address, UpsertStream);
        call.Send(_batch);
        await call.ReadAsync();
        await CreateKeyAsync(caller, "admin", null, key: null);
        call.Send(_batch);
        Assert.Equal(("16", "unauthorized"), await call.EndAsync());
    }

    [Theory]
    [InlineData(UpsertStream)]
    [InlineData("/hypervex.v1.Records/Import")]
    [InlineData(Count)]
    public async Task A_deadline_ends_a_call_that_waits_for_its_client(string path)
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        using var call = new OpenCall(caller.Address, path, ("grpc-timeout", "50m"));
        Assert.Equal(("4", "timeout"), await call.EndAsync());
    }

    [Fact]
    public async Task A_deadline_ends_a_stream_behind_its_messages()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        using var call = new OpenCall(caller.Address, "/grpc.health.v1.Health/Watch", ("grpc-timeout", "1S"));
        call.Send(RawCaller.Frame(new Wire.Health.HealthCheckRequest()));
        call.EndSending();
        Assert.Equal(Wire.Health.HealthCheckResponse.Types.ServingStatus.Serving, Wire.Health.HealthCheckResponse.Parser.ParseFrom(await call.ReadAsync()).Status);
        Assert.Equal(("4", "timeout"), await call.EndAsync());
    }

    [Fact]
    public async Task A_call_that_its_client_resets_gives_its_memory_back()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        using var call = new OpenCall(caller.Address, Count);
        call.Send(RawCaller.Frame(new byte[700_000])[..^1]);
        await UntilAsync(taken => taken >= 700_000);
        call.Cancel();
        await UntilAsync(taken => taken == 0);

        async Task UntilAsync(Predicate<long> isSo)
        {
            for (int attempt = 0; !isSo(caller.Server.Server.Bodies.Taken); attempt++)
            {
                Assert.True(attempt < 6_000, $"{caller.Server.Server.Bodies.Taken} bytes are taken");
                await Task.Delay(10);
            }
        }
    }

    [Fact]
    public async Task A_watch_of_the_health_ends_with_not_serving_when_the_server_stops()
    {
        RawCaller caller = await RawCaller.StartAsync();
        using var call = new OpenCall(caller.Address, "/grpc.health.v1.Health/Watch");
        call.Send(RawCaller.Frame(new Wire.Health.HealthCheckRequest()));
        call.EndSending();
        await call.ReadAsync();
        Task stopping = caller.Server.Server.StopAsync();
        Assert.Equal(Wire.Health.HealthCheckResponse.Types.ServingStatus.NotServing, Wire.Health.HealthCheckResponse.Parser.ParseFrom(await call.ReadAsync()).Status);
        Assert.Equal(("0", null), await call.EndAsync());
        await stopping;
        await caller.DisposeAsync();
    }

    [Fact]
    public async Task A_bit_vector_travels_as_its_packed_bytes()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await caller.Server.PostAsync("/api/v1/collections", """{"name": "bits", "dimension": 12, "metric": "hamming"}""")).Status);
        var record = new V1.Record { VectorId = "a", Vector = new V1.Vector { Raw = Google.Protobuf.ByteString.CopyFrom(255, 15) } };
        await caller.CallAsync(Insert, new V1.InsertRequest { Collection = "bits", Record = record }, V1.WriteResponse.Parser);
        var get = new V1.GetRequest { Collection = "bits", VectorId = "a", Include = new V1.Include { Vector = true, VectorForm = V1.VectorForm.Raw } };
        Assert.Equal(record.Vector, (await caller.CallAsync("/hypervex.v1.Records/Get", get, V1.Record.Parser)).Vector);
        get.Include = null;
        Assert.Equal([255f, 15f], (await caller.CallAsync("/hypervex.v1.Records/Get", get, V1.Record.Parser)).Vector.Values);
        var search = new V1.SearchRequest { Collection = "bits", Search = new V1.SearchQuery { QueryVector = new V1.Vector { Raw = Google.Protobuf.ByteString.CopyFrom(255, 0) } } };
        Assert.Equal(4, (await caller.CallAsync("/hypervex.v1.Search/Search", search, V1.SearchResponse.Parser)).Results.Single().Distance);
    }

    [Fact]
    public async Task The_documentation_says_of_each_method_whether_it_is_served()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        string[] rows = [.. RepositoryFiles.Read("docs/grpc.md").Split('\n').SkipWhile(line => !line.StartsWith("| service", StringComparison.Ordinal)).TakeWhile(line => line.StartsWith('|'))];
        int described = 0;
        string service = "";
        foreach (string row in rows.Skip(2))
        {
            string[] cells = row.Split('|', StringSplitOptions.TrimEntries);
            service = cells[1].Length > 0 ? cells[1].Trim('`') : service;
            foreach (string method in cells[2].Split([',', ';'], StringSplitOptions.TrimEntries))
            {
                bool isServed = caller.Server.Server.Calls.Find($"/{service}/{method.Trim('`')}") is not null;
                Assert.True(isServed == (cells[3] == "served"), $"{service}/{method}: {cells[3]}");
                described++;
            }
        }

        string[] all = [.. Hypervex.Server.Grpc.ReflectionMethods.Files.SelectMany(file => file.Services).SelectMany(each => each.Methods.Select(method => $"/{each.FullName}/{method.Name}"))];
        Assert.Equal(all.Length, described);
        Assert.Empty(caller.Server.Server.Calls.All.Select(method => method.Path).Except(all));
    }

    [Fact]
    public void The_documentation_says_which_codes_have_which_status()
    {
        string[] rows = [.. RepositoryFiles.Read("docs/grpc.md").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiLetterUpper(line[2]))];
        var documented = rows.Select(row => row.Split('|', StringSplitOptions.TrimEntries))
            .SelectMany(cells => cells[2].Split(", ").Select(code => (Code: code.Trim('`'), Status: cells[1].Replace("_", "", StringComparison.Ordinal))))
            .ToDictionary(pair => pair.Code, pair => pair.Status);
        Assert.Equal(ErrorTable.Codes.Order(), documented.Keys.Order());
        Assert.All(ErrorTable.Codes, code => Assert.Equal(ErrorTable.Of(code).Grpc.ToString(), documented[code], ignoreCase: true));
    }

    private static V1.Record Record(string id) => new() { VectorId = id, Vector = new V1.Vector { Values = { 1, 2 } } };

    private static async Task<string> CreateKeyAsync(RawCaller caller, string scope, string? collection, string? key)
    {
        string list = collection is null ? "null" : $"[\"{collection}\"]";
        (string, string)[] headers = key is null ? [] : [("x-api-key", key)];
        Answer answer = await caller.Server.SendAsync("POST", "/api/v1/keys", $$"""{"name": "k", "scope": "{{scope}}", "collections": {{list}}}""", headers: headers);
        Assert.True(answer.Status == HttpStatusCode.Created, answer.Body);
        return answer.Json.GetProperty("key").GetString()!;
    }
}
