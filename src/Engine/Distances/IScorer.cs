namespace Hypervex.Distances;

/// <summary>
/// Ranks rows by slot against one query. Implemented by structs, so that the loops over a graph are compiled once for each
/// kind of row and call nothing.
/// </summary>
internal unsafe interface IScorer
{
    /// <summary>The rank of a row: smaller is nearer.</summary>
    float Rank(uint slot);

    /// <summary>The ranks of four rows, each equal to what <see cref="Rank"/> gives.</summary>
    /// <param name="slots">uint32[4].</param>
    /// <param name="ranks">float32[4].</param>
    void RankFour(uint* slots, float* ranks);

    /// <summary>Rows that are asked for before they are ranked (<see cref="RowsAhead"/>).</summary>
    int Ahead { get; }

    /// <summary>Asks the processor to load the beginning of a row that will be ranked soon.</summary>
    void Prefetch(uint slot);
}
