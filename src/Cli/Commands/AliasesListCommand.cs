using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex aliases list</c>.</summary>
internal sealed class AliasesListCommand : Verb
{
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public AliasesListCommand()
        : base("list", "Lists the aliases, each with its collection.", "aliases list --data ./vectors", "aliases list --url http://127.0.0.1:8080 --json") =>
        _target.AddTo(this);

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        IReadOnlyDictionary<string, string> aliases = await target.ListAliasesAsync(cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["aliases"] = new JsonObject([.. aliases.Select(alias => KeyValuePair.Create(alias.Key, (JsonNode?)JsonValue.Create(alias.Value)))]) });
            return ExitCode.Ok;
        }

        foreach ((string alias, string collection) in aliases)
        {
            Answer.Line($"{Printable.Clean(alias)} -> {Printable.Clean(collection)}");
        }

        if (aliases.Count == 0)
        {
            answer.Note("There are none; `hypervex aliases set ALIAS COLLECTION` makes one.");
        }

        return ExitCode.Ok;
    }
}
