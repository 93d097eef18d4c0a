namespace Hypervex.Training;

/// <summary>A point for each name of a hierarchy. Thread safety: immutable, if nobody writes into the vectors.</summary>
/// <param name="Names">The names.</param>
/// <param name="Vectors">float64[dimension] for each.</param>
/// <param name="Space">Where the points are.</param>
/// <param name="Loss">The mean loss of a pair in the last epoch, in nats.</param>
public sealed record HierarchyEmbedding(IReadOnlyList<string> Names, IReadOnlyList<double[]> Vectors, EmbeddingSpace Space, double Loss)
{
    /// <summary>The metric under which the points belong into a collection.</summary>
    public Metric Metric => Space == EmbeddingSpace.Poincare ? Metric.Poincare : Metric.L2;

    /// <summary>The vector of a name as a collection takes it.</summary>
    public float[] Row(int name) => [.. Vectors[name].Select(component => (float)component)];
}
