using System.Text.Json.Nodes;
using Hypervex.Client;
using Hypervex.Embedded;
using Hypervex.Wire;

namespace Hypervex.Server.Tests.Clients;

/// <summary>What <see cref="IVectorCollection"/> promises, over a server and over a database in this process.</summary>
public sealed class ContractTests
{
    public enum Kind
    {
        Rest,
        Embedded,
    }

    [Theory]
    [InlineData(Kind.Rest)]
    [InlineData(Kind.Embedded)]
    public async Task Records_are_written_read_changed_and_deleted(Kind kind)
    {
        await using Host host = await Host.StartAsync(kind);
        IVectorCollection docs = host.Docs;
        Assert.Equal("docs", docs.Name);
        RecordMessage made = await docs.CreateAsync(new RecordMessage { Vector = [1, 2], Metadata = new JsonObject { ["n"] = 1 }, Document = "text" });
        Assert.Equal(36, made.VectorId!.Length);
        RecordMessage read = (await docs.GetAsync(made.VectorId))!;
        Assert.Equal([1f, 2f], read.Vector!);
        Assert.Equal((made.Version, made.CreatedAt, "text", """{"n":1}"""), (read.Version, read.CreatedAt, read.Document, read.Metadata!.ToJsonString()));
        Assert.Null(await docs.GetAsync("none"));

        RecordMessage updated = await docs.UpdateAsync(made.VectorId, new UpdateMessage { Metadata = new JsonObject { ["n"] = null, ["m"] = "x" }, ExpiresAt = "2999-01-01T00:00:00Z" }, made.Version);
        Assert.Equal("""{"m":"x"}""", updated.Metadata!.ToJsonString());
        Assert.Equal(2999, updated.ExpiresAt!.Value.Year);
        Assert.Null((await docs.UpdateAsync(made.VectorId, new UpdateMessage { ExpiresAt = WireTime.Never })).ExpiresAt);
        await AssertFails(ErrorCodes.VersionMismatch, () => docs.UpdateAsync(made.VectorId, new UpdateMessage { Document = "late" }, made.Version));
        await docs.DeleteAsync(made.VectorId);
        await AssertFails(ErrorCodes.NotFound, () => docs.DeleteAsync(made.VectorId));

        BatchAnswer batch = await docs.UpsertBatchAsync(
        [
            new RecordMessage { VectorId = "a", Vector = [1, 1], Metadata = new JsonObject { ["kind"] = "x" } },
            new RecordMessage { VectorId = "b", Vector = [2, 2] },
            new RecordMessage { VectorId = "a", Vector = [3, 3], Metadata = new JsonObject { ["kind"] = "x" } },
        ]);
        Assert.Equal((2, 3), (batch.Upserted, batch.VectorIds.Count));
        Assert.Equal([0], batch.Superseded!);
        GetAnswer several = await docs.GetAsync(["b", "none", "a"], include: ["metadata"]);
        Assert.Equal(["b", "a"], several.Vectors.Select(record => record.VectorId));
        Assert.Equal(["none"], several.Missing);
        Assert.All(several.Vectors, record => Assert.Null(record.Vector));
        Assert.Equal("{}", several.Vectors[0].Metadata!.ToJsonString());
        Assert.Equal(1, await docs.UpdateWhereAsync(new FilteredUpdateMessage { Filter = new JsonObject { ["kind"] = "x" }, Metadata = new JsonObject { ["seen"] = true } }));
        Assert.Equal(1, await docs.CountAsync(new JsonObject { ["seen"] = true }));
        Assert.Equal(2, await docs.CountAsync());
        FacetsAnswer facets = await docs.CountValuesAsync(new FacetsMessage { Field = "kind" });
        Assert.Equal(("x", 1L, 1), (facets.Values.Single().Value!.GetValue<string>(), facets.Values[0].Count, facets.DifferentValues));
        Assert.Equal(1, await docs.DeleteWhereAsync(new JsonObject { ["seen"] = true }));
        Assert.Equal(1, await docs.DeleteBatchAsync(["b", "none"]));
        Assert.Equal(0, await docs.CountAsync());
    }

    [Theory]
    [InlineData(Kind.Rest)]
    [InlineData(Kind.Embedded)]
    public async Task Searches_and_listings_answer_alike(Kind kind)
    {
        await using Host host = await Host.StartAsync(kind);
        IVectorCollection docs = host.Docs;
        await docs.UpsertBatchAsync([.. Enumerable.Range(0, 30).Select(i => new RecordMessage { VectorId = $"r{i:00}", Vector = [i, 1], Metadata = new JsonObject { ["n"] = i, ["group"] = i % 3 } })]);

        SearchAnswer found = await docs.SearchAsync(new SearchMessage { QueryVector = [4.2f, 1], TopK = 2, Include = ["metadata", "vector"], Explain = true, Exact = true });
        Assert.Equal(["r04", "r05"], found.Results.Select(hit => hit.VectorId));
        Assert.Equal((2, null, "scan", 30L), (found.Count, found.LimitedBy, found.Explain!.Plan, found.Explain.Distances));
        Assert.Equal(0.2f, found.Results[0].Distance, 1e-5f);
        Assert.Equal([4f, 1f], found.Results[0].Vector!);
        Assert.Equal(4, found.Results[0].Metadata!["n"]!.GetValue<int>());
        Assert.Equal(10, (await docs.SearchAsync(new SearchMessage { QueryVector = [1, 1] })).Count);
        Assert.Equal("r05", (await docs.SearchAsync(new SearchMessage { VectorId = "r04", TopK = 1, Filter = new JsonObject { ["n"] = new JsonObject { ["$gt"] = 4 } } })).Results.Single().VectorId);
        SearchAnswer range = await docs.SearchAsync(new SearchMessage { QueryVector = [0, 1], Radius = 3.5f });
        Assert.Equal(["r00", "r01", "r02", "r03"], range.Results.Select(hit => hit.VectorId));
        Assert.Equal("max_distances", (await docs.SearchAsync(new SearchMessage { QueryVector = [0, 1], Exact = true, MaxDistances = 1 })).LimitedBy);
        SearchAnswer alike = await docs.SearchAsync(new SearchMessage { Positive = ["r10", new JsonArray(12, 1)], Negative = ["r29"], Strategy = "best_score", TopK = 3 });
        Assert.Equal(3, alike.Count);
        Assert.DoesNotContain("r10", alike.Results.Select(hit => hit.VectorId));
        Assert.Equal(2, (await docs.SearchAsync(new SearchMessage { QueryVector = [0, 1], TopK = 2, Mmr = new MmrMessage { Lambda = 0.1f, Candidates = 20 } })).Count);
        GroupsAnswer groups = await docs.SearchGroupsAsync(new SearchMessage { QueryVector = [0, 1], GroupBy = "group", GroupSize = 2, TopK = 3 });
        Assert.Equal([(0, "r00"), (1, "r01"), (2, "r02")], groups.Groups.Select(group => (group.Value.GetValue<int>(), group.Results[0].VectorId)));
        SearchBatchAnswer batch = await docs.SearchBatchAsync([new SearchMessage { QueryVector = [0, 1], TopK = 1 }, new SearchMessage { VectorId = "r09", TopK = 2 }]);
        Assert.Equal([1, 2], batch.Results.Select(hits => hits.Count));
        Assert.Equal((null, null, null), (batch.LimitedBy, batch.Ef, batch.Explain));

        PageAnswer page = await docs.ListAsync(new ListMessage { Limit = 20 });
        Assert.Equal("r00", page.Vectors[0].VectorId);
        PageAnswer rest = await docs.ListAsync(new ListMessage { Limit = 20, Cursor = page.NextCursor });
        Assert.Equal((10, null), (rest.Vectors.Count, rest.NextCursor));
        PageAnswer ordered = await docs.ListAsync(new ListMessage { Limit = 1, OrderBy = "n", Descending = true, Filter = new JsonObject { ["group"] = 1 }, Include = ["document"] });
        Assert.Equal("r28", ordered.Vectors.Single().VectorId);
        Assert.Null(ordered.Vectors[0].Metadata);
        IReadOnlyList<RecordMessage> sample = await docs.SampleAsync(new SampleMessage { Limit = 5, Seed = 3, Filter = new JsonObject { ["group"] = 0 } });
        Assert.Equal(5, sample.Select(record => record.VectorId).Distinct().Count());
        Assert.All(sample, record => Assert.Equal(0, record.Metadata!["group"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData(Kind.Rest)]
    [InlineData(Kind.Embedded)]
    public async Task Errors_have_the_same_codes(Kind kind)
    {
        await using Host host = await Host.StartAsync(kind);
        IVectorCollection docs = host.Docs;
        await docs.CreateAsync(new RecordMessage { VectorId = "a", Vector = [1, 2] });
        await AssertFails(ErrorCodes.AlreadyExists, () => docs.CreateAsync(new RecordMessage { VectorId = "a", Vector = [1, 2] }));
        await AssertFails(ErrorCodes.DimensionMismatch, () => docs.CreateAsync(new RecordMessage { Vector = [1, 2, 3] }));
        await AssertFails(ErrorCodes.InvalidVector, () => docs.CreateAsync(new RecordMessage { VectorId = "x" }));
        await AssertFails(ErrorCodes.InvalidId, () => docs.CreateAsync(new RecordMessage { VectorId = new string('x', 513), Vector = [1, 2] }));
        await AssertFails(ErrorCodes.DimensionMismatch, () => docs.UpsertBatchAsync([new RecordMessage { Vector = [1, 2] }, new RecordMessage { Vector = [1] }]));
        await AssertFails(ErrorCodes.NotFound, () => docs.UpdateAsync("none", new UpdateMessage { Document = "x" }));
        await AssertFails(ErrorCodes.InvalidArgument, () => docs.UpdateAsync("a", new UpdateMessage { MetadataMode = "mix" }));
        await AssertFails(ErrorCodes.InvalidArgument, () => docs.UpdateAsync("a", new UpdateMessage { ExpiresAt = "tomorrow" }));
        await AssertFails(ErrorCodes.InvalidFilter, () => docs.CountAsync(new JsonObject { ["n"] = new JsonObject { ["$no"] = 1 } }));
        await AssertFails(ErrorCodes.InvalidArgument, () => docs.GetAsync(["a"], include: ["everything"]));
        await AssertFails(ErrorCodes.LimitOutOfRange, () => docs.ListAsync(new ListMessage { Limit = 0 }));
        await AssertFails(ErrorCodes.InvalidArgument, () => docs.ListAsync(new ListMessage { Cursor = "here" }));
        await AssertFails(ErrorCodes.LimitOutOfRange, () => docs.SearchAsync(new SearchMessage { QueryVector = [1, 2], TopK = 0 }));
        await AssertFails(ErrorCodes.LimitOutOfRange, () => docs.SearchAsync(new SearchMessage { QueryVector = [1, 2], Ef = 0 }));
        await AssertFails(ErrorCodes.LimitOutOfRange, () => docs.SearchAsync(new SearchMessage { QueryVector = [1, 2], TargetRecall = 0 }));
        await AssertFails(ErrorCodes.DimensionMismatch, () => docs.SearchAsync(new SearchMessage { QueryVector = [1] }));
        await AssertFails(ErrorCodes.NotFound, () => docs.SearchAsync(new SearchMessage { VectorId = "none" }));
        await AssertFails(ErrorCodes.InvalidArgument, () => docs.SearchAsync(new SearchMessage { QueryVector = [1, 2], Positive = ["a"] }));
        await AssertFails(ErrorCodes.InvalidArgument, () => docs.SearchAsync(new SearchMessage { QueryVector = [1, 2], Using = "title" }));
        await AssertFails(ErrorCodes.LimitOutOfRange, () => docs.SampleAsync(new SampleMessage { Limit = 0 }));
        Assert.Equal(1, await docs.CountAsync());
    }

    [Theory]
    [InlineData(Kind.Rest)]
    [InlineData(Kind.Embedded)]
    public async Task An_import_takes_any_number_of_records_as_they_come_and_an_export_gives_them_back(Kind kind)
    {
        await using Host host = await Host.StartAsync(kind);
        IVectorCollection docs = host.Docs;
        DateTimeOffset created = new(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Assert.Equal(2_500, await docs.ImportAsync(Records(2_500, created)));
        var ids = new List<string>();
        await foreach (RecordMessage record in docs.ExportAsync())
        {
            Assert.Equal(created, record.CreatedAt);
            ids.Add(record.VectorId!);
        }

        Assert.Equal(Enumerable.Range(0, 2_500).Select(i => $"r{i}"), ids);
        Assert.Equal(2_500, await docs.ImportAsync(Records(2_500, created))); // the same records are the same
        Assert.Equal(2_500, await docs.CountAsync());
        Assert.Equal(0, await docs.ImportAsync(Records(0, created)));
    }

    [Theory]
    [InlineData(Kind.Rest)]
    [InlineData(Kind.Embedded)]
    public async Task An_import_stops_at_the_record_at_fault_and_says_how_many_are_in(Kind kind)
    {
        await using Host host = await Host.StartAsync(kind);
        IVectorCollection docs = host.Docs;
        HypervexClientException refused = await AssertFails(ErrorCodes.DimensionMismatch, () => docs.ImportAsync(Records(2_000, default, faulty: 1_234)));
        Assert.Equal(1_234, refused.Imported);
        Assert.Equal(1_234, await docs.CountAsync());
    }

    [Theory]
    [InlineData(Kind.Rest)]
    [InlineData(Kind.Embedded)]
    public async Task What_is_cancelled_ends(Kind kind)
    {
        await using Host host = await Host.StartAsync(kind);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Docs.SearchAsync(new SearchMessage { QueryVector = [1, 2] }, cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Docs.ImportAsync(Records(10, default), cancelled.Token));
        Assert.Equal(0, await host.Docs.CountAsync());
    }

    [Theory]
    [InlineData(Kind.Rest)]
    [InlineData(Kind.Embedded)]
    public async Task Plain_classes_are_stored_and_found_by_two_delegates(Kind kind)
    {
        await using Host host = await Host.StartAsync(kind);
        var books = new TypedCollection<Book>(
            host.Docs,
            book => new RecordMessage { VectorId = book.Isbn, Vector = book.Embedding, Metadata = new JsonObject { ["title"] = book.Title } },
            record => new Book(record.VectorId!, record.Vector, (string)record.Metadata!["title"]!));
        await books.UpsertBatchAsync([new Book("1", [1, 1], "one"), new Book("2", [5, 5], "two")]);
        Assert.Equal(1, await books.ImportAsync(More()));
        Assert.Equal(("two", "5 5"), ((await books.GetAsync("2"))!.Title, string.Join(' ', (await books.GetAsync("2"))!.Embedding!)));
        Assert.Null(await books.GetAsync("none"));
        TypedHit<Book> hit = (await books.SearchAsync(new SearchMessage { QueryVector = [9, 9], TopK = 1 })).Single();
        Assert.Equal(("three", null, 0f), (hit.Item.Title, hit.Item.Embedding, hit.Distance));
        var titles = new List<string>();
        await foreach (Book book in books.ExportAsync())
        {
            titles.Add(book.Title);
        }

        Assert.Equal(["one", "two", "three"], titles);

        static async IAsyncEnumerable<Book> More()
        {
            await Task.Yield();
            yield return new Book("3", [9, 9], "three");
        }
    }

    private sealed record Book(string Isbn, float[]? Embedding, string Title);

    private static async Task<HypervexClientException> AssertFails(string code, Func<Task> call)
    {
        HypervexClientException error = await Assert.ThrowsAsync<HypervexClientException>(call);
        Assert.True(error.Code == code, $"{error.Code}, expected {code}: {error.Message}");
        return error;
    }

    private static async IAsyncEnumerable<RecordMessage> Records(int count, DateTimeOffset created, int faulty = -1, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return new RecordMessage { VectorId = $"r{i}", Vector = i == faulty ? [1] : [i, 1], CreatedAt = created == default ? null : created };
        }
    }

    private sealed class Host : IAsyncDisposable
    {
        private readonly List<IAsyncDisposable> _all = [];

        public IVectorCollection Docs { get; private set; } = null!;

        public static async Task<Host> StartAsync(Kind kind)
        {
            var host = new Host();
            if (kind == Kind.Embedded)
            {
                Database database = Database.CreateInMemory();
                host._all.Add(database);
                host.Docs = new EmbeddedCollection(database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2)));
                return host;
            }

            TestServer server = await TestServer.StartAsync();
            host._all.Add(server);
            var client = new HypervexClient(server.Address);
            await client.CreateCollectionAsync(new CollectionMessage { Name = "docs", Dimension = 2, Metric = "l2" });
            host.Docs = client.Collection("docs");
            return host;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (IAsyncDisposable one in _all)
            {
                await one.DisposeAsync();
            }
        }
    }
}
