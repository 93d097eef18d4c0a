using System.CommandLine;
using Hypervex.Cli.Demonstration;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex demo</c>: a real data set imported, searched and measured in a few seconds.</summary>
internal sealed class DemoCommand : Verb
{
    private const string DefaultDataPath = "demo-data";

    private readonly Option<string> _data = new("--data", "-d")
    {
        Description = "The data directory. It stays, so that the commands printed at the end work.",
        HelpName = "path",
        DefaultValueFactory = _ => DefaultDataPath,
    };

    /// <summary>Creates the command.</summary>
    public DemoCommand()
        : base("demo", "Imports 8,000 dictionary entries, searches them and measures recall and speed.", "demo", "demo --json --data /tmp/hypervex-demo")
    {
        Add(_data);
        Add(new DemoHyperbolicCommand());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string path = parse.GetRequiredValue(_data);
        var sample = WordNetSample.Load();
        await using LocalTarget target = LocalTarget.Open(path, mayCreate: true);
        Collection collection = CreateCollection(target.Database, sample, path);
        DemoRun run = new(sample, collection);
        DemoImport import = await ProgressDisplay.RunAsync(
            "Importing", sample.Records.Count, progress => run.Import(progress, cancellationToken)).ConfigureAwait(false);
        IReadOnlyList<DemoSearch> searches = run.Search();
        DemoQuality quality = await ProgressDisplay.RunAsync(
            "Measuring", DemoRun.CurvePoints, progress => run.Measure(progress, cancellationToken)).ConfigureAwait(false);
        DemoFigures figures = new()
        {
            DataPath = path,
            Collection = CollectionSummary.From(collection),
            Import = import,
            Searches = searches,
            Quality = quality,
            Files = FilesOf(path),
        };
        if (answer.Json)
        {
            Answer.Write(DemoJson.Of(figures));
        }
        else
        {
            new DemoReport(figures).WriteText(answer);
        }

        return ExitCode.Ok;
    }

    // The collection "default" is what commands and routes use that name none, so the printed commands stay short. One that
    // an earlier demo left is replaced; anything else is somebody's data.
    private static Collection CreateCollection(Database database, WordNetSample sample, string path)
    {
        if (database.TryGetCollection(CollectionOption.DefaultName, out Collection? found))
        {
            VectorRecord first = sample.Records[0];
            if (found.Count > sample.Records.Count || (found.Count > 0 && found.Get(first.Id, Include.Document)?.Document != first.Document))
            {
                throw CommandException.Create(
                    "collection_exists",
                    $"The database in \"{path}\" has a collection \"{CollectionOption.DefaultName}\" that is not the demo's. Give the demo another --data.",
                    ExitCode.Conflict);
            }

            database.DropCollection(CollectionOption.DefaultName);
        }

        return database.CreateCollection(CollectionOption.DefaultName, CollectionOptions.Create(sample.Queries[0].Length, Metric.Cosine));
    }

    private static List<DemoFile> FilesOf(string path) =>
    [
        .. new DirectoryInfo(path)
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => new DemoFile(Path.GetRelativePath(path, file.FullName), file.Length))
            .OrderBy(file => file.Path, StringComparer.Ordinal),
    ];
}
