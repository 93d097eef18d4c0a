using System.CommandLine;
using System.Globalization;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex get</c>: reads one record.</summary>
internal sealed class GetCommand : Verb
{
    private readonly Argument<string> _id = new("id") { Description = "The record's id. Put -- before an id that begins with a dash." };
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public GetCommand()
        : base("get", "Reads a record.", "get 42 --data ./vectors", "get doc-7 --collection docs --url http://127.0.0.1:8080 --json")
    {
        Add(_id);
        Add(_collection);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string id = parse.GetRequiredValue(_id);
        string collection = parse.GetRequiredValue(_collection);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        VectorRecord record = await target.GetAsync(collection, id, cancellationToken).ConfigureAwait(false)
            ?? throw CommandException.NotFound("not_found", $"There is no record \"{id}\" in the collection \"{collection}\" of {target.Location}.");
        if (answer.Json)
        {
            Answer.Write(RecordJson.Of(record));
        }
        else
        {
            WriteText(record);
        }

        return ExitCode.Ok;
    }

    private static void WriteText(VectorRecord record)
    {
        Field("id", record.Id);
        if (record.Vector is { } vector)
        {
            Field("vector", Printable.Vector(vector));
        }

        foreach ((string name, float[] named) in record.Vectors ?? new Dictionary<string, float[]>())
        {
            Field($"vector {name}", Printable.Vector(named));
        }

        if (record.Metadata is { Count: > 0 } metadata)
        {
            Field("metadata", metadata.ToJson());
        }

        if (record.Document is { } document)
        {
            Field("document", document);
        }

        if (record.ExpiresAt is { } expiresAt)
        {
            Field("expires", expiresAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture));
        }

        Field("created", record.CreatedAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture));
        Field("updated", record.UpdatedAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture));
        Field("version", record.Version.ToString());
    }

    private static void Field(string name, string value) => Answer.Line($"{Printable.Clean(name),-10}{Printable.Clean(value)}");
}
