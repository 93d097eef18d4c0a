using Hypervex.Distances;

namespace Hypervex.Engine.Tests.Distances;

public sealed unsafe class KernelTests
{
    private const int Seed = 7;
    private const int MaxDimension = 130;
    private const int Offsets = 4;

    [Fact]
    public void Fast_ranks_agree_with_a_float64_loop_at_every_dimension_and_alignment()
    {
        ForEachPair((u, v, n) =>
        {
            AssertClose(SquaredDifferences(u, v, n), Fast.Rank<SquaredDifference>(u, v, n), n);
            AssertClose(-Products(u, v, n), Fast.Rank<NegatedProduct>(u, v, n), n);
            AssertClose(AbsoluteDifferences(u, v, n), Fast.Rank<AbsoluteDifference>(u, v, n), n);
        });
    }

    [Fact]
    public void Reproducible_ranks_equal_the_documented_order_of_additions_bit_for_bit()
    {
        ForEachPair((u, v, n) =>
        {
            AssertSameBits(EightLanes(u, v, n, (a, b) => (a - b) * (a - b)), Reproducible.Rank<SquaredDifference>(u, v, n));
            AssertSameBits(-EightLanes(u, v, n, (a, b) => a * b), Reproducible.Rank<NegatedProduct>(u, v, n));
            AssertSameBits(EightLanes(u, v, n, (a, b) => MathF.Abs(a - b)), Reproducible.Rank<AbsoluteDifference>(u, v, n));
        });
    }

    [Fact]
    public void The_form_for_narrow_platforms_equals_the_wide_one_bit_for_bit()
    {
        ForEachPair((u, v, n) =>
        {
            AssertSameBits(Reproducible.Rank<SquaredDifference>(u, v, n), Reproducible.RankOfHalves<SquaredDifference>(u, v, n));
            AssertSameBits(Reproducible.Rank<NegatedProduct>(u, v, n), Reproducible.RankOfHalves<NegatedProduct>(u, v, n));
            AssertSameBits(Reproducible.Rank<AbsoluteDifference>(u, v, n), Reproducible.RankOfHalves<AbsoluteDifference>(u, v, n));
        });
    }

    [Fact]
    public void Four_rows_at_once_give_the_ranks_of_one_at_a_time()
    {
        var random = new Random(Seed);
        float* ranks = stackalloc float[4];
        for (int n = 0; n <= MaxDimension; n++)
        {
            float[] values = RandomValues(random, 5 * (n + 1));
            fixed (float* start = values)
            {
                float* u = start, v0 = u + n + 1, v1 = v0 + n + 1, v2 = v1 + n + 1, v3 = v2 + n + 1;
                Reproducible.RankFour<SquaredDifference>(u, v0, v1, v2, v3, n, ranks);
                AssertSameBits(Reproducible.Rank<SquaredDifference>(u, v0, n), ranks[0]);
                AssertSameBits(Reproducible.Rank<SquaredDifference>(u, v1, n), ranks[1]);
                AssertSameBits(Reproducible.Rank<SquaredDifference>(u, v2, n), ranks[2]);
                AssertSameBits(Reproducible.Rank<SquaredDifference>(u, v3, n), ranks[3]);
            }
        }
    }

    [Fact]
    public void A_row_has_rank_zero_to_itself()
    {
        var random = new Random(Seed);
        for (int n = 0; n <= MaxDimension; n++)
        {
            fixed (float* u = RandomValues(random, n + 1))
            {
                Assert.Equal(0f, Reproducible.Rank<SquaredDifference>(u, u, n));
                Assert.Equal(0f, Reproducible.Rank<AbsoluteDifference>(u, u, n));
                Assert.Equal(0f, Fast.Rank<SquaredDifference>(u, u, n));
            }
        }
    }

    [Fact]
    public void Differing_bits_are_counted_by_every_form_at_every_length_and_alignment()
    {
        var random = new Random(Seed);
        float* ranks = stackalloc float[4];
        for (int bytes = 0; bytes <= MaxDimension; bytes++)
        {
            int places = (bytes + 3) / 4;
            for (int offset = 0; offset < 8; offset++)
            {
                byte[] u = new byte[(4 * places) + 8];
                byte[] v = new byte[(4 * places) + 8];
                random.NextBytes(u.AsSpan(offset, bytes));
                random.NextBytes(v.AsSpan(offset, bytes));
                int expected = 0;
                for (int i = offset; i < offset + bytes; i++)
                {
                    for (int bit = 0; bit < 8; bit++)
                    {
                        expected += ((u[i] ^ v[i]) >> bit) & 1;
                    }
                }

                fixed (byte* first = u, second = v)
                {
                    float* a = (float*)(first + offset);
                    float* b = (float*)(second + offset);
                    Assert.Equal(expected, Fast.Rank<DifferingBits>(a, b, places));
                    Assert.Equal(expected, Reproducible.Rank<DifferingBits>(a, b, places));
                    Assert.Equal(expected, Reproducible.RankOfHalves<DifferingBits>(a, b, places));
                    Reproducible.RankFour<DifferingBits>(a, b, a, b, a, places, ranks);
                    Assert.Equal((expected, 0, expected, 0), (ranks[0], ranks[1], ranks[2], ranks[3]));
                }
            }
        }
    }

    [Fact]
    public void Bits_that_would_be_a_signalling_nan_are_counted_like_others()
    {
        uint[] u = [.. Enumerable.Repeat(0x7FA0_0001u, 40)];
        uint[] v = [.. Enumerable.Repeat(0xFF80_0000u, 40)];
        int each = System.Numerics.BitOperations.PopCount(u[0] ^ v[0]);
        fixed (uint* first = u, second = v)
        {
            for (int n = 0; n <= 40; n++)
            {
                Assert.Equal(each * n, Fast.Rank<DifferingBits>((float*)first, (float*)second, n));
                Assert.Equal(each * n, Reproducible.Rank<DifferingBits>((float*)first, (float*)second, n));
                Assert.Equal(each * n, Reproducible.RankOfHalves<DifferingBits>((float*)first, (float*)second, n));
            }
        }
    }

    private delegate void PairCheck(float* u, float* v, int n);

    private static void ForEachPair(PairCheck check)
    {
        var random = new Random(Seed);
        for (int n = 0; n <= MaxDimension; n++)
        {
            for (int offset = 0; offset < Offsets; offset++)
            {
                float[] values = RandomValues(random, (2 * n) + (2 * Offsets));
                fixed (float* start = values)
                {
                    check(start + offset, start + n + Offsets, n);
                }
            }
        }
    }

    private static float[] RandomValues(Random random, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() - 0.5) * 20);
        }

        return values;
    }

    private static double SquaredDifferences(float* u, float* v, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += ((double)u[i] - v[i]) * ((double)u[i] - v[i]);
        }

        return sum;
    }

    private static double Products(float* u, float* v, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += (double)u[i] * v[i];
        }

        return sum;
    }

    private static double AbsoluteDifferences(float* u, float* v, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum += Math.Abs((double)u[i] - v[i]);
        }

        return sum;
    }

    private static float EightLanes(float* u, float* v, int n, Func<float, float, float> term)
    {
        float[] lanes = new float[8];
        for (int i = 0; i < n; i++)
        {
            lanes[i % 8] += term(u[i], v[i]);
        }

        return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
    }

    // Components are below 10, so a sum of n terms is off by at most n roundings of partial sums of at most 400 n.
    private static void AssertClose(double expected, float actual, int n) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-6 * 400 * (n + 1), $"seed {Seed}, dimension {n}: expected {expected}, actual {actual}");

    private static void AssertSameBits(float expected, float actual) =>
        Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(actual));
}
