using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex list</c>: prints a page of records.</summary>
internal sealed class ListCommand : Verb
{
    private const int DefaultLimit = 20;

    private readonly Option<string?> _orderBy = new("--order-by") { Description = "The metadata field whose values order the records; in order of creation unless given.", HelpName = "field" };
    private readonly Option<bool> _descending = new("--desc") { Description = "The greatest values first; with --order-by." };
    private readonly Option<int> _limit = NumberOption.Create("--limit", "Number of records.", 1, Limits.MaxPage, DefaultLimit, "-n");
    private readonly Option<string?> _cursor = new("--cursor") { Description = "Where to go on: the cursor that the page before ended with.", HelpName = "text" };
    private readonly Option<string?> _filter = FilterOption.Create();
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public ListCommand()
        : base(
            "list",
            "Lists records.",
            "list --order-by year --desc --limit 5 --data ./vectors",
            "list --filter '{\"kind\": \"tree\"}' --collection docs --url http://127.0.0.1:8080 --json")
    {
        Add(_orderBy);
        Add(_descending);
        Add(_limit);
        Add(_cursor);
        Add(_filter);
        Add(_collection);
        _target.AddTo(this);
        Validators.Add(result =>
        {
            if (result.GetValue(_descending) && result.GetValue(_orderBy) is null)
            {
                result.AddError("--desc goes with --order-by.");
            }
        });
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        var options = new ListOptions
        {
            OrderBy = parse.GetValue(_orderBy),
            Descending = parse.GetValue(_descending),
            Limit = parse.GetValue(_limit),
            Cursor = parse.GetValue(_cursor),
            Filter = parse.ReadFilter(_filter),
            Include = Include.Metadata | Include.Document,
        };
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        RecordPage page = await target.ListAsync(parse.GetRequiredValue(_collection), options, cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["vectors"] = new JsonArray([.. page.Records.Select(record => RecordJson.Of(record))]),
                ["next_cursor"] = page.NextCursor,
            });
        }
        else
        {
            RecordTable.Write(answer, page.Records);
            if (page.NextCursor is { } next)
            {
                Answer.Line($"There are more: go on with --cursor {next}");
            }
        }

        return ExitCode.Ok;
    }
}
