namespace Hypervex.Indexes;

/// <summary>How to search one vector field; <c>default</c> is a search of all rows with the field's beam width.</summary>
internal readonly record struct FieldSearch
{
    /// <summary>Width of the beam; 0 = the field's setting. Never less than k.</summary>
    public int Ef { get; init; }

    /// <summary>The recall that chooses the beam when there is no <see cref="Ef"/>, 0 = none.</summary>
    public float TargetRecall { get; init; }

    /// <summary>Scan all rows instead of walking the graph.</summary>
    public bool Exact { get; init; }

    /// <summary>The slots that may be returned; null = all.</summary>
    public SlotSet? Allowed { get; init; }

    /// <summary>Only rows within this distance; null = at any.</summary>
    public float? Radius { get; init; }

    /// <summary>The walk's best rows that are ranked again by their full precision whatever the estimates say; 0 = the error bound decides.</summary>
    public int MinRanked { get; init; }

    /// <summary>
    /// Limit on the rows that are compared while walking or scanning; 0 = none. A search that reaches it returns what it has
    /// found; a walk may pass it by the rows of one step.
    /// </summary>
    public long MaxDistances { get; init; }

    /// <summary>Stops the search between two steps with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken { get; init; }
}

/// <summary>What one search of a field did.</summary>
/// <param name="Distances">Rows that were compared while walking and scanning.</param>
/// <param name="Ef">Width of the last walk's beam; 0 when the rows were scanned.</param>
/// <param name="IsCut">Whether <see cref="FieldSearch.MaxDistances"/> ended the search before it was done.</param>
internal readonly record struct FieldSearchReport(long Distances, int Ef, bool IsCut);
