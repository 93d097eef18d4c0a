using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex stats</c>: what the collections hold.</summary>
internal sealed class StatsCommand : Verb
{
    private readonly Option<string?> _collection = new("--collection", "-c")
    {
        Description = "One collection; all of them unless given.",
        HelpName = "name",
    };

    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public StatsCommand()
        : base("stats", "Shows counts, settings and sizes.", "stats --data ./vectors", "stats --collection docs --url http://127.0.0.1:8080 --json")
    {
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        IReadOnlyList<string> names = parse.GetValue(_collection) is { } one
            ? [one]
            : await target.ListCollectionsAsync(cancellationToken).ConfigureAwait(false);
        List<CollectionSummary> summaries = [];
        foreach (string name in names)
        {
            summaries.Add(await target.DescribeAsync(name, cancellationToken).ConfigureAwait(false));
        }

        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["location"] = target.Location,
                ["collections"] = new JsonArray([.. summaries.Select(summary => summary.ToJson())]),
            });
            return ExitCode.Ok;
        }

        foreach (CollectionSummary summary in summaries)
        {
            SummaryTable.Write(answer, summary);
        }

        if (summaries.Count == 0)
        {
            answer.Note($"{target.Location} holds no collection yet. `hypervex create NAME` makes one.");
        }

        return ExitCode.Ok;
    }
}
