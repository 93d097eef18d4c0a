using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex collections drop</c>: removes a collection with its records and files.</summary>
internal sealed class CollectionsDropCommand : Verb
{
    private readonly Argument<string> _name = new("name") { Description = "The collection. Its records and files are removed for good." };
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public CollectionsDropCommand()
        : base("drop", "Removes a collection for good.", "collections drop docs --data ./vectors")
    {
        Add(_name);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string name = parse.GetRequiredValue(_name);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        if (!await target.DropCollectionAsync(name, cancellationToken).ConfigureAwait(false))
        {
            throw CommandException.NotFound(
                "collection_not_found",
                $"There is no collection \"{name}\" in {target.Location}. `hypervex collections list` shows those that exist.");
        }

        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["dropped"] = name });
        }
        else
        {
            Answer.Line($"Dropped the collection \"{name}\".");
        }

        return ExitCode.Ok;
    }
}
