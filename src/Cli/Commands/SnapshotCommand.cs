using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex snapshot</c>: writes a collection as it is at one moment into one file.</summary>
internal sealed class SnapshotCommand : Verb
{
    private readonly Argument<string> _file = new("file") { Description = "The file to write. It gets its name when it is whole and durable, in place of an older one." };
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly Option<string?> _data = TargetOptions.CreateData();

    /// <summary>Creates the command.</summary>
    public SnapshotCommand()
        : base(
            "snapshot",
            "Writes a backup of a collection into one file.",
            "snapshot default.hvx --data ./vectors",
            "snapshot docs-monday.hvx --collection docs --data ./vectors --json")
    {
        Add(_file);
        Add(_collection);
        Add(_data);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string file = parse.GetRequiredValue(_file);
        await using LocalTarget target = LocalTarget.Open(TargetOptions.DataPath(parse.GetValue(_data)), mayCreate: false);
        Collection collection = target.Database.GetCollection(parse.GetRequiredValue(_collection));
        SnapshotReport report = await ProgressDisplay.RunAsync(
            $"Saving \"{collection.Name}\"",
            collection.Count,
            progress => collection.Snapshot(file, new StageProgress(progress, SnapshotStage.Writing), cancellationToken)).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["collection"] = report.Collection,
                ["file"] = file,
                ["records"] = report.Records,
                ["sequence"] = report.Sequence,
                ["bytes"] = report.Bytes,
            });
        }
        else
        {
            Answer.Line($"Saved {Printable.Count(report.Records)} records of \"{report.Collection}\" to {file} ({Printable.Size(report.Bytes)}).");
            answer.Note("`hypervex restore` brings them back, here or in any other database.");
        }

        return ExitCode.Ok;
    }
}
