using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex aliases set</c>: lets an alias stand for a collection, whatever it stood for before.</summary>
internal sealed class AliasesSetCommand : Verb
{
    private readonly Argument<string> _alias = new("alias") { Description = "The alias; no collection has this name." };
    private readonly Argument<string> _collection = new("target") { Description = "The collection that it is to stand for from now on." };
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public AliasesSetCommand()
        : base(
            "set",
            "Lets an alias stand for a collection, whatever it stood for before; the switch is atomic.",
            "aliases set live docs-v2 --data ./vectors",
            "aliases set live docs-v2 --url http://127.0.0.1:8080")
    {
        Add(_alias);
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string alias = parse.GetRequiredValue(_alias);
        string collection = parse.GetRequiredValue(_collection);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        await target.ChangeAliasesAsync(new Dictionary<string, string?> { [alias] = collection }, cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["alias"] = alias, ["collection"] = collection });
        }
        else
        {
            Answer.Line($"\"{Printable.Clean(alias)}\" stands for the collection \"{Printable.Clean(collection)}\".");
        }

        return ExitCode.Ok;
    }
}
