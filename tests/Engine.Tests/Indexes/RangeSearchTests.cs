using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>Range search: every row within a radius, against a scan of all rows.</summary>
public sealed class RangeSearchTests
{
    private const int Seed = 61;

    [Theory]
    [InlineData(Metric.L2, QuantizationKind.None)]
    [InlineData(Metric.Cosine, QuantizationKind.None)]
    [InlineData(Metric.Manhattan, QuantizationKind.None)]
    [InlineData(Metric.Dot, QuantizationKind.None)]
    [InlineData(Metric.L2, QuantizationKind.Sq8)]
    [InlineData(Metric.Cosine, QuantizationKind.Sq4)]
    public void The_graph_finds_what_lies_within_a_radius(Metric metric, QuantizationKind codes)
    {
        const int Dimension = 24;
        using var index = new IndexUnderTest(metric, Dimension, codes: codes);
        index.AddAll(Samples.Clustered(6000, Dimension, 30, 0.5, Seed));
        index.WaitUntilLinked();
        double found = 0;
        double there = 0;
        foreach (float[] query in Samples.Clustered(20, Dimension, 30, 0.5, Seed + 1))
        {
            SlotHit[] all = index.Search(query, 6000, new FieldSearch { Exact = true });
            foreach (int rank in (int[])[0, 5, 60, 250])
            {
                float radius = all[rank].Distance;
                SlotHit[] expected = [.. all.TakeWhile(hit => hit.Distance <= radius)];
                SlotHit[] walked = index.Search(query, 6000, new FieldSearch { Radius = radius });
                Assert.Equal(expected, index.Search(query, 6000, new FieldSearch { Radius = radius, Exact = true }));
                Assert.Empty(walked.Except(expected));
                Assert.Equal(walked.Order(), walked);
                found += walked.Length;
                there += expected.Length;
            }
        }

        Assert.True(found >= 0.97 * there, $"seed {Seed}, {metric}, {codes}: {found} of {there} rows were found");
    }

    [Fact]
    public void A_beam_that_is_not_widened_would_miss_most_of_them()
    {
        using var index = new IndexUnderTest(Metric.L2, 16);
        index.AddAll(Samples.Clustered(20_000, 16, 1, 1, Seed));
        index.WaitUntilLinked();
        float[] query = Samples.Clustered(1, 16, 1, 1, Seed + 1)[0];
        float radius = index.Search(query, 301, new FieldSearch { Exact = true })[^1].Distance;
        var search = new FieldSearch { Radius = radius, Ef = 64 };
        Assert.Equal(64, index.Report(query, 64, search with { Radius = null }).Ef);
        Assert.True(index.Search(query, 2000, search).Length >= 290, $"seed {Seed}: {index.Search(query, 2000, search).Length} of 301 rows were found");
        Assert.True(index.Report(query, 2000, search).Ef > 64);
    }

    [Fact]
    public void No_more_come_back_than_there_is_room_for_and_those_are_the_nearest()
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        index.AddAll(Samples.Clustered(3000, 8, 1, 1, Seed));
        index.WaitUntilLinked();
        float[] query = new float[8];
        SlotHit[] nearest = index.Search(query, 20, new FieldSearch { Exact = true });
        Assert.Equal(nearest, index.Search(query, 20, new FieldSearch { Radius = 1000, Exact = true }));
        Assert.Equal(nearest, index.Search(query, 20, new FieldSearch { Radius = 1000, Ef = 200 }));
    }

    [Fact]
    public void A_filter_and_removed_rows_hold_within_a_radius_too()
    {
        using var index = new IndexUnderTest(Metric.L2, 8);
        index.AddAll(Samples.Clustered(5000, 8, 1, 1, Seed));
        index.WaitUntilLinked();
        for (uint slot = 0; slot < 1000; slot++)
        {
            index.Remove(slot);
        }

        var search = new FieldSearch { Radius = 2.5f, Allowed = IndexUnderTest.Set(index.Live.Where(slot => slot % 2 == 0), 5000) };
        float[] query = new float[8];
        SlotHit[] exact = index.Search(query, 5000, search with { Exact = true });
        Assert.NotEmpty(exact);
        Assert.All(exact, hit => Assert.True(hit.Slot >= 1000 && hit.Slot % 2 == 0 && hit.Distance <= 2.5f));
        SlotHit[] walked = index.Search(query, 5000, search);
        Assert.Empty(walked.Except(exact));
        Assert.True(walked.Length >= 0.97 * exact.Length, $"seed {Seed}: {walked.Length} of {exact.Length}");
    }
}
