using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex checkpoint</c>: takes a checkpoint, so that the next opening need not replay the log.</summary>
internal sealed class CheckpointCommand : Verb
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
    public CheckpointCommand()
        : base("checkpoint", "Takes a checkpoint, so that the next opening need not replay the log.", "checkpoint --data ./vectors", "checkpoint --data ./vectors --collection docs --json")
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
            bool taken = await ProgressDisplay.RunAsync(
                $"Taking a checkpoint of \"{name}\"", total: null, _ => target.Database.GetCollection(name).Checkpoint(cancellationToken)).ConfigureAwait(false);
            if (answer.Json)
            {
                reports.Add(new JsonObject { ["name"] = name, ["taken"] = taken });
            }
            else
            {
                Answer.Line($"{Printable.Clean(name)}: {(taken ? "checkpoint taken" : "nothing has changed since the last checkpoint")}.");
            }
        }

        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["location"] = target.Location, ["collections"] = reports });
        }

        return ExitCode.Ok;
    }
}
