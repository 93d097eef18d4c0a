namespace Hypervex.Storage;

/// <summary>
/// The open segments of a log, twice: as a chain in order of sequence, whose last one is written to, and by their ordinals, which record
/// locations name and which are never given to another segment.
/// Invariant: a segment that a record's location names has its place by ordinal until it is retired. Thread safety: changes under one lock; reads from
/// any thread.
/// </summary>
internal sealed class SegmentChain(LogSegment[] segments)
{
    private readonly Lock _lock = new();
    private LogSegment?[] _byOrdinal = [.. segments];
    private LogSegment[] _inOrder = segments;
    private int _ordinals = segments.Length;

    /// <summary>The segments in force, in order of sequence.</summary>
    public LogSegment[] InOrder => Volatile.Read(ref _inOrder);

    /// <summary>The segment that is written to.</summary>
    public LogSegment Tail => InOrder[^1];

    /// <summary>A segment that has not been retired.</summary>
    public LogSegment this[int ordinal] => Volatile.Read(ref _byOrdinal)[ordinal]!;

    /// <summary>One more than the highest ordinal.</summary>
    public int Ordinals => Volatile.Read(ref _byOrdinal).Length;

    public int TakeOrdinal()
    {
        lock (_lock)
        {
            return _ordinals++;
        }
    }

    /// <summary>Makes a new segment the tail.</summary>
    public void Append(LogSegment segment)
    {
        lock (_lock)
        {
            Place(segment);
            Volatile.Write(ref _inOrder, [.. _inOrder, segment]);
        }
    }

    /// <summary>Puts a compacted segment in the place of its inputs, which can still be read by their ordinals until they are retired.</summary>
    public void Replace(ReadOnlySpan<LogSegment> inputs, LogSegment output)
    {
        lock (_lock)
        {
            Place(output);
            int at = Array.IndexOf(_inOrder, inputs[0]);
            Volatile.Write(ref _inOrder, [.. _inOrder[..at], output, .. _inOrder[(at + inputs.Length)..]]);
        }
    }

    /// <summary>Forgets a segment that has been replaced and that nobody reads any more, and closes it.</summary>
    public void Retire(LogSegment segment)
    {
        lock (_lock)
        {
            LogSegment?[] places = [.. _byOrdinal];
            places[segment.Ordinal] = null;
            Volatile.Write(ref _byOrdinal, places);
        }

        segment.Dispose();
    }

    /// <summary>Closes all of them.</summary>
    public void Dispose()
    {
        foreach (LogSegment? segment in _byOrdinal)
        {
            segment?.Dispose();
        }
    }

    private void Place(LogSegment segment)
    {
        LogSegment?[] places = _byOrdinal;
        Array.Resize(ref places, Math.Max(places.Length, segment.Ordinal + 1));
        places[segment.Ordinal] = segment;
        Volatile.Write(ref _byOrdinal, places);
    }
}
