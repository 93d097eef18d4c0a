using Hypervex.Distances;

namespace Hypervex.Engine.Tests.Distances;

/// <summary>Distances in hyperbolic space against some 480 digits, from the origin to where the domain ends, near and far, radially and across.</summary>
public sealed unsafe class HyperbolicDistanceTests
{
    public static TheoryData<int, double> Spaces()
    {
        var spaces = new TheoryData<int, double>();
        foreach (int dimension in new[] { 1, 2, 3, 5, 8, 9, 16, 31, 64, 130 })
        {
            spaces.Add(dimension, 1);
        }

        spaces.Add(8, 0.25);
        spaces.Add(8, 3.7);
        spaces.Add(8, 1e-6);
        spaces.Add(8, 1e6);
        return spaces;
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void Poincare_distances_are_exact_up_to_rounding_of_float32(int dimension, double curvature)
    {
        var measure = new Measure(Metric.Poincare, curvature);
        foreach ((float[] u, float[] v) in Pairs(measure, dimension, ToPoincare))
        {
            double rank = Exact.PoincareRank(u, v, curvature).ToDouble();
            Check<PoincareRank>(measure, u, v, rank, answer: 3e-7, walk: 1e-5);
            double inFloat64 = Hyperbolic.PoincareDistance([.. u.Select(x => (double)x)], [.. v.Select(x => (double)x)], curvature);
            AssertNear(2 * Math.Asinh(Math.Sqrt(rank)) / Math.Sqrt(curvature), inFloat64, 1e-13);
        }
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void Lorentz_distances_are_exact_up_to_rounding_of_float32(int dimension, double curvature)
    {
        var measure = new Measure(Metric.Lorentz, curvature);
        foreach ((float[] u, float[] v) in Pairs(measure, dimension, ToLorentz))
        {
            // Walks see the point in the ball with float32 coordinates: near the boundary nothing is exact about points that are near each other.
            double rank = Exact.LorentzRank(u, v, curvature).ToDouble();
            double time = Math.Sqrt(curvature) * Math.Max(u[0], v[0]);
            double walk = 1e-5 + (1e-6 * time / Math.Min(1, Math.Sqrt(rank)));
            Check<LorentzRank>(measure, u, v, rank, answer: 3e-7, walk);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3.7)]
    public void Lorentz_distances_between_points_behind_each_other_are_exact_far_out(double curvature)
    {
        var random = new Random(5);
        var measure = new Measure(Metric.Lorentz, curvature);
        double worst = 0;
        for (double time = 1; time < 1.9e9; time *= 3)
        {
            float[] u = OnHyperboloid(Direction(random, 8), time, curvature);
            foreach (float factor in new[] { 0.5f, 0.984375f, 1e-3f, 1e-8f, -1e-4f, -1e-8f })
            {
                float[] v = OnHyperboloid([.. u.Skip(1).Select(x => (double)(x * factor))], curvature);
                float[] aside = [v[0], MathF.BitIncrement(v[1]), .. v.AsSpan(2)];
                foreach (float[] other in new[] { v, aside })
                {
                    double rank = Exact.LorentzRank(u, other, curvature).ToDouble();
                    Check<LorentzRank>(measure, u, other, rank, answer: 3e-7, walk: double.PositiveInfinity);
                    double distance = 2 * Math.Asinh(Math.Sqrt(rank)) / Math.Sqrt(curvature);
                    double inFloat64 = Hyperbolic.LorentzDistance([.. u.Select(x => (double)x)], [.. other.Select(x => (double)x)], curvature);
                    worst = Math.Max(worst, Math.Abs(inFloat64 - distance) / distance);
                }
            }
        }

        Assert.True(worst < 1e-7, $"{worst:e2} in float64");
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void A_point_has_distance_0_to_itself(int dimension, double curvature)
    {
        foreach (Metric metric in new[] { Metric.Poincare, Metric.Lorentz })
        {
            var measure = new Measure(metric, curvature);
            foreach ((float[] u, _) in Pairs(measure, dimension, metric == Metric.Poincare ? ToPoincare : ToLorentz))
            {
                float[] row = Row(measure, u);
                fixed (float* a = row)
                fixed (float* b = row.ToArray())
                {
                    Assert.Equal(0, metric == Metric.Poincare ? PoincareRank.Rank(a, b, row.Length) : LorentzRank.Rank(a, b, row.Length));
                    Assert.Equal(0, metric == Metric.Poincare ? PoincareRank.FastRank(a, b, row.Length) : LorentzRank.FastRank(a, b, row.Length));
                }
            }
        }
    }

    [Fact]
    public void Ranks_and_distances_are_inverse()
    {
        foreach (double curvature in new[] { 0.01, 1, 40 })
        {
            var measure = new Measure(Metric.Poincare, curvature);
            foreach (float distance in new[] { 0, 1e-6f, 0.1f, 1, 3, 12 })
            {
                Assert.Equal(distance, measure.ToDistance(measure.ToRank(distance)), 1e-6f * (1 + distance));
            }
        }
    }

    private static void Check<TKernel>(Measure measure, float[] u, float[] v, double rank, double answer, double walk)
        where TKernel : struct, IKernel
    {
        float[] rowU = Row(measure, u), rowV = Row(measure, v);
        float[] ranks = new float[4];
        fixed (float* a = rowU, b = rowV, four = ranks)
        {
            double distance = 2 * Math.Asinh(Math.Sqrt(rank)) / Math.Sqrt(measure.Curvature);
            float found = TKernel.Rank(a, b, rowU.Length);
            AssertNear(distance, measure.ToDistance(found), answer);
            AssertNear(distance, measure.ToDistance(TKernel.Rank(b, a, rowU.Length)), answer);
            AssertNear(distance, measure.ToDistance(TKernel.FastRank(a, b, rowU.Length)), walk);
            TKernel.RankFour(a, b, a, b, b, rowU.Length, four);
            Assert.Equal([found, 0, found, found], ranks);
        }
    }

    private static void AssertNear(double expected, double actual, double relative) =>
        Assert.True(Math.Abs(expected - actual) <= relative * expected, $"{actual:r} is not {expected:r}: {Math.Abs(expected - actual) / expected:e2}");

    private static float[] Row(Measure measure, float[] point)
    {
        Assert.Null(VectorDomain.Check(measure, point, out _));
        float[] row = new float[point.Length + HyperbolicRows.ExtraPlaces];
        VectorDomain.Prepare(measure, point, row);
        return row;
    }

    /// <summary>Points in each distance from the boundary, with one across, one farther out in the same direction and one very near.</summary>
    private static List<(float[] U, float[] V)> Pairs(Measure measure, int dimension, Func<double[], double, float[]> convert)
    {
        var random = new Random(7 * dimension);
        var pairs = new List<(float[] U, float[] V)>();
        const double deepest = 1e-9;
        for (double gap = 1; gap >= deepest; gap /= 10)
        {
            double[] direction = Direction(random, dimension);
            double[] other = Direction(random, dimension);
            double[] nearby = [.. direction.Zip(other, (x, y) => x + (0.1 * gap * y))];
            float[] u = convert(Scaled(direction, 1 - gap), measure.Curvature);
            foreach (double[] v in new[] { Scaled(other, 1 - (0.7 * gap)), Scaled(direction, 1 - (0.5 * gap)), Scaled(Unit(nearby), 1 - gap), Scaled(other, 0.3) })
            {
                float[] point = convert(v, measure.Curvature);
                bool isIn = VectorDomain.Check(measure, u, out _) is null && VectorDomain.Check(measure, point, out _) is null;
                if (isIn && !u.AsSpan(measure.Metric == Metric.Lorentz ? 1 : 0).SequenceEqual(point.AsSpan(measure.Metric == Metric.Lorentz ? 1 : 0)))
                {
                    pairs.Add((u, point));
                }
            }
        }

        Assert.True(pairs.Count >= 10, $"{pairs.Count} pairs");
        return pairs;
    }

    private static float[] OnHyperboloid(double[] direction, double length, double curvature) => OnHyperboloid(Scaled(direction, length / Math.Sqrt(curvature)), curvature);

    private static float[] OnHyperboloid(double[] space, double curvature) => [(float)Math.Sqrt((1 / curvature) + space.Sum(x => x * x)), .. space.Select(x => (float)x)];

    private static float[] ToPoincare(double[] unit, double curvature) => [.. unit.Select(x => (float)(x / Math.Sqrt(curvature)))];

    private static float[] ToLorentz(double[] unit, double curvature) =>
        [.. Hyperbolic.PoincareToLorentz(unit).Select(x => (float)(x / Math.Sqrt(curvature)))];

    private static double[] Direction(Random random, int dimension)
    {
        double[] direction = new double[dimension];
        for (int i = 0; i < dimension; i++)
        {
            direction[i] = random.NextDouble() - 0.5;
        }

        return Unit(direction);
    }

    private static double[] Unit(double[] vector) => Scaled(vector, 1 / Math.Sqrt(vector.Sum(x => x * x)));

    private static double[] Scaled(double[] vector, double scale) => [.. vector.Select(x => scale * x)];
}
