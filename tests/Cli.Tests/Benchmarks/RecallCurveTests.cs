using Hypervex.Cli.Benchmarks;

namespace Hypervex.Cli.Tests.Benchmarks;

public sealed class RecallCurveTests
{
    [Theory]
    [InlineData(0.90, 1_000)]
    [InlineData(0.95, 800)]
    [InlineData(0.925, 900)]
    [InlineData(0.96, 640)]
    [InlineData(1.00, 0)]
    public void Between_two_points_the_rate_runs_in_a_straight_line(double recall, double expected)
    {
        var curve = new RecallCurve([(0.95, 800), (0.9, 1_000), (1, 0)]);

        (double rate, CurveReach reach) = curve.At(recall);

        Assert.Equal(expected, rate, precision: 6);
        Assert.Equal(CurveReach.Within, reach);
    }

    [Fact]
    public void A_point_that_another_beats_in_both_does_not_count()
    {
        var curve = new RecallCurve([(0.9, 1_000), (0.94, 300), (0.95, 800)]);

        Assert.Equal(840, curve.At(0.94).Rate, precision: 6);
    }

    [Fact]
    public void Of_two_points_with_the_same_recall_the_faster_counts()
    {
        var curve = new RecallCurve([(0.9, 500), (0.9, 700)]);

        Assert.Equal((700, CurveReach.Within), curve.At(0.9));
    }

    [Fact]
    public void Below_the_narrowest_beam_the_rate_is_a_lower_bound()
    {
        var curve = new RecallCurve([(0.95, 800), (0.99, 500)]);

        Assert.Equal((800, CurveReach.AtLeast), curve.At(0.5));
    }

    [Fact]
    public void Beyond_the_widest_beam_there_is_no_rate()
    {
        Assert.Equal((0, CurveReach.NotReached), new RecallCurve([(0.95, 800)]).At(0.96));
        Assert.Equal((0, CurveReach.NotReached), new RecallCurve([]).At(0.5));
    }
}
