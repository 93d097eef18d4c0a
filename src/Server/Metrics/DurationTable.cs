using Hypervex.Storage;

namespace Hypervex.Server.Metrics;

/// <summary>
/// How long things took, by two things that each have few values. A place that nothing was added to takes no memory.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class DurationTable(int rows, int columns)
{
    private readonly DurationHistogram?[] _all = new DurationHistogram?[rows * columns];

    /// <summary>Adds a length.</summary>
    public void Add(int row, int column, TimeSpan length)
    {
        ref DurationHistogram? place = ref _all[(row * columns) + column];
        DurationHistogram? durations = Volatile.Read(ref place);
        if (durations is null)
        {
            var made = new DurationHistogram();
            durations = Interlocked.CompareExchange(ref place, made, null) ?? made;
        }

        durations.Add(length);
    }

    /// <summary>What was added where anything was, row by row.</summary>
    public IEnumerable<(int Row, int Column, DurationHistogram Durations)> Read()
    {
        for (int i = 0; i < _all.Length; i++)
        {
            if (Volatile.Read(ref _all[i]) is { } durations)
            {
                yield return (i / columns, i % columns, durations);
            }
        }
    }
}
