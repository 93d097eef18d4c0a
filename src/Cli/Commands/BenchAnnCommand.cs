using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex bench ann</c>: builds an index from a file and measures recall and speed over beam widths.</summary>
internal sealed class BenchAnnCommand : Verb
{
    private static readonly int[] s_defaultEf = [10, 16, 24, 32, 48, 64, 96, 128, 192];

    private readonly Option<string> _base = new("--base") { Description = "The rows to index.", HelpName = "file", Required = true };
    private readonly Option<string> _queries = new("--queries") { Description = "The queries.", HelpName = "file", Required = true };
    private readonly Option<string?> _truth = new("--truth") { Description = "The queries' true neighbours, .ivecs of row numbers; found by exact search unless given.", HelpName = "file" };
    private readonly Option<int?> _dimension = NumberOption.Optional("--dimension", "Components per row, for raw formats.", 1, Limits.MaxDimension);
    private readonly Option<Metric> _metric = Choice.WithDefault("--metric", "How distances are measured.", Metric.L2);
    private readonly Option<int> _k = NumberOption.Create("--k", "Neighbours per query.", 1, Limits.MaxK, 10, "-k");
    private readonly Option<int> _m = NumberOption.Create("--m", "HNSW links per node and level.", Limits.MinM, Limits.MaxM, 16);
    private readonly Option<int> _efConstruction = NumberOption.Create("--ef-construction", "HNSW beam width while building.", 1, Limits.MaxEfConstruction, 200);
    private readonly Option<int[]> _ef = new("--ef")
    {
        Description = $"Beam widths to measure. Default: {string.Join(',', s_defaultEf)}.",
        HelpName = "n,n,…",
        CustomParser = ReadList,
    };

    private readonly Option<QuantizationKind> _quantization = Choice.WithDefault("--quantization", "The codes that searches run on.", QuantizationKind.None);
    private readonly Option<int> _buildThreads = NumberOption.Create("--build-threads", "Threads that link rows into the graph.", 1, 1_024, 2);
    private readonly Option<int> _threads = NumberOption.Create("--threads", "Threads that search.", 1, 1_024, 1);
    private readonly Option<double> _seconds = NumberOption.Create("--seconds", "Least duration of each point, cycling the queries.", 0.0, 3_600, 3);
    private readonly Option<int?> _limit = NumberOption.Optional("--limit", "Index only the first rows of the file; the ground truth must be of them.", 1, int.MaxValue);
    private readonly Option<string?> _json;

    /// <summary>Creates the command.</summary>
    public BenchAnnCommand()
        : this(new Option<string?>("--json")
        {
            Description = "Write the figures as JSON into a file; without a file, print them instead of the table.",
            HelpName = "file",
            Arity = ArgumentArity.ZeroOrOne,
        })
    {
    }

    private BenchAnnCommand(Option<string?> json)
        : base(
            "ann",
            "Measures nearest-neighbour search: recall beside every speed.",
            json,
            [
                "bench ann --base base.fvecs --queries query.fvecs --truth truth.ivecs --metric l2 --json result.json",
                "bench ann --base base.u8 --queries query.u8 --dimension 128 --truth groundtruth.ivecs --metric l2 --ef 16,64,192",
            ])
    {
        _json = json;
        Option[] options =
        [
            _base, _queries, _truth, _dimension, _metric, _k, _m, _efConstruction, _ef, _quantization, _buildThreads, _threads, _seconds, _limit,
        ];
        foreach (Option option in options)
        {
            Add(option);
        }
    }

    /// <inheritdoc/>
    protected override bool WantsJson(ParseResult parse) => base.WantsJson(parse) && parse.GetValue(_json) is null;

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        AnnSettings settings = Settings(parse);
        RequireFolderOf(parse.GetValue(_json));
        FormatOptions format = new() { Dimension = parse.GetValue(_dimension) };
        string rowFile = parse.GetRequiredValue(_base);
        answer.Note($"Reading {rowFile}");
        List<float[]> rows = InputFile.ReadVectors(rowFile, format, parse.GetValue(_limit) ?? int.MaxValue);
        int[][]? truth = parse.GetValue(_truth) is { } truthFile ? InputFile.ReadNeighbours(truthFile) : null;
        string queryFile = parse.GetRequiredValue(_queries);
        List<float[]> queries = InputFile.ReadVectors(queryFile, format, truth?.Length ?? int.MaxValue);
        AnnInput.Check(settings, rows, queries, truth, rowFile, queryFile);
        AnnReport report = new(settings, rows.Count, rows[0].Length, queries.Count, truthIsGiven: truth is not null);

        using TemporaryDirectory directory = new("hypervex-bench");
        await using var database = Database.Open(directory.Path, AnnBenchmark.DatabaseOptions(settings));
        AnnBenchmark benchmark = new(database, settings);
        report.Build = await ProgressDisplay.RunAsync(
            "Building", rows.Count, progress => benchmark.Build(rows, progress, cancellationToken)).ConfigureAwait(false);
        report.Points = await ProgressDisplay.RunAsync(
            "Measuring", settings.Ef.Count, progress => benchmark.Search(queries, truth, progress, cancellationToken)).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(report.ToJson());
            return ExitCode.Ok;
        }

        report.WriteText(answer);
        if (parse.GetValue(_json) is { } file)
        {
            await File.WriteAllTextAsync(file, Answer.OneLine(report.ToJson()) + "\n", cancellationToken).ConfigureAwait(false);
            answer.Note($"The same figures as JSON: {file}");
        }

        return ExitCode.Ok;
    }

    private AnnSettings Settings(ParseResult parse) => new()
    {
        Metric = parse.GetValue(_metric),
        K = parse.GetValue(_k),
        Index = new HnswOptions { M = parse.GetValue(_m), EfConstruction = parse.GetValue(_efConstruction) },
        Quantization = parse.GetValue(_quantization),
        Ef = parse.GetValue(_ef) is { Length: > 0 } given ? given : s_defaultEf,
        BuildThreads = parse.GetValue(_buildThreads),
        SearchThreads = parse.GetValue(_threads),
        PointDuration = TimeSpan.FromSeconds(parse.GetValue(_seconds)),
    };

    // Before minutes of measuring, not after them.
    private static void RequireFolderOf(string? file)
    {
        if (file is not null && Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
        {
            throw CommandException.NotFound("file_not_found", $"The folder of --json {file} does not exist.");
        }
    }

    private static int[]? ReadList(System.CommandLine.Parsing.ArgumentResult result)
    {
        List<int> values = [];
        foreach (string word in result.Tokens[0].Value.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!int.TryParse(word, out int ef) || ef is < 1 or > Limits.MaxEf)
            {
                result.AddError($"\"{word}\" in --ef is not a beam width; expected numbers from 1 to {Limits.MaxEf} with commas between.");
                return null;
            }

            values.Add(ef);
        }

        return [.. values];
    }
}
