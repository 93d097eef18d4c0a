using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex sample</c>: prints records chosen at random.</summary>
internal sealed class SampleCommand : Verb
{
    private const int DefaultLimit = 10;

    private readonly Option<int> _limit = NumberOption.Create("--limit", "Number of records.", 1, Limits.MaxPage, DefaultLimit, "-n");
    private readonly Option<int?> _seed = NumberOption.Optional("--seed", "Decides the choice; another one each time unless given.", int.MinValue, int.MaxValue);
    private readonly Option<string?> _filter = FilterOption.Create();
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public SampleCommand()
        : base("sample", "Reads records chosen at random.", "sample --limit 5 --seed 1 --data ./vectors")
    {
        Add(_limit);
        Add(_seed);
        Add(_filter);
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        IReadOnlyList<VectorRecord> records = await target.SampleAsync(
            parse.GetRequiredValue(_collection), parse.GetValue(_limit), parse.ReadFilter(_filter), parse.GetValue(_seed), cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["vectors"] = new JsonArray([.. records.Select(record => RecordJson.Of(record))]) });
        }
        else
        {
            RecordTable.Write(answer, records);
        }

        return ExitCode.Ok;
    }
}
