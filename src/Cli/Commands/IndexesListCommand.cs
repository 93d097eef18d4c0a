using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex indexes list</c>.</summary>
internal sealed class IndexesListCommand : Verb
{
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public IndexesListCommand()
        : base("list", "Lists the indexes of metadata fields.", "indexes list --collection docs --data ./vectors")
    {
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        IReadOnlyList<FieldIndexState> indexes = await target.ListFieldIndexesAsync(parse.GetRequiredValue(_collection), cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["field_indexes"] = new JsonArray([.. indexes.Select(FieldIndexText.ToJson)]) });
            return ExitCode.Ok;
        }

        foreach (FieldIndexState index in indexes)
        {
            Answer.Line(FieldIndexText.ToText(index));
        }

        if (indexes.Count == 0)
        {
            answer.Note("There are none; `hypervex indexes create FIELD` makes one.");
        }

        return ExitCode.Ok;
    }
}
