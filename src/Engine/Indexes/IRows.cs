namespace Hypervex.Indexes;

/// <summary>
/// Full-precision rows by slot, float32[<see cref="Dimension"/>] each: in memory at an address (<see cref="RowBlocks"/>), or brought from a file into one of
/// a few places. Code that is generic over it is compiled for each kind; for rows at an address renting, returning and bringing are nothing.
/// Thread safety: a value is copied freely; what <see cref="Rent"/> gives is for one thread.
/// </summary>
/// <typeparam name="TSelf">The kind itself.</typeparam>
internal unsafe interface IRows<TSelf>
    where TSelf : struct, IRows<TSelf>
{
    /// <summary>float32 places of a row.</summary>
    int Dimension { get; }

    /// <summary>The same rows with places to bring them to; all reading is done on what this gives.</summary>
    TSelf Rent();

    /// <summary>Gives the places back; addresses in them are void.</summary>
    void Return();

    /// <summary>Brings rows to the places from 0 on.</summary>
    /// <param name="slots">Slots with rows.</param>
    /// <param name="count">1 to <see cref="RowPlaces.Count"/>.</param>
    /// <exception cref="HypervexException">A row cannot be read.</exception>
    void Bring(uint* slots, int count);

    /// <summary>The address of a row that <see cref="Bring"/> brought.</summary>
    float* Brought(uint slot, int place);

    /// <summary>The address of a row, valid until another one is brought to the place.</summary>
    /// <exception cref="HypervexException">The row cannot be read.</exception>
    float* Row(uint slot, int place);

    /// <summary>See <see cref="Distances.IScorer.Ahead"/>.</summary>
    int Ahead { get; }

    /// <summary>Asks the processor to load the beginning of a row that will be ranked soon.</summary>
    void Prefetch(uint slot);
}

/// <summary>Which place is for what while a graph is walked; a scan uses all of them.</summary>
internal static class RowPlaces
{
    /// <summary>The row that is walked for.</summary>
    public const int Query = 0;

    /// <summary>The row that a few neighbours are compared with.</summary>
    public const int Neighbour = 1;

    /// <summary>The row that is being ranked.</summary>
    public const int Ranked = 2;

    /// <summary>Places there are.</summary>
    public const int Count = 4;
}

/// <summary>Rows with rented places, which are given back at the end of the block. Thread safety: none; lives on a stack.</summary>
internal readonly ref struct RentedRows<TRows>(TRows rows)
    where TRows : struct, IRows<TRows>
{
    /// <summary>The rows to read.</summary>
    public readonly TRows Rows = rows.Rent();

    /// <summary>Gives the places back.</summary>
    public void Dispose() => Rows.Return();
}
