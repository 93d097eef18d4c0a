using Hypervex.Quantization;

namespace Hypervex.Engine.Tests.Quantization;

public sealed unsafe class RotationTests
{
    private const int Seed = 29;

    [Fact]
    public void Lengths_and_products_are_kept_at_every_dimension()
    {
        var random = new Random(Seed);
        for (int dimension = 1; dimension <= 200; dimension++)
        {
            float[] u = Vector(random, dimension);
            float[] v = Vector(random, dimension);
            var rotation = new Rotation(dimension, Seed);
            Assert.Equal(Product(u, v), Product(Rotated(rotation, u), Rotated(rotation, v)), 1e-4 * dimension);
            Assert.Equal(Product(u, u), Product(Rotated(rotation, u), Rotated(rotation, u)), 1e-4 * dimension);
        }
    }

    [Theory]
    [InlineData(256)]
    [InlineData(784)]
    [InlineData(1000)]
    public void A_single_spike_is_spread_over_many_components(int dimension)
    {
        var rotation = new Rotation(dimension, Seed);
        for (int spike = 0; spike < dimension; spike += 37)
        {
            float[] vector = new float[dimension];
            vector[spike] = 1;
            Assert.True(Rotated(rotation, vector).Max(MathF.Abs) < 0.35, $"dimension {dimension}, spike at {spike}");
        }
    }

    [Fact]
    public void Equal_seeds_give_equal_rotations_and_other_seeds_others()
    {
        float[] vector = Vector(new Random(Seed), 100);
        Assert.Equal(Rotated(new Rotation(100, 1), vector), Rotated(new Rotation(100, 1), vector));
        Assert.NotEqual(Rotated(new Rotation(100, 1), vector), Rotated(new Rotation(100, 2), vector));
    }

    private static float[] Vector(Random random, int dimension) =>
        [.. Enumerable.Range(0, dimension).Select(_ => (float)((random.NextDouble() * 2) - 1))];

    private static float[] Rotated(Rotation rotation, float[] vector)
    {
        float[] rotated = [.. vector];
        fixed (float* values = rotated)
        {
            rotation.Apply(values);
        }

        return rotated;
    }

    private static double Product(float[] u, float[] v) => u.Zip(v, (a, b) => (double)a * b).Sum();
}
