using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>Codes are trained anew when the rows are not those any more that they were trained on.</summary>
public sealed class DriftTests
{
    private const int Seed = 113;
    private const int Dimension = 32;
    private const int Count = 3000;
    private const int K = 10;

    [Theory]
    [InlineData(QuantizationKind.Sq8)]
    [InlineData(QuantizationKind.Sq4)]
    public void Rows_that_are_replaced_by_others_elsewhere_train_the_codes_anew_and_keep_the_recall(QuantizationKind codes)
    {
        using IndexUnderTest index = Filled(codes);
        Replace(index, offset: 15);
        Assert.InRange(index.Index.Trainings, 2, 5);
        double recall = index.Recall(Moved(Samples.Clustered(50, Dimension, 20, 0.5, Seed + 2), 15), K, new FieldSearch { Ef = 200 });
        Assert.True(recall >= 0.95, $"seed {Seed}, {codes}: recall {recall}");
        index.AssertGraphHolds();
    }

    [Fact]
    public void Rows_that_are_replaced_by_their_like_leave_the_codes_as_they_are()
    {
        using IndexUnderTest index = Filled(QuantizationKind.Sq8);
        Replace(index, offset: 0);
        Assert.Equal(1, index.Index.Trainings);
    }

    [Fact]
    public void Ten_times_as_many_rows_of_another_kind_train_the_codes_anew()
    {
        using IndexUnderTest index = Filled(QuantizationKind.Sq4, count: 1200);
        float[][] others = Moved(Samples.Clustered(12_000, Dimension, 20, 0.5, Seed + 1), 15);
        for (int i = 0; i < others.Length; i++)
        {
            index.Add((uint)(1200 + i), others[i]);
        }

        index.WaitUntilLinked();
        Assert.InRange(index.Index.Trainings, 2, 7);
        double recall = index.Recall(Moved(Samples.Clustered(50, Dimension, 20, 0.5, Seed + 2), 15), K, new FieldSearch { Ef = 200 });
        Assert.True(recall >= 0.95, $"seed {Seed}: recall {recall}");
    }

    [Fact]
    public async Task Searches_while_codes_are_swapped_return_true_distances_in_order()
    {
        using IndexUnderTest index = Filled(QuantizationKind.Sq4);
        float[] query = new float[Dimension];
        float[] prepared = index.Rows.Prepare(query);
        using var done = new ManualResetEventSlim();
        var searching = Task.Run(() =>
        {
            var hits = new SlotHit[K];
            int searches = 0;
            for (; !done.IsSet || searches < 10; searches++)
            {
                int count = index.Index.Search(prepared, new FieldSearch { Ef = 50 }, hits);
                Assert.Equal(K, count);
                Assert.Equal(hits.Order(), hits);
                Assert.Equal(K, hits.Select(hit => hit.Slot).Distinct().Count());
            }
        });
        Replace(index, offset: 15);
        done.Set();
        await searching;
        Assert.InRange(index.Index.Trainings, 2, 5);
    }

    private static IndexUnderTest Filled(QuantizationKind codes, int count = Count)
    {
        var index = new IndexUnderTest(Metric.L2, Dimension, codes: codes, efConstruction: 60);
        index.AddAll(Samples.Clustered(count, Dimension, 20, 0.5, Seed));
        index.WaitUntilLinked();
        Assert.Equal(1, index.Index.Trainings);
        return index;
    }

    // As many rows stay: growth alone would never train again.
    private static void Replace(IndexUnderTest index, float offset)
    {
        float[][] others = Moved(Samples.Clustered(Count, Dimension, 20, 0.5, Seed + 1), offset);
        for (uint i = 0; i < Count; i++)
        {
            index.Add(Count + i, others[i]);
            index.Remove(i);
        }

        index.WaitUntilLinked();
    }

    private static float[][] Moved(float[][] vectors, float offset) => [.. vectors.Select(vector => vector.Select(x => x + offset).ToArray())];
}
