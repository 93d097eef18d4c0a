using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

public sealed class FilterPropertyTests
{
    private const int Seed = 20260127;

    [Fact]
    public void Both_evaluators_agree_on_random_filters_and_metadata()
    {
        var metadata = new RandomMetadata(Seed);
        var filters = new RandomFilter(metadata);
        int matches = 0;
        var matchesOf = new int[Enum.GetValues<FilterOperator>().Length];
        for (int i = 0; i < 10_000; i++)
        {
            Filter filter = filters.Next(levels: i % 4);
            for (int j = 0; j < 4; j++)
            {
                MetadataObject record = metadata.Object(levels: 3);
                bool expected = filter.Matches(record);
                bool actual = filter.Matches(MetadataEncoding.Encode(record));
                Assert.True(expected == actual, $"seed {Seed}, filter {i}: {filter} on {record}: the oracle says {expected}.");
                matches += expected ? 1 : 0;
                if (expected && filter.Root is FilterCondition condition)
                {
                    matchesOf[(int)condition.Operator]++;
                }
            }
        }

        // Agreement means something only where both answers occur, for every operator.
        Assert.InRange(matches, 8_000, 32_000);
        Assert.All(matchesOf, count => Assert.InRange(count, 5, int.MaxValue));
    }

    [Fact]
    public void Both_evaluators_agree_where_fields_are_declared_to_hold_dates()
    {
        var metadata = new RandomMetadata(Seed + 4);
        var filters = new RandomFilter(metadata);
        int asked = 0;
        int changed = 0;
        for (int i = 0; i < 10_000; i++)
        {
            Filter filter = (i % 3) switch
            {
                0 => filters.Next(levels: i % 4),
                1 => Filter.Field("a") >= metadata.Date() & Filter.Field("a") <= metadata.Date(),
                _ => Filter.Field("a") == metadata.Date() | Filter.Field("tags").In(metadata.Date(), metadata.Text()),
            };
            Filter bound;
            try
            {
                bound = filter.OnDates(name => name != "b");
            }
            catch (HypervexException refusal) when (refusal.Code == ErrorCode.InvalidFilter)
            {
                continue; // an order between a date and another text
            }

            asked++;
            for (int j = 0; j < 4; j++)
            {
                MetadataObject record = metadata.Object(levels: 3);
                record["a"] = metadata.Chance.Next(3) == 0 ? new[] { metadata.Text(), metadata.Date() } : metadata.Date();
                bool expected = bound.Matches(record);
                bool actual = bound.Matches(MetadataEncoding.Encode(record));
                Assert.True(expected == actual, $"seed {Seed + 4}, filter {i}: {filter} on {record}: the oracle says {expected}.");
                changed += expected != filter.Matches(record) ? 1 : 0;
            }
        }

        Assert.True(asked > 5_000 && changed > 100, $"{asked} filters were asked, and {changed} answers differ from those about texts");
    }

    [Fact]
    public void A_filter_survives_its_JSON_form()
    {
        var metadata = new RandomMetadata(Seed + 1);
        var filters = new RandomFilter(metadata);
        for (int i = 0; i < 10_000; i++)
        {
            Filter filter = filters.Next(levels: i % 5);
            var again = Filter.Parse(filter.ToJson());
            Assert.True(filter.Equals(again), $"seed {Seed + 1}, filter {i}: {filter} became {again}.");
            Assert.Equal(filter.GetHashCode(), again.GetHashCode());
            Assert.Equal(filter.ToJson(), again.ToJson());
        }
    }

    [Fact]
    public void A_value_is_in_a_list_when_it_equals_one_of_them()
    {
        var random = new RandomMetadata(Seed + 3);
        int inside = 0;
        for (int i = 0; i < 5_000; i++)
        {
            MetadataValue[] list = [.. Enumerable.Range(0, random.Chance.Next(12)).Select(_ => random.Value(1))];
            MetadataValue value = random.Scalar();
            byte[] record = MetadataEncoding.Encode(new MetadataObject { ["x"] = value });
            bool expected = list.Any(item => (Filter.Field("x") == item).Matches(record));
            Assert.True(expected == Filter.Field("x").In(list).Matches(record), $"seed {Seed + 3}, list {i}: {value} in [{string.Join(", ", list)}]");
            Assert.Equal(!expected, Filter.Field("x").NotIn(list).Matches(record));
            inside += expected ? 1 : 0;
        }

        Assert.InRange(inside, 500, 4_500);
    }

    [Fact]
    public void Negation_and_De_Morgan_hold()
    {
        var metadata = new RandomMetadata(Seed + 2);
        var filters = new RandomFilter(metadata);
        for (int i = 0; i < 5_000; i++)
        {
            Filter left = filters.Next(levels: 2);
            Filter right = filters.Next(levels: 2);
            byte[] record = MetadataEncoding.Encode(metadata.Object(levels: 3));
            Assert.Equal(!left.Matches(record), (!left).Matches(record));
            Assert.Equal((!(left & right)).Matches(record), (!left | !right).Matches(record));
            Assert.Equal((!(left | right)).Matches(record), (!left & !right).Matches(record));
        }
    }

    [Fact]
    public void Evaluating_bytes_allocates_nothing()
    {
        Filter filter = Filter.Field("year") >= 2020
            & (Filter.Field("lang").In("de", "en") | Filter.Field("a.b") != 1.5)
            & !Filter.Field("tags").Contains("draft")
            & Filter.Field("place").Near(48, 11, 500_000);
        byte[] record = MetadataEncoding.Encode(MetadataObject.Parse(
            """{"year": 2021, "lang": "en", "a": {"b": 2}, "tags": ["x", "y"], "place": {"lat": 48.1, "lon": 11.5}}"""));
        bool matched = true;
        long least = long.MaxValue;
        for (int round = 0; round < 10; round++) // the runtime compiles in some of them; what the filter allocates, it allocates in all
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
            {
                matched &= filter.Matches(record);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.True(matched);
    }
}
