using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex update</c>: changes the metadata of the records that match a filter.</summary>
internal sealed class UpdateCommand : Verb
{
    private readonly Option<string> _filter = new("--filter", "-f")
    {
        Description = "Which records, for example '{\"year\": {\"$gte\": 2020}}' (docs/filters.md); '{}' = all.",
        HelpName = "json",
        Required = true,
    };

    private readonly Option<string> _metadata = new("--metadata", "-m")
    {
        Description = "What is merged into their metadata (RFC 7396: null removes a key), for example '{\"seen\": true, \"draft\": null}'.",
        HelpName = "json",
        Required = true,
    };

    private readonly Option<bool> _replace = new("--replace") { Description = "Put it in place of their metadata instead." };
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public UpdateCommand()
        : base(
            "update",
            "Changes the metadata of records that match a filter.",
            "update --filter '{\"kind\": \"draft\"}' --metadata '{\"kind\": \"final\", \"reviewer\": null}' --data ./vectors")
    {
        Add(_filter);
        Add(_metadata);
        Add(_replace);
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        var filter = Filter.Parse(parse.GetRequiredValue(_filter));
        var metadata = MetadataObject.Parse(parse.GetRequiredValue(_metadata));
        MetadataMode mode = parse.GetValue(_replace) ? MetadataMode.Replace : MetadataMode.Merge;
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        long updated = await target.UpdateWhereAsync(parse.GetRequiredValue(_collection), filter, metadata, mode, cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["updated"] = updated });
        }
        else
        {
            Answer.Line(string.Create(CultureInfo.InvariantCulture, $"Changed {updated} records."));
        }

        return ExitCode.Ok;
    }
}
