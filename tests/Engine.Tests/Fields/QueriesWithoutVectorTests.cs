using Hypervex.Engine.Tests.Metadata;

namespace Hypervex.Engine.Tests.Fields;

public sealed class QueriesWithoutVectorTests
{
    private const int Seed = 99;

    [Theory]
    [InlineData(null)]
    [InlineData(FieldIndexType.Keyword)]
    [InlineData(FieldIndexType.Integer)]
    public void Values_are_counted_as_the_records_have_them(FieldIndexType? type)
    {
        using Database database = Open(type, out Collection collection);
        collection.Upsert("a", [1, 1], MetadataObject.Parse("""{"tags": ["x", "y", "x"], "on": true}"""));
        collection.Upsert("b", [1, 2], MetadataObject.Parse("""{"tags": "x", "on": true}"""));
        collection.Upsert("c", [1, 3], MetadataObject.Parse("""{"tags": ["z"], "on": false}"""));
        collection.Upsert("d", [1, 4], MetadataObject.Parse("""{"on": true}"""));
        collection.WaitForFieldIndexes();
        Assert.Equal(["x 2", "y 1", "z 1"], Text(collection.CountValues("tags")));
        Assert.Equal(["x 2", "y 1"], Text(collection.CountValues("tags", Filter.Field("on") == true)));
        Assert.Equal(["x 2"], Text(collection.CountValues("tags", limit: 1)));
        Assert.Equal(3, collection.CountValues("tags", limit: 1).DifferentValues);

        collection.Upsert("e", [1, 5], MetadataObject.Parse("""{"tags": [5, 5.0, "y", null, {"n": 1}]}"""));
        Assert.Equal(["x 2", "y 2", "null 1", "5 1", "z 1"], Text(collection.CountValues("tags")));
        Assert.Empty(collection.CountValues("nothing").Values);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_matches_a_filter_is_deleted_and_nothing_else(bool indexed)
    {
        var random = new RandomMetadata(Seed);
        var filters = new RandomFilter(random);
        using Database database = Open(indexed ? FieldIndexType.Keyword : null, out Collection collection);
        var model = new Dictionary<string, MetadataObject>();
        for (int round = 0; round < 12; round++)
        {
            for (int i = 0; i < 60; i++)
            {
                string id = $"r{random.Chance.Next(150)}";
                model[id] = random.Object(levels: 3);
                collection.Upsert(id, [i, round], model[id]);
            }

            Filter filter = filters.Next(levels: round % 4);
            string[] expected = [.. model.Where(pair => filter.Matches(pair.Value)).Select(pair => pair.Key)];
            Assert.Equal(expected.Length, collection.DeleteWhere(filter));
            foreach (string id in expected)
            {
                model.Remove(id);
            }

            Assert.Equal(model.Keys.Order(StringComparer.Ordinal), collection.List(new ListOptions { Limit = 10_000 }).Records.Select(record => record.Id).Order(StringComparer.Ordinal));
        }

        Assert.Equal(model.Count, collection.DeleteWhere(Filter.Parse("{}")));
        Assert.Equal(0, collection.Count);
        Assert.Equal(0, collection.DeleteWhere(Filter.Parse("{}")));
    }

    [Fact]
    public async Task A_record_that_stops_matching_before_it_is_deleted_stays()
    {
        using Database database = Open(FieldIndexType.Keyword, out Collection collection);
        const int Records = 200;
        for (int i = 0; i < Records; i++)
        {
            collection.Upsert($"r{i}", [i, 0], new MetadataObject { ["tags"] = "old" });
        }

        var rescue = Task.Run(() =>
        {
            var saved = new HashSet<string>();
            for (int i = Records - 1; i >= 0; i -= 2)
            {
                try
                {
                    collection.Update($"r{i}", new RecordUpdate { Metadata = new MetadataObject { ["tags"] = "new" } });
                    saved.Add($"r{i}");
                }
                catch (HypervexException exception) when (exception.Code == ErrorCode.NotFound)
                {
                    // It was deleted first.
                }
            }

            return saved;
        });
        long deleted = collection.DeleteWhere(Filter.Field("tags") == "old");
        HashSet<string> saved = await rescue;
        Assert.Equal(saved.Order(), collection.List(new ListOptions { Limit = 1_000 }).Records.Select(record => record.Id).Order());
        Assert.Equal(Records, saved.Count + deleted);
    }

    private static string[] Text(FacetCounts counts) => [.. counts.Values.Select(facet => $"{(facet.Value.Kind == MetadataKind.String ? facet.Value.AsString() : facet.Value.ToString())} {facet.Count}")];

    private static Database Open(FieldIndexType? type, out Collection collection)
    {
        var database = Database.CreateInMemory();
        collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        if (type is { } known)
        {
            collection.CreateFieldIndex("tags", known);
            collection.WaitForFieldIndexes();
        }

        return database;
    }
}
