using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Hypervex.Client;
using Hypervex.Wire;

namespace Hypervex.Server.Tests;

public sealed class ClientTests
{
    [Fact]
    public async Task Every_call_of_the_client_is_understood_by_the_server()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new HypervexClient(server.Address);
        Assert.Equal("healthy", (await client.GetHealthAsync()).Status);

        CollectionDescription created = await client.CreateCollectionAsync(new CollectionMessage
        {
            Name = "docs",
            Dimension = 2,
            Metric = "l2",
            Index = new IndexMessage { Type = "hnsw", M = 8, EfConstruction = 50, Ef = 20 },
            Quantization = "none",
            Capacity = 100,
        });
        Assert.Equal(("docs", 2, "l2", 8, 50, 20, 100L), (created.Name, created.Dimension, created.Metric, created.Index!.M, created.Index.EfConstruction, created.Index.Ef, created.Capacity));
        Assert.Equal(created, await client.DescribeCollectionAsync("docs"));
        Assert.Equal(["docs"], await client.ListCollectionsAsync());

        CollectionClient docs = client.Collection("docs");
        BatchAnswer batch = await docs.UpsertBatchAsync(
        [
            new RecordMessage { VectorId = "a", Vector = [0.1f, 0.2f], Metadata = new JsonObject { ["year"] = 2020, ["big"] = long.MaxValue }, Document = "first" },
            new RecordMessage { Vector = [3, 4], CreatedAt = DateTimeOffset.UtcNow, UpdatedAt = DateTimeOffset.UtcNow, Version = "0" },
            new RecordMessage { VectorId = "a", Vector = [1, 2], Metadata = new JsonObject { ["year"] = 2021, ["big"] = long.MaxValue }, Document = "second" },
        ]);
        Assert.Equal(2, batch.Upserted);
        Assert.Equal([0], batch.Superseded!);
        Assert.Equal("a", batch.VectorIds[2]);

        RecordMessage read = (await docs.GetAsync("a"))!;
        Assert.Equal([1f, 2f], read.Vector!);
        Assert.Equal(long.MaxValue, read.Metadata!["big"]!.GetValue<long>());
        Assert.Equal("second", read.Document);
        Assert.Null(await docs.GetAsync("none"));
        GetAnswer several = await docs.GetAsync(["none", "a"], include: ["document"]);
        Assert.Equal(["none"], several.Missing);
        Assert.Null(Assert.Single(several.Vectors).Vector);

        RecordMessage single = await docs.CreateAsync(new RecordMessage { VectorId = "c", Vector = [5, 5] });
        Assert.NotNull(single.CreatedAt);
        RecordMessage updated = await docs.UpdateAsync("c", new UpdateMessage { Vector = [6, 6], Metadata = new JsonObject { ["x"] = 1 }, MetadataMode = "replace", Document = "d" }, single.Version);
        Assert.Equal([6f, 6f], updated.Vector!);
        await AssertFails(() => docs.UpdateAsync("c", new UpdateMessage { Document = "late" }, single.Version), HttpStatusCode.PreconditionFailed, ErrorCodes.VersionMismatch);

        SearchAnswer found = await docs.SearchAsync(new SearchMessage
        {
            QueryVector = [1, 2],
            TopK = 3,
            MinScore = 0.01f,
            Filter = new JsonObject { ["year"] = new JsonObject { ["$gte"] = 2020 } },
            Ef = 50,
            Exact = true,
            TimeoutMs = 60_000,
            Include = ["metadata", "document", "vector"],
        });
        HitMessage hit = Assert.Single(found.Results);
        Assert.Equal(("a", 0f, 1f, "second", 1), (hit.VectorId, hit.Distance, hit.Score, hit.Document, found.Count));
        Assert.Equal(2021, hit.Metadata!["year"]!.GetValue<int>());
        Assert.Equal([1f, 2f], hit.Vector!);
        SearchBatchAnswer searches = await docs.SearchBatchAsync([new SearchMessage { VectorId = "a", TopK = 1 }, new SearchMessage { QueryVector = [6, 6], Using = "" }]);
        Assert.Equal("c", searches.Results[1][0].VectorId);
        Assert.Single(searches.Results[0]);

        SearchAnswer range = await docs.SearchAsync(new SearchMessage { QueryVector = [1, 2], Radius = 0.5f, TargetRecall = 0.9f, Oversampling = 2, MaxDistances = 1000 });
        Assert.Equal(("a", 0, null), (Assert.Single(range.Results).VectorId, range.Ef, range.LimitedBy));
        SearchAnswer cut = await docs.SearchAsync(new SearchMessage { QueryVector = [1, 2], Exact = true, MaxDistances = 1 });
        Assert.Equal("max_distances", cut.LimitedBy);
        Assert.Equal(["max_distances"], (await docs.SearchBatchAsync([new SearchMessage { QueryVector = [1, 2], Exact = true, MaxDistances = 1 }])).LimitedBy!);

        PageAnswer page = await docs.ListAsync(limit: 2);
        Assert.Equal(2, page.Vectors.Count);
        PageAnswer last = await docs.ListAsync(limit: 2, page.NextCursor);
        Assert.Equal("c", Assert.Single(last.Vectors).VectorId);
        Assert.Null(last.NextCursor);
        Assert.Equal(3, await docs.CountAsync());
        Assert.Equal(1, await docs.CountAsync(new JsonObject { ["year"] = 2021 }));
        StatsAnswer stats = await docs.GetStatsAsync();
        Assert.Equal((3L, 100L, 2), (stats.Count, stats.Capacity, stats.Dimension));

        await docs.DeleteAsync("c", updated.Version);
        await AssertFails(() => docs.DeleteAsync("c"), HttpStatusCode.NotFound, ErrorCodes.NotFound);
        Assert.Equal(1, await docs.DeleteBatchAsync(["a", "none"]));
        await client.DropCollectionAsync("docs");
        await AssertFails(() => client.DescribeCollectionAsync("docs"), HttpStatusCode.NotFound, ErrorCodes.CollectionNotFound);
    }

    [Fact]
    public async Task Questions_and_changes_by_filter_are_understood_by_the_server()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new HypervexClient(server.Address);
        CollectionClient docs = client.Collection();
        await docs.UpsertBatchAsync([.. Enumerable.Range(0, 9).Select(i => new RecordMessage { VectorId = $"r{i}", Vector = [i, 1], Metadata = new JsonObject { ["n"] = i * 5 % 9, ["odd"] = i % 2 == 1 } })]);
        FieldIndexAnswer index = await client.CreateFieldIndexAsync("default", new FieldIndexMessage { Field = "n", Type = "integer" });
        Assert.Equal("n", index.Field);
        Assert.Equal("n", Assert.Single(await client.ListFieldIndexesAsync("default")).Field);

        var list = new ListMessage { Limit = 3, OrderBy = "n", Descending = true, Filter = new JsonObject { ["odd"] = true }, Include = ["metadata"] };
        PageAnswer page = await docs.ListAsync(list);
        Assert.Equal([8, 7, 6], page.Vectors.Select(record => record.Metadata!["n"]!.GetValue<int>()));
        Assert.Equal([5], (await docs.ListAsync(list with { Cursor = page.NextCursor })).Vectors.Select(record => record.Metadata!["n"]!.GetValue<int>()));

        Assert.Equal(4, await docs.UpdateWhereAsync(new FilteredUpdateMessage { Filter = new JsonObject { ["odd"] = true }, Metadata = new JsonObject { ["odd"] = null, ["kind"] = "x" } }));
        Assert.Equal(1, await docs.UpdateWhereAsync(new FilteredUpdateMessage { Filter = new JsonObject { ["n"] = 0 }, Metadata = new JsonObject { ["kind"] = "y" }, MetadataMode = "replace" }));
        FacetsAnswer facets = await docs.CountValuesAsync(new FacetsMessage { Field = "kind", Limit = 1 });
        Assert.Equal(("x", 4L, 2), (facets.Values[0].Value!.GetValue<string>(), facets.Values[0].Count, facets.DifferentValues));
        IReadOnlyList<RecordMessage> sample = await docs.SampleAsync(new SampleMessage { Limit = 100, Filter = new JsonObject { ["kind"] = "x" }, Seed = 1, Include = ["document"] });
        Assert.Equal(["r1", "r3", "r5", "r7"], sample.Select(record => record.VectorId).Order(StringComparer.Ordinal));
        Assert.Null(sample[0].Metadata);
        GroupsAnswer groups = await docs.SearchGroupsAsync(new SearchMessage { QueryVector = [0, 1], GroupBy = "kind", GroupSize = 3, TopK = 2, Exact = true });
        Assert.Equal((2, "y", 3), (groups.Count, groups.Groups[0].Value.GetValue<string>(), groups.Groups[1].Results.Count));
        SearchAnswer like = await docs.SearchAsync(new SearchMessage { Positive = ["r1", new JsonArray(2, 1)], Negative = ["r0"], Strategy = "best_score", TopK = 3 });
        Assert.Equal(3, like.Count);
        Assert.Equal(4, (await docs.SearchAsync(new SearchMessage { QueryVector = [3, 1], Mmr = new MmrMessage { Lambda = 0.4f, Candidates = 9 }, TopK = 4 })).Count);
        Assert.Equal(4, await docs.DeleteWhereAsync(new JsonObject { ["kind"] = "x" }));
        Assert.Equal(5, await docs.CountAsync());
        await client.DropFieldIndexAsync("default", "n");
        Assert.Empty(await client.ListFieldIndexesAsync("default"));
    }

    [Fact]
    public async Task Several_vector_fields_are_created_and_written()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new HypervexClient(server.Address);
        CollectionDescription created = await client.CreateCollectionAsync(new CollectionMessage
        {
            Name = "two",
            Vectors = new Dictionary<string, VectorFieldMessage> { ["title"] = new() { Dimension = 2, Metric = "dot" }, ["body"] = new() },
        });
        Assert.Null(created.Metric);
        Assert.Equal(["body", "title"], created.Vectors!.Keys.Order());
        Assert.Equal("dot", created.Vectors["title"].Metric);
        CollectionClient two = client.Collection("two");
        await two.CreateAsync(new RecordMessage { VectorId = "a", Vectors = new Dictionary<string, float[]> { ["title"] = [1, 2], ["body"] = [1, 2, 3] } });
        RecordMessage updated = await two.UpdateAsync("a", new UpdateMessage { Vectors = new Dictionary<string, float[]> { ["title"] = [3, 4] } });
        Assert.Equal([3f, 4f], updated.Vectors!["title"]);
        HitMessage hit = Assert.Single((await two.SearchAsync(new SearchMessage { QueryVector = [1, 1], Using = "title", Include = ["vectors"] })).Results);
        Assert.Equal((7f, -7f), (hit.Score, hit.Distance));
        Assert.Equal([1f, 2f, 3f], hit.Vectors!["body"]);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("%2F")]
    [InlineData("🌳 ?#&")]
    [InlineData("stats")]
    [InlineData("search")]
    public async Task Any_id_reaches_its_record(string id)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new HypervexClient(server.Address);
        CollectionClient vectors = client.Collection();
        await vectors.UpsertBatchAsync([new RecordMessage { VectorId = id, Vector = [1] }]);
        Assert.Equal(id, (await vectors.UpdateAsync(id, new UpdateMessage { Document = "d" })).VectorId);
        Assert.Equal("d", (await vectors.GetAsync(id))!.Document);
        await vectors.DeleteAsync(id);
        Assert.Equal(0, await vectors.CountAsync());
    }

    [Fact]
    public async Task Floats_come_back_bit_for_bit()
    {
        const int Seed = 6;
        var random = new Random(Seed);
        float[] vector = [.. Enumerable.Range(0, 1_000).Select(_ => BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32))).Where(value => MathF.Abs(value) < 1e15f)];
        await using TestServer server = await TestServer.StartAsync();
        using var client = new HypervexClient(server.Address);
        CollectionClient vectors = client.Collection();
        await vectors.CreateAsync(new RecordMessage { VectorId = "a", Vector = vector });
        Assert.Equal(vector.Select(BitConverter.SingleToUInt32Bits), (await vectors.GetAsync("a"))!.Vector!.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public async Task Errors_carry_status_code_and_detail()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new HypervexClient(server.Address);
        HypervexClientException error = await AssertFails(
            () => client.Collection().SearchAsync(new SearchMessage { QueryVector = [1], TopK = 0 }), HttpStatusCode.BadRequest, ErrorCodes.LimitOutOfRange);
        Assert.StartsWith("$.top_k: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_as_such()
    {
        // Bound and not listening: nobody answers there, and no server of another test can take the port.
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new HypervexClient(new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}"));
        await AssertFails(() => client.GetHealthAsync(), null, HypervexClientException.Unreachable);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200)]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nhello", 502)]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}", 404)]
    public async Task An_answer_of_something_else_is_told_as_such(string answer, int status)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = Task.Run(async () =>
        {
            using TcpClient connection = await listener.AcceptTcpClientAsync();
            await connection.GetStream().ReadAtLeastAsync(new byte[4096], minimumBytes: 1);
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer));
        });
        using var client = new HypervexClient(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        await AssertFails(() => client.GetHealthAsync(), (HttpStatusCode)status, HypervexClientException.UnexpectedAnswer);
        await serving;
    }

    [Fact]
    public async Task A_caller_can_stop_waiting()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        using var client = new HypervexClient(address, new HypervexClientOptions { Timeout = TimeSpan.FromMilliseconds(300) });
        await AssertFails(() => client.GetHealthAsync(), null, HypervexClientException.Unreachable);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetHealthAsync(stop.Token));
    }

    private static async Task<HypervexClientException> AssertFails(Func<Task> call, HttpStatusCode? status, string code)
    {
        HypervexClientException error = await Assert.ThrowsAsync<HypervexClientException>(call);
        Assert.Equal((status, code), (error.Status, error.Code));
        return error;
    }
}
