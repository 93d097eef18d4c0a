namespace Hypervex.Indexes;

/// <summary>How to search one vector field; <c>default</c> is a search of all rows with the field's beam width.</summary>
internal readonly record struct FieldSearch
{
    /// <summary>Width of the beam; 0 = the field's setting. Never less than k.</summary>
    public int Ef { get; init; }

    /// <summary>Scan all rows instead of walking the graph.</summary>
    public bool Exact { get; init; }

    /// <summary>The slots that may be returned; null = all.</summary>
    public SlotSet? Allowed { get; init; }

    /// <summary>Limit on the distances computed while walking; 0 = none. A search that reaches it returns what it has found.</summary>
    public long MaxDistances { get; init; }

    /// <summary>Stops the search between two steps with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken CancellationToken { get; init; }
}
