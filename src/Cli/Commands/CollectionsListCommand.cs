using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex collections list</c>.</summary>
internal sealed class CollectionsListCommand : Verb
{
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public CollectionsListCommand()
        : base("list", "Lists the collections.", "collections list --data ./vectors", "collections list --url http://127.0.0.1:8080 --json") =>
        _target.AddTo(this);

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        IReadOnlyList<string> names = await target.ListCollectionsAsync(cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["collections"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]) });
            return ExitCode.Ok;
        }

        foreach (string name in names)
        {
            Answer.Line(Printable.Clean(name));
        }

        if (names.Count == 0)
        {
            answer.Note($"{target.Location} holds no collection yet. `hypervex create NAME` makes one.");
        }

        return ExitCode.Ok;
    }
}
