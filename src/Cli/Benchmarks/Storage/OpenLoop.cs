using System.Diagnostics;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// Searches that arrive at a fixed rate, whether or not the one before has been answered: one thread answers them in order, and the
/// latency of each counts from the moment at which it was due. A stall is thus charged to every search that had to wait behind it
/// (no coordinated omission). The thread spins until a search is due, so that waking up is not part of the latency.
/// Thread safety: <see cref="Stop"/> from one thread, once.
/// </summary>
internal sealed class OpenLoop
{
    private readonly Collection _collection;
    private readonly float[][] _queries;
    private readonly double _ticksBetween;
    private readonly List<(long Due, long Latency)> _samples = [];
    private readonly Thread _thread;
    private long _end = long.MaxValue;
    private Exception? _fault;

    private OpenLoop(Collection collection, float[][] queries, double searchesPerSecond)
    {
        _collection = collection;
        _queries = queries;
        _ticksBetween = Stopwatch.Frequency / searchesPerSecond;
        _thread = new Thread(Run) { Name = "open loop" };
    }

    /// <summary>Starts searching.</summary>
    public static OpenLoop Start(Collection collection, float[][] queries, double searchesPerSecond)
    {
        OpenLoop loop = new(collection, queries, searchesPerSecond);
        loop._thread.Start();
        return loop;
    }

    /// <summary>Searches one after the other for a while and says how many it answered per second.</summary>
    public static double MaximumRate(Collection collection, float[][] queries, TimeSpan duration)
    {
        Hit[] hits = new Hit[10];
        foreach (float[] query in queries)
        {
            collection.Search(query, default, hits);
        }

        long begin = Stopwatch.GetTimestamp();
        long searches = 0;
        do
        {
            collection.Search(queries[searches++ % queries.Length], default, hits);
        }
        while (Stopwatch.GetElapsedTime(begin) < duration);
        return searches / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    /// <summary>Ends it when every search is answered that is due by now: those that wait behind a stall are the ones that it is about.</summary>
    /// <returns>When each search was due, and how long after that it was answered, in Stopwatch ticks.</returns>
    public IReadOnlyList<(long Due, long Latency)> Stop()
    {
        Volatile.Write(ref _end, Stopwatch.GetTimestamp());
        _thread.Join();
        return _fault is null ? _samples : throw new InvalidOperationException("A search failed.", _fault);
    }

    private void Run()
    {
        try
        {
            Hit[] hits = new Hit[10];
            long begin = Stopwatch.GetTimestamp();
            for (long number = 0; ; number++)
            {
                long due = begin + (long)(number * _ticksBetween);
                while (Stopwatch.GetTimestamp() < due && due <= Volatile.Read(ref _end))
                {
                    Thread.SpinWait(8);
                }

                if (due > Volatile.Read(ref _end))
                {
                    break;
                }

                _collection.Search(_queries[number % _queries.Length], default, hits);
                _samples.Add((due, Stopwatch.GetTimestamp() - due));
            }
        }
#pragma warning disable CA1031 // Handed to whoever stops the loop.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _fault = exception;
        }
    }
}
