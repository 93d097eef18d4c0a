using System.CommandLine;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex collections describe</c>.</summary>
internal sealed class CollectionsDescribeCommand : Verb
{
    private readonly Argument<string> _name = new("name") { Description = "The collection." };
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public CollectionsDescribeCommand()
        : base("describe", "Shows a collection's settings and sizes.", "collections describe docs --data ./vectors")
    {
        Add(_name);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        CollectionSummary summary = await target.DescribeAsync(parse.GetRequiredValue(_name), cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(summary.ToJson());
        }
        else
        {
            SummaryTable.Write(answer, summary);
        }

        return ExitCode.Ok;
    }
}
