namespace Hypervex.Storage;

/// <summary>The one kind of error that a snapshot archive can be refused with.</summary>
internal static class SnapshotErrors
{
    /// <param name="name">The archive.</param>
    /// <param name="problem">What does not hold: a clause without its full stop.</param>
    public static HypervexException Bad(string name, string problem) =>
        new(ErrorCode.BadSnapshot, $"{name}: {problem}. Nothing was changed; use another copy of the snapshot.");
}
