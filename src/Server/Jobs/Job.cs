using System.Diagnostics.CodeAnalysis;
using Hypervex.Server.Http;
using Hypervex.Wire;

namespace Hypervex.Server.Jobs;

/// <summary>
/// One piece of work beside requests, and how far it is. The thread that does it changes it; others read what it was last.
/// Invariant: it ends once, with <see cref="Finish"/>.
/// Thread safety: all members from any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither timer nor parent, so that it holds memory only; a late caller may still cancel.")]
internal sealed class Job : IProgress<SnapshotProgress>
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private JobMessage _present;

    /// <summary>Describes a job that begins now.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="kind">What it does.</param>
    /// <param name="collection">Whom it does it to.</param>
    /// <param name="snapshot">The snapshot that it is about, or null.</param>
    /// <param name="time">Tells the time.</param>
    public Job(string id, string kind, string collection, string? snapshot, TimeProvider time)
    {
        _time = time;
        _present = new JobMessage { Id = id, Kind = kind, Collection = collection, Snapshot = snapshot, State = "running", StartedAt = time.GetUtcNow().UtcDateTime };
    }

    /// <summary>What it is and how far.</summary>
    public JobMessage Present
    {
        get
        {
            lock (_lock)
            {
                return _present;
            }
        }
    }

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => Present.FinishedAt is null;

    /// <summary>Ends when the job is to stop.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Asks it to stop; it ends soon, or is just done.</summary>
    public void Cancel()
    {
        if (IsRunning)
        {
            _stop.Cancel();
        }
    }

    public void Report(SnapshotProgress value)
    {
        lock (_lock)
        {
            if (_present.FinishedAt is null)
            {
                _present = _present with { Stage = value.Stage.ToString().ToLowerInvariant(), Progress = value.Total > 0 ? Math.Min(1, (double)value.Done / value.Total) : 1 };
            }
        }
    }

    /// <summary>Ends it.</summary>
    /// <param name="error">What it failed with; null = it is done.</param>
    /// <param name="outcome">Adds what it brought; not asked when it failed.</param>
    public void Finish(Exception? error, Func<JobMessage, JobMessage> outcome)
    {
        lock (_lock)
        {
            JobMessage ended = _present with { FinishedAt = _time.GetUtcNow().UtcDateTime };
            if (error is null)
            {
                _present = outcome(ended) with { State = "done", Progress = 1 };
            }
            else if (error is OperationCanceledException || (_stop.IsCancellationRequested && error is HypervexException { Code: ErrorCode.Closed }))
            {
                _present = ended with { State = "cancelled" };
            }
            else
            {
                (string code, string detail) = Problem.Of(error);
                _present = ended with { State = "failed", Problem = new JobProblem { Code = code, Detail = detail } };
            }
        }
    }
}
