using Hypervex.Collections;
using Hypervex.Engine.Tests.Indexes;
using Hypervex.Engine.Tests.Metadata;

namespace Hypervex.Engine.Tests.Fields;

public sealed class CollectionFieldIndexTests : IDisposable
{
    private const int Seed = 41;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_index_changes_no_answer_from_its_declaration_to_its_end()
    {
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        var random = new RandomMetadata(Seed);
        for (int i = 0; i < 600; i++)
        {
            collection.Upsert(new VectorRecord($"r{i}", [i, 0]) { Metadata = random.Object(levels: 3) });
        }

        var filters = new RandomFilter(random);
        Filter[] asked = [.. Enumerable.Range(0, 60).Select(i => filters.Next(levels: i % 4))];
        string[] before = Answers(collection, asked);
        Assert.True(collection.CreateFieldIndex("a", FieldIndexType.Keyword));
        Assert.True(collection.CreateFieldIndex("year", FieldIndexType.Integer));
        Assert.True(collection.CreateFieldIndex("tags", FieldIndexType.Keyword));
        Assert.False(collection.CreateFieldIndex("tags", FieldIndexType.Keyword));
        Assert.True(collection.CreateFieldIndex("place", FieldIndexType.Geo));
        Assert.Equal(before, Answers(collection, asked));
        collection.WaitForFieldIndexes();
        Assert.All(collection.GetStats().FieldIndexes, index => Assert.True(index.IsReady && index.Progress == 1 && index.MemoryBytes > 0, index.ToString()));
        Assert.Equal(before, Answers(collection, asked));
        Assert.True(collection.DropFieldIndex("a"));
        Assert.False(collection.DropFieldIndex("a"));
        Assert.Equal(before, Answers(collection, asked));
    }

    [Fact]
    public void Indexes_follow_writes_deletes_and_compaction_and_are_there_after_opening()
    {
        var model = new Dictionary<string, MetadataObject>();
        var random = new RandomMetadata(Seed + 1);
        var filters = new RandomFilter(random);
        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2) with
            {
                FieldIndexes = new Dictionary<string, FieldIndexType> { ["a"] = FieldIndexType.Keyword, ["year"] = FieldIndexType.Float, ["b"] = FieldIndexType.Boolean },
            });
            for (int i = 0; i < 2_000; i++)
            {
                string id = $"r{random.Chance.Next(300)}";
                if (random.Chance.Next(4) == 0)
                {
                    collection.Delete(id);
                    model.Remove(id);
                }
                else if (model.ContainsKey(id) && random.Chance.Next(2) == 0)
                {
                    model[id] = random.Object(levels: 3); // the same vector: the record keeps its slot
                    collection.Update(id, new RecordUpdate { Metadata = model[id], MetadataMode = MetadataMode.Replace });
                }
                else
                {
                    model[id] = random.Object(levels: 3);
                    collection.Upsert(new VectorRecord(id, [random.Chance.Next(100), 1]) { Metadata = model[id] });
                }

                if (i % 500 == 499)
                {
                    collection.Checkpoint();
                    collection.Compact();
                    Compare(collection, model, filters);
                }
            }
        }

        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.GetCollection("docs");
            Compare(collection, model, filters);
            collection.WaitForFieldIndexes();
            Compare(collection, model, filters);
            Assert.Equal(3, collection.GetStats().FieldIndexes.Count(index => index.IsReady));
            Assert.Equal(FieldIndexType.Float, collection.Options.FieldIndexes["year"]);
            Assert.True(collection.Verify().Ok);
        }
    }

    [Fact]
    public void An_explanation_tells_plan_matches_and_missing_indexes()
    {
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(8, Metric.L2));
        float[][] rows = Samples.Clustered(4_000, 8, 20, 0.3, Seed);
        collection.UpsertBatch([.. rows.Select((row, i) => new VectorRecord($"r{i}", row) { Metadata = new MetadataObject { ["half"] = i % 2, ["rare"] = i % 100 == 0 ? "yes" : "no" } })]);
        collection.WaitForIndex();
        collection.CreateFieldIndex("half", FieldIndexType.Integer);
        collection.WaitForFieldIndexes();
        SearchExplanation Explain(Filter? filter) => collection.Search(rows[0], 10, new SearchOptions { Filter = filter, Explain = true }).Explanation!;

        SearchExplanation indexed = Explain(Filter.Field("half") == 1);
        Assert.Equal((SearchPlan.FilteredGraph, 2_000L, 0L), (indexed.Plan, indexed.Matches!.Value, indexed.RecordsRead));
        Assert.InRange(indexed.EstimatedMatches!.Value, 1_500, 2_500);
        Assert.True(indexed.Ef > 0 && indexed.Distances > 0 && indexed.Warnings.Count == 0, indexed.ToString());

        SearchExplanation unindexed = Explain(Filter.Field("rare") == "yes");
        Assert.Equal((SearchPlan.Scan, 40L, 4_000L), (unindexed.Plan, unindexed.Matches!.Value, unindexed.RecordsRead));
        Assert.Null(unindexed.EstimatedMatches);
        Assert.Contains("\"rare\"", Assert.Single(unindexed.Warnings), StringComparison.Ordinal);

        SearchExplanation mixed = Explain((Filter.Field("half") == 1) & (Filter.Field("rare") == "no"));
        Assert.Equal((2_000L, 2_000L), (mixed.Matches!.Value, mixed.RecordsRead)); // only what the index leaves is read

        SearchExplanation none = Explain(null);
        Assert.Equal((SearchPlan.Graph, (long?)null), (none.Plan, none.Matches));
        Assert.Null(collection.Search(rows[0], 10).Explanation);
    }

    [Fact]
    public void As_many_hits_come_as_match_whatever_the_selectivity()
    {
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(8, Metric.L2) with
        {
            FieldIndexes = new Dictionary<string, FieldIndexType> { ["n"] = FieldIndexType.Integer },
        });
        float[][] rows = Samples.Clustered(3_000, 8, 20, 0.3, Seed);
        collection.UpsertBatch([.. rows.Select((row, i) => new VectorRecord($"r{i}", row) { Metadata = new MetadataObject { ["n"] = i } })]);
        collection.WaitForIndex();
        foreach (int matching in (int[])[0, 1, 9, 10, 100, 1_000, 1_500, 2_999, 3_000])
        {
            SearchHits hits = collection.Search(rows[5], 10, new SearchOptions { Filter = Filter.Field("n") < matching, Include = Include.Metadata });
            Assert.Equal(Math.Min(10, matching), hits.Count);
            Assert.All(hits, hit => Assert.True(hit.Record!.Metadata!["n"].AsInteger() < matching));
        }
    }

    [Fact]
    public void Names_types_and_numbers_of_indexes_are_checked()
    {
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2));
        Assert.Equal(ErrorCode.InvalidName, Refused(() => collection.CreateFieldIndex("$a", FieldIndexType.Keyword)));
        Assert.Equal(ErrorCode.InvalidName, Refused(() => collection.CreateFieldIndex(new string('x', 513), FieldIndexType.Keyword)));
        Assert.Equal(ErrorCode.InvalidArgument, Refused(() => collection.CreateFieldIndex("a", (FieldIndexType)77)));
        for (int i = 0; i < Limits.MaxFieldIndexes; i++)
        {
            collection.CreateFieldIndex($"f{i}", FieldIndexType.Keyword);
        }

        Assert.Equal(ErrorCode.LimitOutOfRange, Refused(() => collection.CreateFieldIndex("one more", FieldIndexType.Keyword)));
        Assert.True(collection.CreateFieldIndex("f0", FieldIndexType.Integer)); // in the place of another type
        Assert.Equal(Limits.MaxFieldIndexes, collection.Options.FieldIndexes.Count);
    }

    [Fact]
    public void A_snapshot_carries_the_declarations()
    {
        string file = Path.Combine(_directory.Path, "docs.snapshot");
        using (var source = Database.CreateInMemory())
        {
            Collection collection = source.CreateCollection("docs", CollectionOptions.Create(2));
            collection.Upsert("a", [1, 0], new MetadataObject { ["lang"] = "en" });
            collection.CreateFieldIndex("lang", FieldIndexType.Keyword);
            collection.Snapshot(file);
        }

        using var target = Database.CreateInMemory();
        target.Restore(file);
        Collection restored = target.GetCollection("docs");
        restored.WaitForFieldIndexes();
        Assert.Equal("lang", Assert.Single(restored.GetStats().FieldIndexes, index => index.IsReady).Field);
        Assert.Equal(1, restored.CountWhere(Filter.Field("lang") == "en"));
    }

    [Fact]
    public void Memory_of_field_indexes_is_counted_and_limited()
    {
        using var database = Database.CreateInMemory(new DatabaseOptions { MemoryLimitBytes = 24 << 20 });
        Collection collection = database.CreateCollection("docs", new CollectionOptions
        {
            // Without a graph: the working memory of threads that link is not of the collection.
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 2, Index = new HnswOptions { Type = IndexType.Flat } } },
            FieldIndexes = new Dictionary<string, FieldIndexType> { ["tags"] = FieldIndexType.Keyword },
        });
        MetadataValue[] Tags(int record) => [.. Enumerable.Range(0, 2_000).Select(i => (MetadataValue)$"t{record}-{i}")];
        ErrorCode refused = Refused(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                collection.Upsert($"r{i}", [1, 1], new MetadataObject { ["tags"] = Tags(i) });
            }
        });
        Assert.Equal(ErrorCode.MemoryLimit, refused);
        CollectionStats stats = collection.GetStats();
        Assert.True(database.MemoryBytes <= 24 << 20, $"{database.MemoryBytes} bytes");
        Assert.InRange(stats.FieldIndexes[0].MemoryBytes, stats.Count * 2_000 * 160, stats.Count * 2_000 * 200);
        Assert.True(stats.MemoryBytes >= stats.FieldIndexes[0].MemoryBytes);
    }

    [Fact]
    public void An_index_becomes_ready_though_slots_that_were_built_are_given_up_meanwhile()
    {
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 2, Metric = Metric.L2, Index = new HnswOptions { Type = IndexType.Flat } } },
        });
        collection.UpsertBatch([.. Enumerable.Range(0, 300).Select(i => new VectorRecord($"r{i}", [i, 0]) { Metadata = new MetadataObject { ["n"] = i } })]);
        var builder = new FieldIndexBuilder(collection.Partition);
        lock (collection.Partition.Still) // the thread of maintenance waits, and all happens here, one after the other
        {
            Assert.True(collection.CreateFieldIndex("n", FieldIndexType.Integer));
            Assert.All(Enumerable.Range(0, 4), _ => Assert.True(builder.BuildSome()));
            collection.DeleteBatch([.. Enumerable.Range(100, 200).Select(i => $"r{i}")]);
            collection.WaitForIndex();
            Assert.True(collection.Checkpoint());
            Assert.True(collection.Partition.Rows.GiveUpSlots());
            Assert.InRange(collection.Partition.Records.SlotCount, 100u, 255u); // fewer than were built
        }

        for (int steps = 0; steps < 10 && builder.BuildSome(); steps++)
        {
        }

        Assert.False(builder.HasWork);
        collection.Upsert(new VectorRecord("r100", [1, 1]) { Metadata = new MetadataObject { ["n"] = 100 } });
        Assert.Equal(1, collection.CountWhere(Filter.Field("n") == 100));
        Assert.Equal(101, collection.CountWhere(Filter.Field("n") >= 0));
    }

    private static ErrorCode Refused(Action call) => Assert.Throws<HypervexException>(call).Code;

    private static string[] Answers(Collection collection, Filter[] filters) =>
    [
        .. filters.Select(filter =>
        {
            string found = string.Join(' ', collection.Search([0, 0], 10, new SearchOptions { Filter = filter }).Select(hit => hit.Id));
            string listed = string.Join(' ', collection.List(new ListOptions { Filter = filter, Limit = 7 }).Records.Select(record => record.Id));
            return $"{filter}: {collection.CountWhere(filter)}, {found}, {listed}";
        }),
    ];

    private static void Compare(Collection collection, Dictionary<string, MetadataObject> model, RandomFilter filters)
    {
        for (int i = 0; i < 30; i++)
        {
            Filter filter = filters.Next(levels: i % 4);
            string[] expected = [.. model.Where(pair => filter.Matches(pair.Value)).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
            Assert.Equal(expected.Length, collection.CountWhere(filter));
            Assert.Equal(expected, collection.List(new ListOptions { Filter = filter, Limit = 10_000 }).Records.Select(record => record.Id).Order(StringComparer.Ordinal));
            Assert.Equal(expected, collection.Search([0, 0], 1_000, new SearchOptions { Filter = filter }).Select(hit => hit.Id).Order(StringComparer.Ordinal));
        }
    }
}
