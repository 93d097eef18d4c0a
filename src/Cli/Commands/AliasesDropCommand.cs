using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex aliases drop</c>: removes an alias; its collection stays.</summary>
internal sealed class AliasesDropCommand : Verb
{
    private readonly Argument<string> _alias = new("alias") { Description = "The alias. Its collection stays." };
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public AliasesDropCommand()
        : base("drop", "Removes an alias; its collection stays.", "aliases drop live --data ./vectors")
    {
        Add(_alias);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string alias = parse.GetRequiredValue(_alias);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        await target.ChangeAliasesAsync(new Dictionary<string, string?> { [alias] = null }, cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["dropped"] = alias });
        }
        else
        {
            Answer.Line($"Dropped the alias \"{Printable.Clean(alias)}\".");
        }

        return ExitCode.Ok;
    }
}
