using System.Collections.Concurrent;
using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>
/// The background threads of a database that link new rows into graphs and repair graphs after deletes, and the working
/// memory of its searches. Shared by all indexes; each gets a share at a time, so that none waits for a busy one to end.
/// </summary>
/// <remarks>Thread safety: all members from any thread; <see cref="Dispose"/> after all indexes.</remarks>
internal sealed class IndexingWorkers : IDisposable
{
    private readonly BlockingCollection<FieldIndex> _requests = [];
    private readonly Thread[] _threads;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Number of threads; 0 = whoever adds or removes rows does the work.</param>
    public IndexingWorkers(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _threads = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"Hypervex indexing {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of threads.</summary>
    public int Threads => _threads.Length;

    /// <summary>The working memory of searches and links.</summary>
    public ScratchPool ScratchPool { get; } = new();

    /// <summary>Greatest number of rows of one index that may wait for linking.</summary>
    public int PendingLimit { get; init; } = DatabaseOptions.DefaultPendingLimit;

    /// <summary>Tells whether searches have run lately.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The memory of all collections that share these threads.</summary>
    public MemoryBudget Memory { get; init; } = new(0);

    /// <summary>Asks for one share of work on an index.</summary>
    public void Request(FieldIndex index)
    {
        if (!_requests.IsAddingCompleted)
        {
            _requests.Add(index);
        }
    }

    /// <summary>Stops and joins the threads. All indexes that use them are disposed before.</summary>
    public void Dispose()
    {
        if (_requests.IsAddingCompleted)
        {
            return;
        }

        _requests.CompleteAdding();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _requests.Dispose();
        ScratchPool.Dispose();
    }

    private void Run()
    {
        foreach (FieldIndex index in _requests.GetConsumingEnumerable())
        {
            index.DoShare();
        }
    }
}
