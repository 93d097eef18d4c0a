namespace Hypervex.Engine.Tests.Indexes;

/// <summary>Every live row can be reached on level 0, whatever the rows and settings are like.</summary>
public sealed class ReachabilityTests
{
    private const int Seed = 5;

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 40)]
    [InlineData(4, 10)]
    [InlineData(16, 80)]
    public void Rows_of_very_different_length_can_be_reached_under_dot(int m, int efConstruction)
    {
        using var index = new IndexUnderTest(Metric.Dot, 24, m: m, efConstruction: efConstruction);
        index.AddAll(OfDifferentLengths(4000, 24, Seed));
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    [Theory]
    [InlineData(QuantizationKind.None)]
    [InlineData(QuantizationKind.Sq8)]
    [InlineData(QuantizationKind.Sq4)]
    public void Clustered_rows_can_be_reached_under_dot(QuantizationKind codes)
    {
        using var index = new IndexUnderTest(Metric.Dot, 256, efConstruction: 80, codes: codes);
        index.AddAll(Samples.Clustered(6000, 256, 40, 0.5, Seed));
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    [Theory]
    [InlineData(Metric.L2)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.Dot)]
    [InlineData(Metric.Manhattan)]
    public void Rows_can_be_reached_in_the_sparsest_graph(Metric metric)
    {
        using var index = new IndexUnderTest(metric, 16, m: 2, efConstruction: 1);
        index.AddAll(Samples.Clustered(5000, 16, 50, 0.2, Seed));
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    [Fact]
    public void Rows_can_be_reached_in_a_large_sparse_graph()
    {
        using var index = new IndexUnderTest(Metric.L2, 32, m: 4, efConstruction: 10);
        var random = new Random(Seed);
        index.AddAll([.. Enumerable.Range(0, 40_000).Select(_ => Samples.Gaussian(random, 32, 1))]);
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(16, 100)]
    public void Identical_rows_can_be_reached(int m, int efConstruction)
    {
        using var index = new IndexUnderTest(Metric.L2, 8, m: m, efConstruction: efConstruction);
        float[] vector = Samples.Gaussian(new Random(Seed), 8, 1);
        index.AddAll([.. Enumerable.Repeat(vector, 10_000)]);
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    [Theory]
    [InlineData(Metric.L2, 2, 1)]
    [InlineData(Metric.Dot, 2, 10)]
    [InlineData(Metric.Dot, 8, 40)]
    public void Rows_that_come_and_go_can_be_reached(Metric metric, int m, int efConstruction)
    {
        using var index = new IndexUnderTest(metric, 16, m: m, efConstruction: efConstruction);
        Churn(index, OfDifferentLengths(9000, 16, Seed), 1500, new Random(Seed));
    }

    [Fact]
    public void Rows_can_be_reached_whatever_the_seed_is()
    {
        for (int seed = 0; seed < 24; seed++)
        {
            var random = new Random(seed);
            Metric metric = new[] { Metric.L2, Metric.Cosine, Metric.Dot, Metric.Manhattan }[random.Next(4)];
            int dimension = random.Next(1, 20);
            using var index = new IndexUnderTest(
                metric, dimension, threads: random.Next(3), m: random.Next(2, 9), efConstruction: random.Next(1, 30), seed: (ulong)seed);
            Churn(index, OfDifferentLengths(random.Next(200, 1500), dimension, seed), random.Next(50, 300), random);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void The_graph_is_looked_over_in_the_background(int threads)
    {
        using var index = new IndexUnderTest(Metric.Dot, 16, threads: threads, m: 2, efConstruction: 10);
        index.AddAll(OfDifferentLengths(4000, 16, Seed));
        Assert.True(SpinWait.SpinUntil(() => index.Index.Reconnection.Led > 0, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Checking_finds_nothing_while_rows_come_and_go()
    {
        using var index = new IndexUnderTest(Metric.L2, 16, m: 4, efConstruction: 20);
        float[][] vectors = OfDifferentLengths(9000, 16, Seed);
        index.AddAll(vectors[..3000]);
        Task writing = Task.Run(() =>
        {
            for (uint slot = 3000; slot < vectors.Length; slot++)
            {
                index.Add(slot, vectors[slot]);
                index.Remove(slot - 3000);
            }
        });
        do
        {
            index.AssertGraphHolds();
        }
        while (!writing.IsCompleted);
        Assert.True(writing.IsCompletedSuccessfully);
    }

    [Fact]
    public void Looking_over_the_graph_is_rare_beside_linking()
    {
        using var index = new IndexUnderTest(Metric.Dot, 16, threads: 0, m: 2, efConstruction: 10);
        index.AddAll(OfDifferentLengths(4000, 16, Seed));

        // Due when an eighth has come: at each of the first eight rows, then at sizes that grow by an eighth; two rounds each.
        Assert.InRange(index.Index.Reconnection.Looks, 1, 2 * (8 + (Math.Log(4000.0 / 8) / Math.Log(9.0 / 8))));
    }

    [Fact]
    public void A_graph_is_looked_over_once_if_nothing_changes()
    {
        using var index = new IndexUnderTest(Metric.L2, 16, m: 2, efConstruction: 10);
        index.AddAll(Samples.Clustered(1000, 16, 10, 0.2, Seed));
        index.WaitUntilLinked();
        long looks = index.Index.Reconnection.Looks;
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        Assert.Equal(looks, index.Index.Reconnection.Looks);
    }

    /// <summary>Adds all vectors and removes about half of them in between; looks at the graph whenever so many have been added.</summary>
    private static void Churn(IndexUnderTest index, float[][] vectors, int addsPerLook, Random random)
    {
        var live = new List<uint>();
        uint unused = 0;
        for (int added = 0; added < vectors.Length; added++)
        {
            uint slot = index.Index.TryTakeFreed(out uint freed) ? freed : unused++;
            index.Add(slot, vectors[added]);
            live.Add(slot);
            if (random.Next(2) == 0)
            {
                int leaver = random.Next(live.Count);
                index.Remove(live[leaver]);
                live[leaver] = live[^1];
                live.RemoveAt(live.Count - 1);
            }

            if (added % addsPerLook == 0)
            {
                index.WaitUntilLinked();
                index.AssertGraphHolds();
            }
        }

        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }

    // Lengths from a hundredth to a hundred, most of them around one: the longest ones are everybody's nearest under dot.
    private static float[][] OfDifferentLengths(int count, int dimension, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float length = MathF.Exp(Samples.Gaussian(random, 1, 1.5)[0]);
            return Array.ConvertAll(Samples.Gaussian(random, dimension, 1), x => x * length);
        })];
    }
}
