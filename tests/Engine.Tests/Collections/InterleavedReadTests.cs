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
        Assert.Equal("moving", hits[0].Id);
        Assert.Equal(Others + 1, hits.Count);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_filtered_search_finds_a_record_that_moves(bool fieldIndex) => WhileItMoves(2, IndexType.Hnsw, fieldIndex, collection =>
    {
        SearchHits hits = collection.Search([0], 3, new SearchOptions { Filter = s_mine });
        Assert.Equal(["moving"], hits.Select(hit => hit.Id));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_list_has_a_record_that_moves_once(bool fieldIndex) => WhileItMoves(3, IndexType.Hnsw, fieldIndex, collection =>
    {
        Assert.Equal(["moving"], collection.List(new ListOptions { Filter = s_mine }).Records.Select(record => record.Id));
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
        Assert.Equal("moving", page.Records[0].Id);
        Assert.Equal(5, page.Records.DistinctBy(record => record.Id).Count());
        Assert.DoesNotContain(collection.List(new ListOptions { OrderBy = "kind", Limit = 5, Cursor = page.NextCursor }).Records, record => record.Id == "moving");
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_sample_of_all_has_a_record_that_moves_once(bool fieldIndex) => WhileItMoves(8, IndexType.Hnsw, fieldIndex, collection =>
    {
        Assert.Equal(["moving"], collection.Sample(3, s_mine, seed: 1).Select(record => record.Id));
        Assert.Equal(Others + 1, collection.Sample(100, seed: 1).DistinctBy(record => record.Id).Count());
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_grouped_search_finds_a_record_that_moves(bool fieldIndex) => WhileItMoves(9, IndexType.Hnsw, fieldIndex, collection =>
    {
        GroupedHits found = collection.SearchGroups(new SearchRequest { Query = s_origin, K = 2 }, "kind", groupSize: 3);
        Assert.Equal(["moving"], found.Groups[0].Hits.Select(hit => hit.Id));
        Assert.Equal(3, found.Groups[1].Hits.Count);
    });

    [Fact]
    public void A_diverse_search_finds_a_record_that_moves() => WhileItMoves(10, IndexType.Hnsw, fieldIndex: false, collection =>
    {
        SearchHits found = collection.SearchDiverse(new SearchRequest { Query = s_origin, K = 3 }, new DiversityOptions { Candidates = Others + 1 });
        Assert.Equal("moving", found[0].Id);
        Assert.Equal(3, found.Count);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_update_by_filter_reaches_a_record_that_moves(bool fieldIndex) => WhileItMoves(11, IndexType.Hnsw, fieldIndex, collection =>
        Assert.Equal(1, collection.UpdateWhere(s_mine, new MetadataObject { ["seen"] = true })));

    [Fact]
    public void A_record_that_moves_can_be_read() => WhileItMoves(6, IndexType.Hnsw, fieldIndex: false, collection => Assert.NotNull(collection.Get("moving")));

    private static void WhileItMoves(int seed, IndexType index, bool fieldIndex, Action<Collection> read)
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { IndexingThreads = 1 });
        Collection collection = database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 1, Metric = Metric.L2, Index = new HnswOptions { Type = index } } },
        });
        if (fieldIndex)
        {
            collection.CreateFieldIndex("kind", FieldIndexType.Keyword);
        }

        for (int i = 0; i < Others; i++)
        {
            collection.Upsert(new VectorRecord($"far{i}", [1000 + i]) { Metadata = new MetadataObject { ["kind"] = "other" } });
        }

        var mine = new MetadataObject { ["kind"] = "mine" };
        collection.Upsert(new VectorRecord("moving", [0]) { Metadata = mine });
        using var interleaving = new Interleaving(seed);
        interleaving.Run(
            () =>
            {
                for (int i = 0; i < Moves; i++)
                {
                    collection.Upsert(new VectorRecord("moving", [i % 10]) { Metadata = mine });
                }
            },
            () => read(collection));
    }
}
