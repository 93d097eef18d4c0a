using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed class CodeTests
{
    private const int Seed = 41;

    [Theory]
    [InlineData(Metric.L2, QuantizationKind.Sq8, 0.98)]
    [InlineData(Metric.L2, QuantizationKind.Sq4, 0.98)]
    [InlineData(Metric.Cosine, QuantizationKind.Sq8, 0.98)]
    [InlineData(Metric.Cosine, QuantizationKind.Sq4, 0.98)]
    [InlineData(Metric.Dot, QuantizationKind.Sq8, 0.95)]
    [InlineData(Metric.Dot, QuantizationKind.Sq4, 0.95)]
    [InlineData(Metric.L2, QuantizationKind.Auto, 0.98)]
    [InlineData(Metric.Manhattan, QuantizationKind.Auto, 0.98)]
    public void Codes_find_what_an_exact_scan_finds_with_true_distances(Metric metric, QuantizationKind codes, double bar)
    {
        const int Dimension = 72;
        using var index = new IndexUnderTest(metric, Dimension, codes: codes);
        index.AddAll(Samples.Clustered(6000, Dimension, 40, 0.5, Seed));
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        float[][] queries = Samples.Clustered(60, Dimension, 40, 0.5, Seed + 1);
        double recall = index.Recall(queries, 10, new FieldSearch { Ef = 200 });
        Assert.True(recall >= bar, $"seed {Seed}: recall {recall}");
        Dictionary<uint, float> exact = index.Search(queries[0], 6000, new FieldSearch { Exact = true }).ToDictionary(hit => hit.Slot, hit => hit.Distance);
        Assert.All(index.Search(queries[0], 20), hit => Assert.Equal(BitConverter.SingleToInt32Bits(exact[hit.Slot]), BitConverter.SingleToInt32Bits(hit.Distance)));
    }

    [Theory]
    [InlineData(Metric.L2, 0.95)]
    [InlineData(Metric.Cosine, 0.95)]
    [InlineData(Metric.Dot, 0.9)]
    public void Single_bits_find_what_an_exact_scan_finds_when_enough_are_ranked_again(Metric metric, double bar)
    {
        const int Dimension = 256;
        using var index = new IndexUnderTest(metric, Dimension, codes: QuantizationKind.Binary, efConstruction: 80);
        index.AddAll(Samples.Clustered(6000, Dimension, 40, 0.5, Seed));
        index.WaitUntilLinked();
        index.AssertGraphHolds();

        float[][] queries = Samples.Clustered(40, Dimension, 40, 0.5, Seed + 1);
        double few = index.Recall(queries, 10, new FieldSearch { Ef = 10 });
        double many = index.Recall(queries, 10, new FieldSearch { Ef = 10, MinRanked = 300 });
        Assert.True(many >= bar && many > few, $"seed {Seed}: recall {many}, {few} without oversampling");
        Dictionary<uint, float> exact = index.Search(queries[0], 6000, new FieldSearch { Exact = true }).ToDictionary(hit => hit.Slot, hit => hit.Distance);
        Assert.All(index.Search(queries[0], 20), hit => Assert.Equal(BitConverter.SingleToInt32Bits(exact[hit.Slot]), BitConverter.SingleToInt32Bits(hit.Distance)));

        // 32 bytes of bits, 12 of trailer, and the graph: links of level 0, header, live bit, upper levels.
        Assert.InRange(index.Index.Stats.Bytes / 6000.0, 128 + 44 + 12, 128 + 64 + 30);
    }

    [Theory]
    [InlineData(Metric.L2, 0.1)]
    [InlineData(Metric.L2, 0.003)]
    [InlineData(Metric.Cosine, 0.1)]
    [InlineData(Metric.Cosine, 0.003)]
    public void Rows_that_are_much_nearer_to_each_other_than_to_their_mean_are_told_apart(Metric metric, double spread)
    {
        // Near-duplicates: the estimates of a family are all but noise, which ranking again has to know.
        const int Dimension = 64;
        const int Family = 40;
        const int Families = 100;
        float[][] centres = Samples.Clustered(Families, Dimension, 1, 1, Seed);
        var random = new Random(Seed);
        float[] Member(float[] centre) => [.. centre.Select(x => x + (float)(spread * ((2 * random.NextDouble()) - 1)))];
        using var index = new IndexUnderTest(metric, Dimension, codes: QuantizationKind.Sq8);
        index.AddAll([.. centres.SelectMany(centre => Enumerable.Range(0, Family).Select(_ => Member(centre)))]);
        index.WaitUntilLinked();
        double recall = index.Recall([.. centres.Select(Member)], 10, new FieldSearch { Ef = 200 });
        Assert.True(recall >= 0.97, $"seed {Seed}: recall {recall}");
    }

    [Theory]
    [InlineData(QuantizationKind.Sq8)]
    [InlineData(QuantizationKind.Sq4)]
    public void Spiky_vectors_lose_no_recall(QuantizationKind codes)
    {
        // Most of the length in a few components, as text vectors have it: one range for all would drown the others.
        const int Dimension = 128;
        float[] scales = [.. Enumerable.Range(0, Dimension).Select(i => 20f / (1 + i))];
        float[][] Spiky(int count, int seed) =>
            [.. Samples.Clustered(count, Dimension, 60, 0.5, seed).Select(vector => vector.Zip(scales, (x, scale) => x * scale).ToArray())];
        using var plain = new IndexUnderTest(Metric.Cosine, Dimension);
        using var coded = new IndexUnderTest(Metric.Cosine, Dimension, codes: codes);
        float[][] rows = Spiky(5000, Seed);
        float[][] queries = Spiky(100, Seed + 1);
        plain.AddAll(rows);
        coded.AddAll(rows);
        plain.WaitUntilLinked();
        coded.WaitUntilLinked();
        double expected = plain.Recall(queries, 10);
        double actual = coded.Recall(queries, 10);
        Assert.True(actual >= expected - 0.02, $"seed {Seed}: recall {actual} with codes, {expected} without");
    }

    [Fact]
    public void Rows_come_and_go_over_codes_as_over_rows()
    {
        const int Dimension = 40;
        using var index = new IndexUnderTest(Metric.L2, Dimension, efConstruction: 80, codes: QuantizationKind.Sq4);
        float[][] vectors = Samples.Clustered(20_000, Dimension, 30, 0.5, Seed);
        var live = new Queue<uint>();
        uint next = 0;
        foreach (float[] vector in vectors)
        {
            if (!index.Index.TryTakeFreed(out uint slot))
            {
                slot = next++;
            }

            index.Add(slot, vector);
            live.Enqueue(slot);
            if (live.Count > 4000)
            {
                index.Remove(live.Dequeue());
            }
        }

        index.WaitUntilLinked();
        index.AssertGraphHolds();
        double recall = index.Recall(Samples.Clustered(60, Dimension, 30, 0.5, Seed + 1), 10, new FieldSearch { Ef = 200 });
        Assert.True(recall > 0.98, $"seed {Seed}: recall {recall}");
    }

    [Fact]
    public async Task Searches_go_on_while_codes_are_trained_and_swapped()
    {
        const int Dimension = 24;
        using var index = new IndexUnderTest(Metric.L2, Dimension, efConstruction: 40, codes: QuantizationKind.Sq8);
        float[][] vectors = Samples.Clustered(20_000, Dimension, 30, 0.5, Seed);
        using var stop = new CancellationTokenSource();
        int added = 0;
        long searches = 0;
        long found = 0;
        Task searcher = Task.Run(() =>
        {
            var random = new Random(Seed);
            while (!stop.IsCancellationRequested)
            {
                int count = Volatile.Read(ref added);
                if (count > 0)
                {
                    uint at = (uint)random.Next(count);
                    SlotHit nearest = index.Search(vectors[at], 1, new FieldSearch { Ef = 100 })[0];
                    Assert.Equal(index.Rows.Distance(vectors[at], nearest.Slot), nearest.Distance, 1e-4);
                    searches++;
                    found += nearest.Slot == at ? 1 : 0;
                }
            }
        });
        for (uint slot = 0; slot < vectors.Length; slot++)
        {
            index.Add(slot, vectors[slot]);
            Volatile.Write(ref added, (int)slot + 1);
        }

        await stop.CancelAsync();
        await searcher;
        Assert.True(found >= 0.98 * searches, $"seed {Seed}: {found} of {searches} searches for a stored vector found it");
        index.WaitUntilLinked();
        index.AssertGraphHolds();
    }
}
