using System.Diagnostics;

namespace Hypervex.Cli.Benchmarks;

/// <summary>
/// Searches a built collection through the embedded API's allocation-free call, one point per beam width. Each point first
/// answers every query once, untimed, which warms the caches and yields the recall; then the threads cycle through the
/// queries until the point's duration is over. Turning hits into ids is outside of the timing.
/// </summary>
internal sealed class AnnSearchRun
{
    private readonly Collection _collection;
    private readonly IReadOnlyList<float[]> _queries;
    private readonly IReadOnlyList<int[]> _truth;
    private readonly AnnSettings _settings;

    /// <summary>Creates a run.</summary>
    /// <param name="collection">The collection; its ids are row numbers.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="truth">Each query's true neighbours, nearest first.</param>
    /// <param name="settings">What to measure.</param>
    public AnnSearchRun(Collection collection, IReadOnlyList<float[]> queries, IReadOnlyList<int[]> truth, AnnSettings settings)
    {
        _collection = collection;
        _queries = queries;
        _truth = truth;
        _settings = settings;
    }

    /// <summary>Measures one point.</summary>
    public AnnPoint Measure(int ef)
    {
        double recall = MeasureRecall(ef);
        LatencySamples[] samples = new LatencySamples[_settings.SearchThreads];
        Thread[] threads = new Thread[samples.Length];
        using Barrier start = new(threads.Length + 1);
        for (int i = 0; i < threads.Length; i++)
        {
            int thread = i;
            threads[i] = new Thread(() => samples[thread] = Cycle(ef, thread * _queries.Count / threads.Length, start));
            threads[i].Start();
        }

        start.SignalAndWait();
        long begin = Stopwatch.GetTimestamp();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var all = LatencySamples.Merge(samples);
        return new AnnPoint(
            ef,
            recall,
            all.Count / seconds,
            all.PercentileMicroseconds(0.50),
            all.PercentileMicroseconds(0.95),
            all.PercentileMicroseconds(0.99),
            all.Count);
    }

    /// <summary>Recall@k over all queries, 0 to 1.</summary>
    public double MeasureRecall(int ef)
    {
        Recall judge = new(_collection, _settings.Metric);
        Hit[] hits = new Hit[_settings.K];
        int[] rows = new int[_settings.K];
        long right = 0;
        for (int q = 0; q < _queries.Count; q++)
        {
            int found = _collection.Search(_queries[q], new SearchOptions { Ef = ef }, hits);
            for (int i = 0; i < found; i++)
            {
                rows[i] = judge.RowOf(hits[i]);
            }

            right += judge.CountFound(_queries[q], rows.AsSpan(0, found), _truth[q], _settings.K);
        }

        return (double)right / ((long)_settings.K * _queries.Count);
    }

    private LatencySamples Cycle(int ef, int first, Barrier start)
    {
        LatencySamples samples = new(1 << 20);
        Hit[] hits = new Hit[_settings.K];
        SearchOptions options = new() { Ef = ef };
        long duration = (long)(_settings.PointDuration.TotalSeconds * Stopwatch.Frequency);
        start.SignalAndWait();
        long now = Stopwatch.GetTimestamp();
        long end = now + duration;
        for (int q = first; now < end; q = q + 1 == _queries.Count ? 0 : q + 1)
        {
            long before = now;
            _collection.Search(_queries[q], options, hits);
            now = Stopwatch.GetTimestamp();
            samples.Add(now - before);
        }

        return samples;
    }
}
