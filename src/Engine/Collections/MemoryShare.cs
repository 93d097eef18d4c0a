namespace Hypervex.Collections;

/// <summary>
/// What one partition has in the <see cref="MemoryBudget"/>: what it was last measured to hold, and what was reserved for changes that are under
/// way. Thread safety: all members.
/// </summary>
internal sealed class MemoryShare(MemoryBudget budget, Func<long> measure)
{
    private readonly Lock _lock = new();
    private long _held;
    private long _reserved;
    private bool _closed;

    /// <summary>What the partition was last measured to hold.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>What is reserved for changes that are under way.</summary>
    public long Reserved => Volatile.Read(ref _reserved);

    public bool TryReserve(long bytes)
    {
        bool fits = budget.TryReserve(bytes);
        Interlocked.Add(ref _reserved, fits ? bytes : 0);
        return fits;
    }

    /// <summary>Reserves memory, or throws <see cref="ErrorCode.MemoryLimit"/>.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="what">What it is for, for the message.</param>
    public void Reserve(long bytes, string what)
    {
        if (!TryReserve(bytes))
        {
            throw budget.Exceeded(bytes, what);
        }
    }

    /// <summary>Measures anew, now that what was reserved is in use or not needed.</summary>
    public void Settle(long reserved)
    {
        lock (_lock)
        {
            long now = _closed ? 0 : measure();
            Interlocked.Add(ref _reserved, -reserved);
            budget.Add(now - _held - reserved);
            Volatile.Write(ref _held, now);
        }
    }

    /// <summary>Measures, and throws when the collection that is being opened does not fit.</summary>
    /// <param name="more">Bytes that it will surely need beside what it holds.</param>
    public void CheckOpening(long more = 0)
    {
        Settle(0);
        if (budget.Used + more > budget.OpeningLimit)
        {
            throw budget.Exceeded(more, "the collection that is being opened");
        }
    }

    /// <summary>Gives back everything that is held.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            budget.Add(-_held);
            Volatile.Write(ref _held, 0);
        }
    }
}
