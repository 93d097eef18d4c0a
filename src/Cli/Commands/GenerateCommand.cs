using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Transfer;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex generate</c>: makes vectors out of a seed, with queries and exact ground truth.</summary>
internal sealed class GenerateCommand : Verb
{
    private readonly Option<VectorDistribution> _distribution = Choice.WithDefault("--distribution", "The shape of the data (docs/benchmarks.md says how each is made).", VectorDistribution.Clustered);
    private readonly Option<long> _count = NumberOption.Required("--count", "Rows.", 1L, uint.MaxValue, "-n");
    private readonly Option<int> _dimension = NumberOption.Required("--dimension", "Components per row.", 1, Limits.MaxDimension);
    private readonly Option<ulong> _seed = new("--seed") { Description = "The same seed gives the same data everywhere.", HelpName = "n", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _normalize = new("--normalize") { Description = "Scale every vector to norm 1." };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The file: .npy, .fvecs, .ndjson or .f32.", HelpName = "file", Required = true };
    private readonly Option<int> _queries = NumberOption.Create("--queries", "Queries to make as well, with their exact neighbours.", 0, 1_000_000, 0);
    private readonly Option<string?> _queryOutput = new("--query-output") { Description = "Where the queries go; beside the rows, as NAME.query.EXT, unless given.", HelpName = "file" };
    private readonly Option<string?> _truthOutput = new("--truth-output") { Description = "Where the true neighbours go; NAME.truth.ivecs unless given.", HelpName = "file" };
    private readonly Option<Metric> _metric = Choice.WithDefault("--metric", "What the true neighbours are nearest under.", Metric.L2);
    private readonly Option<int> _k = NumberOption.Create("--k", "True neighbours per query.", 1, Limits.MaxK, 100, "-k");

    /// <summary>Creates the command.</summary>
    public GenerateCommand()
        : base(
            "generate",
            "Generates vectors, queries and exact ground truth from a seed.",
            "generate --count 1000000 --dimension 128 --output clustered.fvecs --queries 1000",
            "generate --distribution gaussian --count 100000 --dimension 128 --normalize --output gaussian.npy --queries 1000 --metric cosine")
    {
        Option[] options = [_distribution, _count, _dimension, _seed, _normalize, _output, _queries, _queryOutput, _truthOutput, _metric, _k];
        foreach (Option option in options)
        {
            Add(option);
        }
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string output = parse.GetRequiredValue(_output);
        GenerationPlan plan = new()
        {
            Options = new GeneratorOptions
            {
                Distribution = parse.GetValue(_distribution),
                Count = parse.GetValue(_count),
                Dimension = parse.GetValue(_dimension),
                Seed = parse.GetValue(_seed),
                Normalize = parse.GetValue(_normalize),
            },
            RowFile = output,
            Queries = parse.GetValue(_queries),
            QueryFile = parse.GetValue(_queryOutput) ?? Beside(output, $".query{Path.GetExtension(output)}"),
            TruthFile = parse.GetValue(_truthOutput) ?? Beside(output, ".truth.ivecs"),
            Metric = parse.GetValue(_metric),
            K = parse.GetValue(_k),
        };
        if (plan.Metric == Metric.Hamming)
        {
            throw CommandException.Usage("Generated rows are numbers and not packed bits; ask for their neighbours under another metric than hamming.");
        }

        await plan.RunAsync(cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(plan.ToJson());
        }
        else
        {
            Answer.Line($"{Printable.Count(plan.Options.Count)} rows of {plan.Options.Dimension} components in {plan.RowFile}");
            if (plan.Queries > 0)
            {
                Answer.Line($"{Printable.Count(plan.Queries)} queries in {plan.QueryFile}, their neighbours under {Choice.Word(plan.Metric)} in {plan.TruthFile}");
            }
        }

        return ExitCode.Ok;
    }

    private static string Beside(string file, string ending) =>
        Path.Combine(Path.GetDirectoryName(file) ?? "", Path.GetFileNameWithoutExtension(file) + ending);
}
