using System.CommandLine;
using Hypervex.Cli.Demonstration;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using Hypervex.Training;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex demo hyperbolic</c>: a hierarchy embedded in hyperbolic space, searched, measured and drawn.</summary>
internal sealed class DemoHyperbolicCommand : Verb
{
    private const string CollectionName = "mammals";

    private readonly Option<string> _data = new("--data", "-d")
    {
        Description = "The data directory. It stays, with the picture in it.",
        HelpName = "path",
        DefaultValueFactory = _ => "demo-hyperbolic-data",
    };

    /// <summary>Creates the command.</summary>
    public DemoHyperbolicCommand()
        : base("hyperbolic", "Embeds WordNet's mammals in hyperbolic space, searches them, compares with Euclid and draws them.", "demo hyperbolic", "demo hyperbolic --json --data /tmp/hypervex-mammals") =>
        Add(_data);

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string path = parse.GetRequiredValue(_data);
        string picture = Path.Combine(path, "mammals.svg");
        Hierarchy mammals = HyperbolicDemo.Load();
        await using LocalTarget target = LocalTarget.Open(path, mayCreate: true);
        HyperbolicDemo demo = new(mammals, CreateCollection(target.Database, mammals, path));
        await ProgressDisplay.RunAsync(
            "Training",
            HyperbolicDemo.Epochs,
            progress =>
            {
                demo.Train(picture, progress, cancellationToken);
                demo.Search(cancellationToken);
                return true;
            }).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(demo.ToJson(path, picture));
        }
        else
        {
            demo.WriteText(answer, path, picture);
        }

        return ExitCode.Ok;
    }

    // One that an earlier demo left is replaced; anything else is somebody's data.
    private static Collection CreateCollection(Database database, Hierarchy mammals, string path)
    {
        if (database.TryGetCollection(CollectionName, out Collection? found))
        {
            if (found.Count > mammals.Names.Count || (found.Count > 0 && found.Get(mammals.Names[0]) is null))
            {
                throw CommandException.Create(
                    "collection_exists", $"The database in \"{path}\" has a collection \"{CollectionName}\" that is not the demo's. Give the demo another --data.", ExitCode.Conflict);
            }

            database.DropCollection(CollectionName);
        }

        return database.CreateCollection(CollectionName, CollectionOptions.Create(HyperbolicDemo.Dimension, Metric.Poincare));
    }
}
