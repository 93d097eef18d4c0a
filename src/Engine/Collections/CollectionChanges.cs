namespace Hypervex;

/// <summary>Settings of a collection that are altered while it is in use; what is not named stays.</summary>
public sealed record CollectionChanges
{
    /// <summary>Greatest number of records from now on, at least 1; null = as it is. Below the present number no record is deleted, and none is created.</summary>
    public long? Capacity { get; init; }

    /// <summary>Whether there is no greatest number any more; excludes <see cref="Capacity"/>.</summary>
    public bool RemoveCapacity { get; init; }

    /// <summary>Durability of writes that begin from now on and do not ask for another one; null = as it is. Those before keep the one that they were acknowledged with.</summary>
    public Durability? Durability { get; init; }

    /// <summary>Whether the database's durability counts from now on; excludes <see cref="Durability"/>.</summary>
    public bool RemoveDurability { get; init; }

    /// <summary>By vector field (the empty name: the default one) the width of searches that name none, 1 to 65,536. Not for fields without a graph.</summary>
    public IReadOnlyDictionary<string, int> Ef { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// By vector field (the empty name: the default one) the codes from now on, as far as metric and index allow them. The setting is durable when the call returns; the codes are trained in the background and
    /// take the place of those before at once, while searches go on (<see cref="VectorFieldStats.Codes"/> tells how far it is). Their memory is reserved before: where the limit does not allow it, nothing is altered.
    /// </summary>
    public IReadOnlyDictionary<string, QuantizationKind> Quantization { get; init; } = new Dictionary<string, QuantizationKind>();
}
