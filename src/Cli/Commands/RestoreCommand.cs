using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex restore</c>: brings a snapshot back, into a new collection or in place of the content of one that exists.</summary>
internal sealed class RestoreCommand : Verb
{
    private readonly Argument<string> _file = new("file") { Description = "A file that `hypervex snapshot` wrote." };
    private readonly Option<string?> _collection = new("--collection", "-c")
    {
        Description = "The collection to restore into. Default: the name that the snapshot gives.",
        HelpName = "name",
    };

    private readonly Option<bool> _replace = new("--replace")
    {
        Description = "Replace the content of a collection that exists: records that the snapshot does not hold are deleted.",
    };

    private readonly Option<string?> _data = TargetOptions.CreateData();

    /// <summary>Creates the command.</summary>
    public RestoreCommand()
        : base(
            "restore",
            "Brings a snapshot back into a collection.",
            "restore default.hvx --data ./other-vectors",
            "restore docs-monday.hvx --collection docs --replace --data ./vectors")
    {
        Add(_file);
        Add(_collection);
        Add(_replace);
        Add(_data);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string file = parse.GetRequiredValue(_file);
        if (!File.Exists(file))
        {
            throw CommandException.NotFound("file_not_found", $"The file {file} does not exist.");
        }

        RestoreReport report = await RestoreAsync(file, parse, cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["collection"] = report.Collection,
                ["created"] = report.Created,
                ["records"] = report.Records,
                ["deleted"] = report.Deleted,
                ["sequence"] = report.Sequence,
                ["taken_at"] = report.TakenAt.UtcDateTime,
            });
        }
        else
        {
            string gone = report.Created ? "" : $" {Printable.Count(report.Deleted)} records that it does not hold were deleted.";
            Answer.Line($"Restored {Printable.Count(report.Records)} records into \"{report.Collection}\", read back and compared.{gone}");
        }

        return ExitCode.Ok;
    }

    /// <summary>A directory that is made for the restore is gone again when that is refused.</summary>
    private async Task<RestoreReport> RestoreAsync(string file, ParseResult parse, CancellationToken cancellationToken)
    {
        string path = TargetOptions.DataPath(parse.GetValue(_data));
        bool isNew = !Directory.Exists(path);
        LocalTarget target = LocalTarget.Open(path, mayCreate: true);
        bool isDone = false;
        try
        {
            RestoreReport report = await ProgressDisplay.RunAsync(
                $"Restoring {Path.GetFileName(file)}", total: null, progress => Restore(target, file, parse, progress, cancellationToken)).ConfigureAwait(false);
            isDone = true;
            return report;
        }
        finally
        {
            if (isNew && !isDone)
            {
                await target.AbandonAsync().ConfigureAwait(false);
            }
            else
            {
                await target.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private RestoreReport Restore(LocalTarget target, string file, ParseResult parse, IProgress<long> progress, CancellationToken cancellationToken)
    {
        var options = new RestoreOptions
        {
            Collection = parse.GetValue(_collection),
            Replace = parse.GetValue(_replace),
            Progress = new StageProgress(progress, only: null),
        };
        try
        {
            return target.Database.Restore(file, options, cancellationToken);
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.CollectionExists)
        {
            throw CommandException.Create(
                "collection_exists",
                $"{exception.Message} Add --replace to replace its content, or --collection NAME to restore beside it.",
                ExitCode.Conflict);
        }
    }
}
