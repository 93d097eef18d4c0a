namespace Hypervex.Indexes;

/// <summary>Compares a query with all rows, or with some; below the calls nothing is virtual.</summary>
internal unsafe interface IRowScan
{
    /// <summary>float32 places of a row.</summary>
    int RowLength { get; }

    /// <summary>Offers every live and allowed row of some slots with its true distance.</summary>
    /// <param name="query">float32[<see cref="RowLength"/>], prepared.</param>
    /// <param name="words">The slots, in words of 64.</param>
    /// <param name="allowed">The slots that may be returned; null = all.</param>
    /// <param name="limit">How long to go on.</param>
    /// <param name="top">Receives the rows.</param>
    /// <returns>False when the limit ended the scan.</returns>
    bool Scan(float* query, WordRange words, SlotSet? allowed, ref WorkLimit limit, ref TopHits top);
}

/// <summary>Words of slots, 64 in each: from <paramref name="First"/> to before <paramref name="End"/>.</summary>
internal readonly record struct WordRange(uint First, uint End)
{
    private const int SlotsPerWord = 64;

    /// <summary>All words of so many slots.</summary>
    public static WordRange Of(uint slotCount) => new(0, (uint)(((ulong)slotCount + SlotsPerWord - 1) / SlotsPerWord));

    /// <summary>One of so many parts of about the same size.</summary>
    public WordRange Part(int part, int parts)
    {
        ulong length = End - First;
        return new WordRange(First + (uint)(length * (ulong)part / (ulong)parts), First + (uint)(length * (ulong)(part + 1) / (ulong)parts));
    }
}
