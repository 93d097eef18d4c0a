using System.Diagnostics;
using Hypervex.Cli.Benchmarks;

namespace Hypervex.Cli.Demonstration;

/// <summary>Imports the sample into an empty collection, searches it and measures recall against exact search.</summary>
internal sealed class DemoRun
{
    /// <summary>Neighbours per search.</summary>
    public const int K = 10;

    /// <summary>Beam width of the headline figures: twice the default, for a margin above the promised recall.</summary>
    public const int Ef = 128;

    private const int BatchSize = 500;
    private const int Shown = 5;

    // Numbers of bundled sentences whose neighbours a reader can judge at a glance.
    private static readonly int[] s_sentences = [180, 61, 91];
    private static readonly int[] s_curve = [32, 64, Ef, 256];

    private readonly WordNetSample _sample;
    private readonly Collection _collection;
    private readonly AnnSettings _settings;

    /// <summary>Points that <see cref="Measure"/> reports one by one.</summary>
    public static int CurvePoints => s_curve.Length;

    /// <summary>Creates a run.</summary>
    public DemoRun(WordNetSample sample, Collection collection)
    {
        _sample = sample;
        _collection = collection;
        VectorFieldOptions field = collection.Options.Vectors[""];
        _settings = new AnnSettings
        {
            Metric = field.Metric,
            K = K,
            Index = field.Index,
            Quantization = field.Quantization,
            Ef = s_curve,
            BuildThreads = Environment.ProcessorCount,
            SearchThreads = 1,
            PointDuration = TimeSpan.FromSeconds(0.5),
        };
    }

    /// <summary>Writes all entries in batches.</summary>
    public DemoImport Import(IProgress<long> progress, CancellationToken cancellationToken)
    {
        WriteOptions options = new() { Durability = Durability.OperatingSystem };
        long start = Stopwatch.GetTimestamp();
        for (int first = 0; first < _sample.Records.Count; first += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            VectorRecord[] batch = [.. _sample.Records.Skip(first).Take(BatchSize)];
            _collection.UpsertBatch(batch, options);
            progress.Report(first + batch.Length);
        }

        TimeSpan acknowledged = Stopwatch.GetElapsedTime(start);
        _collection.Flush();
        TimeSpan durable = Stopwatch.GetElapsedTime(start);
        _collection.WaitForIndex(cancellationToken);
        return new DemoImport(_sample.Records.Count, acknowledged, durable, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Searches three sentences, the last one a second time among verbs only.</summary>
    public IReadOnlyList<DemoSearch> Search()
    {
        List<DemoSearch> searches = [.. s_sentences.Select(number => Search(number, filter: null))];
        searches.Add(Search(s_sentences[^1], Filter.Parse("""{"part_of_speech": {"$eq": "verb"}}""")));
        return searches;
    }

    /// <summary>Measures recall and latency over all bundled queries.</summary>
    public DemoQuality Measure(IProgress<long> progress, CancellationToken cancellationToken)
    {
        List<int[]> exact = ExactNeighbours();
        AnnSearchRun againstExact = new(_collection, _sample.Queries, exact, _settings);
        AnnSearchRun againstBundled = new(_collection, _sample.Queries, _sample.Neighbours, _settings);
        List<AnnPoint> curve = [];
        foreach (int ef in s_curve)
        {
            cancellationToken.ThrowIfCancellationRequested();
            curve.Add(againstExact.Measure(ef));
            progress.Report(curve.Count);
        }

        Recall judge = new(_collection, _settings.Metric);
        long agreed = 0;
        for (int q = 0; q < _sample.Queries.Count; q++)
        {
            agreed += judge.CountFound(_sample.Queries[q], exact[q], _sample.Neighbours[q], K);
        }

        double exactAgainstBundled = (double)agreed / (K * _sample.Queries.Count);
        return new DemoQuality(_sample.Queries.Count, Ef, curve, againstBundled.MeasureRecall(Ef), exactAgainstBundled);
    }

    private DemoSearch Search(int sentence, Filter? filter)
    {
        SearchOptions options = new() { Ef = Ef, Filter = filter, Include = Include.Metadata | Include.Document };
        return new DemoSearch(_sample.Sentences[sentence], filter, _collection.Search(_sample.Queries[sentence], Shown, options));
    }

    private List<int[]> ExactNeighbours()
    {
        List<int[]> exact = [];
        foreach (float[] query in _sample.Queries)
        {
            SearchHits hits = _collection.Search(query, K, new SearchOptions { Exact = true });
            exact.Add([.. hits.Select(hit => int.Parse(hit.Id, System.Globalization.CultureInfo.InvariantCulture))]);
        }

        return exact;
    }
}
