using System.Text;

namespace Hypervex.Engine.Tests.Collections;

public sealed class CrudTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<bool> BothHomes => [true, false];

    private Database Open(bool onDisk) => onDisk ? Database.Open(_directory.Path) : Database.CreateInMemory();

    private static VectorRecord Sample(string id, params float[] vector) => new(id, vector)
    {
        Metadata = new MetadataObject { ["lang"] = "en", ["year"] = 2020 },
        Document = "a document with ümlauts and 🌲",
    };

    [Theory]
    [MemberData(nameof(BothHomes))]
    public void What_is_written_is_read_back_bit_for_bit(bool onDisk)
    {
        using Database database = Open(onDisk);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(3, Metric.Cosine));
        float[] vector = [1e-20f, -0.1f, 12345.678f];
        Ack ack = collection.Upsert(Sample("a", vector));

        VectorRecord? read = collection.Get("a");
        Assert.NotNull(read);
        Assert.Equal(vector, read.Vector);
        Assert.Equal("en", read.Metadata!["lang"].AsString());
        Assert.Equal(2020, read.Metadata["year"].AsInteger());
        Assert.Equal("a document with ümlauts and 🌲", read.Document);
        Assert.Equal(ack.Version, read.Version);
        Assert.Equal(ack.CreatedAt, read.CreatedAt);
        Assert.True(ack.Created);
        Assert.Equal(1, collection.Count);
        Assert.Null(collection.Get("b"));
    }

    [Theory]
    [MemberData(nameof(BothHomes))]
    public void A_replaced_record_keeps_its_creation_and_gets_a_newer_version(bool onDisk)
    {
        using Database database = Open(onDisk);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        Ack first = collection.Upsert("a", [1, 2]);
        Ack second = collection.Upsert("a", [3, 4]);
        Assert.False(second.Created);
        Assert.Equal(first.CreatedAt, second.CreatedAt);
        Assert.True(second.Version > first.Version);
        Assert.Equal([3, 4], collection.Get("a")!.Vector!);
        Assert.Equal(1, collection.Count);
        SearchHit hit = Assert.Single(collection.Search([1, 2], 10));
        Assert.Equal(MathF.Sqrt(8), hit.Distance);
    }

    [Theory]
    [MemberData(nameof(BothHomes))]
    public void A_deleted_record_is_nowhere(bool onDisk)
    {
        using Database database = Open(onDisk);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.Upsert("a", [1, 2]);
        collection.Upsert("b", [5, 6]);
        Assert.True(collection.Delete("a"));
        Assert.False(collection.Delete("a"));
        Assert.Null(collection.Get("a"));
        Assert.Equal(1, collection.Count);
        Assert.Equal("b", Assert.Single(collection.Search([1, 2], 10)).Id);
        Assert.Equal("b", Assert.Single(collection.List().Records).Id);
        Assert.Equal(ErrorCode.NotFound, Assert.Throws<HypervexException>(() => collection.Update("a", new RecordUpdate())).Code);
    }

    [Fact]
    public void Reopening_replays_every_kind_of_operation()
    {
        using (Database database = Open(onDisk: true))
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(null, Metric.Cosine));
            for (int i = 0; i < 50; i++)
            {
                collection.Upsert(Sample($"r{i}", i + 1, 1, -i));
            }

            collection.Delete("r7");
            collection.Update("r8", new RecordUpdate { Metadata = MetadataObject.Parse("""{"year": null, "tags": ["x"]}""") });
            collection.Update("r9", new RecordUpdate { Vector = [9, 9, 9] });
            collection.UpsertBatch([Sample("n1", 1, 0, 0), Sample("n2", 0, 1, 0)]);
        }

        using (Database database = Open(onDisk: true))
        {
            Collection collection = database.GetCollection("docs");
            Assert.Equal(51, collection.Count);
            Assert.Equal(3, collection.Options.Vectors[""].Dimension);
            Assert.Equal(0, collection.Recovery.TornBytes);
            Assert.Null(collection.Get("r7"));
            VectorRecord merged = collection.Get("r8")!;
            Assert.Equal("""{"lang":"en","tags":["x"]}""", merged.Metadata!.ToJson());
            Assert.Equal([9, 1, -8], merged.Vector!);
            Assert.Equal([9, 9, 9], collection.Get("r9")!.Vector!);
            Assert.Equal("r9", collection.Search([1, 1, 1], 1, new SearchOptions { Exact = true })[0].Id);
            Assert.Empty(collection.Verify().Findings);
            Assert.True(collection.Upsert(Sample("later", 1, 2, 3)).Version > merged.Version);
        }
    }

    [Fact]
    public void Ids_are_just_bytes()
    {
        using Database database = Open(onDisk: true);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        string[] ids = ["/", "..", "%2F", "0", "-1", "é", "e\u0301", "🌲", "a\0b", " ", new string('x', 512)];
        foreach (string id in ids)
        {
            Assert.True(collection.Upsert(id, [1]).Created);
        }

        Assert.Equal(ids, collection.List().Records.Select(record => record.Id));
        Assert.All(ids, id => Assert.Equal(id, collection.Get(id)!.Id));
        foreach (string bad in (string[])["", new string('x', 513), "lone\ud800", new string('é', 257)])
        {
            Assert.Equal(ErrorCode.InvalidId, Assert.Throws<HypervexException>(() => collection.Upsert(bad, [1])).Code);
        }

        Assert.Equal(ids.Length, collection.Count);
    }

    [Fact]
    public void A_batch_is_refused_as_a_whole_and_the_last_of_equal_ids_wins()
    {
        using Database database = Open(onDisk: true);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2) with { Capacity = 4 });
        HypervexException mismatch = Assert.Throws<HypervexException>(() => collection.UpsertBatch([Sample("a", 1, 2), Sample("b", 1, 2, 3)]));
        Assert.Equal(ErrorCode.DimensionMismatch, mismatch.Code);
        Assert.Equal(0, collection.Count);

        BatchAck ack = collection.UpsertBatch([Sample("a", 1, 2), Sample("b", 3, 4), Sample("a", 5, 6)]);
        Assert.Equal([0], ack.Superseded);
        Assert.Equal(2, ack.Count);
        Assert.Equal([5, 6], collection.Get("a")!.Vector!);

        HypervexException full = Assert.Throws<HypervexException>(() => collection.UpsertBatch([Sample("c", 1, 2), Sample("d", 3, 4), Sample("e", 5, 6)]));
        Assert.Equal(ErrorCode.CapacityExceeded, full.Code);
        Assert.Equal(2, collection.Count);
        collection.UpsertBatch([Sample("c", 1, 2), Sample("d", 3, 4), Sample("a", 5, 6)]);
        Assert.Equal(4, collection.Count);
        Assert.Equal(ErrorCode.CapacityExceeded, Assert.Throws<HypervexException>(() => collection.Upsert("e", [1, 1])).Code);
        collection.Delete("a");
        collection.Upsert("e", [1, 1]);
    }

    [Fact]
    public void A_batch_that_contradicts_itself_does_not_decide_the_dimension()
    {
        using Database database = Open(onDisk: true);
        Collection collection = database.CreateCollection("docs");
        Assert.Equal(ErrorCode.DimensionMismatch, Assert.Throws<HypervexException>(() => collection.UpsertBatch([Sample("a", 1, 2), Sample("b", 1)])).Code);
        Assert.Null(collection.Options.Vectors[""].Dimension);
        Assert.Empty(collection.Search([1, 2, 3], 3));
        collection.Upsert(Sample("a", 1, 2, 3, 4));
        Assert.Equal(4, collection.Options.Vectors[""].Dimension);
    }

    [Fact]
    public void Versions_guard_updates()
    {
        using Database database = Open(onDisk: false);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        Ack first = collection.Insert(Sample("a", 1));
        Assert.Equal(ErrorCode.AlreadyExists, Assert.Throws<HypervexException>(() => collection.Insert(Sample("a", 1))).Code);
        Ack second = collection.Update("a", new RecordUpdate { Document = "x" }, new WriteOptions { IfVersion = first.Version });
        Assert.Equal(
            ErrorCode.VersionMismatch,
            Assert.Throws<HypervexException>(() => collection.Update("a", new RecordUpdate { Document = "y" }, new WriteOptions { IfVersion = first.Version })).Code);
        Assert.Equal(ErrorCode.VersionMismatch, Assert.Throws<HypervexException>(() => collection.Delete("a", new WriteOptions { IfVersion = first.Version })).Code);
        Assert.Equal("x", collection.Get("a")!.Document);
        Assert.True(collection.Delete("a", new WriteOptions { IfVersion = second.Version }));
    }

    [Fact]
    public void Named_vectors_have_their_own_metric_and_index()
    {
        var options = new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                ["title"] = new() { Dimension = 2, Metric = Metric.Dot },
                ["body"] = new() { Dimension = 3, Metric = Metric.Manhattan },
            },
        };
        using (Database database = Open(onDisk: true))
        {
            Collection collection = database.CreateCollection("docs", options);
            collection.Upsert(new VectorRecord { Id = "both", Vectors = new Dictionary<string, float[]> { ["title"] = [1, 0], ["body"] = [1, 1, 1] } });
            collection.Upsert(new VectorRecord { Id = "title", Vectors = new Dictionary<string, float[]> { ["title"] = [2, 0] } });
        }

        using (Database database = Open(onDisk: true))
        {
            Collection collection = database.GetCollection("docs");
            SearchHits byTitle = collection.Search([1, 0], 5, new SearchOptions { Field = "title" });
            Assert.Equal(["title", "both"], byTitle.Select(hit => hit.Id));
            Assert.Equal(2, byTitle[0].Score);
            SearchHit byBody = Assert.Single(collection.Search([0, 0, 0], 5, new SearchOptions { Field = "body" }));
            Assert.Equal(("both", 3f), (byBody.Id, byBody.Distance));
            Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => collection.Search([0, 0, 0])).Code);
            collection.Update("title", new RecordUpdate { Vectors = new Dictionary<string, float[]> { ["body"] = [9, 9, 9] } });
            Assert.Equal(2, collection.Search([0, 0, 0], 5, new SearchOptions { Field = "body" }).Count);
        }
    }

    [Fact]
    public void A_scroll_shows_every_record_that_stays_exactly_once()
    {
        using Database database = Open(onDisk: true);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        var seed = new Random(7);
        collection.UpsertBatch([.. Enumerable.Range(0, 1000).Select(i => new VectorRecord($"stay{i}", [i]))]);
        var seen = new List<string>();
        string? cursor = null;
        int turn = 0;
        do
        {
            RecordPage page = collection.List(new ListOptions { Limit = 37, Cursor = cursor, Include = Include.None });
            seen.AddRange(page.Records.Select(record => record.Id));
            cursor = page.NextCursor;
            collection.Upsert($"stay{seed.Next(1000)}", [seed.NextSingle()]); // a replaced record keeps its place
            collection.Upsert($"new{turn}", [1]);
            collection.Delete($"new{turn++ - 1}");
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"stay{i}"), seen.Where(id => id.StartsWith("stay", StringComparison.Ordinal)));
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => collection.List(new ListOptions { Cursor = "x" })).Code);
    }

    [Fact]
    public void The_allocation_free_search_agrees_with_the_comfortable_one()
    {
        using Database database = Open(onDisk: true);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(8, Metric.Cosine));
        var random = new Random(3);
        collection.UpsertBatch([.. Enumerable.Range(0, 500).Select(i => new VectorRecord($"r{i}", [.. Enumerable.Range(0, 8).Select(_ => random.NextSingle() - 0.5f)]))]);
        collection.WaitForIndex();
        Span<Hit> hits = stackalloc Hit[10];
        Span<byte> id = stackalloc byte[Limits.MaxIdBytes];
        float[] query = collection.Get("r17")!.Vector!;
        Assert.Equal(10, collection.Search(query, new SearchOptions { Exact = true }, hits));
        SearchHits expected = collection.Search(query, 10, new SearchOptions { Exact = true });
        for (int i = 0; i < 10; i++)
        {
            Assert.True(collection.TryCopyId(hits[i], id, out int written));
            Assert.Equal(expected[i].Id, Encoding.UTF8.GetString(id[..written]));
            Assert.Equal(expected[i].Distance, hits[i].Distance);
        }

        Assert.Equal(0, hits[0].Distance);
        Hit first = hits[0];
        collection.Delete("r17");
        Assert.False(collection.TryCopyId(first, id, out _));
    }

    [Fact]
    public void Equal_distances_come_in_order_of_id_bytes()
    {
        using Database database = Open(onDisk: false);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        foreach (string id in (string[])["\uffee", "🌲", "b", "a", "c", "B"])
        {
            collection.Upsert(id, [1]);
        }

        collection.Upsert("near", [0]);
        SearchHits hits = collection.Search([0], 4, new SearchOptions { Exact = true });
        Assert.Equal(["near", "B", "a", "b"], hits.Select(hit => hit.Id));
        Assert.Equal(["near", "B", "a", "b", "c", "\uffee", "🌲"], collection.Search([0], 9, new SearchOptions { Exact = true }).Select(hit => hit.Id));
    }
}
