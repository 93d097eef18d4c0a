using System.Globalization;
using Hypervex.Cli.DataFiles;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>Rows and queries, clustered and from a seed, and the exact neighbours of the queries, found in this process.</summary>
internal sealed class ServerBenchmarkData : IDisposable
{
    private const int Batch = 1_000;
    private readonly ServerBenchmarkSettings _settings;
    private readonly VectorGenerator _generator;
    private readonly Database _database = Database.CreateInMemory();
    private readonly Recall _recall;
    private readonly List<int[]> _truth = [];

    /// <summary>Makes all of it.</summary>
    public ServerBenchmarkData(ServerBenchmarkSettings settings)
    {
        _settings = settings;
        _generator = VectorGenerator.Create(new GeneratorOptions { Distribution = VectorDistribution.Clustered, Count = settings.Rows, Dimension = settings.Dimension });
        Rows = [.. Enumerable.Range(0, settings.Rows).Select(number => Row(number))];
        Queries = [.. Enumerable.Range(0, settings.Queries).Select(number => Query(number))];
        Exact = _database.CreateCollection("exact", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = settings.Dimension, Metric = settings.Metric, Index = new HnswOptions { Type = IndexType.Flat } } },
        });
        _recall = new Recall(Exact, settings.Metric);
        for (int first = 0; first < Rows.Length; first += Batch)
        {
            Exact.UpsertBatch([.. Rows.Skip(first).Take(Batch).Select((row, i) => new VectorRecord((first + i).ToString(CultureInfo.InvariantCulture), row))]);
        }

        Hit[] hits = new Hit[settings.K];
        foreach (float[] query in Queries)
        {
            int found = Exact.Search(query, new SearchOptions { Exact = true }, hits);
            _truth.Add([.. hits[..found].Select(hit => _recall.RowOf(hit))]);
        }
    }

    /// <summary>The rows.</summary>
    public float[][] Rows { get; }

    /// <summary>The queries.</summary>
    public float[][] Queries { get; }

    private Collection Exact { get; }

    /// <summary>The row with a number, also one beyond those of the collection, for inserts.</summary>
    public float[] Row(int number)
    {
        float[] row = new float[_settings.Dimension];
        _generator.FillRow(number, row);
        return row;
    }

    /// <summary>Neighbours of a query that were found, 0 to 1.</summary>
    public double RecallOf(int query, int[] found) => _recall.CountFound(Queries[query], found, _truth[query], _truth[query].Length) / (double)_truth[query].Length;

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    private float[] Query(int number)
    {
        float[] query = new float[_settings.Dimension];
        _generator.FillQuery(number, query);
        return query;
    }
}
