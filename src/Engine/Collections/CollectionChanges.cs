namespace Hypervex;

/// <summary>Settings of a collection that are altered while it is in use; what is not named stays.</summary>
public sealed record CollectionChanges
{
    /// <summary>Greatest number of records from now on, at least 1; null = as it is. Below the present number no record is deleted, and none is created.</summary>
    public long? Capacity { get; init; }

    /// <summary>Whether there is no greatest number any more; excludes <see cref="Capacity"/>.</summary>
    public bool RemoveCapacity { get; init; }

    /// <summary>By vector field (the empty name: the default one) the width of searches that name none, 1 to 65,536. Not for fields without a graph.</summary>
    public IReadOnlyDictionary<string, int> Ef { get; init; } = new Dictionary<string, int>();
}
