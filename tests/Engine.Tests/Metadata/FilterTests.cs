using System.Text;
using System.Text.Json;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

public sealed class FilterTests
{
    public static TheoryData<Filter, string> Pairs => new()
    {
        { Filter.Field("a") == 1, """{"a": 1}""" },
        { Filter.Field("a") == 1.0, """{"a": {"$eq": 1.0}}""" },
        { Filter.Field("a") != "x", """{"a": {"$ne": "x"}}""" },
        { Filter.Field("a") == MetadataValue.Null, """{"a": null}""" },
        { Filter.Field("a") > 1 & Filter.Field("a") < 5, """{"a": {"$gt": 1, "$lt": 5}}""" },
        { Filter.Field("a") <= "x" & Filter.Field("b") >= 2 & Filter.Field("c") == true, """{"a": {"$lte": "x"}, "b": {"$gte": 2}, "c": true}""" },
        { Filter.Field("a").In("x", "y"), """{"a": {"$in": ["x", "y"]}}""" },
        { Filter.Field("a").In(1, "y", 2.5), """{"a": {"$in": [1, "y", 2.5]}}""" },
        { Filter.Field("a").NotIn(1, 2), """{"a": {"$nin": [1, 2]}}""" },
        { Filter.Field("a").Contains("x"), """{"a": {"$contains": "x"}}""" },
        { Filter.Field("a.b").StartsWith("x"), """{"a.b": {"$prefix": "x"}}""" },
        { Filter.Field("a").Exists(), """{"a": {"$exists": true}}""" },
        { Filter.Field("a").Exists(false), """{"a": {"$exists": false}}""" },
        { Filter.Field("a").Near(48, 11.5, 5000), """{"a": {"$near": {"lon": 11.5, "lat": 48, "radius_m": 5000}}}""" },
        { !(Filter.Field("a") == 1), """{"$not": {"a": 1}}""" },
        { !(Filter.Field("a") >= 1), """{"a": {"$not": {"$gte": 1}}}""" },
        { Filter.Field("a") == 1 | Filter.Field("b") == 2 | Filter.Field("c") == 3, """{"$or": [{"a": 1}, {"b": 2}, {"c": 3}]}""" },
        { (Filter.Field("a") == 1 | Filter.Field("b") == 2) & Filter.Field("c") == 3, """{"$or": [{"a": 1}, {"b": 2}], "c": 3}""" },
        { Filter.Field("a") == 1 & Filter.Field("a") == 2, """{"$and": [{"a": 1}, {"a": 2}]}""" },
        { Filter.Field("a") == 1 & Filter.Field("b") == 2, """{"$and": [{"$and": [{"a": 1}]}, {"b": 2}]}""" },
        { Filter.Field("a") == new MetadataObject { ["x"] = 1 }, """{"a": {"$eq": {"x": 1}}}""" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void The_builder_and_JSON_make_the_same_tree(Filter built, string json)
    {
        var parsed = Filter.Parse(json);
        Assert.Equal(built, parsed);
        Assert.Equal(built.GetHashCode(), parsed.GetHashCode());
        Assert.Equal(built, Filter.Parse(built.ToJson()));
    }

    [Theory]
    [InlineData("""{"a": 1}""", """{"a": 2}""")]
    [InlineData("""{"a": 1}""", """{"b": 1}""")]
    [InlineData("""{"a": 1}""", """{"a": 1.0}""")]
    [InlineData("""{"a": 1}""", """{"a": {"$ne": 1}}""")]
    [InlineData("""{"a": 1}""", """{"$not": {"a": 1}}""")]
    [InlineData("""{"$and": [{"a": 1}, {"b": 1}]}""", """{"$or": [{"a": 1}, {"b": 1}]}""")]
    [InlineData("{}", """{"$not": {}}""")]
    public void Different_filters_are_not_equal(string left, string right) =>
        Assert.NotEqual(Filter.Parse(left), Filter.Parse(right));

    [Theory]
    [InlineData("""[]""", "filter: expected an object, found an array.")]
    [InlineData("""null""", "filter: expected an object, found null.")]
    [InlineData("""{"year": {"$foo": 1}}""", "filter.year.$foo: unknown operator \"$foo\"; expected one of $eq, ")]
    [InlineData("""{"year": {"gte": 1}}""", "filter.year.gte: expected an operator (one of $eq, ")]
    [InlineData("""{"year": {}}""", "filter.year: expected at least one operator")]
    [InlineData("""{"year": {"$not": 5}}""", "filter.year.$not: expected an object, found a number.")]
    [InlineData("""{"year": {"$not": {"$not": {"$eq": 1}}}}""", "filter.year.$not.$not: unknown operator")]
    [InlineData("""{"$foo": 1}""", "filter.$foo: unknown operator \"$foo\"; expected a field's name, $and, $or or $not.")]
    [InlineData("""{"$eq": 1}""", "filter.$eq: expected a field's name, $and, $or or $not, found the operator $eq")]
    [InlineData("""{"$and": {}}""", "filter.$and: expected an array, found an object.")]
    [InlineData("""{"$or": []}""", "filter.$or: expected at least one filter, found an empty array.")]
    [InlineData("""{"$or": [{"a": 1}, 5]}""", "filter.$or[1]: expected an object, found a number.")]
    [InlineData("""{"$and": [{"$or": [{"a": {"$gt": null}}]}]}""", "filter.$and[0].$or[0].a.$gt: expected a number or a string, found null.")]
    [InlineData("""{"a": {"$in": "x"}}""", "filter.a.$in: expected an array of values, found a string.")]
    [InlineData("""{"a": {"$exists": 1}}""", "filter.a.$exists: expected true or false, found a number.")]
    [InlineData("""{"a": {"$prefix": ["x"]}}""", "filter.a.$prefix: expected a string, found an array.")]
    [InlineData("""{"a": {"$near": {"lat": 91, "lon": 0, "radius_m": 1}}}""", "filter.a.$near: expected {\"lat\": -90 to 90")]
    [InlineData("""{"a": {"$near": {"lat": 0, "lon": 0}}}""", "filter.a.$near: expected {\"lat\"")]
    [InlineData("""{"a": {"$near": {"lat": 0, "lon": 0, "radius_m": -1}}}""", "filter.a.$near: expected {\"lat\"")]
    [InlineData("""{"a": {"$near": {"lat": 0, "lon": 0, "radius_m": 1, "unit": "m"}}}""", "filter.a.$near: expected {\"lat\"")]
    [InlineData("""{"a": 1, "a": 2}""", "filter.a: the key appears more than once")]
    [InlineData("""{"a": {"$gt": 1, "$gt": 2}}""", "filter.a.$gt: the key appears more than once")]
    [InlineData("""{"a": {"$eq": {"x": 1, "x": 2}}}""", "filter.a.$eq: the key \"x\" appears more than once.")]
    [InlineData("""{"a": {"$eq": 9223372036854775808}}""", "filter.a.$eq: the integer 9223372036854775808 is outside of int64")]
    [InlineData("""{"a": 1e999}""", "filter.a: the number 1e999 is beyond")]
    public void A_wrong_filter_is_refused_with_its_path(string json, string message)
    {
        HypervexException refusal = Assert.Throws<HypervexException>(() => Filter.Parse(json));
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.InvalidFilter, refusal.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"a": 1} {}""")]
    [InlineData("""{"a": 1} x""")]
    [InlineData("""{"a": 1""")]
    [InlineData("""{"a": 1,}""")]
    [InlineData("""{"a": 01}""")]
    [InlineData("""{"a": NaN}""")]
    [InlineData("""{/* x */ "a": 1}""")]
    [InlineData("""{"a": "\ud800"}""")]
    [InlineData("""{"\udc00": 1}""")]
    public void What_is_no_JSON_is_invalid_json(string json)
    {
        HypervexException refusal = Assert.Throws<HypervexException>(() => Filter.Parse(json));
        Assert.Equal(ErrorCode.InvalidJson, refusal.Code);
        Assert.StartsWith("filter", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_UTF8_is_refused() =>
        Assert.Equal(ErrorCode.InvalidJson, Assert.Throws<HypervexException>(() => Filter.Parse([.. "{\"a\": \""u8, 0xFF, .. "\"}"u8])).Code);

    [Fact]
    public void The_builder_refuses_the_same_operands()
    {
        AssertRefused(() => Filter.Field("a") > true, "filter.a.$gt: expected a number or a string, found a boolean.");
        AssertRefused(() => Filter.Field("a").Near(0, 181, 1), "filter.a.$near: expected");
        AssertRefused(() => Filter.Field("a").Near(0, double.NaN, 1), "filter.a.$near: expected finite");
        AssertRefused(() => Filter.Field("$a"), "filter: expected a field's name");
        AssertRefused(() => Filter.Field("\ud800"), "filter: expected a field's name");
    }

    [Fact]
    public void Nodes_are_limited_exactly()
    {
        string Choices(int count) => $"{{\"$or\": [{string.Join(", ", Enumerable.Range(0, count).Select(i => $"{{\"a\": {i}}}"))}]}}";
        var largest = Filter.Parse(Choices(Limits.MaxFilterNodes - 1));
        Assert.Equal(largest, Filter.Parse(largest.ToJson()));
        AssertRefused(() => Filter.Parse(Choices(Limits.MaxFilterNodes)), "filter.$or[255].a: expected at most 256");
        AssertRefused(() => largest | Filter.Field("b") == 1, "filter: expected at most 256");
        AssertRefused(() => Filter.Parse($"{{\"$and\": [{string.Join(", ", Enumerable.Repeat("{}", 300))}]}}"), "filter.$and[");
    }

    [Fact]
    public void Levels_are_limited_and_deep_JSON_is_refused()
    {
        Filter deepest = Filter.Field("a") == 1;
        for (int i = 1; i < FilterNode.MaxLevels; i++)
        {
            deepest = i % 2 == 0 ? deepest | Filter.Field("b") == i : deepest & Filter.Field("b") == i;
        }

        Assert.Equal(deepest, Filter.Parse(deepest.ToJson()));
        AssertRefused(() => deepest | Filter.Field("c") == 1, "filter: expected at most 32 levels");
        string deep = string.Concat(Enumerable.Repeat("{\"$not\": ", 33)) + "{}" + new string('}', 33);
        AssertRefused(() => Filter.Parse(deep), "filter.$not.$not");
        string abyss = string.Concat(Enumerable.Repeat("{\"$and\": [", 10_000));
        Assert.Throws<HypervexException>(() => Filter.Parse(abyss));
    }

    [Fact]
    public void Operands_are_limited_in_bytes()
    {
        string text = new('x', (int)FilterNode.MaxOperandBytes / 2);
        Filter half = Filter.Field("a") == text;
        AssertRefused(() => half & (half | Filter.Field("b") == text), "filter: expected at most 1048576 bytes of operands");
        AssertRefused(() => Filter.Parse($"{{\"a\": \"{text}\", \"b\": \"{text}\"}}"), "filter.b: more than 1048576 bytes");
        AssertRefused(() => Filter.Field("a") == text + text, "filter.a.$eq: expected an operand of at most 1048576 bytes");
    }

    [Fact]
    public void A_large_list_of_values_is_one_condition()
    {
        MetadataValue[] even = [.. Enumerable.Range(0, 50_000).Select(i => (MetadataValue)(2 * i))];
        Filter filter = Filter.Field("n").In(even);
        Assert.True(filter.Matches(MetadataEncoding.Encode(new MetadataObject { ["n"] = 99_998.0 })));
        Assert.False(filter.Matches(MetadataEncoding.Encode(new MetadataObject { ["n"] = 99_999 })));
    }

    [Fact]
    public void Field_names_come_once_each_in_order()
    {
        Filter filter = Filter.Field("b") == 1 & (Filter.Field("a") == 2 | !(Filter.Field("b") > 3)) & Filter.Field("c.d").Exists();
        Assert.Equal(["b", "a", "c.d"], filter.FieldNames);
    }

    [Fact]
    public void A_filter_is_read_out_of_a_larger_document()
    {
        var reader = new Utf8JsonReader("""{"filter": {"a": {"$gt": 1}}, "k": 3}"""u8);
        reader.Read();
        reader.Read();
        Assert.Equal(Filter.Field("a") > 1, Filter.Read(ref reader));
        Assert.Equal(JsonTokenType.EndObject, reader.TokenType);
        Assert.True(reader.Read());
        Assert.Equal("k", reader.GetString());
    }

    [Theory]
    [InlineData(9007199254740993, 9007199254740992.0, 1)]
    [InlineData(long.MaxValue, 9223372036854775808.0, -1)]
    [InlineData(long.MinValue, -9223372036854775808.0, 0)]
    [InlineData(long.MinValue, -9223372036854777856.0, 1)]
    [InlineData(5, 5.5, -1)]
    [InlineData(-5, -5.5, 1)]
    [InlineData(-5, -4.5, -1)]
    [InlineData(0, 5e-324, -1)]
    [InlineData(0, -5e-324, 1)]
    [InlineData(7, 7.0, 0)]
    public void Integers_and_floats_compare_exactly(long whole, double number, int order)
    {
        Assert.Equal(order, NumberOrder.Compare(whole, number));
        var record = new MetadataObject { ["n"] = whole };
        Assert.Equal(order > 0, (Filter.Field("n") > number).Matches(record));
        Assert.Equal(order == 0, (Filter.Field("n") == number).Matches(record));
        Assert.Equal(order == 0, Filter.Field("n").In(number, "x").Matches(MetadataEncoding.Encode(record)));
        Assert.Equal(order < 0, (Filter.Field("n") < number).Matches(MetadataEncoding.Encode(record)));
    }

    [Theory]
    [InlineData("""{"x": 1, "y": [1.0]}""", """{"y": [1], "x": 1.0}""", true)]
    [InlineData("""{"x": 1}""", """{"y": 1}""", false)]
    [InlineData("""{"x": 1}""", """{"x": 1, "y": 1}""", false)]
    [InlineData("""{"x": 1, "y": 1}""", """{"x": 1}""", false)]
    [InlineData("""{"x": 1}""", """{"x": 2.0}""", false)]
    [InlineData("[1, 2]", "[1.0, 2]", true)]
    [InlineData("[1, 2]", "[1.0]", false)]
    [InlineData("[1]", "[1.0, 2]", false)]
    [InlineData("[2, 1]", "[1.0, 2]", false)]
    [InlineData("[]", "{}", false)]
    [InlineData("[[1]]", "[1.0]", true)]
    public void Arrays_and_objects_are_equal_part_by_part(string stored, string operand, bool expected)
    {
        var record = MetadataObject.Parse($"{{\"a\": {stored}}}");
        foreach (string filter in new[] { $"{{\"a\": {{\"$eq\": {operand}}}}}", $"{{\"a\": {{\"$in\": [5, {operand}]}}}}" })
        {
            Assert.Equal(expected, Filter.Parse(filter).Matches(record));
            Assert.Equal(expected, Filter.Parse(filter).Matches(MetadataEncoding.Encode(record)));
        }
    }

    [Fact]
    public void Near_agrees_with_a_known_distance()
    {
        // Paris (Notre-Dame) to London (St Paul's) is about 341 km on the mean sphere, computed by the law of cosines.
        const double Lat1 = 48.8530, Lon1 = 2.3499, Lat2 = 51.5138, Lon2 = -0.0984;
        double Radians(double degrees) => degrees * Math.PI / 180;
        double expected = 6_371_008.8 * Math.Acos(
            (Math.Sin(Radians(Lat1)) * Math.Sin(Radians(Lat2)))
            + (Math.Cos(Radians(Lat1)) * Math.Cos(Radians(Lat2)) * Math.Cos(Radians(Lon1 - Lon2))));
        Assert.InRange(expected, 335_000, 345_000);
        var record = new MetadataObject { ["at"] = new MetadataObject { ["lat"] = Lat2, ["lon"] = Lon2 } };
        Assert.True(Filter.Field("at").Near(Lat1, Lon1, expected + 1).Matches(record));
        Assert.False(Filter.Field("at").Near(Lat1, Lon1, expected - 1).Matches(record));

        var pacific = new MetadataObject { ["at"] = new MetadataObject { ["lat"] = 0, ["lon"] = -179.9 } };
        Assert.True(Filter.Field("at").Near(0, 179.9, 23_000).Matches(pacific));
    }

    [Fact]
    public void Comparing_strings_follows_UTF8_and_not_UTF16()
    {
        var record = new MetadataObject { ["s"] = "😀" };
        Filter filter = Filter.Field("s") > "\uFFFD";
        Assert.True(Encoding.UTF8.GetBytes("😀").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes("\uFFFD")) > 0);
        Assert.True(filter.Matches(record));
        Assert.True(filter.Matches(MetadataEncoding.Encode(record)));
    }

    private static void AssertRefused(Func<object> action, string message)
    {
        HypervexException refusal = Assert.Throws<HypervexException>(action);
        Assert.Equal(ErrorCode.InvalidFilter, refusal.Code);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }
}
