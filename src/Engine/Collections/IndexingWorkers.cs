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
    /// <summary>A rest is so many milliseconds long at most and follows a row that was linked, so that linking goes on however long is written.</summary>
    private const int LongestRestMs = 5;

    /// <summary>So many threads rest at a time at most: one for whoever writes, one for whoever searches meanwhile or writes the rows of the group.</summary>
    private const int MostResting = 2;

    private readonly BlockingCollection<FieldIndex> _requests = [];
    private readonly Thread[] _threads;
    private int _writes;
    private int _resting;

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

    /// <summary>Says that a write has begun, which <see cref="EndWrite"/> ends.</summary>
    public void BeginWrite() => Interlocked.Increment(ref _writes);

    public void EndWrite() => Interlocked.Decrement(ref _writes);

    /// <summary>
    /// Lets <see cref="MostResting"/> of several threads rest while something is written. With as many threads as processors, linking would take half of the processors from
    /// those who write and search. On a machine with many processors these are few of the threads.
    /// </summary>
    /// <returns>Whether the thread has rested.</returns>
    public bool RestBesideWrites()
    {
        if (Threads < 2 || Volatile.Read(ref _writes) == 0)
        {
            return false;
        }

        bool rests = Interlocked.Increment(ref _resting) <= MostResting;
        if (rests)
        {
            for (int i = 0; i < LongestRestMs && Volatile.Read(ref _writes) > 0; i++)
            {
                Thread.Sleep(1);
            }
        }

        Interlocked.Decrement(ref _resting);
        return rests;
    }

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
        BackgroundThread.Lower();
        foreach (FieldIndex index in _requests.GetConsumingEnumerable())
        {
            index.DoShare();
        }
    }
}
