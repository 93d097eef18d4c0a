using System.Diagnostics;
using Hypervex.Cli.Benchmarks;

namespace Hypervex.Cli.Tests.Benchmarks;

public sealed class LatencySamplesTests
{
    [Theory]
    [InlineData(0.50, 50)]
    [InlineData(0.95, 95)]
    [InlineData(0.99, 99)]
    [InlineData(0.991, 100)]
    [InlineData(1, 100)]
    [InlineData(0, 1)]
    public void A_percentile_is_the_nearest_rank_of_all_samples(double share, int expectedTicks)
    {
        LatencySamples samples = new(capacity: 3);
        foreach (int ticks in Enumerable.Range(1, 100).OrderBy(i => i * 37 % 101))
        {
            samples.Add(ticks);
        }

        Assert.Equal(expectedTicks * 1e6 / Stopwatch.Frequency, samples.PercentileMicroseconds(share), precision: 9);
    }

    [Fact]
    public void Samples_added_after_a_percentile_count()
    {
        LatencySamples samples = new();
        samples.Add(1);
        double before = samples.PercentileMicroseconds(1);
        samples.Add(9);

        Assert.Equal(9 * before, samples.PercentileMicroseconds(1), precision: 9);
    }

    [Fact]
    public void Merging_keeps_every_sample()
    {
        LatencySamples left = new(), right = new();
        left.Add(1);
        left.Add(3);
        right.Add(2);

        var all = LatencySamples.Merge([left, right]);

        Assert.Equal(3, all.Count);
        Assert.Equal(2e6 / Stopwatch.Frequency, all.PercentileMicroseconds(0.5), precision: 9);
    }
}
