using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Group commit: writers add to the open group; one of them (or a pool thread) writes it, syncs it, applies it and lets its writers go,
/// while the next group fills. Groups are committed in order of sequence.
/// Invariants: (1) at most one committer; (2) a group is applied only after it has the durability it needs.
/// Thread safety: <see cref="Lock"/> guards the open group; the writer holds it while it decides and appends.
/// </summary>
internal sealed class CommitQueue : IDisposable
{
    private static readonly TimeSpan s_slowSync = TimeSpan.FromSeconds(1);

    private readonly Partition _partition;
    private readonly Action<CommitGroup, HypervexException?> _settle;
    private readonly Action _committed;
    private readonly ITimer _syncTimer;
    private readonly TimeProvider _time;
    private readonly TimeSpan _batchInterval;
    private readonly Queue<(Action Step, TaskCompletionSource Done)> _steps = new();
    private readonly DiskReserve? _reserve;
    private CommitGroup? _open;
    private CommitGroup? _underWay;
    private TaskCompletionSource? _taken;
    private TaskCompletionSource? _idle;
    private bool _committing;
    private int _timerSet;
    private long _timerSetAt;

    /// <param name="partition">Whose log is written.</param>
    /// <param name="options">Interval of the batch durability, and the time.</param>
    /// <param name="settle">Called under the lock when a group has been applied, or has failed together with all behind it.</param>
    /// <param name="committed">Called after each group that has been applied.</param>
    public CommitQueue(Partition partition, DatabaseOptions options, Action<CommitGroup, HypervexException?> settle, Action committed)
    {
        _committed = committed;
        _partition = partition;
        _settle = settle;
        _time = options.TimeProvider;
        _batchInterval = options.BatchInterval;
        _reserve = options.Reserve;
        _syncTimer = _time.CreateTimer(_ => SyncInBackground(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Lock Lock { get; } = new();

    /// <summary>The group that takes the next write. Only under <see cref="Lock"/>.</summary>
    public CommitGroup Open => _open ??= new CommitGroup();

    /// <summary>What becomes of a record that has been appended but not applied yet. Only under <see cref="Lock"/>.</summary>
    public bool TryGetPending(uint tag, ReadOnlySpan<byte> id, out PendingRecord record)
    {
        record = default;
        return _open?.TryGet(tag, id, out record) == true || _underWay?.TryGet(tag, id, out record) == true;
    }

    /// <summary>Bytes that wait in the open group. Only under <see cref="Lock"/>.</summary>
    public int WaitingBytes => _open?.Frames.Length ?? 0;

    /// <summary>Ends when whoever has taken the queue gives it back; null while nobody has. Only under <see cref="Lock"/>.</summary>
    public Task? Taken => _taken?.Task;

    /// <summary>Takes the queue for one caller: lets what is in it be committed and keeps further writes out until <see cref="GiveBack"/>.</summary>
    public void Take(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task? others;
            lock (Lock)
            {
                others = Taken;
                _taken ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (others is null && !_committing)
                {
                    return;
                }

                _idle ??= others is null ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
            }

            if (others is not null)
            {
                others.Wait(cancellationToken);
                continue;
            }

            try
            {
                _idle!.Task.Wait(cancellationToken);
                return;
            }
            catch (OperationCanceledException)
            {
                GiveBack();
                throw;
            }
        }
    }

    /// <summary>Lets writers in again.</summary>
    public void GiveBack()
    {
        TaskCompletionSource taken;
        lock (Lock)
        {
            taken = _taken!;
            _taken = null;
            _idle = null;
        }

        taken.SetResult();
    }

    /// <summary>Whether the caller, who has just added a write, must now run <see cref="Commit"/>. Only under <see cref="Lock"/>.</summary>
    public bool BecomeCommitter()
    {
        if (_committing)
        {
            return false;
        }

        return _committing = true;
    }

    /// <summary>
    /// Runs a step while nothing is being committed: all that is in the log has been applied, and no space is reserved. Waits for it; what it throws is
    /// the caller's.
    /// </summary>
    public void RunBetween(Action step)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            Task? taken;
            bool mustCommit = false;
            lock (Lock)
            {
                taken = Taken;
                if (taken is null)
                {
                    _steps.Enqueue((step, done));
                    mustCommit = BecomeCommitter();
                }
            }

            if (taken is not null)
            {
                taken.Wait(); // whoever has taken the queue appends by itself
                continue;
            }

            if (mustCommit)
            {
                Commit(done.Task);
            }

            done.Task.GetAwaiter().GetResult();
            return;
        }
    }

    /// <summary>
    /// Commits group after group until none is open. With <paramref name="own"/> given, hands over to a pool thread once that is
    /// done, so that a writer is not kept by the work of others.
    /// </summary>
    public void Commit(Task? own)
    {
        while (true)
        {
            CommitGroup? group;
            (Action Step, TaskCompletionSource Done) step;
            lock (Lock)
            {
                if (_open is null && _steps.Count == 0)
                {
                    _committing = false;
                    _idle?.TrySetResult();
                    return;
                }

                if (own is { IsCompleted: true })
                {
                    ThreadPool.UnsafeQueueUserWorkItem(queue => queue.Commit(null), this, preferLocal: false);
                    return;
                }

                group = _underWay = _open;
                _open = null;
                _steps.TryDequeue(out step);
            }

            if (group is not null)
            {
                CommitOne(group);
            }

            if (step.Step is not null)
            {
                Run(step.Step, step.Done);
            }
        }
    }

    private static void Run(Action step, TaskCompletionSource done)
    {
        try
        {
            step();
            done.SetResult();
        }
#pragma warning disable CA1031 // It belongs to whoever waits for the step.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            done.SetException(exception);
        }
    }

    /// <summary>Writes a mark that proves everything before it durable. Only when nothing is being committed (closing).</summary>
    public void WriteClosingMark()
    {
        Log log = _partition.Log;
        if (log.Failed is not null || log.LastSequence == 0)
        {
            return;
        }

        log.Sync();
        KillPoint.Hit(KillPlace.BeforeClosingMark);
        using var mark = new LogGroup();
        mark.Add(new FrameHeader(0, log.LastSequence + 1, 0, 0, FrameKind.Mark, Commit: true), tag: 0);
        log.Append(mark);
        log.Sync();
        KillPoint.Hit(KillPlace.AfterClosingMark);
    }

    public void Dispose() => _syncTimer.Dispose();

    private void CommitOne(CommitGroup group)
    {
        GroupRows? rows = null;
        try
        {
            Write(group, out RecordLocation first, out rows);
            KillPoint.Hit(KillPlace.BeforeApply);
            GroupRows? taken = rows;
            rows = null;
            Apply(group, first, taken);
        }
        catch (HypervexException exception)
        {
            if (rows is not null)
            {
                _partition.Rows.Abandon(rows);
            }

            FailAll(group, exception);
            return;
        }
        finally
        {
            rows?.Settle(); // whatever ends this, nobody writes rows of a group that is given up
        }

        lock (Lock)
        {
            _underWay = null;
            _settle(group, null);
        }

        group.Complete();
        group.Release();
        _committed();
    }

    private void Write(CommitGroup group, out RecordLocation first, out GroupRows? rows)
    {
        rows = null;
        try
        {
            (LogSegment segment, long offset) = Append(group, out rows);
            first = new RecordLocation(segment.Ordinal, offset);
            if (group.Durability == Durability.Fsync)
            {
                _partition.Log.Sync();
            }
            else if (group.Durability == Durability.Batch)
            {
                SyncSoon();
            }
        }
        catch (Exception exception) when (exception is not HypervexException)
        {
            throw _partition.Log.Poison(exception, "A defect ended a write while it went to the log; whether it is there is seen when the database is opened again.");
        }
    }

    /// <summary>Sees to it that what was just written is durable within the interval, whoever has to do it.</summary>
    private void SyncSoon()
    {
        if (Interlocked.Exchange(ref _timerSet, 1) == 0)
        {
            Volatile.Write(ref _timerSetAt, _time.GetTimestamp());
            _syncTimer.Change(_batchInterval, Timeout.InfiniteTimeSpan);
        }
        else if (_time.GetElapsedTime(Volatile.Read(ref _timerSetAt)) > 2 * _batchInterval)
        {
            Volatile.Write(ref _timerSet, 0); // the timer is late: no thread of the pool is free to run it
            _partition.Log.Sync();
        }

        _partition.Log.WaitForSlowSync(s_slowSync);
    }

    /// <summary>Deletions get the reserve's space; records fail once, and are then refused until there is room again.</summary>
    private (LogSegment Segment, long Offset) Append(CommitGroup group, out GroupRows? rows)
    {
        rows = null;
        try
        {
            _partition.Rows.Reserve(group.Puts);
            rows = group.Puts > 0 ? _partition.Rows.Begin(group.Frames) : null;
            return _partition.Log.Append(group.Frames);
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.DiskFull && _reserve?.Release() == true && group.Puts == 0)
        {
            return _partition.Log.Append(group.Frames);
        }
    }

    private void Apply(CommitGroup group, RecordLocation first, GroupRows? rows)
    {
        try
        {
            _partition.Applier.ApplyGroup(group.Frames, first, rows);
        }
#pragma warning disable CA1031 // Whatever happened, memory and log have parted: that must end all writing.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw _partition.Log.Poison(exception, "A write is in the log but could not be applied.");
        }
    }

    /// <summary>What waits behind a failed group was decided on the ground that it would succeed, so it fails too.</summary>
    private void FailAll(CommitGroup group, HypervexException exception)
    {
        CommitGroup? behind;
        lock (Lock)
        {
            behind = _open;
            _open = _underWay = null;
            _settle(group, exception);
            _partition.Memory.Settle(behind?.Memory ?? 0);
        }

        group.Fail(exception);
        behind?.Fail(exception);
        group.Release();
        behind?.Release();
    }

    private void SyncInBackground()
    {
        Volatile.Write(ref _timerSet, 0);
        try
        {
            _partition.Log.Sync();
        }
        catch (HypervexException)
        {
            // The log is failed now: the next write says so.
        }
    }
}
