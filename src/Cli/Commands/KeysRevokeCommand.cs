using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex keys revoke</c>: ends a key.</summary>
internal sealed class KeysRevokeCommand : KeysVerb
{
    private readonly Argument<string> _id = new("id") { Description = "The key's id; `keys list` shows it." };

    /// <summary>Creates the command.</summary>
    public KeysRevokeCommand()
        : base("revoke", "Ends a key: no request that begins afterwards is accepted with it.", "keys revoke 5f0c3a9be1d24477 --url http://127.0.0.1:8080") => Add(_id);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parse, KeyTarget keys, Answer answer, CancellationToken cancellationToken)
    {
        string id = parse.GetRequiredValue(_id);
        await keys.RevokeAsync(id, cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["revoked"] = id });
        }
        else
        {
            Answer.Line($"Revoked the key {Printable.Clean(id)}.");
        }
    }
}
