namespace Hypervex.Collections;

/// <summary>
/// Asks for a sweep a moment after the next record of a partition expires. Thread safety: all members; the lock is not held while the question is asked.
/// </summary>
internal sealed class ExpiryTimer(Partition partition, TimeProvider time, Action ask) : IDisposable
{
    /// <summary>Records that expire one after the other go together.</summary>
    internal static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);

    /// <summary>What could not be deleted is tried again.</summary>
    internal static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private long _setFor = long.MaxValue;
    private bool _closed;

    /// <summary>Sets the timer when another record is the next to expire.</summary>
    public void SetIfChanged()
    {
        if (partition.FieldIndexes.Expiries.Earliest != Volatile.Read(ref _setFor))
        {
            Set(Gathering);
        }
    }

    /// <summary>Sets the timer anew after a sweep that left something.</summary>
    public void SetForRetry() => Set(Retry);

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            _timer?.Dispose();
        }
    }

    private void Set(TimeSpan atLeast)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            long earliest = partition.FieldIndexes.Expiries.Earliest;
            Volatile.Write(ref _setFor, earliest);
            if (earliest == long.MaxValue)
            {
                _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            double wait = Math.Clamp(earliest - (double)partition.NowMs, 0, s_longest.TotalMilliseconds);
            _timer ??= time.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(TimeSpan.FromMilliseconds(wait) + atLeast, Timeout.InfiniteTimeSpan);
        }
    }

    private void Ring()
    {
        if (partition.FieldIndexes.Expiries.Earliest <= partition.NowMs)
        {
            ask();
        }
        else
        {
            Set(Gathering); // the wait was longer than a timer's, or the record lives longer now
        }
    }
}
