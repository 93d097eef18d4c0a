using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>A wanted recall is held on queries that the calibration has not seen.</summary>
public sealed class TargetRecallTests
{
    private const int K = 10;
    private const int Seed = 83;

    // What sampling errors of calibration and of the test together may cost.
    private const double Tolerance = 0.02;

    // How much more the curve, measured on stored rows that are left out, may promise than unseen queries of the same kind get, with 100 of
    // those at least and 256 of the others.
    private const double LeaveOneOutTolerance = 0.03;

    // How much less it may promise: a row that is left out leaves a hole in the graph, which narrow beams feel.
    private const double HoleTolerance = 0.1;

    [SharedDataFact]
    public void Sift_holds_the_recall_that_was_asked_for()
    {
        float[][] Bytes(string file) => [.. File.ReadAllBytes(Path.Combine(SharedDataFactAttribute.Folder!, file)).Select(x => (float)x).Chunk(128)];
        CheckTargets(Metric.L2, Bytes("siftsmall/base.u8"), Bytes("siftsmall/query.u8"), QuantizationKind.None);
    }

    [Theory]
    [InlineData(Metric.Cosine, QuantizationKind.None)]
    [InlineData(Metric.L2, QuantizationKind.None)]
    [InlineData(Metric.Cosine, QuantizationKind.Sq8)]
    public void Spiky_vectors_hold_the_recall_that_was_asked_for(Metric metric, QuantizationKind codes) =>
        CheckTargets(metric, Samples.Spiky(10_000, 64, 40, Seed), Samples.Spiky(200, 64, 40, Seed + 1), codes);

    [Fact]
    public void A_curve_measured_on_other_rows_does_not_hold_it()
    {
        // The failing control: easy rows calibrate a narrow beam, the hard ones that follow need a wider one.
        using var index = new IndexUnderTest(Metric.L2, 48, efConstruction: 60);
        float[][] easy = Samples.Clustered(4000, 48, 400, 0.01, Seed);
        index.AddAll(easy);
        index.WaitUntilLinked();
        int narrow = Assert.IsType<RecallProfile>(index.Index.MeasureRecall(K, CancellationToken.None)).EfFor(0.95f);
        float[][] hard = Samples.Clustered(8000, 48, 1, 1, Seed);
        for (int i = 0; i < hard.Length; i++)
        {
            index.Add((uint)(easy.Length + i), hard[i]);
        }

        index.WaitUntilLinked();
        float[][] queries = Samples.Clustered(50, 48, 1, 1, Seed + 1);
        double stale = index.Recall(queries, K, new FieldSearch { Ef = narrow });
        Assert.True(stale < 0.93, $"seed {Seed}: ef {narrow} gave {stale}, so this control shows nothing");
        int anew = Assert.IsType<RecallProfile>(index.Index.MeasureRecall(K, CancellationToken.None)).EfFor(0.95f);
        Assert.True(anew > narrow, $"seed {Seed}: ef {anew} after {narrow}");
    }

    [Fact]
    public void Queries_unlike_the_rows_are_learnt_from_once_there_are_enough()
    {
        using var index = new IndexUnderTest(Metric.L2, 32, efConstruction: 60);
        index.AddAll(Samples.Clustered(8000, 32, 200, 0.05, Seed));
        index.WaitUntilLinked();
        index.Index.MeasureRecall(K, CancellationToken.None);
        float[][] strange = Samples.Clustered(120, 32, 1, 1.5, Seed + 1);
        var search = new FieldSearch { TargetRecall = 0.95f };
        foreach (float[] query in strange[..60])
        {
            index.Search(query, K, search);
        }

        index.Index.MeasureRecall(K, CancellationToken.None);
        double recall = index.Recall(strange[60..], K, search);
        Assert.True(recall >= 0.95 - Tolerance, $"seed {Seed}: recall {recall} at ef {index.Report(strange[0], K, search).Ef}");
    }

    [Fact]
    public void The_curve_is_measured_in_the_background_once_a_recall_is_asked_for()
    {
        using var index = new IndexUnderTest(Metric.L2, 16);
        index.AddAll(Samples.Clustered(4000, 16, 20, 0.5, Seed));
        index.WaitUntilLinked();
        Assert.Empty(index.Index.RecallProfiles);
        int guessed = index.Report(new float[16], K, new FieldSearch { TargetRecall = 0.9f }).Ef;
        Assert.True(SpinWait.SpinUntil(() => index.Index.RecallProfiles.Count > 0, TimeSpan.FromMinutes(2)));
        RecallProfile curve = Assert.Single(index.Index.RecallProfiles);
        Assert.Equal((K, 4000L), (curve.K, curve.Rows));
        Assert.True(curve.Points.Count > 5 && curve.Points[^1].Recall > 0.99);
        int chosen = index.Report(new float[16], K, new FieldSearch { TargetRecall = 0.9f }).Ef;
        Assert.True(chosen < guessed, $"ef {chosen} with the curve, {guessed} without");
    }

    [Fact]
    public void Too_few_rows_have_no_curve_and_are_scanned()
    {
        using var index = new IndexUnderTest(Metric.L2, 4);
        index.AddAll(Samples.Clustered(50, 4, 1, 1, Seed));
        index.WaitUntilLinked();
        Assert.Null(index.Index.MeasureRecall(K, CancellationToken.None));
        Assert.Equal(0, index.Report(new float[4], K, new FieldSearch { TargetRecall = 0.9f }).Ef);
    }

    private static void CheckTargets(Metric metric, float[][] rows, float[][] queries, QuantizationKind codes)
    {
        using var index = new IndexUnderTest(metric, rows[0].Length, codes: codes);
        index.AddAll(rows);
        index.WaitUntilLinked();
        RecallProfile curve = Assert.IsType<RecallProfile>(index.Index.MeasureRecall(K, CancellationToken.None));
        string shown = string.Join(", ", curve.Points.Select(point => $"{point.Ef}: {point.Recall:0.000}"));
        foreach (RecallPoint point in curve.Points.Take(5))
        {
            double unseen = index.Recall(queries, K, new FieldSearch { Ef = point.Ef });
            Assert.True(
                unseen >= point.Recall - LeaveOneOutTolerance && unseen <= point.Recall + HoleTolerance,
                $"seed {Seed}, {metric}, {codes}: {unseen} at ef {point.Ef}; {shown}");
        }

        int before = 0;
        foreach (float target in (float[])[0.9f, 0.95f, 0.99f])
        {
            int ef = curve.EfFor(target);
            Assert.True(ef >= before, $"ef {ef} for {target}, {before} for less");
            before = ef;

            // By the beam itself: a search would scan so few rows when the beam is wide.
            double recall = index.Recall(queries, K, new FieldSearch { Ef = ef });
            Assert.True(recall >= target - Tolerance, $"seed {Seed}, {metric}, {codes}, target {target}: recall {recall} at ef {ef}; {shown}");
        }
    }
}
