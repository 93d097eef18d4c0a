using System.CommandLine;
using System.Text.Json.Nodes;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using Hypervex.Cli.Transfer;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex import</c>: writes the rows of a file into a collection.</summary>
internal sealed class ImportCommand : Verb
{
    private readonly Argument<string> _file = new("file") { Description = "NDJSON, CSV, .npy, .fvecs, .bvecs, IDX, or raw .u8, .f16, .f32; any of them also as .gz." };
    private readonly InputFormat _format = new();
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly CollectionSettings _settings = new();
    private readonly Option<int> _batch = NumberOption.Create("--batch-size", "Records per atomic batch.", 1, Limits.MaxBatch, 1_000);
    private readonly Option<Durability?> _durability = Choice.Optional<Durability>("--durability", "When a batch counts as written; the database's setting (fsync) unless given.");
    private readonly Option<long> _skip = NumberOption.Create("--skip", "Rows to pass over at the start, to go on with an import that stopped.", 0L, long.MaxValue, 0L);
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public ImportCommand()
        : base(
            "import",
            "Imports a file; the collection is created when there is none.",
            "import records.ndjson --data ./vectors",
            "import base.u8 --dimension 128 --metric l2 --collection sift --data ./vectors",
            "import words.f16 --dimension 256 --sidecar words.tsv.gz --url http://127.0.0.1:8080")
    {
        Add(_file);
        _format.AddTo(this);
        Add(_collection);
        _settings.AddTo(this);
        Add(_batch);
        Add(_durability);
        Add(_skip);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        string file = parse.GetRequiredValue(_file);
        string collection = parse.GetRequiredValue(_collection);
        using IVectorReader reader = InputFile.Open(file, _format.Read(parse));
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: true);
        await EnsureCollectionAsync(target, collection, parse, reader.Dimension, cancellationToken).ConfigureAwait(false);
        FileImport import = new(target, collection)
        {
            BatchSize = parse.GetValue(_batch),
            Durability = parse.GetValue(_durability),
            Skip = parse.GetValue(_skip),
        };
        ImportResult result = await ProgressDisplay.RunAsync(
            $"Importing {Path.GetFileName(file)}",
            reader.Count - import.Skip,
            progress => import.RunAsync(reader, progress, cancellationToken)).ConfigureAwait(false);
        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["imported"] = result.Records,
                ["collection"] = collection,
                ["location"] = target.Location,
                ["acknowledged_seconds"] = Math.Round(result.Acknowledged.TotalSeconds, 3),
                ["durable_seconds"] = Math.Round(result.Durable.TotalSeconds, 3),
            });
        }
        else
        {
            Answer.Line($"Imported {Printable.Count(result.Records)} records into \"{collection}\" of {target.Location}: "
                + $"acknowledged after {result.Acknowledged.TotalSeconds:0.00} s, durable after {result.Durable.TotalSeconds:0.00} s.");
        }

        return ExitCode.Ok;
    }

    private async Task EnsureCollectionAsync(
        IDatabaseTarget target, string collection, ParseResult parse, int? dimension, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> existing = await target.ListCollectionsAsync(cancellationToken).ConfigureAwait(false);
        if (!existing.Contains(collection))
        {
            await target.CreateCollectionAsync(collection, _settings.ReadForRows(parse, dimension), cancellationToken).ConfigureAwait(false);
        }
    }
}
