using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary>A command that does the same to one collection of a directory, or to all of them one by one, and says what came of each.</summary>
/// <typeparam name="TReport">What comes of one collection.</typeparam>
internal abstract class CollectionsVerb<TReport> : Verb
{
    private readonly Option<string?> _data = TargetOptions.CreateData();
    private readonly Option<string?> _collection = TargetOptions.CreateOneCollection();

    /// <summary>Creates the command.</summary>
    protected CollectionsVerb(string name, string description, params IReadOnlyList<string> examples)
        : base(name, description, examples)
    {
        Add(_data);
        Add(_collection);
    }

    /// <summary>The line beside the progress bar.</summary>
    protected abstract string Title(string name);

    /// <summary>Does it to one collection.</summary>
    protected abstract TReport Run(Collection collection, CancellationToken cancellationToken);

    /// <summary>Adds what came of it to an object that has the collection's name.</summary>
    protected abstract void AddTo(JsonObject json, TReport report);

    /// <summary>What came of it in words, without the collection's name.</summary>
    protected abstract string ToText(TReport report);

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        await using LocalTarget target = LocalTarget.Open(TargetOptions.DataPath(parse.GetValue(_data)), mayCreate: false);
        IReadOnlyList<string> names = parse.GetValue(_collection) is { } one ? [one] : target.Database.ListCollections();
        JsonArray reports = [];
        foreach (string name in names)
        {
            TReport report = await ProgressDisplay.RunAsync(Title(name), total: null, _ => Run(target.Database.GetCollection(name), cancellationToken)).ConfigureAwait(false);
            if (answer.Json)
            {
                JsonObject json = new() { ["name"] = name };
                AddTo(json, report);
                reports.Add(json);
            }
            else
            {
                Answer.Line($"{Printable.Clean(name)}: {ToText(report)}.");
            }
        }

        if (answer.Json)
        {
            Answer.Write(new JsonObject { ["location"] = target.Location, ["collections"] = reports });
        }

        return ExitCode.Ok;
    }
}
