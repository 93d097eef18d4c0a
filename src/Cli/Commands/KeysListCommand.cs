using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using Hypervex.Wire;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex keys list</c>.</summary>
internal sealed class KeysListCommand : KeysVerb
{
    /// <summary>Creates the command.</summary>
    public KeysListCommand()
        : base("list", "Lists the keys, without their texts, which are stored nowhere.", "keys list --url http://127.0.0.1:8080")
    {
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parse, KeyTarget keys, Answer answer, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeyAnswer> list = await keys.ListAsync(cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["keys"] = new JsonArray([.. list.Select(KeyDisplay.ToJson)]) });
            return;
        }

        foreach (KeyAnswer key in list)
        {
            Answer.Line(KeyDisplay.ToLine(key));
        }

        if (list.Count == 0)
        {
            answer.Note("There are none; `hypervex keys create NAME --scope admin` makes the first one.");
        }
    }
}
