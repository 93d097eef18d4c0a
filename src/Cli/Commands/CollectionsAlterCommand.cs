using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex collections alter</c>: on a directory it returns when new codes are trained, on a server when the setting is durable.</summary>
internal sealed class CollectionsAlterCommand : Verb
{
    private readonly Argument<string> _name = new("name") { Description = "The collection." };
    private readonly Option<QuantizationKind?> _quantization = Choice.Optional<QuantizationKind>("--quantization", "The codes that searches run on.");
    private readonly Option<int?> _ef = NumberOption.Optional("--default-ef", "HNSW beam width of searches that ask for none.", 1, Limits.MaxEf);
    private readonly Option<string> _field = new("--field") { Description = "The vector field of --quantization and --default-ef; the default field unless given.", DefaultValueFactory = _ => "" };
    private readonly Option<Durability?> _durability = Choice.Optional<Durability>("--durability", "When writes that ask for none count as written.");
    private readonly Option<bool> _noDurability = new("--no-durability") { Description = "Go by the database's durability again." };
    private readonly Option<long?> _capacity = NumberOption.Optional("--capacity", "Greatest number of records.", 1L, long.MaxValue);
    private readonly Option<bool> _noCapacity = new("--no-capacity") { Description = "No greatest number of records any more." };
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public CollectionsAlterCommand()
        : base(
            "alter",
            "Alters a collection's settings; its records stay, and on a server it stays in use.",
            "collections alter docs --quantization sq4 --data ./vectors",
            "collections alter docs --durability batch --no-capacity --url http://127.0.0.1:8080")
    {
        Option[] options = [_quantization, _ef, _field, _durability, _noDurability, _capacity, _noCapacity];
        Add(_name);
        Array.ForEach(options, Add);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string name = parse.GetRequiredValue(_name);
        CollectionChanges changes = Read(parse);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        await ProgressDisplay.RunAsync(
            "Altering the collection",
            total: null,
            _ =>
            {
                target.AlterCollectionAsync(name, changes, cancellationToken).GetAwaiter().GetResult();
                return true;
            }).ConfigureAwait(false);
        CollectionSummary summary = await target.DescribeAsync(name, cancellationToken).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["altered"] = summary.ToJson() });
        }
        else
        {
            SummaryTable.Write(answer, summary);
        }

        return ExitCode.Ok;
    }

    private CollectionChanges Read(ParseResult parse)
    {
        string field = parse.GetRequiredValue(_field);
        var changes = new CollectionChanges
        {
            Capacity = parse.GetValue(_capacity),
            RemoveCapacity = parse.GetValue(_noCapacity),
            Durability = parse.GetValue(_durability),
            RemoveDurability = parse.GetValue(_noDurability),
            Ef = parse.GetValue(_ef) is { } ef ? new Dictionary<string, int> { [field] = ef } : [],
            Quantization = parse.GetValue(_quantization) is { } kind ? new Dictionary<string, QuantizationKind> { [field] = kind } : [],
        };
        bool isEmpty = changes is { Capacity: null, RemoveCapacity: false, Durability: null, RemoveDurability: false, Ef.Count: 0, Quantization.Count: 0 };
        return isEmpty ? throw CommandException.Usage("Nothing is to be altered: name a setting, such as --quantization or --durability.") : changes;
    }
}
