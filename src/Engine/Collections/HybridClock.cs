namespace Hypervex.Collections;

/// <summary>
/// A hybrid logical clock (Kulkarni et al., 2014): readings follow the wall clock in milliseconds and never repeat or go back. 48 bits
/// of milliseconds, 16 bits of counter. Thread safety: the writer's lock.
/// </summary>
internal sealed class HybridClock(TimeProvider time, ulong node)
{
    private const int CounterBits = 16;
    private ulong _last;

    /// <summary>The next version, and the milliseconds of the wall clock that go into timestamps.</summary>
    public RecordVersion Next(out long nowMs)
    {
        nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        _last = Math.Max(_last + 1, (ulong)Math.Max(0, nowMs) << CounterBits);
        return new RecordVersion(_last, node);
    }

    /// <summary>Lets all later readings be above one that was seen.</summary>
    public void Observe(ulong clock) => _last = Math.Max(_last, clock);
}
