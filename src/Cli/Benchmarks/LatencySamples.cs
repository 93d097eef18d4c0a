using System.Diagnostics;

namespace Hypervex.Cli.Benchmarks;

/// <summary>
/// Durations of single operations, in Stopwatch ticks, every one kept: percentiles are exact, not estimated.
/// Thread safety: one thread writes; <see cref="Merge"/> and the percentiles come after it has ended.
/// </summary>
internal sealed class LatencySamples
{
    private long[] _ticks;
    private int _count;
    private bool _sorted;

    /// <summary>Creates an empty set with room for a number of samples before it has to grow.</summary>
    public LatencySamples(int capacity = 1 << 16) => _ticks = new long[Math.Max(1, capacity)];

    /// <summary>Number of samples.</summary>
    public int Count => _count;

    /// <summary>All samples of several sets.</summary>
    public static LatencySamples Merge(IReadOnlyList<LatencySamples> parts)
    {
        LatencySamples all = new(parts.Sum(part => part._count));
        foreach (LatencySamples part in parts)
        {
            part._ticks.AsSpan(0, part._count).CopyTo(all._ticks.AsSpan(all._count));
            all._count += part._count;
        }

        return all;
    }

    /// <summary>Adds one duration in Stopwatch ticks.</summary>
    public void Add(long ticks)
    {
        if (_count == _ticks.Length)
        {
            Array.Resize(ref _ticks, _ticks.Length * 2);
        }

        _ticks[_count++] = ticks;
        _sorted = false;
    }

    /// <summary>
    /// The smallest sample that at least this share of all samples do not exceed (nearest rank), in microseconds.
    /// </summary>
    /// <param name="share">0 to 1: 0.99 is P99.</param>
    public double PercentileMicroseconds(double share)
    {
        if (_count == 0)
        {
            throw new InvalidOperationException("There is no sample.");
        }

        if (!_sorted)
        {
            Array.Sort(_ticks, 0, _count);
            _sorted = true;
        }

        int rank = Math.Clamp((int)Math.Ceiling(share * _count), 1, _count);
        return _ticks[rank - 1] * 1e6 / Stopwatch.Frequency;
    }
}
