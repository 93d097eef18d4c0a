using Hypervex.Distances;

namespace Hypervex.Engine.Tests.Distances;

public sealed unsafe class VectorDomainTests
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_component_that_is_not_finite_is_refused_and_named(float bad)
    {
        for (int at = 0; at < 9; at++)
        {
            float[] vector = [1, 2, 3, 4, 5, 6, 7, 8, 9];
            vector[at] = bad;
            Assert.Equal(ErrorCode.NonFiniteVector, VectorDomain.Check(new Measure(Metric.L2), vector, out int badIndex));
            Assert.Equal(at, badIndex);
        }
    }

    [Fact]
    public void A_squared_norm_that_overflows_is_refused_without_an_index()
    {
        Assert.Equal(ErrorCode.NonFiniteVector, VectorDomain.Check(new Measure(Metric.Dot), [1e20f, 0], out int badIndex));
        Assert.Equal(-1, badIndex);
    }

    [Fact]
    public void The_greatest_accepted_vectors_have_a_finite_distance()
    {
        float[] u = [MathF.Sqrt(VectorDomain.MaxSquaredNorm) * 0.9999f];
        float[] v = [-u[0]];
        Assert.Null(VectorDomain.Check(new Measure(Metric.L2), u, out _));
        fixed (float* a = u, b = v)
        {
            Assert.True(float.IsFinite(Reproducible.Rank<SquaredDifference>(a, b, 1)));
        }
    }

    [Fact]
    public void Only_cosine_refuses_the_zero_vector()
    {
        Assert.Equal(ErrorCode.ZeroNorm, VectorDomain.Check(new Measure(Metric.Cosine), [0, -0f, 0], out int badIndex));
        Assert.Equal(-1, badIndex);
        Assert.Null(VectorDomain.Check(new Measure(Metric.L2), [0, 0, 0], out _));
        Assert.Null(VectorDomain.Check(new Measure(Metric.Dot), [0, 0, 0], out _));
        Assert.Null(VectorDomain.Check(new Measure(Metric.Manhattan), [0, 0, 0], out _));
    }

    [Theory]
    [InlineData(1e-45f)]
    [InlineData(1f)]
    [InlineData(5e18f)]
    public void Rows_of_cosine_have_length_one_whatever_the_length_of_the_input(float scale)
    {
        float[] input = [3 * scale / 10, 0, 4 * scale / 10, scale, -scale];
        float[] row = new float[input.Length];
        Assert.Null(VectorDomain.Check(new Measure(Metric.Cosine), input, out _));
        VectorDomain.Prepare(new Measure(Metric.Cosine), input, row);
        Assert.Equal(1, row.Sum(x => (double)x * x), 1e-6);
        Assert.Equal(row[3], -row[4]);
    }

    [Theory]
    [InlineData(Metric.L2)]
    [InlineData(Metric.Dot)]
    [InlineData(Metric.Manhattan)]
    public void Rows_of_other_metrics_are_the_input(Metric metric)
    {
        float[] input = [1, -2.5f, 1e-40f];
        float[] row = new float[3];
        VectorDomain.Prepare(new Measure(metric), input, row);
        Assert.Equal(input, row);
    }

    [Fact]
    public void Rows_of_cosine_have_the_bits_of_a_scalar_loop_at_every_dimension()
    {
        var random = new Random(17);
        float[] memory = new float[140];
        for (int dimension = 1; dimension <= 130; dimension++)
        {
            Span<float> input = memory.AsSpan(dimension % 3, dimension); // at any alignment
            double[] lanes = new double[4];
            for (int i = 0; i < dimension; i++)
            {
                input[i] = (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 7)));

                // What is left behind the last four goes to the first lane.
                lanes[i < dimension / 4 * 4 ? i % 4 : 0] += (double)input[i] * input[i];
            }

            float[] row = new float[dimension];
            VectorDomain.Prepare(new Measure(Metric.Cosine), input, row);
            double scale = 1 / Math.Sqrt((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
            for (int i = 0; i < dimension; i++)
            {
                Assert.Equal((float)(input[i] * scale), row[i]);
            }
        }
    }

    [Fact]
    public void Distances_and_scores_follow_the_table_of_metrics()
    {
        Assert.Equal(3f, new Measure(Metric.L2).ToDistance(9));
        Assert.Equal(1f, new Measure(Metric.Cosine).ToDistance(2));
        Assert.Equal(2f, new Measure(Metric.Cosine).ToDistance(4.000001f));
        Assert.Equal(-5f, new Measure(Metric.Dot).ToDistance(-5));
        Assert.Equal(7f, new Measure(Metric.Manhattan).ToDistance(7));
        Assert.Equal(0.25f, Scores.FromDistance(Metric.L2, 3));
        Assert.Equal(0.75f, Scores.FromDistance(Metric.Cosine, 0.25f));
        Assert.Equal(5f, Scores.FromDistance(Metric.Dot, -5));
        Assert.Equal(0.125f, Scores.FromDistance(Metric.Manhattan, 7));
    }
}
