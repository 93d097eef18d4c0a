using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using Hypervex.Cli.Transfer;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex export</c>: writes a collection's records into a file, or as NDJSON to stdout.</summary>
internal sealed class ExportCommand : Verb
{
    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "The file: .ndjson holds whole records; .npy, .fvecs, .f32, .f16, .u8 hold vectors only. NDJSON on stdout unless given.",
        HelpName = "file",
    };

    private readonly Option<string?> _filter = FilterOption.Create();
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public ExportCommand()
        : base(
            "export",
            "Exports records in order of creation.",
            "export --output records.ndjson --data ./vectors",
            "export --filter '{\"part_of_speech\": \"verb\"}' --data ./demo-data | head -1")
    {
        Add(_output);
        Add(_filter);
        Add(_collection);
        _target.AddTo(this);
        Validators.Add(result =>
        {
            if (result.GetResult("--json") is { } json && result.GetValue<bool>("--json") && json.Tokens.Count == 0 && result.GetValue(_output) is null)
            {
                result.AddError("--json needs --output: without it, stdout carries the records themselves.");
            }
        });
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string? output = parse.GetValue(_output);
        string collection = parse.GetRequiredValue(_collection);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        RecordScan scan = new(target, collection, parse.ReadFilter(_filter));
        if (output is null)
        {
            await scan.ForEachAsync(record => Answer.Line(Answer.OneLine(RecordJson.Of(record))), cancellationToken).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        long total = (await target.DescribeAsync(collection, cancellationToken).ConfigureAwait(false)).Count;
        long written = await ProgressDisplay.RunAsync(
            $"Exporting \"{collection}\"", total, progress => WriteFileAsync(scan, output, progress, cancellationToken)).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["exported"] = written, ["collection"] = collection, ["output"] = output });
        }
        else
        {
            Answer.Line($"Exported {Printable.Count(written)} records of \"{collection}\" to {output}.");
        }

        return ExitCode.Ok;
    }

    private static async Task<long> WriteFileAsync(RecordScan scan, string output, IProgress<long> progress, CancellationToken cancellationToken)
    {
        using IVectorWriter writer = VectorFile.Create(output);
        await scan.ForEachAsync(
            record =>
            {
                writer.Write(ToRow(record, writer.Count));
                progress.Report(writer.Count);
            },
            cancellationToken).ConfigureAwait(false);
        writer.Complete();
        return writer.Count;
    }

    private static VectorRow ToRow(VectorRecord record, long number) => new()
    {
        Number = number,
        Id = record.Id,
        Vector = record.Vector ?? [],
        Vectors = record.Vectors,
        Metadata = record.Metadata,
        Document = record.Document,
        ExpiresAt = record.ExpiresAt,
        CreatedAt = record.CreatedAt,
    };
}
