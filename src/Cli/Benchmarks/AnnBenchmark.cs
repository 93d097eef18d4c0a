using System.Diagnostics;
using System.Globalization;

namespace Hypervex.Cli.Benchmarks;

/// <summary>
/// Builds a collection from rows and measures searches in it. The rows are in memory before the clock starts; the database
/// lives in a directory of its own and writes with <see cref="Durability.OperatingSystem"/>; the build ends when every
/// row is linked into the graph.
/// </summary>
internal sealed class AnnBenchmark
{
    /// <summary>The name of the collection that is built.</summary>
    public const string CollectionName = "ann";

    private const int BatchSize = 1_000;

    private readonly Database _database;
    private readonly AnnSettings _settings;
    private Collection? _collection;

    /// <summary>Creates a benchmark in an open, empty database.</summary>
    public AnnBenchmark(Database database, AnnSettings settings)
    {
        _database = database;
        _settings = settings;
    }

    /// <summary>Settings of the database that the benchmark runs in.</summary>
    public static DatabaseOptions DatabaseOptions(AnnSettings settings) => new()
    {
        Durability = Durability.OperatingSystem,
        IndexingThreads = settings.BuildThreads,
    };

    /// <summary>Inserts every row under its number and waits until all are linked. The list is emptied.</summary>
    public AnnBuild Build(List<float[]> rows, IProgress<long> progress, CancellationToken cancellationToken)
    {
        _collection = _database.CreateCollection(CollectionName, new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                [""] = new()
                {
                    Dimension = _settings.Metric == Metric.Hamming ? 8 * rows[0].Length : rows[0].Length,
                    Metric = _settings.Metric,
                    Index = _settings.Index,
                    Quantization = _settings.Quantization,
                },
            },
        });
        int count = rows.Count;
        VectorRecord[] records = new VectorRecord[count];
        for (int row = 0; row < count; row++)
        {
            records[row] = new VectorRecord(row.ToString(CultureInfo.InvariantCulture), rows[row]);
        }

        rows.Clear();
        rows.TrimExcess();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        for (int first = 0; first < count; first += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int end = Math.Min(first + BatchSize, count);
            _collection.UpsertBatch(records[first..end]);
            Array.Clear(records, first, end - first);
            progress.Report(end);
        }

        double acknowledged = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _collection.WaitForIndex(cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double processorSeconds = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
        records = [];
        return new AnnBuild(seconds, acknowledged, processorSeconds, ResidentMemory.AfterCollection());
    }

    /// <summary>Measures every beam width.</summary>
    /// <param name="queries">The queries.</param>
    /// <param name="truth">Each query's true neighbours, nearest first; null = found by exact search here and now.</param>
    /// <param name="progress">Points done.</param>
    /// <param name="cancellationToken">Stops between two points.</param>
    public IReadOnlyList<AnnPoint> Search(
        IReadOnlyList<float[]> queries, IReadOnlyList<int[]>? truth, IProgress<long> progress, CancellationToken cancellationToken)
    {
        Collection collection = _collection ?? throw new InvalidOperationException("Build first.");
        AnnSearchRun run = new(collection, queries, truth ?? ExactNeighbours(collection, queries), _settings);
        List<AnnPoint> points = [];
        foreach (int ef in _settings.Ef)
        {
            cancellationToken.ThrowIfCancellationRequested();
            points.Add(run.Measure(ef));
            progress.Report(points.Count);
        }

        return points;
    }

    private List<int[]> ExactNeighbours(Collection collection, IReadOnlyList<float[]> queries)
    {
        Recall rows = new(collection, _settings.Metric);
        Hit[] hits = new Hit[_settings.K];
        List<int[]> truth = [];
        foreach (float[] query in queries)
        {
            int found = collection.Search(query, new SearchOptions { Exact = true }, hits);
            truth.Add([.. hits[..found].Select(hit => rows.RowOf(hit))]);
        }

        return truth;
    }
}
