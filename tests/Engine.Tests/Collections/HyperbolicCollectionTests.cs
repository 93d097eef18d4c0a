namespace Hypervex.Engine.Tests.Collections;

/// <summary>Collections whose vectors are points of hyperbolic space, from the door to the disk and back.</summary>
public sealed class HyperbolicCollectionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Metric.Poincare, 1, IndexType.Hnsw)]
    [InlineData(Metric.Poincare, 0.2, IndexType.Hnsw)]
    [InlineData(Metric.Poincare, 1, IndexType.Flat)]
    [InlineData(Metric.Poincare, 1, IndexType.Hnsw, QuantizationKind.Sq8)]
    [InlineData(Metric.Poincare, 0.2, IndexType.Hnsw, QuantizationKind.Sq4)]
    [InlineData(Metric.Poincare, 1, IndexType.Hnsw, QuantizationKind.Binary)]
    [InlineData(Metric.Lorentz, 1, IndexType.Hnsw)]
    [InlineData(Metric.Lorentz, 4, IndexType.Hnsw)]
    [InlineData(Metric.Lorentz, 1, IndexType.Flat)]
    [InlineData(Metric.Lorentz, 1, IndexType.Hnsw, QuantizationKind.Sq8)]
    [InlineData(Metric.Lorentz, 4, IndexType.Hnsw, QuantizationKind.Sq4)]
    public void Searches_find_the_geodesically_nearest_with_true_distances(Metric metric, double curvature, IndexType index, QuantizationKind codes = QuantizationKind.None)
    {
        const int Count = 3000, Queries = 40, K = 10;
        var random = new Random(11);
        float[][] points = [.. Enumerable.Range(0, Count).Select(_ => Point(random, metric, 5, curvature))];
        long found = 0;
        for (int opening = 0; opening < 2; opening++)
        {
            using Database database = Database.Open(_directory.Path);
            Collection collection = database.GetOrCreateCollection("points", Options(metric, 5, curvature, index, codes));
            if (opening == 0)
            {
                collection.UpsertBatch([.. points.Select((point, number) => new VectorRecord($"{number}", point))]);
                collection.WaitForIndex();
                collection.Checkpoint();
            }

            Assert.Equal(curvature, collection.Options.Vectors[""].Curvature);
            Assert.Equal((codes, codes != QuantizationKind.None), (collection.GetStats().Fields[0].Codes?.Kind ?? QuantizationKind.None, collection.GetStats().Fields[0].CodeBytes > 0));
            random = new Random(12);
            for (int query = 0; query < Queries; query++)
            {
                float[] at = Point(random, metric, 5, curvature);
                double[] distances = [.. points.Select(point => Distance(metric, at, point, curvature))];
                double bound = distances.Order().ElementAt(K - 1);
                SearchHits hits = collection.Search(at, K, new SearchOptions { Ef = 200, Oversampling = codes == QuantizationKind.Binary ? 20 : 0 });
                Assert.Equal(K, hits.Count);
                foreach (SearchHit hit in hits)
                {
                    double expected = distances[int.Parse(hit.Id, System.Globalization.CultureInfo.InvariantCulture)];
                    Assert.Equal(expected, hit.Distance, 1e-5 * (1 + expected));
                    Assert.Equal(1 / (1 + hit.Distance), hit.Score, 1e-6);
                    found += expected <= bound + 1e-6 ? 1 : 0;
                }

                SearchHits within = collection.Search(at, 1000, new SearchOptions { Radius = (float)bound, Exact = true });
                Assert.InRange(within.Count, K - 1, K + 1);
            }

            for (int i = 0; i < Count; i += 50)
            {
                SearchHit self = Assert.Single(collection.Search(points[i], 1, new SearchOptions { Exact = i % 100 == 0, Ef = 400 }));
                Assert.Equal(($"{i}", 0f), (self.Id, self.Distance));
            }

            Assert.Equal(points[7], collection.Get("7")!.Vector);
            Assert.True(collection.Verify().Ok);
        }

        Assert.InRange(found, 0.98 * 2 * Queries * K, 2 * Queries * K);
    }

    [Fact]
    public void Codes_tell_small_families_near_the_boundary_apart()
    {
        // Each family is within a few units of its parent, far out, where that is a thousandth in the ball: far less than what a code leaves out.
        const int Families = 120, Members = 30, Dimension = 6, K = 10;
        const double Gap = 1e-3;
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("points", Options(Metric.Poincare, Dimension, 1, codes: QuantizationKind.Sq8));
        var random = new Random(21);
        var queries = new List<float[]>();
        for (int family = 0; family < Families; family++)
        {
            double[] parent = Direction(random, Dimension, Math.Sqrt(1 - Gap));
            float[][] children = [.. Enumerable.Range(0, Members + 1).Select(_ => Array.ConvertAll(
                Hyperbolic.Exp(parent, Direction(random, Dimension, (0.5 + (1.5 * random.NextDouble())) * Gap / 2)), x => (float)x))];
            collection.UpsertBatch([.. children.SkipLast(1).Select((child, i) => new VectorRecord($"{family}.{i}", child))]);
            queries.Add(children[^1]);
        }

        collection.WaitForIndex();
        Assert.Equal(QuantizationKind.Sq8, collection.GetStats().Fields[0].Codes?.Kind);
        int found = queries.Sum(query =>
        {
            var exact = collection.Search(query, K, new SearchOptions { Exact = true }).Select(hit => (hit.Id, hit.Distance)).ToHashSet();
            return collection.Search(query, K, new SearchOptions { Ef = 100 }).Count(hit => exact.Contains((hit.Id, hit.Distance)));
        });
        Assert.InRange(found, 0.98 * Families * K, Families * K);
    }

    [Fact]
    public void What_is_outside_of_the_space_is_refused_and_nothing_is_written()
    {
        using Database database = Database.Open(_directory.Path);
        Collection ball = database.CreateCollection("ball", CollectionOptions.Create(2, Metric.Poincare));
        Collection sheet = database.CreateCollection("sheet", CollectionOptions.Create(3, Metric.Lorentz));
        Outside(() => ball.Upsert("edge", [1, 0]), "edge");
        Outside(() => ball.UpsertBatch([new VectorRecord("in", [0.5f, 0]), new VectorRecord("out", [0.8f, 0.7f])]), "out");
        Outside(() => ball.Search([2, 0]), "query");
        Outside(() => sheet.Upsert("off", [1, 1, 0]), "off");
        Outside(() => sheet.Upsert("below", [-1, 0, 0]), "below");
        Outside(() => sheet.Search([1.01f, 0, 0]), "query");
        Assert.Equal((0, 0), (ball.Count, sheet.Count));
        ball.Upsert("inside", [0.999f, 0]);
        sheet.Upsert("on", [MathF.Sqrt(2), 1, 0]);
        Assert.Equal((1, 1), (ball.Count, sheet.Count));

        static void Outside(Action action, string subject)
        {
            HypervexException error = Assert.Throws<HypervexException>(action);
            Assert.Equal(ErrorCode.OutOfDomain, error.Code);
            Assert.Contains(subject, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_field_that_projects_moves_points_into_the_space()
    {
        using Database database = Database.Open(_directory.Path);
        Collection ball = database.CreateCollection("ball", Projecting(2, Metric.Poincare));
        float[] given = [3, 4];
        ball.Upsert("out", given);
        Assert.Equal([3, 4], given);
        float[] moved = ball.Get("out")!.Vector!;
        Assert.Equal(1 - 1e-5, Math.Sqrt(moved.Sum(x => (double)x * x)), 1e-6);
        Assert.Equal(0.6, moved[0], 1e-4);
        Assert.Equal(0, Assert.Single(ball.Search([3, 4])).Distance);

        Collection sheet = database.CreateCollection("sheet", Projecting(3, Metric.Lorentz));
        sheet.Upsert("off", [0, 1, 0]);
        Assert.Equal([MathF.Sqrt(2), 1, 0], sheet.Get("off")!.Vector!);
        Assert.Equal(0, Assert.Single(sheet.Search([7, 1, 0])).Distance);
        Assert.Equal(ErrorCode.NonFiniteVector, Assert.Throws<HypervexException>(() => sheet.Upsert("nan", [1, float.NaN, 0])).Code);
        Assert.Equal(ErrorCode.OutOfDomain, Assert.Throws<HypervexException>(() => sheet.Upsert("far", [1, 1e12f, 0])).Code);
    }

    [Fact]
    public void Settings_that_make_no_space_are_refused()
    {
        using Database database = Database.Open(_directory.Path);
        foreach (VectorFieldOptions field in new VectorFieldOptions[]
        {
            new() { Dimension = 2, Metric = Metric.Poincare, Curvature = 0 },
            new() { Dimension = 2, Metric = Metric.Poincare, Curvature = -1 },
            new() { Dimension = 2, Metric = Metric.Lorentz, Curvature = double.NaN },
            new() { Dimension = 2, Metric = Metric.L2, Curvature = 2 },
            new() { Dimension = 1, Metric = Metric.Lorentz },
        })
        {
            Refused(ErrorCode.LimitOutOfRange, field);
        }

        Refused(ErrorCode.InvalidArgument, new() { Dimension = 2, Metric = Metric.Cosine, Project = true });
        Assert.Equal(ErrorCode.InvalidVector, Assert.Throws<HypervexException>(
            () => database.CreateCollection("open", CollectionOptions.Create(null, Metric.Lorentz)).Upsert("short", [1])).Code);

        void Refused(ErrorCode code, VectorFieldOptions field) => Assert.Equal(code, Assert.Throws<HypervexException>(
            () => database.CreateCollection("c", new CollectionOptions { Vectors = new Dictionary<string, VectorFieldOptions> { [""] = field } })).Code);
    }

    [Fact]
    public void Snapshots_carry_curvature_and_fit_only_their_own()
    {
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("points", Options(Metric.Poincare, 3, 0.5));
        var random = new Random(4);
        for (int i = 0; i < 50; i++)
        {
            collection.Upsert($"{i}", Point(random, Metric.Poincare, 3, 0.5));
        }

        using var archive = new MemoryStream();
        collection.Snapshot(archive);
        archive.Position = 0;
        database.Restore(archive, new RestoreOptions { Collection = "again" });
        Collection restored = database.GetCollection("again");
        Assert.Equal(0.5, restored.Options.Vectors[""].Curvature);
        float[] query = Point(random, Metric.Poincare, 3, 0.5);
        Assert.Equal(collection.Search(query).Select(hit => (hit.Id, hit.Distance)), restored.Search(query).Select(hit => (hit.Id, hit.Distance)));

        database.CreateCollection("other", Options(Metric.Poincare, 3, 1));
        archive.Position = 0;
        HypervexException refused = Assert.Throws<HypervexException>(() => database.Restore(archive, new RestoreOptions { Collection = "other", Replace = true }));
        Assert.Equal(ErrorCode.BadSnapshot, refused.Code);
        Assert.Contains("curvature 0.5", refused.Message, StringComparison.Ordinal);
    }

    private static CollectionOptions Options(Metric metric, int dimension, double curvature, IndexType index = IndexType.Hnsw, QuantizationKind codes = QuantizationKind.None) => new()
    {
        Vectors = new Dictionary<string, VectorFieldOptions>
        {
            [""] = new() { Dimension = metric == Metric.Lorentz ? dimension + 1 : dimension, Metric = metric, Curvature = curvature, Index = new HnswOptions { Type = index }, Quantization = codes },
        },
    };

    private static CollectionOptions Projecting(int dimension, Metric metric) => new()
    {
        Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = dimension, Metric = metric, Project = true } },
    };

    private static double[] Direction(Random random, int dimension, double length)
    {
        double[] direction = [.. Enumerable.Range(0, dimension).Select(_ => random.NextDouble() - 0.5)];
        double norm = Math.Sqrt(direction.Sum(x => x * x));
        return [.. direction.Select(x => x * length / norm)];
    }

    /// <summary>Uniform in direction and in hyperbolic radius, as far as the ball's norm 0.9999.</summary>
    private static float[] Point(Random random, Metric metric, int dimension, double curvature)
    {
        double[] point = [.. Enumerable.Range(0, dimension).Select(_ => random.NextDouble() - 0.5)];
        double norm = Math.Tanh(5 * random.NextDouble()) / Math.Sqrt(point.Sum(x => x * x));
        double[] inBall = [.. point.Select(x => norm * x / Math.Sqrt(curvature))];
        return [.. (metric == Metric.Lorentz ? Hyperbolic.PoincareToLorentz(inBall, curvature) : inBall).Select(x => (float)x)];
    }

    private static double Distance(Metric metric, float[] u, float[] v, double curvature) => metric == Metric.Lorentz
        ? Hyperbolic.LorentzDistance([.. u.Select(x => (double)x)], [.. v.Select(x => (double)x)], curvature)
        : Hyperbolic.PoincareDistance([.. u.Select(x => (double)x)], [.. v.Select(x => (double)x)], curvature);
}
