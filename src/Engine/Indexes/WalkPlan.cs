namespace Hypervex.Indexes;

/// <summary>How one search walks the graph.</summary>
internal readonly record struct WalkPlan
{
    /// <summary>Hits wanted.</summary>
    public required int K { get; init; }

    /// <summary>Width of the beam, at least k.</summary>
    public required int Ef { get; init; }

    /// <summary>Whether nodes that must not be returned are so many, or the beam so wide, that results are kept apart.</summary>
    public required bool Filtered { get; init; }

    /// <summary>Whether to rank only nodes that pass.</summary>
    public required bool StepOver { get; init; }

    /// <summary>The slots that may be returned; null = all live ones.</summary>
    public required SlotSet? Allowed { get; init; }

    /// <summary>The best rows that are ranked again whatever the estimates say.</summary>
    public required int MinRanked { get; init; }

    /// <summary>Limit on the distances; 0 = none.</summary>
    public required long MaxDistances { get; init; }

    /// <summary>Stops the walk.</summary>
    public required CancellationToken CancellationToken { get; init; }
}
