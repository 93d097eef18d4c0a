using Hypervex.Engine.Tests.Metadata;

namespace Hypervex.Engine.Tests.Fields;

public sealed class FilteredUpdateTests
{
    private const int Seed = 77;

    [Theory]
    [InlineData(false, MetadataMode.Merge)]
    [InlineData(true, MetadataMode.Merge)]
    [InlineData(true, MetadataMode.Replace)]
    public void What_matches_a_filter_is_changed_and_nothing_else(bool indexed, MetadataMode mode)
    {
        var random = new RandomMetadata(Seed);
        var filters = new RandomFilter(random);
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        if (indexed)
        {
            collection.CreateFieldIndex("tags", FieldIndexType.Keyword);
        }

        var model = new Dictionary<string, MetadataObject>();
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 40; i++)
            {
                string id = $"r{random.Chance.Next(150)}";
                model[id] = random.Object(levels: 3);
                collection.Upsert(id, [i, round], model[id], $"text {id}");
            }

            Filter filter = filters.Next(levels: round % 4);
            MetadataObject change = MetadataObject.Parse($$$"""{"round": {{{round / 2}}}, "gone": {{{(round % 2 == 0 ? "null" : "1")}}}, "inside": {"a": null, "b": 1}}""");
            var versions = collection.List(new ListOptions { Limit = 10_000 }).Records.ToDictionary(record => record.Id, record => record.Version);
            long changed = 0;
            foreach ((string id, MetadataObject before) in model.ToArray())
            {
                MetadataObject after = mode == MetadataMode.Replace ? change : Merged(before, change);
                if (filter.Matches(before) && !after.Equals(before))
                {
                    changed++;
                    model[id] = after;
                    versions.Remove(id);
                }
            }

            Assert.Equal(changed, collection.UpdateWhere(filter, change, mode));
            IReadOnlyList<VectorRecord> records = collection.List(new ListOptions { Limit = 10_000 }).Records;
            Assert.Equal(model.Count, records.Count);
            foreach (VectorRecord record in records)
            {
                Assert.Equal(model[record.Id], record.Metadata ?? new MetadataObject());
                Assert.Equal($"text {record.Id}", record.Document);
                Assert.Equal(2, record.Vector!.Length);
                Assert.True(!versions.TryGetValue(record.Id, out RecordVersion version) || version == record.Version, "A record that was not to be changed was written.");
            }
        }
    }

    [Fact]
    public void More_records_than_fit_into_a_batch_are_changed()
    {
        const int Records = 3_500;
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.UpsertBatch([.. Enumerable.Range(0, Records).Select(i => new VectorRecord($"r{i}", [i, 0]))]);
        Assert.Equal(Records, collection.UpdateWhere(Filter.Parse("{}"), new MetadataObject { ["seen"] = true }));
        Assert.Equal(Records, collection.CountWhere(Filter.Field("seen") == true));
        Assert.Equal(0, collection.UpdateWhere(Filter.Parse("{}"), new MetadataObject { ["seen"] = true }));
        Assert.Equal(Records, collection.UpdateWhere(Filter.Parse("{}"), MetadataObject.Parse("""{"seen": null}""")));
        Assert.Equal(0, collection.CountWhere(Filter.Field("seen").Exists()));
    }

    [Fact]
    public void A_change_that_no_record_can_hold_is_refused()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.Upsert("a", [1, 1], new MetadataObject { ["text"] = new string('x', 40_000) });
        var large = new MetadataObject { ["more"] = new string('y', 40_000) };
        HypervexException together = Assert.Throws<HypervexException>(() => collection.UpdateWhere(Filter.Parse("{}"), large));
        Assert.Equal(ErrorCode.InvalidMetadata, together.Code);
        Assert.Contains("\"a\"", together.Message, StringComparison.Ordinal);
        Assert.False(collection.Get("a")!.Metadata!.ContainsKey("more"));
        Assert.Equal(1, collection.UpdateWhere(Filter.Parse("{}"), large, MetadataMode.Replace));

        var alone = new MetadataObject { ["more"] = new string('y', 70_000) };
        Assert.Equal(ErrorCode.InvalidMetadata, Assert.Throws<HypervexException>(() => collection.UpdateWhere(Filter.Field("none") == 1, alone)).Code);
        Assert.Equal(
            ErrorCode.InvalidArgument,
            Assert.Throws<HypervexException>(() => collection.UpdateWhere(Filter.Parse("{}"), large, options: new WriteOptions { IfVersion = new RecordVersion(1, 1) })).Code);
    }

    // RFC 7396 once more, by its text.
    private static MetadataObject Merged(MetadataObject before, MetadataObject patch)
    {
        var after = new MetadataObject(before);
        foreach ((string key, MetadataValue value) in patch)
        {
            if (value.Kind == MetadataKind.Null)
            {
                after.Remove(key);
            }
            else if (value.Kind == MetadataKind.Object)
            {
                after[key] = Merged(after.TryGetValue(key, out MetadataValue old) && old.Kind == MetadataKind.Object ? old.AsObject() : new MetadataObject(), value.AsObject());
            }
            else
            {
                after[key] = value;
            }
        }

        return after;
    }
}
