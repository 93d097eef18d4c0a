using Hypervex.Cli.DataFiles;
using static Hypervex.Cli.Tests.DataFiles.Rows;

namespace Hypervex.Cli.Tests.DataFiles;

public sealed class GroundTruthTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    [Theory]
    [InlineData(Metric.L2, 1)]
    [InlineData(Metric.L2, 13)]
    [InlineData(Metric.Dot, 8)]
    [InlineData(Metric.Manhattan, 5)]
    [InlineData(Metric.Manhattan, 64)]
    public void It_agrees_with_sorting_all_rows_by_their_distance(Metric metric, int dimension)
    {
        const int Seed = 23;
        var chance = new Random(Seed);
        // Small integers make many equal distances, which must come in order of row number.
        float[][] rows = [.. Enumerable.Range(0, 500).Select(_ => RandomVector(chance, dimension))];
        float[][] queries = [.. Enumerable.Range(0, 21).Select(_ => RandomVector(chance, dimension))];
        string path = _scratch.Write("x.f32", [.. rows.Select(row => Floats(row))]);
        foreach ((int k, int threads) in new[] { (1, 1), (10, 2), (100, 3), (600, 0) })
        {
            using IVectorReader reader = VectorFile.Open(path, new FormatOptions { Dimension = dimension });
            int[][] actual = GroundTruth.Compute(reader, queries, metric, k, threads);
            for (int q = 0; q < queries.Length; q++)
            {
                int[] expected = [.. Enumerable.Range(0, rows.Length).OrderBy(row => Distance(metric, queries[q], rows[row])).ThenBy(row => row).Take(k)];
                Assert.True(expected.SequenceEqual(actual[q]), $"seed {Seed}, {metric}, k {k}, query {q}");
            }
        }
    }

    [Theory]
    [InlineData(Metric.Poincare)]
    [InlineData(Metric.Lorentz)]
    public void In_hyperbolic_space_it_agrees_with_sorting_by_geodesic_distance(Metric metric)
    {
        var chance = new Random(29);
        float[][] points = [.. Enumerable.Range(0, 300).Select(_ => Point())];
        string path = _scratch.Write("x.f32", [.. points.Skip(5).Select(row => Floats(row))]);
        using IVectorReader reader = VectorFile.Open(path, new FormatOptions { Dimension = points[0].Length });
        int[][] actual = GroundTruth.Compute(reader, points[..5], metric, 20);
        for (int q = 0; q < 5; q++)
        {
            Assert.Equal(Enumerable.Range(0, 295).OrderBy(row => Geodesic(points[q], points[row + 5])).Take(20), actual[q]);
        }

        float[] Point()
        {
            double[] point = [.. Enumerable.Range(0, 3).Select(_ => (chance.NextDouble() - 0.5) * 1.1)];
            return [.. (metric == Metric.Lorentz ? Hyperbolic.PoincareToLorentz(point) : point).Select(x => (float)x)];
        }

        double Geodesic(float[] u, float[] v) => metric == Metric.Lorentz
            ? Hyperbolic.LorentzDistance([.. u.Select(x => (double)x)], [.. v.Select(x => (double)x)])
            : Hyperbolic.PoincareDistance([.. u.Select(x => (double)x)], [.. v.Select(x => (double)x)]);
    }

    [Fact]
    public void Rows_outside_of_the_ball_have_no_neighbours_in_it()
    {
        string path = _scratch.Write("y.f32", Floats(0.5f, 0), Floats(0.8f, 0.6f));
        Assert.Equal(1, Assert.Throws<DataFileException>(() => Compute(path, Metric.Poincare, [0, 0])).Row);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(17)]
    public void Under_cosine_it_agrees_with_sorting_up_to_rows_of_one_direction(int dimension)
    {
        const int Seed = 29;
        var chance = new Random(Seed);
        float[][] rows = [.. Enumerable.Range(0, 500).Select(_ => RandomVector(chance, dimension))];
        float[][] queries = [.. Enumerable.Range(0, 9).Select(_ => RandomVector(chance, dimension))];
        using IVectorReader reader = VectorFile.Open(_scratch.Write("x.f32", [.. rows.Select(row => Floats(row))]), new FormatOptions { Dimension = dimension });
        int[][] actual = GroundTruth.Compute(reader, queries, Metric.Cosine, 100);
        for (int q = 0; q < queries.Length; q++)
        {
            // (1, 1) and (2, 2) have one direction, but not to the last bit of float64: distances are compared, not rows.
            double[] expected = [.. rows.Select(row => CosineDistance(queries[q], row)).Order().Take(100)];
            Assert.Equal(100, actual[q].Distinct().Count());
            Assert.All(actual[q].Zip(expected), pair => Assert.Equal(pair.Second, CosineDistance(queries[q], rows[pair.First]), 1e-12));
        }
    }

    [Fact]
    public void Blocks_and_progress_cover_every_row_once()
    {
        // 20,000 x 100 is more than one block of 2^20 components.
        const int Rows = 20_000;
        byte[] bytes = new byte[Rows * 100];
        new Random(4).NextBytes(bytes);
        string path = _scratch.Write("x.u8", bytes);
        var reported = new List<long>();
        using IVectorReader reader = VectorFile.Open(path, new FormatOptions { Dimension = 100 });
        int[] wanted = [0, 10_484, 10_485, 10_486, Rows - 1];
        float[][] queries = [.. wanted.Select(row => bytes.AsSpan(row * 100, 100).ToArray().Select(value => (float)value).ToArray())];
        int[][] found = GroundTruth.Compute(reader, queries, Metric.L2, 1, progress: new Reporter(reported));
        Assert.Equal(wanted, found.Select(list => Assert.Single(list)));
        Assert.Equal(Rows, reported[^1]);
        Assert.True(reported.Count > 1);
    }

    [Fact]
    public void What_has_no_answer_is_refused()
    {
        string zero = _scratch.Write("z.f32", Floats(1, 1, 0, 0));
        Assert.Equal(1, Assert.Throws<DataFileException>(() => Compute(zero, Metric.Cosine, [1f, 2f])).Row);
        Assert.Contains("3 components as query 0", Assert.Throws<DataFileException>(() => Compute(zero, Metric.L2, [1f, 2f, 3f])).Expected, StringComparison.Ordinal);
        string named = _scratch.Write("n.ndjson", """{"vectors": {"t": [1]}}""");
        Assert.Equal("named vectors only", Assert.Throws<DataFileException>(() => Compute(named, Metric.L2, [1f])).Actual);
    }

    [Fact]
    public void Cancelling_stops_it()
    {
        using IVectorReader reader = VectorFile.Open(_scratch.Write("x.f32", Floats(1, 2)), new FormatOptions { Dimension = 1 });
        Assert.Throws<OperationCanceledException>(() =>
            GroundTruth.Compute(reader, [[1f]], Metric.L2, 1, cancellationToken: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Neighbours_come_back_from_their_file()
    {
        int[][] neighbours = [[3, 1, 2], [], [7]];
        GroundTruth.Write(_scratch.PathOf("x.ivecs"), neighbours);
        Assert.Equal([.. Ints(3, 3, 1, 2), .. Ints(0), .. Ints(1, 7)], File.ReadAllBytes(_scratch.PathOf("x.ivecs")));
        Assert.Equal(neighbours, GroundTruth.Read(_scratch.PathOf("x.ivecs")));
        Assert.Equal("-1", Assert.Throws<DataFileException>(() => GroundTruth.Read(_scratch.Write("a.ivecs", Ints(-1)))).Actual);
        Assert.Equal(1, Assert.Throws<DataFileException>(() => GroundTruth.Read(_scratch.Write("b.ivecs", Ints(1, 5, 2, 6)))).Row);
        Assert.Equal("the end of the file", Assert.Throws<DataFileException>(() => GroundTruth.Read(_scratch.Write("c.ivecs", [1, 0]))).Actual);
    }

    public void Dispose() => _scratch.Dispose();

    private static int[][] Compute(string path, Metric metric, float[] query)
    {
        using IVectorReader reader = VectorFile.Open(path, new FormatOptions { Dimension = path.EndsWith(".f32", StringComparison.Ordinal) ? 2 : null });
        return GroundTruth.Compute(reader, [query], metric, 1);
    }

    private static float[] RandomVector(Random chance, int dimension)
    {
        float[] vector = [.. Enumerable.Range(0, dimension).Select(_ => (float)chance.Next(-3, 4))];
        vector[0] = vector[0] == 0 ? 1 : vector[0];
        return vector;
    }

    // Small integers: these sums are exact, so equal distances are equal to the bit.
    private static double Distance(Metric metric, float[] query, float[] row) => metric switch
    {
        Metric.L2 => query.Zip(row).Sum(pair => (double)((pair.First - pair.Second) * (pair.First - pair.Second))),
        Metric.Manhattan => query.Zip(row).Sum(pair => (double)Math.Abs(pair.First - pair.Second)),
        Metric.Dot => -query.Zip(row).Sum(pair => (double)(pair.First * pair.Second)),
        _ => throw new ArgumentOutOfRangeException(nameof(metric)),
    };

    private static double CosineDistance(float[] query, float[] row) =>
        1 + (Distance(Metric.Dot, query, row) / Math.Sqrt(Distance(Metric.Dot, query, query) * Distance(Metric.Dot, row, row)));

    private sealed class Reporter(List<long> reported) : IProgress<long>
    {
        public void Report(long value) => reported.Add(value);
    }
}
