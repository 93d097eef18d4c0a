namespace Hypervex.Engine.Tests.Distances;

/// <summary>The geometry's identities, which hold for any points and curvature.</summary>
public sealed class HyperbolicTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(0.3)]
    [InlineData(5)]
    public void The_identities_of_the_geometry_hold(double c)
    {
        var random = new Random(3);
        for (int i = 0; i < 200; i++)
        {
            double[] x = Point(random, 4, c), y = Point(random, 4, c), z = Point(random, 4, c);
            double[] minusX = [.. x.Select(value => -value)];

            // Left cancellation, and distance = 2/√c artanh(√c |(-x) ⊕ y|) (Ganea et al., equation 6).
            AssertNear(y, Hyperbolic.MobiusAdd(minusX, Hyperbolic.MobiusAdd(x, y, c), c));
            double distance = Hyperbolic.PoincareDistance(x, y, c);
            double[] difference = Hyperbolic.MobiusAdd(minusX, y, c);
            Assert.Equal(2 / Math.Sqrt(c) * Math.Atanh(Math.Sqrt(c) * Math.Sqrt(difference.Sum(value => value * value))), distance, 1e-8);

            // Translation is an isometry; both models measure alike; conversion is invertible.
            Assert.Equal(distance, Hyperbolic.PoincareDistance(Hyperbolic.MobiusAdd(z, x, c), Hyperbolic.MobiusAdd(z, y, c), c), 1e-7);
            double[] u = Hyperbolic.PoincareToLorentz(x, c), v = Hyperbolic.PoincareToLorentz(y, c);
            Assert.Equal(distance, Hyperbolic.LorentzDistance(u, v, c), 1e-8);
            Assert.Equal(1 / c, (u[0] * u[0]) - u.Skip(1).Sum(value => value * value), 1e-9 * u[0] * u[0]);
            AssertNear(x, Hyperbolic.LorentzToPoincare(u, c));

            // Exponential and logarithmic map are inverse, and half of the way is the middle.
            double[] tangent = Hyperbolic.Log(x, y, c);
            AssertNear(y, Hyperbolic.Exp(x, tangent, c));
            double[] middle = Hyperbolic.Exp(x, [.. tangent.Select(value => value / 2)], c);
            Assert.Equal(distance / 2, Hyperbolic.PoincareDistance(x, middle, c), 1e-8);
            AssertNear(middle, Hyperbolic.EinsteinMidpoint([x, y], curvature: c));
            AssertNear(middle, Hyperbolic.FrechetMean([x, y], curvature: c), 1e-7);
        }
    }

    [Fact]
    public void No_point_has_less_squared_distance_than_the_mean()
    {
        var random = new Random(5);
        double[][] points = [.. Enumerable.Range(0, 30).Select(_ => Point(random, 3, 1))];
        double[] weights = [.. points.Select(_ => random.NextDouble())];
        double[] mean = Hyperbolic.FrechetMean(points, weights);
        double least = Sum(mean);
        for (int i = 0; i < 100; i++)
        {
            double[] step = [.. Enumerable.Range(0, 3).Select(_ => 0.001 * (random.NextDouble() - 0.5))];
            Assert.True(Sum(Hyperbolic.Exp(mean, step)) >= least);
        }

        // Its weighted logarithms add up to nothing, other than those of the centre of mass.
        Assert.True(Gradient(mean) < 1e-9, $"{Gradient(mean)}");
        Assert.True(Gradient(Hyperbolic.EinsteinMidpoint(points, weights)) > 1e-4);

        double Sum(double[] at) => points.Zip(weights, (point, weight) => weight * Math.Pow(Hyperbolic.PoincareDistance(at, point), 2)).Sum();

        double Gradient(double[] at) => Math.Sqrt(Enumerable.Range(0, 3)
            .Sum(axis => Math.Pow(points.Zip(weights, (point, weight) => weight * Hyperbolic.Log(at, point)[axis]).Sum(), 2)));
    }

    [Fact]
    public void A_step_without_end_stays_inside()
    {
        double[] far = Hyperbolic.Exp([0.5, 0], [1e6, 0]);
        Assert.True(far[0] is > 0.99 and < 1);
        Assert.Equal([0.5, 0], Hyperbolic.Exp([0.5, 0], [0, 0]));
    }

    [Fact]
    public void What_is_no_point_is_refused()
    {
        Refused(ErrorCode.OutOfDomain, () => Hyperbolic.PoincareDistance([1, 0], [0, 0]));
        Refused(ErrorCode.OutOfDomain, () => Hyperbolic.PoincareDistance([double.NaN, 0], [0, 0]));
        Refused(ErrorCode.OutOfDomain, () => Hyperbolic.PoincareToLorentz([0.8], curvature: 2));
        Refused(ErrorCode.OutOfDomain, () => Hyperbolic.LorentzToPoincare([1, 0.5]));
        Refused(ErrorCode.OutOfDomain, () => Hyperbolic.LorentzToPoincare([-1, 0]));
        Refused(ErrorCode.InvalidVector, () => Hyperbolic.LorentzToPoincare([1]));
        Refused(ErrorCode.DimensionMismatch, () => Hyperbolic.MobiusAdd([0.1], [0.1, 0.2]));
        Refused(ErrorCode.LimitOutOfRange, () => Hyperbolic.MobiusAdd([0.1], [0.1], curvature: 0));
        Refused(ErrorCode.LimitOutOfRange, () => Hyperbolic.MobiusAdd([0.1], [0.1], curvature: double.NaN));
        Refused(ErrorCode.NonFiniteVector, () => Hyperbolic.Exp([0.1], [double.PositiveInfinity]));
        Refused(ErrorCode.InvalidArgument, () => Hyperbolic.EinsteinMidpoint([]));
        Refused(ErrorCode.InvalidArgument, () => Hyperbolic.EinsteinMidpoint([[0.1], [0.2]], [1]));
        Refused(ErrorCode.InvalidArgument, () => Hyperbolic.EinsteinMidpoint([[0.1], [0.2]], [1, -1]));
        Refused(ErrorCode.InvalidArgument, () => Hyperbolic.EinsteinMidpoint([[0.1], [0.2]], [0, 0]));
    }

    private static void Refused(ErrorCode code, Action action) => Assert.Equal(code, Assert.Throws<HypervexException>(action).Code);

    private static double[] Point(Random random, int dimension, double c)
    {
        double[] point = [.. Enumerable.Range(0, dimension).Select(_ => random.NextDouble() - 0.5)];
        double scale = 0.97 * random.NextDouble() / Math.Sqrt(c * point.Sum(x => x * x));
        return [.. point.Select(x => scale * x)];
    }

    private static void AssertNear(double[] expected, double[] actual, double tolerance = 1e-9)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance);
        }
    }
}
