using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Transfer;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex convert</c>: points of one model of hyperbolic space as points of the other.</summary>
internal sealed class ConvertCommand : Verb
{
    private readonly Argument<string> _file = new("file") { Description = "The points: NDJSON, CSV, .npy, .fvecs, or raw .f16, .f32; any of them also as .gz." };
    private readonly InputFormat _format = new();
    private readonly Option<HyperbolicModel?> _from = Choice.Optional<HyperbolicModel>("--from", "The model of the points in the file.");
    private readonly Option<HyperbolicModel?> _to = Choice.Optional<HyperbolicModel>("--to", "The model to write.");
    private readonly Option<double> _curvature = NumberOption.Create("--curvature", "c of the curvature -c, of both.", Limits.MinCurvature, Limits.MaxCurvature, 1);
    private readonly Option<string> _output = new("--output", "-o") { Description = "The file: .ndjson and .csv keep ids, metadata and documents; .npy, .fvecs, .f32 hold vectors only.", HelpName = "file", Required = true };

    /// <summary>Creates the command.</summary>
    public ConvertCommand()
        : base(
            "convert",
            "Converts points between the Poincaré ball and the hyperboloid.",
            "convert animals.ndjson --from poincare --to lorentz --output animals.lorentz.ndjson",
            "convert points.npy --from lorentz --to poincare --curvature 0.5 --output ball.npy --json")
    {
        _from.Required = true;
        _to.Required = true;
        Add(_file);
        _format.AddTo(this);
        foreach (Option option in (Option[])[_from, _to, _curvature, _output])
        {
            Add(option);
        }
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string file = parse.GetRequiredValue(_file);
        string output = parse.GetRequiredValue(_output);
        HyperbolicModel from = parse.GetRequiredValue(_from)!.Value, to = parse.GetRequiredValue(_to)!.Value;
        if (from == to)
        {
            throw CommandException.Usage($"--from and --to are both {Choice.Word(from)}; there is nothing to convert.");
        }

        double curvature = parse.GetValue(_curvature);
        ModelConversion conversion = new(from, curvature);
        using IVectorReader reader = InputFile.Open(file, _format.Read(parse));
        using IVectorWriter writer = VectorFile.Create(output);
        await ProgressDisplay.RunAsync(
            $"Converting {Path.GetFileName(file)}", reader.Count, progress => ConvertAll(reader, writer, conversion, progress, cancellationToken)).ConfigureAwait(false);
        writer.Complete();
        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["converted"] = writer.Count,
                ["from"] = Choice.Word(from),
                ["to"] = Choice.Word(to),
                ["curvature"] = curvature,
                ["greatest_move"] = conversion.GreatestMove,
                ["output"] = output,
            });
        }
        else
        {
            Answer.Line($"{Printable.Count(writer.Count)} points of {Choice.Word(to)} in {output}");
            Answer.Line(FormattableString.Invariant($"rounding to float32 moved none of them by more than {conversion.GreatestMove:0.###e+0}"));
        }

        return ExitCode.Ok;
    }

    private static long ConvertAll(IVectorReader reader, IVectorWriter writer, ModelConversion conversion, IProgress<long> progress, CancellationToken cancellationToken)
    {
        const int RowsPerReport = 1_000;
        VectorRow row = default;
        while (reader.TryRead(ref row))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (row.Vector is not { Length: > 0 } || row.Vectors is not null)
            {
                throw new DataFileException(reader.Path, row.Number, "one vector in each row, of the default field", row.Vectors is null ? "none" : "named vectors");
            }

            VectorRow converted = row;
            try
            {
                converted.Vector = conversion.Convert(row.Vector);
            }
            catch (HypervexException exception)
            {
                throw CommandException.Create(Failure.NameOf(exception.Code), $"{reader.Path}, row {row.Number}: {exception.Message} Nothing was written.", ExitCode.BadDataFile);
            }

            writer.Write(converted);
            if (writer.Count % RowsPerReport == 0)
            {
                progress.Report(writer.Count);
            }
        }

        return writer.Count;
    }
}
