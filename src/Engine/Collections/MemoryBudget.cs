using System.Globalization;

namespace Hypervex.Collections;

/// <summary>
/// The one counter of the memory that a database's collections take, in bytes: what they hold, and what writes under way have reserved.
/// Invariant: no write takes the counter above the limit, because whoever needs more reserves it first. Thread safety: all members.
/// </summary>
internal sealed class MemoryBudget(long limit)
{
    private long _used;

    /// <summary>Greatest value of the counter; <see cref="long.MaxValue"/> = none.</summary>
    public long Limit { get; } = limit > 0 ? limit : long.MaxValue;

    /// <summary>
    /// What opening a collection may take the counter to: a sixteenth more, because what fitted before a crash must open again even though it
    /// is laid out anew. Writes are refused then.
    /// </summary>
    public long OpeningLimit => Limit == long.MaxValue ? long.MaxValue : Limit + (Limit / 16);

    public long Used => Volatile.Read(ref _used);

    /// <summary>Adds to the counter, unless that would pass the limit.</summary>
    public bool TryReserve(long bytes)
    {
        long used = Used;
        while (used + bytes <= Limit)
        {
            long seen = Interlocked.CompareExchange(ref _used, used + bytes, used);
            if (seen == used)
            {
                return true;
            }

            used = seen;
        }

        return bytes <= 0;
    }

    /// <summary>Corrects the counter by what was measured.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _used, bytes);

    public HypervexException Exceeded(long bytes, string what) => new(
        ErrorCode.MemoryLimit,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The database holds {Used} bytes in memory, its limit is {Limit}; {what} needs up to {bytes} more. Close collections, delete records and open the database again, or raise the limit."));
}
