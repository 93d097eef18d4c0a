using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Output;
using Hypervex.Training;
using Spectre.Console;

namespace Hypervex.Cli.Demonstration;

/// <summary>WordNet's mammals: trained, stored in a collection, searched, measured and drawn.</summary>
internal sealed class HyperbolicDemo(Hierarchy mammals, Collection collection)
{
    /// <summary>Components of the points that are stored.</summary>
    public const int Dimension = 5;

    private const int Shown = 8;
    private const double EuclideanRate = 0.02; // the best of those tried, 0.01 to 0.5
    private static readonly string[] s_asked = ["dog.n.01", "feline.n.01", "whale.n.02"];

    private readonly List<(string Name, SearchHits Hits)> _searches = [];
    private (HierarchyEmbedding Embedding, Reconstruction Quality) _ball;
    private (HierarchyEmbedding Embedding, Reconstruction Quality) _plane;
    private double _recall;

    /// <summary>Epochs of all trainings together.</summary>
    public static long Epochs => 3 * new TrainingOptions().Epochs;

    /// <summary>Reads the bundled pairs.</summary>
    /// <exception cref="CommandException">They are missing.</exception>
    public static Hierarchy Load()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "data", "wordnet-mammals", "mammal_closure.tsv");
        if (!File.Exists(path))
        {
            throw CommandException.NotFound("file_not_found", $"The bundled hierarchy {path} is missing; build or install the command again.");
        }

        using StreamReader reader = new(path);
        return Hierarchy.Read(reader);
    }

    /// <summary>Trains the ball and, for comparison and the picture, a Euclidean space and the disk.</summary>
    public void Train(string picture, IProgress<long> progress, CancellationToken cancellationToken)
    {
        TrainingOptions options = new() { Dimension = Dimension };
        _ball = Measured(options, new Offset(progress, 0), cancellationToken);
        _plane = Measured(options with { Space = EmbeddingSpace.Euclidean, LearningRate = EuclideanRate }, new Offset(progress, options.Epochs), cancellationToken);
        HierarchyEmbedding disk = HierarchyTrainer.Train(mammals, options with { Dimension = 2 }, new Offset(progress, 2 * options.Epochs), cancellationToken);
        PictureFile.Write(picture, mammals, disk);
    }

    /// <summary>Stores the points, searches, and compares every point's neighbours with an exact search.</summary>
    public void Search(CancellationToken cancellationToken)
    {
        HierarchyEmbedding embedding = _ball.Embedding;
        collection.UpsertBatch([.. Enumerable.Range(0, embedding.Names.Count).Select(i => new VectorRecord(embedding.Names[i], embedding.Row(i)))]);
        collection.WaitForIndex(cancellationToken);
        foreach (string name in s_asked)
        {
            _searches.Add((name, collection.SearchById(name, Shown)));
        }

        long found = 0, all = 0;
        foreach (string name in embedding.Names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            float bound = collection.SearchById(name, 10, new SearchOptions { Exact = true })[^1].Distance;
            foreach (SearchHit hit in collection.SearchById(name, 10))
            {
                found += hit.Distance <= bound ? 1 : 0;
                all++;
            }
        }

        _recall = (double)found / all;
    }

    /// <summary>The JSON form.</summary>
    public JsonObject ToJson(string data, string picture) => new()
    {
        ["nodes"] = mammals.Names.Count,
        ["pairs"] = mammals.Pairs.Count,
        ["dimension"] = Dimension,
        ["poincare"] = Json(_ball.Quality),
        ["euclidean"] = Json(_plane.Quality),
        ["recall_at_10"] = _recall,
        ["searches"] = new JsonArray([.. _searches.Select(search => (JsonNode)new JsonObject
        {
            ["id"] = search.Name,
            ["hits"] = new JsonArray([.. search.Hits.Select(hit => (JsonNode)new JsonObject { ["id"] = hit.Id, ["distance"] = hit.Distance })]),
        })]),
        ["data"] = data,
        ["picture"] = picture,
    };

    /// <summary>Writes readable text.</summary>
    public void WriteText(Answer answer, string data, string picture)
    {
        Answer.Line($"{Printable.Count(mammals.Names.Count)} mammals of WordNet, {Printable.Count(mammals.Pairs.Count)} pairs of one and what is above it, in {Dimension} dimensions");
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("trained in");
        table.AddColumn(new TableColumn("mean rank").RightAligned());
        table.AddColumn(new TableColumn("mean average precision").RightAligned());
        Row("the Poincaré ball", _ball.Quality);
        Row("Euclidean space", _plane.Quality);
        answer.Text.Write(table);
        foreach ((string name, SearchHits hits) in _searches)
        {
            Answer.Line($"Nearest to {name}");
            foreach (SearchHit hit in hits)
            {
                Answer.Line(string.Create(CultureInfo.InvariantCulture, $"  {hit.Distance:0.00}  {hit.Id}"));
            }
        }

        Answer.Line(string.Create(CultureInfo.InvariantCulture, $"Recall@10 against exact search {_recall:0.0000}, over all {mammals.Names.Count} points"));
        Answer.Line($"Database in {data}, picture of the disk in {picture}");

        void Row(string name, Reconstruction quality) => table.AddRow(
            name, quality.MeanRank.ToString("0.00", CultureInfo.InvariantCulture), quality.MeanAveragePrecision.ToString("0.000", CultureInfo.InvariantCulture));
    }

    private static JsonObject Json(Reconstruction quality) => new() { ["mean_rank"] = quality.MeanRank, ["mean_average_precision"] = quality.MeanAveragePrecision };

    private (HierarchyEmbedding Embedding, Reconstruction Quality) Measured(TrainingOptions options, IProgress<long> progress, CancellationToken cancellationToken)
    {
        HierarchyEmbedding embedding = HierarchyTrainer.Train(mammals, options, progress, cancellationToken);
        return (embedding, Reconstruction.Measure(mammals, embedding, cancellationToken));
    }

    private sealed class Offset(IProgress<long> progress, long done) : IProgress<long>
    {
        public void Report(long value) => progress.Report(done + value);
    }
}
