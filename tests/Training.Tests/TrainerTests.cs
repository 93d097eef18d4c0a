namespace Hypervex.Training.Tests;

/// <summary>Training on WordNet's mammals, which the repository carries.</summary>
public sealed class TrainerTests
{
    private static Hierarchy Mammals()
    {
        using var reader = new StreamReader(Path.Combine(AppContext.BaseDirectory, "data", "wordnet-mammals", "mammal_closure.tsv"));
        return Hierarchy.Read(reader);
    }

    [Fact]
    public void Mammals_in_five_dimensions_are_reconstructed_and_euclid_fails()
    {
        Hierarchy mammals = Mammals();
        Assert.Equal((1182, 6542), (mammals.Names.Count, mammals.Pairs.Count));
        var options = new TrainingOptions { Epochs = 60 };
        var ball = Reconstruction.Measure(mammals, HierarchyTrainer.Train(mammals, options));
        var plane = Reconstruction.Measure(mammals, HierarchyTrainer.Train(mammals, options with { Space = EmbeddingSpace.Euclidean, LearningRate = 0.02 }));
        Assert.True(ball.MeanAveragePrecision >= 0.9, $"{ball}");
        Assert.True(ball.MeanRank < 3, $"{ball}");
        Assert.True(plane.MeanAveragePrecision < ball.MeanAveragePrecision, $"{plane}");
    }

    /// <summary>Almost a tree: graphs that link by the heuristic alone found a quarter of these.</summary>
    [Fact]
    public void Searches_find_their_way_through_a_hierarchy()
    {
        Hierarchy mammals = Mammals();
        HierarchyEmbedding embedding = HierarchyTrainer.Train(mammals, new TrainingOptions { Epochs = 60 });
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("mammals", CollectionOptions.Create(5, embedding.Metric));
        collection.UpsertBatch([.. embedding.Names.Select((name, i) => new VectorRecord(name, embedding.Row(i)))]);
        collection.WaitForIndex();
        int found = 0;
        foreach (string name in embedding.Names)
        {
            float bound = collection.SearchById(name, 10, new SearchOptions { Exact = true })[^1].Distance;
            found += collection.SearchById(name, 10).Count(hit => hit.Distance <= bound);
        }

        Assert.InRange(found, 0.97 * 10 * embedding.Names.Count, 10 * embedding.Names.Count);
        Assert.Contains(collection.SearchById("dog.n.01", 10), hit => hit.Id == "canine.n.02");
    }

    [Fact]
    public void A_seed_decides_the_embedding()
    {
        Hierarchy mammals = Mammals();
        var options = new TrainingOptions { Epochs = 2, BurnInEpochs = 1, Negatives = 5, Seed = 9 };
        HierarchyEmbedding one = HierarchyTrainer.Train(mammals, options), same = HierarchyTrainer.Train(mammals, options), other = HierarchyTrainer.Train(mammals, options with { Seed = 10 });
        Assert.Equal(one.Vectors.SelectMany(vector => vector), same.Vectors.SelectMany(vector => vector));
        Assert.NotEqual(one.Vectors[0], other.Vectors[0]);
    }

    [Fact]
    public void Reconstruction_is_1_when_only_what_is_above_is_near()
    {
        Hierarchy hierarchy = Hierarchy.Create([("a", "b"), ("c", "d")]);
        Reconstruction best = Reconstruction.Measure(hierarchy, new HierarchyEmbedding(hierarchy.Names, [[0, 0.1], [0, 0.2], [0, -0.8], [0, -0.81]], EmbeddingSpace.Poincare, 0));
        Assert.Equal(new Reconstruction(1, 1), best);

        // b is the farthest of three from a, d the second nearest of three to c.
        Reconstruction worse = Reconstruction.Measure(hierarchy, new HierarchyEmbedding(hierarchy.Names, [[0], [9], [1], [2.5]], EmbeddingSpace.Euclidean, 0));
        Assert.Equal(new Reconstruction(2.5, (1.0 / 3 + 0.5) / 2), worse);
    }

    [Fact]
    public void Options_out_of_range_and_cancellation_stop_it()
    {
        Hierarchy hierarchy = Hierarchy.Create([("a", "b")]);
        foreach (TrainingOptions options in new TrainingOptions[]
        {
            new() { Dimension = 0 }, new() { Epochs = 0 }, new() { Negatives = 0 }, new() { LearningRate = 0 }, new() { LearningRate = double.NaN }, new() { Epochs = 5, BurnInEpochs = 6 },
        })
        {
            Assert.Equal(ErrorCode.LimitOutOfRange, Assert.Throws<HypervexException>(() => HierarchyTrainer.Train(hierarchy, options)).Code);
        }

        Assert.ThrowsAny<OperationCanceledException>(() => HierarchyTrainer.Train(hierarchy, new TrainingOptions(), cancellationToken: new CancellationToken(true)));
        Assert.Equal(2, HierarchyTrainer.Train(hierarchy, new TrainingOptions { Epochs = 30 }).Vectors.Count); // no node is left to draw
    }

    [Fact]
    public void A_picture_shows_every_node_inside_of_the_disk()
    {
        Hierarchy hierarchy = Hierarchy.Create([("cat", "feline"), ("lion", "feline"), ("cat", "mammal"), ("lion", "mammal"), ("feline", "mammal"), ("d<og", "mammal")]);
        HierarchyEmbedding embedding = HierarchyTrainer.Train(hierarchy, new TrainingOptions { Dimension = 2, Epochs = 50 });
        var svg = new StringWriter();
        DiskPicture.Write(svg, hierarchy, embedding);
        System.Xml.Linq.XElement picture = System.Xml.Linq.XElement.Parse(svg.ToString());
        Assert.Equal(1 + 5, picture.Descendants().Count(element => element.Name.LocalName == "circle"));
        Assert.Equal(4, picture.Descendants().Count(element => element.Name.LocalName == "path")); // cat > mammal follows from the others
        Assert.Contains(picture.Descendants(), element => element.Name.LocalName == "title" && element.Value == "d<og");
        Assert.Equal(
            ErrorCode.InvalidArgument,
            Assert.Throws<HypervexException>(() => DiskPicture.Write(svg, hierarchy, HierarchyTrainer.Train(hierarchy, new TrainingOptions { Epochs = 20 }))).Code);
    }
}
