using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex compact</c>: removes what was overwritten or deleted from every file, and gives its space back.</summary>
internal sealed class CompactCommand : Verb
{
    private readonly Option<string?> _data = new("--data", "-d")
    {
        Description = $"The data directory. Default: $STORAGE_PATH, else {TargetOptions.DefaultDataPath}.",
        HelpName = "path",
    };

    private readonly Option<string?> _collection = new("--collection", "-c")
    {
        Description = "One collection; all of them unless given.",
        HelpName = "name",
    };

    /// <summary>Creates the command.</summary>
    public CompactCommand()
        : base("compact", "Removes what was overwritten or deleted from every file, and gives its space back.", "compact --data ./vectors", "compact --data ./vectors --collection docs --json")
    {
        Add(_data);
        Add(_collection);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using LocalTarget target = LocalTarget.Open(TargetOptions.DataPath(parse.GetValue(_data)), mayCreate: false);
        IReadOnlyList<string> names = parse.GetValue(_collection) is { } one ? [one] : target.Database.ListCollections();
        JsonArray reports = [];
        foreach (string name in names)
        {
            CompactionReport report = await ProgressDisplay.RunAsync(
                $"Compacting \"{name}\"", total: null, _ => target.Database.GetCollection(name).Compact(cancellationToken)).ConfigureAwait(false);
            if (answer.Json)
            {
                reports.Add(new JsonObject
                {
                    ["name"] = name,
                    ["bytes_before"] = report.BytesBefore,
                    ["bytes_after"] = report.BytesAfter,
                    ["records_moved"] = report.RecordsMoved,
                });
            }
            else
            {
                Answer.Line($"{Printable.Clean(name)}: {Printable.Size(report.BytesBefore)} before, {Printable.Size(report.BytesAfter)} after; {Printable.Count(report.RecordsMoved)} records moved.");
            }
        }

        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["location"] = target.Location, ["collections"] = reports });
        }

        return ExitCode.Ok;
    }
}
