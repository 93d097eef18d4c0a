namespace Hypervex.Engine.Tests.Fields;

public sealed class RandomSampleTests
{
    private const int Records = 60;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_record_that_matches_is_chosen_as_often_as_the_others(bool filtered)
    {
        using Database database = Open(out Collection collection);
        Filter? filter = filtered ? Filter.Field("odd") == true : null;
        string[] matching = [.. Enumerable.Range(0, Records).Where(i => !filtered || i % 2 == 1).Select(i => $"r{i}")];
        var chosen = matching.ToDictionary(id => id, _ => 0);
        var first = matching.ToDictionary(id => id, _ => 0);
        const int Samples = 4_000;
        const int Size = 6;
        for (int seed = 0; seed < Samples; seed++)
        {
            IReadOnlyList<VectorRecord> sample = collection.Sample(Size, filter, seed, Include.None);
            Assert.Equal(Size, sample.Select(record => record.Id).Distinct().Count());
            first[sample[0].Id]++;
            foreach (VectorRecord record in sample)
            {
                chosen[record.Id]++;
            }
        }

        // The seeds are fixed, and so are the figures: chi-square of 59 or 29 degrees of freedom lies below 110 or 70 with a chance of 0.9999.
        double limit = filtered ? 70 : 110;
        Assert.InRange(ChiSquare(chosen.Values, (double)Samples * Size / matching.Length), 0, limit);
        Assert.InRange(ChiSquare(first.Values, (double)Samples / matching.Length), 0, limit);
    }

    [Fact]
    public void A_seed_decides_the_sample_and_none_does_not()
    {
        using Database database = Open(out Collection collection);
        Assert.Equal(Ids(collection.Sample(10, seed: 3)), Ids(collection.Sample(10, seed: 3)));
        Assert.NotEqual(Ids(collection.Sample(10, seed: 3)), Ids(collection.Sample(10, seed: 4)));
        Assert.True(Enumerable.Range(0, 20).Select(_ => string.Join(' ', Ids(collection.Sample(10)))).Distinct().Count() > 1);
    }

    [Fact]
    public void A_sample_of_more_than_there_are_is_all_that_match()
    {
        using Database database = Open(out Collection collection);
        Assert.Equal(Records, Ids(collection.Sample(1_000)).Distinct().Count());
        Assert.Equal(Records / 2, Ids(collection.Sample(1_000, Filter.Field("odd") == true)).Distinct().Count());
        Assert.Empty(collection.Sample(5, Filter.Field("none") == 1));
        VectorRecord record = collection.Sample(1, include: Include.Vectors)[0];
        Assert.Equal((true, null), (record.Vector is not null, record.Metadata));
        Assert.Equal(ErrorCode.LimitOutOfRange, Assert.Throws<HypervexException>(() => collection.Sample(0)).Code);
        Assert.Equal(ErrorCode.LimitOutOfRange, Assert.Throws<HypervexException>(() => collection.Sample(10_001)).Code);
    }

    private static double ChiSquare(IEnumerable<int> counts, double expected) => counts.Sum(count => (count - expected) * (count - expected) / expected);

    private static string[] Ids(IReadOnlyList<VectorRecord> records) => [.. records.Select(record => record.Id)];

    private static Database Open(out Collection collection)
    {
        var database = Database.CreateInMemory();
        collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        for (int i = 0; i < Records; i++)
        {
            collection.Upsert($"r{i}", [i, 0], new MetadataObject { ["odd"] = i % 2 == 1 });
        }

        return database;
    }
}
