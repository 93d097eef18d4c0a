namespace Hypervex.Collections;

/// <summary>
/// What the searches of a collection have done since it was opened. Layout: both counts in each stripe (<see cref="Stripes"/>).
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class SearchCounts
{
    private const int OfSearches = 0, OfDistances = 1;

    private readonly long[] _counts = new long[Stripes.ArrayLength];

    /// <summary>Walks and scans that ended; a search that was repeated because records changed under it counts each time.</summary>
    public long Searches => Sum(OfSearches);

    /// <summary>Rows that they compared; ranking again is not counted.</summary>
    public long Distances => Sum(OfDistances);

    /// <summary>Counts one.</summary>
    public void Add(long distances)
    {
        int stripe = Stripes.Current;
        Interlocked.Increment(ref _counts[stripe + OfSearches]);
        Interlocked.Add(ref _counts[stripe + OfDistances], distances);
    }

    private long Sum(int count)
    {
        long sum = 0;
        for (int place = Stripes.Length + count; place < _counts.Length; place += Stripes.Length)
        {
            sum += Interlocked.Read(ref _counts[place]);
        }

        return sum;
    }
}
