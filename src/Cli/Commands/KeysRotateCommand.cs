using System.CommandLine;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using Hypervex.Server.Keys;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex keys rotate</c>: gives a key a new text and prints it, once.</summary>
internal sealed class KeysRotateCommand : KeysVerb
{
    private readonly Argument<string> _id = new("id") { Description = "The key's id; `keys list` shows it." };
    private readonly Option<int?> _grace = NumberOption.Optional("--grace", "For how many seconds the text before is accepted as well. Default: 0, it ends at once.", 0, KeyStore.MaxGraceSeconds);

    /// <summary>Creates the command.</summary>
    public KeysRotateCommand()
        : base("rotate", "Gives a key a new text and prints it; id, scope and collections stay.", "keys rotate 5f0c3a9be1d24477 --grace 3600 --url http://127.0.0.1:8080")
    {
        Add(_id);
        Add(_grace);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parse, KeyTarget keys, Answer answer, CancellationToken cancellationToken) =>
        KeyDisplay.Tell(answer, await keys.RotateAsync(parse.GetRequiredValue(_id), parse.GetValue(_grace) ?? 0, cancellationToken).ConfigureAwait(false));
}
