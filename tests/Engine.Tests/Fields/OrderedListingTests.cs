using System.Text;

namespace Hypervex.Engine.Tests.Fields;

/// <summary>Listings in order of a field, compared with sorting all records by a comparison that is written out here.</summary>
public sealed class OrderedListingTests
{
    private const int Seed = 515;

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData(FieldIndexType.Integer, false)]
    [InlineData(FieldIndexType.Integer, true)]
    [InlineData(FieldIndexType.Float, false)]
    [InlineData(FieldIndexType.Float, true)]
    [InlineData(FieldIndexType.Keyword, false)]
    [InlineData(FieldIndexType.Keyword, true)]
    [InlineData(FieldIndexType.Boolean, false)]
    public void Pages_in_order_of_a_field_are_the_sorted_records(FieldIndexType? type, bool descending)
    {
        for (int seed = Seed; seed < Seed + 25; seed++)
        {
            var random = new Random(seed);
            using Database database = Open(type, out Collection collection);
            var records = new List<(string Id, MetadataObject? Metadata)>();
            string kinds = random.Next(3) switch { 0 => "n", 1 => "s", _ => "nsbxa-" };
            for (int i = random.Next(1, 120); i > 0; i--)
            {
                string id = $"r{random.Next(1_000)}";
                MetadataObject? metadata = RandomValue(random, kinds);
                records.RemoveAll(record => record.Id == id);
                records.Add((id, metadata));
                collection.Upsert(id, [i, 1], metadata);
            }

            collection.WaitForFieldIndexes();
            Filter? filter = random.Next(2) == 0 ? null : Filter.Field("odd") == true;
            string[] expected = [.. records.Where(record => filter is null || filter.Matches(record.Metadata)).Order(new ByField(descending)).Select(record => record.Id)];
            int limit = random.Next(1, 40);
            List<string> listed = Scroll(collection, new ListOptions { OrderBy = "f", Descending = descending, Filter = filter, Limit = limit });
            Assert.True(expected.SequenceEqual(listed), $"seed {seed}, limit {limit}: expected {string.Join(' ', expected)}, listed {string.Join(' ', listed)}");
        }
    }

    [Fact]
    public void Numbers_beyond_the_precision_of_floats_are_told_apart()
    {
        using Database database = Open(null, out Collection collection);
        collection.Upsert("a", [1, 1], MetadataObject.Parse("""{"f": 9007199254740993}"""));
        collection.Upsert("b", [1, 1], MetadataObject.Parse("""{"f": 9007199254740992.0}"""));
        collection.Upsert("c", [1, 1], MetadataObject.Parse("""{"f": 9223372036854775807}"""));
        collection.Upsert("d", [1, 1], MetadataObject.Parse("""{"f": 1e300}"""));
        Assert.Equal(["b", "a", "c", "d"], Scroll(collection, new ListOptions { OrderBy = "f", Limit = 1 }));
        Assert.Equal(["d", "c", "a", "b"], Scroll(collection, new ListOptions { OrderBy = "f", Limit = 1, Descending = true }));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(FieldIndexType.Keyword)]
    public void Long_strings_are_ordered_by_what_counts_of_them(FieldIndexType? type)
    {
        using Database database = Open(type, out Collection collection);
        string same = new('x', 512);
        collection.Upsert("b", [1, 1], new MetadataObject { ["f"] = same + "a" });
        collection.Upsert("a", [1, 1], new MetadataObject { ["f"] = same + "b" });
        collection.Upsert("c", [1, 1], new MetadataObject { ["f"] = same });
        collection.Upsert("0", [1, 1], new MetadataObject { ["f"] = same[1..] });
        collection.WaitForFieldIndexes();
        Assert.Equal(["0", "a", "b", "c"], Scroll(collection, new ListOptions { OrderBy = "f", Limit = 1 }));
        Assert.Equal(["a", "b", "c", "0"], Scroll(collection, new ListOptions { OrderBy = "f", Limit = 2, Descending = true }));
    }

    [Fact]
    public void A_cursor_that_is_not_of_this_listing_is_refused()
    {
        using Database database = Open(null, out Collection collection);
        collection.Upsert("a", [1, 1], new MetadataObject { ["f"] = 1 });
        collection.Upsert("b", [1, 1], new MetadataObject { ["f"] = 2 });
        string cursor = collection.List(new ListOptions { OrderBy = "f", Limit = 1 }).NextCursor!;
        string byCreation = collection.List(new ListOptions { Limit = 1 }).NextCursor!;
        Assert.Contains("another order", Refused(new ListOptions { OrderBy = "g", Cursor = cursor }), StringComparison.Ordinal);
        Assert.Contains("another order", Refused(new ListOptions { OrderBy = "f", Descending = true, Cursor = cursor }), StringComparison.Ordinal);
        Refused(new ListOptions { OrderBy = "f", Cursor = byCreation });
        Refused(new ListOptions { Cursor = cursor });
        Refused(new ListOptions { Descending = true });
        for (int i = 0; i < cursor.Length; i++)
        {
            Refused(new ListOptions { OrderBy = "f", Cursor = cursor[..i] });
            Refused(new ListOptions { OrderBy = "f", Cursor = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..] });
        }

        Assert.Equal(ErrorCode.InvalidName, Assert.Throws<HypervexException>(() => collection.List(new ListOptions { OrderBy = "$f" })).Code);

        string Refused(ListOptions options)
        {
            HypervexException exception = Assert.Throws<HypervexException>(() => collection.List(options));
            Assert.Equal(ErrorCode.InvalidArgument, exception.Code);
            return exception.Message;
        }
    }

    private static List<string> Scroll(Collection collection, ListOptions options)
    {
        var ids = new List<string>();
        RecordPage page;
        do
        {
            page = collection.List(options);
            Assert.True(page.Records.Count == options.Limit || page.NextCursor is null);
            ids.AddRange(page.Records.Select(record => record.Id));
            options = options with { Cursor = page.NextCursor };
        }
        while (page.NextCursor is not null);

        return ids;
    }

    private static MetadataObject? RandomValue(Random random, string kinds)
    {
        var metadata = new MetadataObject { ["odd"] = random.Next(2) == 0 };
        int small = random.Next(-4, 5);
        switch (kinds[random.Next(kinds.Length)])
        {
            case 'n':
                metadata["f"] = random.Next(2) == 0 ? small : small * 0.5;
                break;
            case 's':
                metadata["f"] = ((string[])["", "a", "ab", "é", "\U0001F333", "￿"])[random.Next(6)];
                break;
            case 'b':
                metadata["f"] = random.Next(2) == 0;
                break;
            case 'x':
                metadata["f"] = MetadataObject.Parse("""{"null": null}""")["null"];
                break;
            case 'a':
                metadata["f"] = new MetadataValue[] { small, "a" };
                break;
        }

        return metadata;
    }

    private static Database Open(FieldIndexType? type, out Collection collection)
    {
        var database = Database.CreateInMemory();
        collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        if (type is { } known)
        {
            collection.CreateFieldIndex("f", known);
            collection.WaitForFieldIndexes();
        }

        return database;
    }

    /// <summary>The oracle: small numbers and booleans compare as doubles, strings by their bytes.</summary>
    private sealed class ByField(bool descending) : IComparer<(string Id, MetadataObject? Metadata)>
    {
        public int Compare((string Id, MetadataObject? Metadata) x, (string Id, MetadataObject? Metadata) y)
        {
            (int Kind, double Number, string Text) left = Key(x.Metadata);
            (int Kind, double Number, string Text) right = Key(y.Metadata);
            int order = left.Kind == 3 || right.Kind == 3 ? (left.Kind == 3).CompareTo(right.Kind == 3) : (descending ? -1 : 1) * CompareKeys(left, right);
            return order != 0 ? order : Bytes(x.Id).SequenceCompareTo(Bytes(y.Id));
        }

        private static int CompareKeys((int Kind, double Number, string Text) left, (int Kind, double Number, string Text) right)
        {
            int order = left.Kind.CompareTo(right.Kind);
            order = order != 0 ? order : left.Number.CompareTo(right.Number);
            return order != 0 ? order : Bytes(left.Text).SequenceCompareTo(Bytes(right.Text));
        }

        private static ReadOnlySpan<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

        private static (int Kind, double Number, string Text) Key(MetadataObject? metadata) =>
            metadata is null || !metadata.TryGetValue("f", out MetadataValue value)
                ? (3, 0, "")
                : value.Kind switch
                {
                    MetadataKind.Boolean => (0, value.AsBoolean() ? 1 : 0, ""),
                    MetadataKind.Integer => (1, value.AsInteger(), ""),
                    MetadataKind.Float => (1, value.AsDouble(), ""),
                    MetadataKind.String => (2, 0, value.AsString()),
                    _ => (3, 0, ""),
                };
    }
}
