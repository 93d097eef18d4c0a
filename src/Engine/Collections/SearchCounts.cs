namespace Hypervex.Collections;

/// <summary>
/// What the searches of a collection have done since it was opened.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class SearchCounts
{
    private long _searches;
    private long _distances;

    /// <summary>Walks and scans that ended; a search that was repeated because records changed under it counts each time.</summary>
    public long Searches => Interlocked.Read(ref _searches);

    /// <summary>Rows that they compared; ranking again is not counted.</summary>
    public long Distances => Interlocked.Read(ref _distances);

    /// <summary>Counts one.</summary>
    public void Add(long distances)
    {
        Interlocked.Increment(ref _searches);
        Interlocked.Add(ref _distances, distances);
    }
}
