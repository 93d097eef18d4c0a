using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Training;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex embed-hierarchy</c>: points of hyperbolic space for the nodes of a hierarchy.</summary>
internal sealed class EmbedHierarchyCommand : Verb
{
    private readonly Argument<string> _edges = new("edges.tsv") { Description = "Lines of a child and what it belongs to, with a tab between." };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The file of the points; its ending decides the format, and .ndjson keeps the names as ids.", HelpName = "file", Required = true };
    private readonly Option<string?> _picture = new("--picture") { Description = "Draws the Poincaré disk into this .svg; needs --dimension 2.", HelpName = "file" };
    private readonly Option<EmbeddingSpace> _space = Choice.WithDefault("--space", "Where the points are: a ball of curvature -1, or Euclidean space for comparison.", EmbeddingSpace.Poincare);
    private readonly Option<int> _dimension = NumberOption.Create("--dimension", "Components of a point.", 1, 1024, new TrainingOptions().Dimension);
    private readonly Option<int> _epochs = NumberOption.Create("--epochs", "Passes over all pairs.", 1, 100_000, new TrainingOptions().Epochs);
    private readonly Option<int> _negatives = NumberOption.Create("--negatives", "Nodes that each step tells from the one above.", 1, 10_000, new TrainingOptions().Negatives);
    private readonly Option<double> _rate = NumberOption.Create("--learning-rate", "Length of a step.", 1e-6, 1e6, new TrainingOptions().LearningRate);
    private readonly Option<ulong> _seed = NumberOption.Create("--seed", "Decides everything that is drawn.", 0UL, ulong.MaxValue, new TrainingOptions().Seed);

    /// <summary>Creates the command.</summary>
    public EmbedHierarchyCommand()
        : base(
            "embed-hierarchy",
            "Trains points of hyperbolic space for a hierarchy: what is above a node comes to be near it.",
            "embed-hierarchy animals.tsv --output animals.ndjson",
            "embed-hierarchy animals.tsv --dimension 2 --output animals.ndjson --picture animals.svg --json")
    {
        Add(_edges);
        foreach (Option option in (Option[])[_output, _picture, _space, _dimension, _epochs, _negatives, _rate, _seed])
        {
            Add(option);
        }
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string edges = parse.GetRequiredValue(_edges);
        string output = parse.GetRequiredValue(_output);
        TrainingOptions options = new()
        {
            Space = parse.GetValue(_space),
            Dimension = parse.GetValue(_dimension),
            Epochs = parse.GetValue(_epochs),
            BurnInEpochs = Math.Min(new TrainingOptions().BurnInEpochs, parse.GetValue(_epochs) / 2),
            Negatives = parse.GetValue(_negatives),
            LearningRate = parse.GetValue(_rate),
            Seed = parse.GetValue(_seed),
        };
        string? picture = parse.GetValue(_picture);
        if (picture is not null && options is not { Dimension: 2, Space: EmbeddingSpace.Poincare })
        {
            throw CommandException.Usage("--picture draws the Poincaré disk, which has two dimensions; add --dimension 2 and leave --space out.");
        }

        using IVectorWriter writer = VectorFile.Create(output); // before hours of training
        Hierarchy hierarchy = Read(edges).Close();
        HierarchyEmbedding embedding = await ProgressDisplay.RunAsync(
            "Training", options.Epochs, progress => HierarchyTrainer.Train(hierarchy, options, progress, cancellationToken)).ConfigureAwait(false);
        for (int i = 0; i < embedding.Names.Count; i++)
        {
            writer.Write(new VectorRow { Number = i, Id = embedding.Names[i], Vector = embedding.Row(i) });
        }

        writer.Complete();
        if (picture is not null)
        {
            PictureFile.Write(picture, hierarchy, embedding);
        }

        Reconstruction quality = await ProgressDisplay.RunAsync("Measuring", null, _ => Reconstruction.Measure(hierarchy, embedding, cancellationToken)).ConfigureAwait(false);
        Report(answer, hierarchy, embedding, quality, output, picture);
        return ExitCode.Ok;
    }

    private static Hierarchy Read(string path)
    {
        InputFile.Require(path);
        using StreamReader reader = new(path);
        return Hierarchy.Read(reader);
    }

    private static void Report(Answer answer, Hierarchy hierarchy, HierarchyEmbedding embedding, Reconstruction quality, string output, string? picture)
    {
        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["nodes"] = hierarchy.Names.Count,
                ["pairs"] = hierarchy.Pairs.Count,
                ["space"] = Choice.Word(embedding.Space),
                ["dimension"] = embedding.Vectors[0].Length,
                ["loss"] = embedding.Loss,
                ["mean_rank"] = quality.MeanRank,
                ["mean_average_precision"] = quality.MeanAveragePrecision,
                ["output"] = output,
                ["picture"] = picture,
            });
            return;
        }

        Answer.Line($"{Printable.Count(hierarchy.Names.Count)} points in {output}, trained on {Printable.Count(hierarchy.Pairs.Count)} pairs");
        Answer.Line(FormattableString.Invariant($"mean rank {quality.MeanRank:0.00}, mean average precision {quality.MeanAveragePrecision:0.000} of what is above each node"));
        if (picture is not null)
        {
            Answer.Line($"picture in {picture}");
        }
    }
}
