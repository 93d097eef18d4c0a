namespace Hypervex.Storage;

/// <summary>
/// How long something took, counted by length: observation i counts in the first bucket whose bound is not less than it, or in the last one.
/// Thread safety: all members from any thread; a reading that runs beside additions may see the time of one and not its count.
/// </summary>
internal sealed class DurationHistogram
{
    private static readonly TimeSpan[] s_bounds =
    [
        .. new[] { 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }.Select(TimeSpan.FromSeconds),
    ];

    private readonly long[] _counts = new long[s_bounds.Length + 1];
    private long _ticks;

    /// <summary>The greatest length that counts in each bucket; the last bucket, which has none, takes what is longer.</summary>
    public static IReadOnlyList<TimeSpan> Bounds => s_bounds;

    /// <summary>The length of all together.</summary>
    public TimeSpan Sum => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    /// <summary>Counts one.</summary>
    public void Add(TimeSpan length)
    {
        int bucket = 0;
        while (bucket < s_bounds.Length && length > s_bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _ticks, length.Ticks);
    }

    /// <summary>The counts of the buckets, one more than there are bounds.</summary>
    public long[] Counts()
    {
        var counts = new long[_counts.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = Interlocked.Read(ref _counts[i]);
        }

        return counts;
    }
}
