using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex delete</c>: deletes records by id.</summary>
internal sealed class DeleteCommand : Verb
{
    private readonly Argument<string[]> _ids = new("ids")
    {
        Description = "The records' ids. Put -- before an id that begins with a dash.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public DeleteCommand()
        : base("delete", "Deletes records.", "delete 42 43 --data ./vectors", "delete doc-7 --collection docs --url http://127.0.0.1:8080")
    {
        Add(_ids);
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string collection = parse.GetRequiredValue(_collection);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        int deleted = 0;
        List<string> missing = [];
        foreach (string id in parse.GetRequiredValue(_ids))
        {
            if (await target.DeleteAsync(collection, id, cancellationToken).ConfigureAwait(false))
            {
                deleted++;
            }
            else
            {
                missing.Add(id);
            }
        }

        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["deleted"] = deleted,
                ["missing"] = new JsonArray([.. missing.Select(id => JsonValue.Create(id))]),
            });
        }
        else
        {
            Answer.Line($"Deleted {deleted} of {deleted + missing.Count} records.");
            foreach (string id in missing)
            {
                answer.Note($"There was no record \"{Printable.Clean(id)}\".");
            }
        }

        return missing.Count == 0 ? ExitCode.Ok : ExitCode.NotFound;
    }
}
