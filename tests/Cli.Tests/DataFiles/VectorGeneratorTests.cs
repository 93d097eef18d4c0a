using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hypervex.Cli.DataFiles;

namespace Hypervex.Cli.Tests.DataFiles;

public sealed class VectorGeneratorTests
{
    /// <summary>
    /// The first half of SHA-256 over the first 64 rows and 16 queries, dimension 24, seed 1. Taken once from linux-x64; a platform, or a
    /// change of the code, that gives other bits gives other published measurements.
    /// </summary>
    [Theory]
    [InlineData(nameof(VectorDistribution.Clustered), "F03DF186F80D3C47300C021F2C8F8490")]
    [InlineData(nameof(VectorDistribution.Spiky), "0E09EDC539082FE1AFBD81CBFE96A40A")]
    [InlineData(nameof(VectorDistribution.Gaussian), "A9A010F2C06E9D84FE639D7653317303")]
    [InlineData(nameof(VectorDistribution.Uniform), "85AA7F54E92B9F29562212838CA8DE48")]
    [InlineData(nameof(VectorDistribution.Poincare), "4CFFD00B6A4D27DA8DAA58207260316C")]
    [InlineData(nameof(VectorDistribution.Hyperbolic), "6A2C5B537A99CFF05A4E97A38E0ADD11")]
    public void The_bits_are_the_same_everywhere_and_always(string distribution, string sha256)
    {
        var generator = VectorGenerator.Create(new GeneratorOptions { Distribution = Enum.Parse<VectorDistribution>(distribution), Count = 1_000, Dimension = 24 });
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        float[] vector = new float[24];
        for (int i = 0; i < 80; i++)
        {
            if (i < 64)
            {
                generator.FillRow(i, vector);
            }
            else
            {
                generator.FillQuery(i - 64, vector);
            }

            hash.AppendData(MemoryMarshal.AsBytes(vector.AsSpan()));
        }

        Assert.Equal(sha256, Convert.ToHexString(hash.GetHashAndReset())[..32]);
    }

    [Theory]
    [InlineData(nameof(VectorDistribution.Clustered))]
    [InlineData(nameof(VectorDistribution.Spiky))]
    [InlineData(nameof(VectorDistribution.Gaussian))]
    [InlineData(nameof(VectorDistribution.Uniform))]
    [InlineData(nameof(VectorDistribution.Poincare))]
    [InlineData(nameof(VectorDistribution.Hyperbolic))]
    public void Rows_do_not_depend_on_the_order_they_are_made_in(string distribution)
    {
        var options = new GeneratorOptions { Distribution = Enum.Parse<VectorDistribution>(distribution), Count = 200, Dimension = 9, Seed = 5 };
        float[][] forward = Rows(VectorGenerator.Create(options), 200);
        var other = VectorGenerator.Create(options);
        float[][] parallel = new float[200][];
        Parallel.For(0, 200, i => other.FillRow(i, parallel[i] = new float[9]));
        Assert.Equal(forward, parallel);
        Assert.Equal(200, forward.Select(row => string.Join(',', row)).Distinct().Count());
        Assert.NotEqual(forward, Rows(VectorGenerator.Create(options with { Seed = 6 }), 200));
    }

    [Fact]
    public void Gaussian_components_have_the_moments_of_a_normal_distribution()
    {
        float[][] rows = Rows(VectorGenerator.Create(new GeneratorOptions { Distribution = VectorDistribution.Gaussian, Count = 20_000, Dimension = 10 }), 20_000);
        double[] all = [.. rows.SelectMany(row => row).Select(value => (double)value)];
        // 200,000 draws: the standard error of the mean is 0.0022, of the variance 0.0032, of the fourth moment 0.022.
        Assert.InRange(all.Average(), -0.01, 0.01);
        Assert.InRange(all.Average(value => value * value), 0.985, 1.015);
        Assert.InRange(all.Average(value => value * value * value * value), 2.9, 3.1);
        // Beyond 1, 2 and 3 standard deviations lie 31.73 %, 4.55 % and 0.27 %.
        Assert.InRange(all.Count(value => Math.Abs(value) > 1) / 200_000.0, 0.312, 0.323);
        Assert.InRange(all.Count(value => Math.Abs(value) > 2) / 200_000.0, 0.0435, 0.0475);
        Assert.InRange(all.Count(value => Math.Abs(value) > 3) / 200_000.0, 0.0021, 0.0033);
        double correlation = rows.Average(row => (double)row[0] * row[1]);
        Assert.InRange(correlation, -0.04, 0.04);
    }

    [Fact]
    public void Clustered_rows_lie_about_centres()
    {
        const int Dimension = 128, Count = 4_000, Probes = 100;
        float[][] rows = Rows(VectorGenerator.Create(new GeneratorOptions { Distribution = VectorDistribution.Clustered, Count = Count, Dimension = Dimension }), Count);
        // Each component is a centre's N(0, 1) + 0.5 N(0, 1): variance 1.25.
        Assert.InRange(rows.SelectMany(row => row).Average(value => (double)value * value), 1.2, 1.3);
        // Two rows of one centre are sqrt(2 * 0.25 * 128) = 8.0 apart, give or take 0.5; of two centres sqrt(2 * 1.25 * 128) = 17.9,
        // give or take 1.1. The nearest pairs are of one centre, and a row has 4,000 / 4,096 others of its own on average.
        double[] distances = [.. Enumerable.Range(0, Probes).SelectMany(i => rows.Where((_, j) => j != i).Select(row => Distance(rows[i], row)))];
        double[] near = [.. distances.Where(distance => distance < 12.5)];
        Assert.InRange(near.Length, 60, 140);
        Assert.InRange(near.Average(), 7.8, 8.2);
    }

    [Fact]
    public void Spiky_rows_have_axes_of_log_normal_scale_and_32_dimensions_within_a_cluster()
    {
        const int Dimension = 128, Count = 50_000;
        float[][] rows = Rows(VectorGenerator.Create(new GeneratorOptions { Distribution = VectorDistribution.Spiky, Count = Count, Dimension = Dimension }), Count);
        double[] scales = [.. Enumerable.Range(0, Dimension).Select(j => Math.Sqrt(rows.Average(row => (double)row[j] * row[j]) / 1.25))];
        double[] logs = [.. scales.Select(scale => Math.Log(scale))];
        Assert.InRange(logs.Average(), -0.3, 0.3);
        Assert.InRange(Math.Sqrt(logs.Average(value => value * value)), 0.8, 1.2);

        // Without the scales, rows of one cluster are about 8 apart and others about 18: see the clustered rows. A row has
        // 50,000 / 1,024 = 49 in its cluster; the differences to them span the cluster's directions.
        double[] Unscaled(float[] row) => [.. row.Select((value, j) => value / scales[j])];
        double[] first = Unscaled(rows[0]);
        double[][] differences = [.. rows.Skip(1).Select(row => Unscaled(row).Zip(first, (a, b) => a - b).ToArray()).Where(difference => Length(difference) < 12)];
        Assert.InRange(differences.Length, 33, 80);
        Assert.Equal(32, Rank(differences));
    }

    [Fact]
    public void Uniform_rows_fill_the_cube()
    {
        float[][] rows = Rows(VectorGenerator.Create(new GeneratorOptions { Distribution = VectorDistribution.Uniform, Count = 20_000, Dimension = 4 }), 20_000);
        float[] all = [.. rows.SelectMany(row => row)];
        Assert.All(all, value => Assert.InRange(value, -1f, 1f));
        Assert.InRange(all.Average(value => (double)value), -0.01, 0.01);
        Assert.InRange(all.Average(value => (double)value * value), 0.328, 0.339);
    }

    [Fact]
    public void Poincare_rows_are_those_of_the_cube_held_inside_of_the_ball()
    {
        var options = new GeneratorOptions { Distribution = VectorDistribution.Poincare, Count = 2_000, Dimension = 8 };
        float[][] ball = Rows(VectorGenerator.Create(options), 2_000);
        float[][] cube = Rows(VectorGenerator.Create(options with { Distribution = VectorDistribution.Uniform }), 2_000);
        int scaled = 0;
        for (int i = 0; i < ball.Length; i++)
        {
            double norm = Norm(cube[i]);
            if (norm <= 0.99)
            {
                Assert.Equal(cube[i], ball[i]);
            }
            else
            {
                scaled++;
                Assert.Equal(0.99, Norm(ball[i]), 1e-6);
                Assert.Equal(cube[i][0] * 0.99 / norm, ball[i][0], 1e-6);
            }
        }

        Assert.InRange(scaled, 1_500, 1_999);
    }

    [Fact]
    public void Hyperbolic_rows_are_uniform_in_direction_and_in_distance_from_the_origin()
    {
        const int Count = 20_000;
        float[][] rows = Rows(VectorGenerator.Create(new GeneratorOptions { Distribution = VectorDistribution.Hyperbolic, Count = Count, Dimension = 8 }), Count);
        double greatest = 2 * Math.Atanh(0.99);
        double[] distances = [.. rows.Select(row => 2 * Math.Atanh(Norm(row)))];
        Assert.All(distances, distance => Assert.InRange(distance, 0, greatest + 1e-4));
        for (int tenth = 0; tenth < 10; tenth++)
        {
            // 2,000 of 20,000, give or take 42.
            Assert.InRange(distances.Count(distance => (int)(10 * distance / greatest) == tenth), 1_800, 2_200);
        }

        for (int axis = 0; axis < 8; axis++)
        {
            Assert.InRange(rows.Average(row => row[axis] / Norm(row)), -0.01, 0.01);
            Assert.InRange(rows.Average(row => row[axis] * row[axis] / (Norm(row) * Norm(row))), 0.12, 0.13);
        }
    }

    [Fact]
    public void Normalized_rows_and_queries_have_norm_one()
    {
        foreach (VectorDistribution distribution in new[] { VectorDistribution.Gaussian, VectorDistribution.Clustered, VectorDistribution.Spiky })
        {
            var generator = VectorGenerator.Create(new GeneratorOptions { Distribution = distribution, Count = 10, Dimension = 50, Normalize = true });
            float[] vector = new float[50];
            generator.FillRow(3, vector);
            Assert.Equal(1, Norm(vector), 1e-6);
            generator.FillQuery(3, vector);
            Assert.Equal(1, Norm(vector), 1e-6);
        }
    }

    [Fact]
    public void Queries_near_rows_are_a_tenth_of_noise_away_and_fresh_ones_are_not_rows()
    {
        var options = new GeneratorOptions { Distribution = VectorDistribution.Gaussian, Count = 300, Dimension = 100 };
        var generator = VectorGenerator.Create(options);
        float[][] rows = Rows(generator, 300);
        float[] query = new float[100];
        for (int i = 0; i < 50; i++)
        {
            generator.FillQuery(i, query);
            // The noise has norm 0.1 * sqrt(100) = 1, give or take 0.07; two rows are sqrt(200) = 14 apart.
            Assert.InRange(rows.Min(row => Distance(row, query)), 0.7, 1.3);
        }

        var fresh = VectorGenerator.Create(options with { Queries = QueryKind.Fresh });
        fresh.FillQuery(0, query);
        Assert.InRange(rows.Min(row => Distance(row, query)), 8, 20);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        var options = new GeneratorOptions { Distribution = VectorDistribution.Poincare, Count = 1, Dimension = 1 };
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorGenerator.Create(options with { Count = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorGenerator.Create(options with { Dimension = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorGenerator.Create(options with { Dimension = 65_537 }));
        Assert.Throws<ArgumentException>(() => VectorGenerator.Create(options with { Normalize = true }));
        Assert.Throws<ArgumentException>(() => VectorGenerator.Create(options).FillRow(0, new float[2]));
    }

    [Fact]
    public void The_portable_logarithm_and_exponential_are_right_to_the_last_digits()
    {
        var chance = new Random(1);
        double worst = 0;
        for (int i = 0; i < 100_000; i++)
        {
            double x = Math.Pow(10, (chance.NextDouble() * 600) - 300);
            worst = Math.Max(worst, Math.Abs((PortableMath.Log(x) / Math.Log(x)) - 1));
            double near = 1 + ((chance.NextDouble() - 0.5) * 0.01);
            worst = Math.Max(worst, near == 1 ? 0 : Math.Abs((PortableMath.Log(near) / Math.Log(near)) - 1));
            double y = (chance.NextDouble() * 40) - 20;
            worst = Math.Max(worst, Math.Abs((PortableMath.Exp(y) / Math.Exp(y)) - 1));
        }

        Assert.InRange(worst, 0, 1e-14);
        Assert.Equal(0, PortableMath.Log(1));
        Assert.Equal(1, PortableMath.Exp(0));
    }

    [Fact]
    public void The_generator_of_bits_is_xoshiro256_star_star()
    {
        // The reference code of the paper, from the state {1, 2, 3, 4}, begins with 11520, 0, 1509978240, 1215971899390074240.
        // The state here is hidden, so the recurrence is written down a second time and compared over 1,000 steps.
        var stream = new RandomStream(9, StreamPurpose.Rows, 4);
        var reference = new Reference(9, 0, 4);
        for (int i = 0; i < 1_000; i++)
        {
            Assert.Equal(reference.Next(), stream.NextBits());
        }

        Assert.Equal([11520, 0, 1509978240, 1215971899390074240], new Reference([1, 2, 3, 4]).Take(4));
    }

    private static float[][] Rows(VectorGenerator generator, int count)
    {
        float[][] rows = new float[count][];
        for (int i = 0; i < count; i++)
        {
            generator.FillRow(i, rows[i] = new float[generator.Options.Dimension]);
        }

        return rows;
    }

    /// <summary>The number of independent vectors, by Gram-Schmidt; what is left of a dependent one is rounding of float32.</summary>
    private static int Rank(double[][] vectors)
    {
        var basis = new List<double[]>();
        foreach (double[] vector in vectors)
        {
            double[] rest = [.. vector];
            foreach (double[] unit in basis)
            {
                double along = rest.Zip(unit, (a, b) => a * b).Sum();
                rest = [.. rest.Zip(unit, (a, b) => a - (along * b))];
            }

            if (Length(rest) > 1e-3)
            {
                basis.Add([.. rest.Select(value => value / Length(rest))]);
            }
        }

        return basis.Count;
    }

    private static double Length(double[] vector) => Math.Sqrt(vector.Sum(value => value * value));

    private static double Norm(float[] vector) => Math.Sqrt(vector.Sum(value => (double)value * value));

    private static double Distance(float[] left, float[] right)
    {
        double square = 0;
        for (int i = 0; i < left.Length; i++)
        {
            square += ((double)left[i] - right[i]) * (left[i] - right[i]);
        }

        return Math.Sqrt(square);
    }

    /// <summary>xoshiro256** and its seeding, written in the plainest way.</summary>
    private sealed class Reference
    {
        private readonly ulong[] _state;

        public Reference(ulong[] state) => _state = state;

        public Reference(ulong seed, ulong purpose, ulong number)
        {
            const ulong Gamma = 0x9E3779B97F4A7C15;
            ulong start = Mix(Mix(Mix(seed + Gamma) + purpose + Gamma) + number);
            _state = [Mix(start + Gamma), Mix(start + Gamma + Gamma), Mix(start + Gamma + Gamma + Gamma), Mix(start + Gamma + Gamma + Gamma + Gamma)];
            static ulong Mix(ulong z)
            {
                z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
                z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
                return z ^ (z >> 31);
            }
        }

        public ulong Next()
        {
            static ulong Rotate(ulong x, int by) => (x << by) | (x >> (64 - by));
            ulong result = Rotate(_state[1] * 5, 7) * 9;
            ulong t = _state[1] << 17;
            _state[2] ^= _state[0];
            _state[3] ^= _state[1];
            _state[1] ^= _state[2];
            _state[0] ^= _state[3];
            _state[2] ^= t;
            _state[3] = Rotate(_state[3], 45);
            return result;
        }

        public ulong[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];
    }
}
