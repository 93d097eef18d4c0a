using System.Globalization;
using System.Security.Cryptography;
using Hypervex.Wire;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Jobs;

/// <summary>
/// Runs jobs, each on a thread of its own, at most <see cref="MostRunning"/> at once and one for a collection, and remembers the last <see cref="MostFinished"/> that have ended.
/// Invariant: after <see cref="StopAsync"/> has ended none runs and none begins.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed partial class JobRunner(TimeProvider time, ILogger logger)
{
    /// <summary>Jobs that run at once; each may read and write as fast as the disk lets it.</summary>
    public const int MostRunning = 4;

    /// <summary>Jobs that have ended and are still told about.</summary>
    public const int MostFinished = 100;

    private readonly Lock _lock = new();
    private readonly LinkedList<(Job Job, Task Work)> _jobs = new(); // the newest first
    private bool _isStopped;

    /// <summary>Begins a job.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="collection">Whom it does it to.</param>
    /// <param name="snapshot">The snapshot that it is about, or null.</param>
    /// <param name="work">Does it, and says what it brought.</param>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.Overloaded"/>: as many run as may, or one for this collection; <see cref="ErrorCode.Closed"/>: the server stops.
    /// </exception>
    public JobMessage Start(string kind, string collection, string? snapshot, Func<Job, Func<JobMessage, JobMessage>> work)
    {
        lock (_lock)
        {
            if (_isStopped)
            {
                throw new HypervexException(ErrorCode.Closed, "The server stops, and begins no more jobs.");
            }

            CheckRoom(collection);
            var job = new Job(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), kind, collection, snapshot, time);
            Task running = Task.Factory.StartNew(() => Run(job, work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            _jobs.AddFirst((job, running));
            Trim();
            return job.Present;
        }
    }

    /// <summary>The jobs that run or are remembered, the newest first.</summary>
    public IReadOnlyList<Job> List()
    {
        lock (_lock)
        {
            return [.. _jobs.Select(entry => entry.Job)];
        }
    }

    /// <summary>A job; null when there is none, or none any more.</summary>
    public Job? Find(string id) => List().FirstOrDefault(job => job.Present.Id == id);

    /// <summary>Begins nothing more, asks all that run to stop, and waits for them.</summary>
    public async Task StopAsync()
    {
        (Job Job, Task Work)[] all;
        lock (_lock)
        {
            _isStopped = true;
            all = [.. _jobs];
        }

        Array.ForEach(all, entry => entry.Job.Cancel());
        await Task.WhenAll(all.Select(entry => entry.Work)).ConfigureAwait(false);
    }

    private void CheckRoom(string collection)
    {
        Job[] running = [.. _jobs.Select(entry => entry.Job).Where(job => job.IsRunning)];
        if (running.FirstOrDefault(job => job.Present.Collection == collection) is { } same)
        {
            throw new HypervexException(ErrorCode.Overloaded, $"The job {same.Present.Id} ({same.Present.Kind}) still works on the collection \"{collection}\"; wait for it, or cancel it.");
        }

        if (running.Length >= MostRunning)
        {
            throw new HypervexException(ErrorCode.Overloaded, string.Create(CultureInfo.InvariantCulture, $"{running.Length} jobs run, which is the limit; try again when one has ended."));
        }
    }

    // The oldest that have ended go.
    private void Trim()
    {
        int finished = _jobs.Count(entry => !entry.Job.IsRunning);
        for (LinkedListNode<(Job Job, Task Work)>? node = _jobs.Last; node is not null && finished > MostFinished;)
        {
            LinkedListNode<(Job Job, Task Work)>? before = node.Previous;
            if (!node.Value.Job.IsRunning)
            {
                _jobs.Remove(node);
                finished--;
            }

            node = before;
        }
    }

    private void Run(Job job, Func<Job, Func<JobMessage, JobMessage>> work)
    {
        try
        {
            Func<JobMessage, JobMessage> outcome = work(job);
            job.Finish(error: null, outcome);
        }
        catch (Exception error)
        {
            job.Finish(error, static message => message);
            if (error is not (HypervexException or OperationCanceledException))
            {
                LogFailed(job.Present.Id, job.Present.Kind, error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Id} ({Kind}) failed in an unexpected way.")]
    private partial void LogFailed(string id, string kind, Exception error);
}
