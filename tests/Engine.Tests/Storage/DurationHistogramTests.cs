using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Storage;

public sealed class DurationHistogramTests
{
    [Fact]
    public void A_length_counts_in_the_first_bucket_that_holds_it()
    {
        var durations = new DurationHistogram();
        durations.Add(TimeSpan.Zero);
        durations.Add(DurationHistogram.Bounds[3]);
        durations.Add(DurationHistogram.Bounds[3] + TimeSpan.FromTicks(1));
        durations.Add(TimeSpan.FromDays(1));
        long[] counts = durations.Counts();
        Assert.Equal((1, 1, 1, 1, 4), (counts[0], counts[3], counts[4], counts[^1], counts.Sum()));
        Assert.Equal(TimeSpan.FromDays(1) + (DurationHistogram.Bounds[3] * 2) + TimeSpan.FromTicks(1), durations.Sum);
    }
}
