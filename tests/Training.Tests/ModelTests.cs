namespace Hypervex.Training.Tests;

/// <summary>Distances and gradients of the spaces against formulas and differences.</summary>
public sealed class ModelTests
{
    [Fact]
    public void Gradients_are_the_slopes_of_the_distance()
    {
        Check<PoincareModel>(0.9);
        Check<EuclideanModel>(3);
    }

    [Fact]
    public void Distances_in_the_ball_are_geodesic()
    {
        double[] u = [0.3, -0.4, 0.1], v = [-0.6, 0.2, 0.5], unused = new double[3];
        Assert.Equal(Hyperbolic.PoincareDistance(u, v), PoincareModel.Distance(u, v, unused, unused), 1e-12);
    }

    [Fact]
    public void A_step_that_leads_out_ends_inside()
    {
        double[] point = [0.99, 0];
        PoincareModel.Step(point, [-1e9, 0], 1);
        Assert.Equal(1 - 1e-5, point[0], 1e-9);
    }

    [Fact]
    public void Points_that_meet_have_a_finite_gradient()
    {
        double[] ofU = new double[2], ofV = new double[2];
        Assert.Equal(0, PoincareModel.Distance([0.5, 0.5], [0.5, 0.5], ofU, ofV));
        Assert.All([.. ofU, .. ofV], slope => Assert.True(double.IsFinite(slope)));
    }

    private static void Check<TModel>(double reach)
        where TModel : struct, IModel
    {
        const double Small = 1e-6;
        var random = new SeededRandom(5);
        for (int round = 0; round < 50; round++)
        {
            double[] u = Point(), v = Point(), ofU = new double[3], ofV = new double[3], unused = new double[3];
            TModel.Distance(u, v, ofU, ofV);
            for (int i = 0; i < 3; i++)
            {
                double[] more = [.. u], less = [.. u], moreOfV = [.. v], lessOfV = [.. v];
                more[i] += Small;
                less[i] -= Small;
                moreOfV[i] += Small;
                lessOfV[i] -= Small;
                double slope = (TModel.Distance(more, v, unused, unused) - TModel.Distance(less, v, unused, unused)) / (2 * Small);
                double slopeOfV = (TModel.Distance(u, moreOfV, unused, unused) - TModel.Distance(u, lessOfV, unused, unused)) / (2 * Small);
                Assert.Equal(slope, ofU[i], 1e-4 * (1 + Math.Abs(slope)));
                Assert.Equal(slopeOfV, ofV[i], 1e-4 * (1 + Math.Abs(slopeOfV)));
            }
        }

        double[] Point() => [.. Enumerable.Range(0, 3).Select(_ => reach * ((2 * random.Unit()) - 1) / Math.Sqrt(3))];
    }
}
