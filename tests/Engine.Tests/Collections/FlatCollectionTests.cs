namespace Hypervex.Engine.Tests.Collections;

/// <summary>A field without a graph.</summary>
public sealed class FlatCollectionTests : IDisposable
{
    private const int Seed = 107;
    private const int Dimension = 10;
    private const int Count = 3000;

    private readonly TemporaryDirectory _directory = new();
    private readonly float[][] _vectors;

    public FlatCollectionTests()
    {
        var random = new Random(Seed);
        _vectors = [.. Enumerable.Range(0, Count).Select(_ => Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f).ToArray())];
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Metric.L2)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.Dot)]
    [InlineData(Metric.Manhattan)]
    public void Its_answers_are_the_exact_ones_of_a_graph(Metric metric)
    {
        using Database database = Database.CreateInMemory();
        Collection flat = Fill(database, "flat", metric, IndexType.Flat);
        Collection graph = Fill(database, "graph", metric, IndexType.Hnsw);
        var filter = Filter.Parse("""{"n": {"$lt": 700}}""");
        foreach (float[] query in _vectors.Take(20))
        {
            SearchHits found = flat.Search(query, 15);
            Assert.Equal(graph.Search(query, 15, new SearchOptions { Exact = true }), found);
            Assert.Equal(0, found.Report.Ef);
            Assert.Equal(graph.Search(query, 15, new SearchOptions { Exact = true, Filter = filter }), flat.Search(query, 15, new SearchOptions { Filter = filter }));
        }

        VectorFieldStats stats = flat.GetStats().Fields[0];
        Assert.Equal((Count, 0L), (stats.Linked, stats.Pending));
        Assert.True(stats.IndexBytes <= Count / 8);
        Assert.Null(flat.Calibrate());
    }

    [Fact]
    public void It_survives_deletes_restarts_and_checkpoints()
    {
        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = Fill(database, "flat", Metric.L2, IndexType.Flat);
            collection.Checkpoint();
            for (int i = 0; i < 500; i++)
            {
                collection.Delete($"r{i}");
            }

            Check(collection);
        }

        for (int round = 0; round < 2; round++)
        {
            using Database database = Database.Open(_directory.Path);
            Collection collection = database.GetCollection("flat");
            Assert.Equal(IndexType.Flat, collection.Options.Vectors[""].Index.Type);
            Assert.Null(collection.Recovery.CheckpointProblem);
            Check(collection);
            collection.Upsert($"new{round}", _vectors[round]); // slots of deleted rows are taken again
            collection.Checkpoint();
            Assert.Equal($"new{round}", Assert.Single(collection.Search(_vectors[round], 1)).Id);
            collection.Delete($"new{round}");
            Assert.True(collection.Verify().Ok);
        }
    }

    private void Check(Collection collection)
    {
        Assert.Equal(Count - 500, collection.Count);
        SearchHits hits = collection.Search(_vectors[100], Count);
        Assert.Equal(Count - 500, hits.Count);
        string[] expected = [.. _vectors.Index().Skip(500).OrderBy(pair => Distance(pair.Item, _vectors[100])).Take(10).Select(pair => $"r{pair.Index}")];
        Assert.Equal(expected, hits.Take(10).Select(hit => hit.Id));
    }

    private static double Distance(float[] u, float[] v) => u.Zip(v, (a, b) => ((double)a - b) * ((double)a - b)).Sum();

    private Collection Fill(Database database, string name, Metric metric, IndexType type)
    {
        var options = new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = Dimension, Metric = metric, Index = new HnswOptions { Type = type } } },
        };
        Collection collection = database.CreateCollection(name, options);
        collection.UpsertBatch([.. _vectors.Select((vector, i) => new VectorRecord($"r{i}", vector) { Metadata = new MetadataObject { ["n"] = i } })]);
        collection.WaitForIndex();
        return collection;
    }
}
