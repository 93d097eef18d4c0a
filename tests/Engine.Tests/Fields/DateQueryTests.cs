namespace Hypervex.Engine.Tests.Fields;

/// <summary>Questions over many records in collections with fields that are declared as datetime or text: filters compare instants, order and groups are those of the texts as they are stored.</summary>
public sealed class DateQueryTests
{
    private const string Noon = "2024-05-01T10:00:00Z";

    private static readonly Filter s_since = Filter.Field("at") >= Noon;

    private static readonly (string Id, string At)[] s_records =
    [
        ("noon", Noon), ("same", "2024-05-01T12:00:00+02:00"), ("before", "2024-05-01T11:59:59+02:00"), ("later", "2024-05-01T06:00:00-05:00"), ("day", "2024-05-02"), ("text", "zzz"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lists_samples_updates_and_searches_by_examples_compare_instants(bool expiring)
    {
        using Database database = Open(FieldIndexType.Datetime, out Collection collection);
        if (expiring)
        {
            collection.Upsert(new VectorRecord("gone", [0, 0]) { Metadata = new MetadataObject { ["at"] = Noon }, ExpiresAt = DateTimeOffset.UnixEpoch + TimeSpan.FromMilliseconds(1) });
        }

        string[] expected = ["day", "later", "noon", "same"];
        var options = new SearchOptions { Filter = s_since };
        Assert.Equal(expected, Sorted(collection.List(new ListOptions { OrderBy = "n", Filter = s_since }).Records.Select(record => record.Id)));
        Assert.Equal(expected, Sorted(collection.Sample(10, s_since).Select(record => record.Id)));
        Assert.Equal(expected, Sorted(collection.Recommend(new RecommendRequest { Positive = [Example.Of([0, 0])], Options = options }).Select(hit => hit.Id)));
        Assert.Equal(expected, Sorted(collection.Recommend(new RecommendRequest { Positive = [Example.Of([0, 0])], Options = options, Strategy = RecommendStrategy.BestScore }).Select(hit => hit.Id)));
        Assert.Equal(expected, Sorted(collection.SearchDiverse(new SearchRequest { Query = new float[2], Options = options }, new DiversityOptions()).Select(hit => hit.Id)));
        Assert.Equal(expected, Sorted(collection.SearchGroups(new SearchRequest { Query = new float[2], Options = options }, "n", 1).Groups.SelectMany(group => group.Hits).Select(hit => hit.Id)));
        Assert.Equal(4, collection.UpdateWhere(s_since, new MetadataObject { ["seen"] = true }));
        Assert.Equal(0, collection.UpdateWhere(s_since, new MetadataObject { ["seen"] = true }));
        Assert.Equal(4, collection.CountWhere(Filter.Field("seen") == true));

        Filter wrong = Filter.Field("at") > "zzz"; // an order that can never hold is refused by each of them
        foreach (Action ask in (Action[])[() => collection.List(new ListOptions { OrderBy = "n", Filter = wrong }), () => collection.Sample(10, wrong), () => collection.UpdateWhere(wrong, [])])
        {
            Assert.Equal(ErrorCode.InvalidFilter, Assert.Throws<HypervexException>(ask).Code);
        }
    }

    [Theory]
    [InlineData(FieldIndexType.Datetime, false)]
    [InlineData(FieldIndexType.Datetime, true)]
    [InlineData(FieldIndexType.Text, false)]
    [InlineData(FieldIndexType.Text, true)]
    public void A_list_in_order_of_the_field_is_in_order_of_its_texts_with_the_index_and_without(FieldIndexType type, bool descending)
    {
        using Database database = Open(type, out Collection collection);
        IEnumerable<string> upwards = s_records.OrderBy(record => record.At, StringComparer.Ordinal).Select(record => record.Id);
        string[] expected = [.. descending ? upwards.Reverse() : upwards];
        foreach (int limit in (int[])[1, 2, 10])
        {
            Assert.Equal(expected, Scroll(limit));
        }

        collection.DropFieldIndex("at");
        Assert.Equal(expected, Scroll(1));

        List<string> Scroll(int limit)
        {
            var ids = new List<string>();
            string? cursor = null;
            do
            {
                RecordPage page = collection.List(new ListOptions { OrderBy = "at", Descending = descending, Limit = limit, Cursor = cursor });
                ids.AddRange(page.Records.Select(record => record.Id));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            return ids;
        }
    }

    [Theory]
    [InlineData(FieldIndexType.Datetime)]
    [InlineData(FieldIndexType.Text)]
    public void Groups_of_the_field_are_those_of_its_texts_though_two_of_them_are_one_instant(FieldIndexType type)
    {
        using Database database = Open(type, out Collection collection);
        collection.UpsertBatch([.. Enumerable.Range(0, 500).Select(i => new VectorRecord($"near{i}", [0, 0]) { Metadata = new MetadataObject { ["at"] = Noon } })]); // so many that a first search finds no other group
        collection.WaitForFieldIndexes();
        GroupedHits found = collection.SearchGroups(new SearchRequest { Query = new float[2], K = 10 }, "at", 1);
        Assert.Equal(s_records.Select(record => record.At).Order(StringComparer.Ordinal), found.Groups.Select(group => group.Value.AsString()).Order(StringComparer.Ordinal));
    }

    private static Database Open(FieldIndexType type, out Collection collection)
    {
        Database database = Database.CreateInMemory();
        collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.CreateFieldIndex("at", type);
        for (int i = 0; i < s_records.Length; i++)
        {
            collection.Upsert(s_records[i].Id, [i + 1, 0], new MetadataObject { ["at"] = s_records[i].At, ["n"] = i });
        }

        collection.WaitForFieldIndexes();
        return database;
    }

    private static IEnumerable<string> Sorted(IEnumerable<string> ids) => ids.Order(StringComparer.Ordinal);
}
