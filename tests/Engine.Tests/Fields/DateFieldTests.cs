namespace Hypervex.Engine.Tests.Fields;

/// <summary>Fields that are declared as datetime, through a collection.</summary>
public sealed class DateFieldTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_field_that_is_declared_to_hold_dates_compares_instants_from_then_on_and_again_after_opening()
    {
        Filter since = Filter.Field("at") >= "2024-05-01T10:00:00Z";
        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
            Put(collection, "noon", "2024-05-01T12:00:00+02:00");
            Put(collection, "before", "2024-05-01T11:59:59.9999999+02:00");
            Put(collection, "date", "2024-05-02");
            Put(collection, "text", "zzz");
            Put(collection, "several", new[] { "2020-01-01", "2024-05-01T05:00:00-05:00" });
            collection.Upsert(new VectorRecord("none", [0, 0]));
            Assert.Equal(["noon", "before", "date", "text"], Ids(collection, since)); // as texts

            Assert.True(collection.CreateFieldIndex("at", FieldIndexType.Datetime));
            Check(collection);
            collection.WaitForFieldIndexes();
            Check(collection);
            Put(collection, "late", "2024-12-31T23:59:60Z");
            collection.Delete("date");
            Assert.Equal(["noon", "several", "late"], Ids(collection, since));
            Put(collection, "date", "2024-05-02T00:00:00Z");
            collection.Delete("late");
        }

        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.GetCollection("docs");
            collection.WaitForFieldIndexes();
            Assert.True(collection.GetStats().FieldIndexes is [{ Type: FieldIndexType.Datetime, Records: 5, OtherRecords: 1 }]);
            Assert.Equal(["noon", "several", "date"], Ids(collection, since));
            Assert.Equal(2, collection.DeleteWhere(Filter.Field("at") == "2024-05-01T10:00:00Z"));
            Assert.Equal(0, collection.CountWhere(Filter.Field("at") == "2024-05-01T10:00:00Z"));
            Assert.True(collection.DropFieldIndex("at"));
            Assert.Equal(["before", "text", "date"], Ids(collection, since)); // as texts again
        }

        void Check(Collection collection)
        {
            Assert.Equal(["noon", "date", "several"], Ids(collection, since));
            Assert.Equal(["noon", "several"], Ids(collection, Filter.Field("at") == "2024-05-01T10:00:00Z"));
            Assert.Equal(["noon", "several"], Ids(collection, Filter.Field("at").In("2024-05-01T10:00:00Z", "2000-01-01")));
            Assert.Equal(["several"], Ids(collection, Filter.Field("at").Contains("2019-12-31T19:00:00-05:00")));
            Assert.Equal(["noon", "before"], Ids(collection, Filter.Field("at").Contains("+02:00")));
            Assert.Equal(["text"], Ids(collection, Filter.Field("at").StartsWith("z")));
            Assert.Equal(["before", "date", "text", "none"], Ids(collection, Filter.Field("at") != "2024-05-01T10:00:00Z"));
            Assert.Equal(["text"], Ids(collection, Filter.Field("at") == "zzz"));
            Assert.Equal(4, collection.CountWhere(Filter.Field("at") > "0001-01-01"));
            Assert.Equal(4, collection.Search([0, 0], 10, new SearchOptions { Filter = Filter.Field("at") > "0001-01-01" }).Count);
        }
    }

    [Fact]
    public void An_order_between_a_date_and_another_text_is_refused_in_every_call_with_the_path()
    {
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2) with
        {
            FieldIndexes = new Dictionary<string, FieldIndexType> { ["at"] = FieldIndexType.Datetime },
        });
        Put(collection, "a", "2024-05-01");
        Filter wrong = Filter.Field("x") == 1 | !(Filter.Field("at") < "May");
        Action[] calls =
        [
            () => collection.CountWhere(wrong),
            () => collection.List(new ListOptions { Filter = wrong }),
            () => collection.Search([0, 0], 1, new SearchOptions { Filter = wrong }),
            () => collection.CountValues("at", wrong),
            () => collection.DeleteWhere(wrong),
        ];
        Assert.All(calls, call =>
        {
            HypervexException refusal = Assert.Throws<HypervexException>(call);
            Assert.Equal(ErrorCode.InvalidFilter, refusal.Code);
            Assert.StartsWith("filter.$or[1].$not.at.$lt: ", refusal.Message, StringComparison.Ordinal);
        });
        Assert.Equal(1, collection.CountWhere(Filter.Field("at") < 7 | Filter.Field("at").Exists())); // a number is compared with numbers
    }

    private static void Put(Collection collection, string id, MetadataValue at) =>
        collection.Upsert(new VectorRecord(id, [1, 2]) { Metadata = new MetadataObject { ["at"] = at } });

    private static string[] Ids(Collection collection, Filter filter) =>
        [.. collection.List(new ListOptions { Filter = filter }).Records.Select(record => record.Id)];
}
