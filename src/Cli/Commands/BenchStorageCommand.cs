using System.CommandLine;
using Hypervex.Cli.Benchmarks.Storage;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex bench storage</c>: measures writing, opening, checkpoints, disk and memory.</summary>
internal sealed class BenchStorageCommand : Verb
{
    /// <summary>The hidden option that makes this program the process that a benchmark kills.</summary>
    internal const string ChildOption = "--child";

    private readonly Option<StoragePart[]> _parts = new("--parts")
    {
        Description = $"What to measure, with commas between: {string.Join(", ", Enum.GetValues<StoragePart>().Select(Choice.Word))}. Default: all.",
        HelpName = "word,…",
        CustomParser = result => NumberList.Read<StoragePart>(result, "--parts", "a part", word => Choice.TryRead(word, out StoragePart part) ? part : null),
    };

    private readonly Option<int> _records = NumberOption.Create("--records", "Records of each database, and the most that a row of inserts writes.", 100, 100_000_000, 20_000);
    private readonly Option<int> _dimension = NumberOption.Create("--dimension", "Components of a vector.", 1, Limits.MaxDimension, 128);
    private readonly Option<int[]> _batches = NumberList.Create("--batches", "Records per atomic batch.", 1, Limits.MaxBatch, 1, 100, 1_000);
    private readonly Option<int[]> _writers = NumberList.Create("--writers", "Threads that write at the same time.", 1, 1_024, 1, 16);
    private readonly Option<Durability> _durability = Choice.WithDefault("--durability", "When an insert is acknowledged.", Durability.Fsync);
    private readonly Option<IndexType> _index = Choice.WithDefault("--index", "What finds vectors: a graph, or a scan that costs inserts nothing.", IndexType.Hnsw);
    private readonly Option<int> _m = NumberOption.Create("--m", "HNSW links per node and level.", Limits.MinM, Limits.MaxM, 16);
    private readonly Option<int> _efConstruction = NumberOption.Create("--ef-construction", "HNSW beam width while building.", 1, Limits.MaxEfConstruction, 200);
    private readonly Option<double> _seconds = NumberOption.Create("--seconds", "Longest duration of a row of inserts, least duration of searches under load.", 0.05, 3_600, 3);
    private readonly Option<double> _warmUp = NumberOption.Create("--warm-up", "Seconds for which each row of inserts is rehearsed before it is measured, so that the code is compiled.", 0, 3_600, 0.3);
    private readonly Option<int[]> _tails = NumberList.Create("--tails", "Records behind the last checkpoint at the kill.", 0, 1_000_000, 0, 1_000, 10_000);
    private readonly Option<int> _collections = NumberOption.Create("--collections", "Collections of the many-collections database.", 1, 100_000, 1_000);
    private readonly Option<string?> _directory = new("--directory") { Description = "Where databases are made and removed; the system's place for temporary files unless given. Its disk is what is measured.", HelpName = "folder" };
    private readonly Option<string?> _child = new(ChildOption) { Description = "Internal.", Hidden = true };

    /// <summary>Creates the command.</summary>
    public BenchStorageCommand()
        : base(
            "storage",
            "Measures durable inserts, opening after a kill, checkpoints under load, disk and memory.",
            "bench storage --json",
            "bench storage --parts open --records 1000000 --directory .",
            "bench storage --parts inserts --durability batch --writers 1 --batches 1,100")
    {
        Option[] options = [_parts, _records, _dimension, _batches, _writers, _durability, _index, _m, _efConstruction, _seconds, _warmUp, _tails, _collections, _directory, _child];
        foreach (Option option in options)
        {
            Add(option);
        }
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_child) is { } job)
        {
            ChildWork.Run(ChildJob.Parse(job));
            return ExitCode.Ok;
        }

        StorageSettings settings = Settings(parse);
        if (settings.Directory is { } directory && !Directory.Exists(directory))
        {
            throw CommandException.NotFound("file_not_found", $"The folder of --directory {directory} does not exist.");
        }

        StorageReport report = new(settings);
        await ProgressDisplay.RunAsync(
            "Measuring storage",
            StorageBenchmark.Rows(settings),
            progress => StorageBenchmark.RunAsync(settings, report, progress, cancellationToken)).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(report.ToJson());
        }
        else
        {
            report.WriteText(answer);
        }

        return ExitCode.Ok;
    }

    private StorageSettings Settings(ParseResult parse) => new()
    {
        Parts = parse.GetValue(_parts) is { Length: > 0 } parts ? parts : Enum.GetValues<StoragePart>(),
        Records = parse.GetValue(_records),
        Dimension = parse.GetValue(_dimension),
        Batches = parse.GetRequiredValue(_batches),
        Writers = parse.GetRequiredValue(_writers),
        Durability = parse.GetValue(_durability),
        Index = new HnswOptions { Type = parse.GetValue(_index), M = parse.GetValue(_m), EfConstruction = parse.GetValue(_efConstruction) },
        Duration = TimeSpan.FromSeconds(parse.GetValue(_seconds)),
        WarmUp = TimeSpan.FromSeconds(parse.GetValue(_warmUp)),
        Tails = parse.GetRequiredValue(_tails),
        Collections = parse.GetValue(_collections),
        Directory = parse.GetValue(_directory),
    };
}
