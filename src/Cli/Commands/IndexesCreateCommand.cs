using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex indexes create</c>: on a directory it returns when the index is ready, on a server when it is declared.</summary>
internal sealed class IndexesCreateCommand : Verb
{
    private readonly Argument<string> _field = new("field") { Description = "The metadata field; dots lead into nested objects." };
    private readonly Option<FieldIndexType> _type = Choice.WithDefault("--type", "What the index takes; other values stay findable.", FieldIndexType.Keyword);
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public IndexesCreateCommand()
        : base(
            "create",
            "Creates the index of a metadata field.",
            "indexes create lang --collection docs --data ./vectors",
            "indexes create year --type integer --url http://127.0.0.1:8080")
    {
        Add(_field);
        Add(_type);
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        FieldIndexState index = await ProgressDisplay.RunAsync(
            "Creating the index",
            total: null,
            _ => target.CreateFieldIndexAsync(parse.GetRequiredValue(_collection), parse.GetRequiredValue(_field), parse.GetValue(_type), cancellationToken).GetAwaiter().GetResult()).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["created"] = FieldIndexText.ToJson(index) });
        }
        else
        {
            Answer.Line(FieldIndexText.ToText(index));
        }

        return ExitCode.Ok;
    }
}
