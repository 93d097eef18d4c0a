namespace Hypervex.Engine.Tests.Collections;

/// <summary>
/// A record that is there throughout is in every answer, wherever writer and reader meet. Alone, because the schedule holds for the whole process.
/// </summary>
[Collection(nameof(InterleavedReadTests))]
[CollectionDefinition(nameof(InterleavedReadTests), DisableParallelization = true)]
public sealed class InterleavedReadTests
{
    private const int Others = 20;
    private const int Moves = 500;

    private static readonly Filter s_mine = Filter.Field("kind") == "mine";
    private static readonly float[] s_origin = [0];

    [Theory]
    [InlineData(IndexType.Hnsw)]
    [InlineData(IndexType.Flat)]
    public void A_search_finds_a_record_that_moves(IndexType index) => WhileItMoves(1, index, fieldIndex: false, collection =>
    {
        SearchHits hits = collection.Search([0], Others + 1);
        Assert.Equal("at0", hits[0].Id);
        Assert.Equal(Others + 1, hits.Count);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_filtered_search_finds_a_record_that_moves(bool fieldIndex) => WhileItMoves(2, IndexType.Hnsw, fieldIndex, collection =>
    {
        SearchHits hits = collection.Search([0], 3, new SearchOptions { Filter = s_mine });
        Assert.Equal(["at0"], hits.Select(hit => hit.Id));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_list_has_a_record_that_moves_once(bool fieldIndex) => WhileItMoves(3, IndexType.Hnsw, fieldIndex, collection =>
    {
        Assert.Equal(["at0"], collection.List(new ListOptions { Filter = s_mine }).Records.Select(record => record.Id));
        Assert.Equal(Others + 1, collection.List(new ListOptions()).Records.DistinctBy(record => record.Id).Count());
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_count_counts_a_record_that_moves_once(bool fieldIndex) => WhileItMoves(4, IndexType.Hnsw, fieldIndex, collection => Assert.Equal(1, collection.CountWhere(s_mine)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Facets_count_a_record_that_moves_once(bool fieldIndex) => WhileItMoves(5, IndexType.Hnsw, fieldIndex, collection =>
        Assert.Equal([new FacetCount("mine", 1)], collection.CountValues("kind", s_mine).Values));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_ordered_list_has_a_record_that_moves_once(bool fieldIndex) => WhileItMoves(7, IndexType.Hnsw, fieldIndex, collection =>
    {
        RecordPage page = collection.List(new ListOptions { OrderBy = "kind", Limit = 5 });
        Assert.Equal("at0", page.Records[0].Id);
        Assert.Equal(5, page.Records.DistinctBy(record => record.Id).Count());
        Assert.DoesNotContain(collection.List(new ListOptions { OrderBy = "kind", Limit = 5, Cursor = page.NextCursor }).Records, record => record.Id == "at0");
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_sample_of_all_has_a_record_that_moves_once(bool fieldIndex) => WhileItMoves(8, IndexType.Hnsw, fieldIndex, collection =>
    {
        Assert.Equal(["at0"], collection.Sample(3, s_mine, seed: 1).Select(record => record.Id));
        Assert.Equal(Others + 1, collection.Sample(100, seed: 1).DistinctBy(record => record.Id).Count());
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_grouped_search_finds_a_record_that_moves(bool fieldIndex) => WhileItMoves(9, IndexType.Hnsw, fieldIndex, collection =>
    {
        GroupedHits found = collection.SearchGroups(new SearchRequest { Query = s_origin, K = 2 }, "kind", groupSize: 3);
        Assert.Equal(["at0"], found.Groups[0].Hits.Select(hit => hit.Id));
        Assert.Equal(3, found.Groups[1].Hits.Count);
    });

    [Fact]
    public void A_diverse_search_finds_a_record_that_moves() => WhileItMoves(10, IndexType.Hnsw, fieldIndex: false, collection =>
    {
        SearchHits found = collection.SearchDiverse(new SearchRequest { Query = s_origin, K = 3 }, new DiversityOptions { Candidates = Others + 1 });
        Assert.Equal("at0", found[0].Id);
        Assert.Equal(3, found.Count);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_update_by_filter_reaches_a_record_that_moves(bool fieldIndex)
    {
        int time = 0;
        WhileItMoves(11, IndexType.Hnsw, fieldIndex, collection => Assert.Equal(1, collection.UpdateWhere(s_mine, new MetadataObject { ["seen"] = ++time })));
    }

    [Theory]
    [InlineData(IndexType.Hnsw)]
    [InlineData(IndexType.Flat)]
    public void A_slot_that_changes_hands_lends_its_distance_to_nobody(IndexType index) => While(
        12,
        index,
        fieldIndex: false,
        (collection, i) =>
        {
            collection.Delete($"at{i}");
            collection.Upsert($"at{i + 1}", [i + 1]);
        },
        collection =>
        {
            SearchHits hits = collection.Search(s_origin, Others + 2);
            Assert.All(hits, hit => Assert.Equal(int.Parse(hit.Id.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture), hit.Distance));
            Assert.Equal(Others, hits.Count(hit => hit.Distance >= 1000));
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_scroll_meets_what_stays_once_while_others_come_and_go(bool fieldIndex) => While(
        13,
        IndexType.Hnsw,
        fieldIndex,
        (collection, i) =>
        {
            collection.UpsertBatch([.. Enumerable.Range(0, 70).Select(j => Record($"at{100_000 + j}", 100_000 + j, "other"))]);
            collection.DeleteBatch([.. Enumerable.Range(0, 70).Select(j => $"at{100_000 + j}")]);
        },
        collection =>
        {
            foreach (Filter? filter in new[] { null, Filter.Field("kind") == "other" })
            {
                var met = new List<string>();
                string? cursor = null;
                do
                {
                    RecordPage page = collection.List(new ListOptions { Limit = 7, Cursor = cursor, Filter = filter });
                    met.AddRange(page.Records.Select(record => record.Id).Where(id => id.Length < 8));
                    cursor = page.NextCursor;
                }
                while (cursor is not null);
                Assert.Equal(Enumerable.Range(1000, Others).Select(i => $"at{i}"), met.Where(id => id != "at0"));
            }

            Assert.InRange(collection.CountWhere(Filter.Field("kind") == "other"), Others, Others + 70);
            Assert.Equal(1, collection.CountWhere(s_mine));
        },
        writes: 40);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_filter_sees_half_of_a_change(bool fieldIndex) => While(
        14,
        IndexType.Hnsw,
        fieldIndex,
        (collection, i) => collection.Update("at0", new RecordUpdate { Metadata = new MetadataObject { ["kind"] = i % 2 == 0 ? "new" : "mine", ["of"] = i % 2 == 0 ? "new" : "mine" }, MetadataMode = MetadataMode.Replace }),
        collection =>
        {
            Filter torn = ((Filter.Field("kind") == "mine") & (Filter.Field("of") == "new")) | ((Filter.Field("kind") == "new") & (Filter.Field("of") == "mine"));
            Assert.Empty(collection.List(new ListOptions { Filter = torn }).Records);
            Assert.Equal(0, collection.CountWhere(torn));
            Assert.Empty(collection.Search(s_origin, 3, new SearchOptions { Filter = torn }));
        });

    [Theory]
    [InlineData(IndexType.Hnsw)]
    [InlineData(IndexType.Flat)]
    public void Every_read_finds_records_whose_rows_and_frames_compaction_moves(IndexType index)
    {
        using var directory = new TemporaryDirectory();
        using Database database = Database.Open(directory.Path, new DatabaseOptions { IndexingThreads = 1, Durability = Durability.OperatingSystem, SegmentBytes = 8 << 10, ChunkBytes = 4096 });
        While(
            database,
            15,
            index,
            fieldIndex: true,
            (collection, i) =>
            {
                // Others take the low slots, go, and leave these to those that stay.
                string[] others = [.. Enumerable.Range(0, 30).Select(j => $"at{100_000 + j}")];
                collection.UpsertBatch([.. others.Select((id, j) => Record(id, 100_000 + j, "gone"))]);
                foreach (int j in Enumerable.Range(1000, Others))
                {
                    collection.Upsert(Record($"at{j}", j, "other"));
                }

                collection.DeleteBatch(others);
                collection.Compact();
            },
            collection =>
            {
                SearchHits hits = collection.Search(s_origin, Others + 1);
                Assert.Equal(["at0", .. Enumerable.Range(1000, Others).Select(i => $"at{i}")], hits.Select(hit => hit.Id));
                Assert.All(hits, hit => Assert.Equal(int.Parse(hit.Id.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture), hit.Distance));
                Assert.Equal(Others, collection.CountWhere(Filter.Field("kind") == "other"));
                Assert.Equal(["at0"], collection.List(new ListOptions { Filter = s_mine }).Records.Select(record => record.Id));
            },
            writes: 12);
        Assert.Empty(database.GetCollection("docs").Verify().Findings);
    }

    [Fact]
    public void A_record_that_moves_can_be_read() => WhileItMoves(6, IndexType.Hnsw, fieldIndex: false, collection => Assert.NotNull(collection.Get("at0")));

    private static void WhileItMoves(int seed, IndexType index, bool fieldIndex, Action<Collection> read) =>
        While(seed, index, fieldIndex, (collection, i) => collection.Upsert(Record("at0", i % 10, "mine")), read);

    private static void While(int seed, IndexType index, bool fieldIndex, Action<Collection, int> write, Action<Collection> read, int writes = Moves)
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { IndexingThreads = 1 });
        While(database, seed, index, fieldIndex, write, read, writes);
    }

    private static void While(Database database, int seed, IndexType index, bool fieldIndex, Action<Collection, int> write, Action<Collection> read, int writes)
    {
        Collection collection = database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 1, Metric = Metric.L2, Index = new HnswOptions { Type = index } } },
        });
        if (fieldIndex)
        {
            collection.CreateFieldIndex("kind", FieldIndexType.Keyword);
        }

        for (int i = 1000; i < 1000 + Others; i++)
        {
            collection.Upsert(Record($"at{i}", i, "other"));
        }

        collection.Upsert(Record("at0", 0, "mine"));
        using var interleaving = new Interleaving(seed);
        interleaving.Run(
            () =>
            {
                for (int i = 0; i < writes; i++)
                {
                    write(collection, i);
                }
            },
            () => read(collection));
    }

    private static VectorRecord Record(string id, float at, string kind) => new(id, [at]) { Metadata = new MetadataObject { ["kind"] = kind, ["of"] = kind } };
}
