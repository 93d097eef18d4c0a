namespace Hypervex.Engine.Tests.Storage;

/// <summary>Time that stands still, but for one jump at a reading that a test names: readings of the thread that named it count. Thread safety: one thread names and reads; others may read.</summary>
internal sealed class JumpingTime : TimeProvider
{
    private readonly ManualTime _time = new();
    private int _thread = -1;
    private int _left = int.MaxValue;
    private TimeSpan _by;

    /// <summary>Whether the jump that was named last has been made.</summary>
    public bool HasJumped => Volatile.Read(ref _left) <= 0;

    public override long TimestampFrequency => _time.TimestampFrequency;

    /// <summary>The reading of that number from now on, counted from 1, and those behind it are later.</summary>
    public void JumpAt(int reading, TimeSpan by)
    {
        _thread = Environment.CurrentManagedThreadId;
        _by = by;
        Volatile.Write(ref _left, reading);
    }

    public void AdvanceWithoutTimers(TimeSpan by) => _time.AdvanceWithoutTimers(by);

    public void Advance(TimeSpan by) => _time.Advance(by);

    public override DateTimeOffset GetUtcNow()
    {
        if (Environment.CurrentManagedThreadId == Volatile.Read(ref _thread) && _left > 0 && --_left == 0)
        {
            _time.AdvanceWithoutTimers(_by);
        }

        return _time.GetUtcNow();
    }

    public override long GetTimestamp() => _time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _time.CreateTimer(callback, state, dueTime, period);
}
