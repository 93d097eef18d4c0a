namespace Hypervex.Collections;

/// <summary>
/// A hybrid logical clock (Kulkarni et al., 2014): readings follow the wall clock in milliseconds and never repeat or go back. 48 bits
/// of milliseconds, 16 bits of counter. Thread safety: all members.
/// </summary>
internal sealed class HybridClock(TimeProvider time, ulong node)
{
    private const int CounterBits = 16;
    private ulong _last;

    /// <summary>The last reading, or the greatest that was seen.</summary>
    public ulong Last => Volatile.Read(ref _last);

    /// <summary>The next version, and the milliseconds of the wall clock that go into timestamps.</summary>
    public RecordVersion Next(out long nowMs)
    {
        return Next(1, out nowMs);
    }

    /// <summary>The first of so many next versions, of which each is one above the one before, and the milliseconds for all of them.</summary>
    public RecordVersion Next(int count, out long nowMs)
    {
        nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        while (true)
        {
            ulong last = Volatile.Read(ref _last);
            ulong first = Math.Max(last + 1, (ulong)Math.Max(0, nowMs) << CounterBits);
            if (Interlocked.CompareExchange(ref _last, first + (ulong)count - 1, last) == last)
            {
                return new RecordVersion(first, node);
            }
        }
    }

    /// <summary>Lets all later readings be above one that was seen.</summary>
    public void Observe(ulong clock)
    {
        ulong last = Volatile.Read(ref _last);
        while (clock > last)
        {
            ulong seen = Interlocked.CompareExchange(ref _last, clock, last);
            if (seen == last)
            {
                return;
            }

            last = seen;
        }
    }
}
