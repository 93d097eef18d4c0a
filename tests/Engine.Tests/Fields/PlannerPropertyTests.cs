using System.Numerics;
using Hypervex.Engine.Tests.Metadata;
using Hypervex.Fields;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Fields;

/// <summary>Random filters on random records, by indexes against the evaluator, while records come, change, move and go.</summary>
public sealed class PlannerPropertyTests
{
    private const int Seed = 20261121;
    private const int Slots = 400;

    private static readonly string[] s_fields = ["a", "b", "a.b", "tags", "year", "", "é", "place"];

    [Fact]
    public void Plans_agree_with_the_evaluator_on_ten_thousand_random_filters()
    {
        var random = new RandomMetadata(Seed);
        var filters = new RandomFilter(random);
        long sure = 0;
        long open = 0;
        for (int round = 0; round < 100; round++)
        {
            using var indexes = new FieldIndexes();
            indexes.Declare(RandomIndexes(random));
            foreach (BuiltIndex index in indexes.All)
            {
                index.Finish();
            }

            var records = new Dictionary<uint, MetadataObject>();
            for (int i = 0; i < 100; i++)
            {
                Change(indexes, records, random, changes: i == 0 ? 300 : 5);
                Check(indexes, records, filters.Next(levels: i % 4), $"seed {Seed}, round {round}, filter {i}", ref sure, ref open);
            }
        }

        // Agreement means something only where indexes decide much.
        Assert.True(sure > open / 10, $"the indexes decided {sure} matches, and left {open} to the records");
    }

    [Fact]
    public void An_index_that_misses_a_change_disagrees()
    {
        using var indexes = new FieldIndexes();
        indexes.Declare([("kind", FieldIndexType.Keyword)]);
        indexes.All[0].Finish();
        indexes.Add(0, MetadataEncoding.Encode(new MetadataObject { ["kind"] = "tree" }));
        var records = new Dictionary<uint, MetadataObject> { [0] = new() { ["kind"] = "fern" } };
        long count = 0;
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Check(indexes, records, Filter.Field("kind") == "fern", "control", ref count, ref count));
    }

    internal static List<(string Field, FieldIndexType Type)> RandomIndexes(RandomMetadata random)
    {
        FieldIndexType[] types = Enum.GetValues<FieldIndexType>();
        return [.. s_fields.Where(_ => random.Chance.Next(5) > 0).Select(field => (field, types[random.Chance.Next(types.Length)]))];
    }

    internal static void Change(FieldIndexes indexes, Dictionary<uint, MetadataObject> records, RandomMetadata random, int changes)
    {
        for (int i = 0; i < changes; i++)
        {
            // Far apart, so that several chunks are met.
            uint slot = (uint)(random.Chance.Next(Slots) * 331);
            if (!records.TryGetValue(slot, out MetadataObject? old))
            {
                records[slot] = random.Object(levels: 3);
                indexes.Add(slot, MetadataEncoding.Encode(records[slot]));
                continue;
            }

            byte[] before = MetadataEncoding.Encode(old);
            uint target = (uint)(random.Chance.Next(Slots) * 331);
            switch (random.Chance.Next(3))
            {
                case 0:
                    records.Remove(slot);
                    indexes.Remove(slot, before);
                    break;
                case 1 when !records.ContainsKey(target):
                    records.Remove(slot);
                    records[target] = random.Object(levels: 3);
                    indexes.Replace(slot, before, target, MetadataEncoding.Encode(records[target]));
                    break;
                default:
                    records[slot] = random.Object(levels: 3);
                    indexes.Replace(slot, before, slot, MetadataEncoding.Encode(records[slot]));
                    break;
            }
        }
    }

    internal static void Check(FieldIndexes indexes, Dictionary<uint, MetadataObject> records, Filter filter, string where, ref long sure, ref long open)
    {
        if (indexes.Plan(filter, null) is not { } plan)
        {
            return;
        }

        int words = (Slots * 331 / 64) + 1;
        ulong[] yes = new ulong[words];
        ulong[] maybe = new ulong[words];
        Array.Fill(yes, 0xAAAAUL);
        Assert.True(plan.TryMatch(yes, maybe, CancellationToken.None), where);
        long expected = 0;
        foreach ((uint slot, MetadataObject record) in records)
        {
            bool surely = (yes[slot >> 6] >> (int)(slot & 63) & 1) != 0;
            bool perhaps = (maybe[slot >> 6] >> (int)(slot & 63) & 1) != 0;
            bool matches = filter.Matches(record);
            if ((surely && perhaps) || (matches ? !surely && !perhaps : surely))
            {
                Assert.Fail($"{where}: {filter} on slot {slot} with {record}: the evaluator says {matches}, the plan {surely} or {perhaps}");
            }

            sure += surely ? 1 : 0;
            open += perhaps ? 1 : 0;
            expected += surely || perhaps ? 1 : 0;
        }

        long found = yes.Sum(word => (long)BitOperations.PopCount(word)) + maybe.Sum(word => (long)BitOperations.PopCount(word));
        if (found != expected)
        {
            Assert.Fail($"{where}: {filter} finds {found} slots, {expected} of them with records");
        }
    }
}
