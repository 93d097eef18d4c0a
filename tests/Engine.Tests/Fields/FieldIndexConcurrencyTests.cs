namespace Hypervex.Engine.Tests.Fields;

/// <summary>What readers see of field indexes while records change under them.</summary>
public sealed class FieldIndexConcurrencyTests
{
    private const int Records = 400;

    [Fact]
    public void No_filter_sees_half_of_a_change()
    {
        using Database database = Open(out Collection collection);
        RunWhileWriting(collection, () =>
        {
            // Every record has the same number in both fields at every moment.
            Filter torn = (Filter.Field("left") < 5) & (Filter.Field("right") >= 5);
            Filter whole = ((Filter.Field("left") < 5) & (Filter.Field("right") < 5)) | ((Filter.Field("left") >= 5) & (Filter.Field("right") >= 5));
            Assert.Empty(collection.Search([0, 0], 10, new SearchOptions { Filter = torn }));
            Assert.Equal(0, collection.CountWhere(torn));
            Assert.Equal(Records, collection.CountWhere(whole));
            Assert.Equal(Records, collection.Search([0, 0], Records, new SearchOptions { Filter = whole }).Count);
        });
    }

    [Fact]
    public void Records_that_match_throughout_are_in_every_answer()
    {
        using Database database = Open(out Collection collection);
        RunWhileWriting(collection, () =>
        {
            Filter stays = Filter.Field("kind") == "stays";
            Assert.Equal(Records, collection.CountWhere(stays));
            SearchHits hits = collection.Search([0, 0], Records, new SearchOptions { Filter = stays });
            Assert.Equal(Records, hits.Select(hit => hit.Id).Distinct().Count());
            Assert.Equal(Records, collection.List(new ListOptions { Filter = stays, Limit = 10_000 }).Records.Count);
        });
    }

    [Fact]
    public void Lists_find_what_matches_throughout_while_all_records_move_at_once()
    {
        using Database database = Open(out Collection collection);
        Filter stays = Filter.Field("kind") == "stays";
        var random = new Random(3);
        RunWhileWriting(
            collection,
            () =>
            {
                Assert.Equal(Records, collection.List(new ListOptions { Filter = stays, Limit = 10_000 }).Records.Count);
                Assert.Equal(Records, collection.CountWhere(stays));
                FacetCount kind = Assert.Single(collection.CountValues("kind").Values);
                Assert.Equal(Records, kind.Count);
            },
            _ => collection.UpsertBatch([.. Enumerable.Range(0, Records).Select(i => Record(i, random))]));
    }

    [Fact]
    public void Indexes_that_are_dropped_and_created_under_searches_change_no_answer()
    {
        using Database database = Open(out Collection collection);
        RunWhileWriting(
            collection,
            () => Assert.Equal(Records, collection.CountWhere(Filter.Field("kind") == "stays")),
            round =>
            {
                collection.DropFieldIndex("kind");
                collection.CreateFieldIndex("kind", FieldIndexType.Keyword);
                if (round % 3 == 0)
                {
                    collection.WaitForFieldIndexes();
                }
            });
    }

    private static Database Open(out Collection collection)
    {
        var database = Database.CreateInMemory();
        collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2) with
        {
            FieldIndexes = new Dictionary<string, FieldIndexType> { ["kind"] = FieldIndexType.Keyword, ["left"] = FieldIndexType.Integer, ["right"] = FieldIndexType.Float },
        });
        var random = new Random(1);
        collection.UpsertBatch([.. Enumerable.Range(0, Records).Select(i => Record(i, random))]);
        collection.WaitForFieldIndexes();
        return database;
    }

    private static VectorRecord Record(int i, Random random)
    {
        int number = random.Next(10);
        return new VectorRecord($"r{i}", [i, random.Next(1_000)]) { Metadata = new MetadataObject { ["kind"] = "stays", ["left"] = number, ["right"] = number } };
    }

    private static void RunWhileWriting(Collection collection, Action check, Action<int>? also = null)
    {
        using var done = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            var random = new Random(2);
            for (int round = 0; !done.IsCancellationRequested; round++)
            {
                int i = random.Next(Records);
                VectorRecord record = Record(i, random);
                if (round % 2 == 0)
                {
                    collection.Upsert(record); // with another vector: it moves to another slot
                }
                else
                {
                    collection.Update(record.Id, new RecordUpdate { Metadata = record.Metadata });
                }
            }
        });
        var other = Task.Run(() =>
        {
            for (int round = 0; also is not null && !done.IsCancellationRequested; round++)
            {
                also(round);
            }
        });
        try
        {
            for (int i = 0; i < 300 && !writer.IsFaulted && !other.IsFaulted; i++)
            {
                check();
            }
        }
        finally
        {
            done.Cancel();
            Task.WaitAll(writer, other);
        }
    }
}
