using System.Collections.Concurrent;

namespace Hypervex.Collections;

/// <summary>
/// The one background thread of a database that scrubs, one collection after the other, at a rate that they share. Starts with the first request.
/// Thread safety: <see cref="Request"/> from any thread; <see cref="Dispose"/> when all collections are closed.
/// </summary>
/// <param name="options">The rate, and the clock that it is kept by.</param>
/// <param name="description">Checks the database's own description, under its lock; says how many bytes were read.</param>
internal sealed class Scrubbing(DatabaseOptions options, Func<ScrubTally, long> description) : IDisposable
{
    private readonly BlockingCollection<Scrubber> _requests = [];
    private readonly Lock _starting = new();
    private Thread? _thread;
    private bool _disposed;

    /// <summary>The rate.</summary>
    public ScrubPace Pace { get; } = new(options.ScrubBytesPerSecond, options.TimeProvider);

    /// <summary>Checks the database's own description.</summary>
    public Func<ScrubTally, long> Description => description;

    /// <summary>Asks for a scrub, when the ones before it are done.</summary>
    public void Request(Scrubber scrubber)
    {
        lock (_starting)
        {
            if (_disposed)
            {
                return;
            }

            _requests.Add(scrubber);
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "hypervex scrubbing" };
                _thread.Start();
            }
        }
    }

    /// <summary>Ends the thread.</summary>
    public void Dispose()
    {
        lock (_starting)
        {
            _disposed = true;
            _requests.CompleteAdding();
        }

        _thread?.Join();
        _requests.Dispose();
    }

    private void Run()
    {
        BackgroundThread.Lower();
        foreach (Scrubber scrubber in _requests.GetConsumingEnumerable())
        {
            scrubber.Run();
        }
    }
}
