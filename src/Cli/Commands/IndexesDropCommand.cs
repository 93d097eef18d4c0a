using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex indexes drop</c>: ends the index of a metadata field; the records stay.</summary>
internal sealed class IndexesDropCommand : Verb
{
    private readonly Argument<string> _field = new("field") { Description = "The metadata field." };
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public IndexesDropCommand()
        : base("drop", "Drops the index of a metadata field; the records stay.", "indexes drop lang --collection docs --data ./vectors")
    {
        Add(_field);
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string field = parse.GetRequiredValue(_field);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        if (!await target.DropFieldIndexAsync(parse.GetRequiredValue(_collection), field, cancellationToken).ConfigureAwait(false))
        {
            throw CommandException.NotFound("not_found", $"The field \"{Printable.Clean(field)}\" has no index. `hypervex indexes list` shows those that exist.");
        }

        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["dropped"] = field });
        }
        else
        {
            Answer.Line($"Dropped the index of \"{Printable.Clean(field)}\".");
        }

        return ExitCode.Ok;
    }
}
