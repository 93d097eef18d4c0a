using System.Globalization;
using Hypervex.Engine.Tests.Metadata;
using Hypervex.Fields;
using Hypervex.Metadata;
using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Fields;

/// <summary>
/// Random filter trees asked of a collection that has an index of every type, arrays and odd values included: what counts, lists and searches find is what the evaluator finds
/// in the records themselves. The records change between the questions. A run prints its seed, and a failure names it with the case.
/// </summary>
public sealed class FilteredQueryPropertyTests(ITestOutputHelper output)
{
    private const int Seed = 20261122;
    private const int Cases = 10_000;
    private const int CasesOfARound = 1_000;
    private const int Records = 200;
    private const int EverySearched = 8;

    private static readonly string[] s_fields = ["a", "b", "a.b", "tags", "year", "é", "place"];

    [Fact]
    public void Plans_with_every_type_of_index_agree_with_the_evaluator_on_ten_thousand_random_trees() => Run(Seed, Cases);

    [Fact]
    [Trait("Tier", "Long")]
    public void Plans_agree_with_the_evaluator_from_a_seed_that_nobody_has_seen() =>
        Run(int.TryParse(Environment.GetEnvironmentVariable("HYPERVEX_PROPERTY_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : Random.Shared.Next(), 10 * Cases);

    [Fact]
    public void An_answer_that_the_evaluator_does_not_give_is_noticed()
    {
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        collection.Upsert(new VectorRecord("r0", [0]) { Metadata = new MetadataObject { ["a"] = "oak" } });
        var model = new Dictionary<string, MetadataObject> { ["r0"] = new() { ["a"] = "elm" } };
        Filter filter = Filter.Field("a") == "oak";
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Check(collection, model, filter, filter, isSearched: false, "control"));
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Check(collection, model, filter, filter, isSearched: true, "control"));
    }

    private void Run(int seed, int cases)
    {
        output.WriteLine($"seed {seed}, {cases} cases");
        var random = new RandomMetadata(seed);
        var filters = new RandomFilter(random);
        var asked = new Dictionary<FieldIndexType, int>();
        int refused = 0;
        long matched = 0;
        for (int first = 0; first < cases; first += CasesOfARound)
        {
            using var database = Database.CreateInMemory();
            FieldIndexType[] types = Enum.GetValues<FieldIndexType>();
            random.Chance.Shuffle(types);
            Dictionary<string, FieldIndexType> indexes = s_fields.Zip(types).ToDictionary(pair => pair.First, pair => pair.Second);
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2) with { FieldIndexes = indexes });
            var model = new Dictionary<string, MetadataObject>();
            for (int number = 0; number < Records; number++)
            {
                Write(collection, model, random);
            }

            collection.WaitForFieldIndexes();
            for (int i = first; i < first + CasesOfARound; i++)
            {
                Write(collection, model, random);
                Filter filter = filters.Next(levels: i % 5);
                Filter meant;
                try
                {
                    meant = filter.OnDates(name => indexes.TryGetValue(name, out FieldIndexType type) && type == FieldIndexType.Datetime);
                }
                catch (HypervexException refusal) when (refusal.Code == ErrorCode.InvalidFilter)
                {
                    refused++; // an order between a date and another text: the collection has to say so as well
                    Assert.Equal(ErrorCode.InvalidFilter, Assert.Throws<HypervexException>(() => collection.CountWhere(filter)).Code);
                    continue;
                }

                matched += Check(collection, model, filter, meant, i % EverySearched == 0, $"seed {seed}, case {i}");
                foreach (string field in filter.FieldNames.Where(indexes.ContainsKey))
                {
                    asked[indexes[field]] = asked.GetValueOrDefault(indexes[field]) + 1;
                }
            }
        }

        output.WriteLine($"{matched} matches, {refused} refused, questions by type of index: {string.Join(", ", asked)}");

        // Agreement means something only where filters meet indexes of every type, and match some records but not all.
        Assert.All(Enum.GetValues<FieldIndexType>(), type => Assert.True(asked.GetValueOrDefault(type) > cases / 20, $"{type}: {asked.GetValueOrDefault(type)} questions"));
        Assert.InRange(matched, (long)cases * Records / 20, (long)cases * Records / 2);
        Assert.True(refused < cases / 10, $"{refused} of {cases} filters were refused");
    }

    private static void Write(Collection collection, Dictionary<string, MetadataObject> model, RandomMetadata random)
    {
        int number = random.Chance.Next(Records);
        string id = $"r{number}";
        if (model.Count > Records / 2 && random.Chance.Next(5) == 0)
        {
            collection.Delete(id);
            model.Remove(id);
            return;
        }

        // A new vector now and then moves the record to another slot.
        model[id] = random.Object(levels: 3);
        collection.Upsert(new VectorRecord(id, [random.Chance.Next(4) == 0 ? number + 0.25f : number]) { Metadata = model[id] });
    }

    private static long Check(Collection collection, Dictionary<string, MetadataObject> model, Filter filter, Filter meant, bool isSearched, string where)
    {
        string[] expected = [.. model.Where(pair => meant.Matches(pair.Value)).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        long counted = collection.CountWhere(filter);
        Assert.True(counted == expected.Length, $"{where}: {filter}: the evaluator finds {expected.Length}, a count {counted}");
        if (isSearched)
        {
            string[] listed = [.. collection.List(new ListOptions { Filter = filter, Limit = 10_000 }).Records.Select(record => record.Id).Order(StringComparer.Ordinal)];
            Assert.True(expected.SequenceEqual(listed), $"{where}: {filter}: the evaluator finds {string.Join(' ', expected)}, a listing {string.Join(' ', listed)}");
            string[] found = [.. collection.Search([0], Records, new SearchOptions { Filter = filter }).Select(hit => hit.Id).Order(StringComparer.Ordinal)];
            Assert.True(expected.SequenceEqual(found), $"{where}: {filter}: the evaluator finds {string.Join(' ', expected)}, a search {string.Join(' ', found)}");
        }

        return expected.Length;
    }
}
