using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex create</c>: makes an empty collection, and its database when there is none.</summary>
internal sealed class CreateCommand : Verb
{
    private readonly Argument<string> _name = new("name")
    {
        Description = "The new collection's name.",
        DefaultValueFactory = _ => CollectionOption.DefaultName,
    };

    private readonly Option<int?> _dimension =
        NumberOption.Optional("--dimension", "Components of each vector; the first vector decides unless given.", 1, Limits.MaxDimension);

    private readonly Option<Durability?> _durability = Choice.Optional<Durability>("--durability", "When writes that ask for none count as written; the database's setting unless given.");
    private readonly CollectionSettings _settings = new();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public CreateCommand()
        : base(
            "create",
            "Creates a collection.",
            "create docs --dimension 768 --metric cosine --data ./vectors",
            "create photos --metric l2 --m 32 --url http://127.0.0.1:8080")
    {
        Add(_name);
        Add(_dimension);
        _settings.AddTo(this);
        Add(_durability);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string name = parse.GetRequiredValue(_name);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: true);
        CollectionOptions options = _settings.Read(parse, parse.GetValue(_dimension)) with { Durability = parse.GetValue(_durability) };
        await target.CreateCollectionAsync(name, options, cancellationToken).ConfigureAwait(false);
        CollectionSummary summary = await target.DescribeAsync(name, cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["created"] = summary.ToJson() });
        }
        else
        {
            Answer.Line($"Created the collection \"{name}\" in {target.Location}.");
        }

        return ExitCode.Ok;
    }
}
