namespace Hypervex.Training;

/// <summary>Where a hierarchy is embedded.</summary>
public enum EmbeddingSpace
{
    /// <summary>The Poincaré ball of curvature -1.</summary>
    Poincare = 0,

    /// <summary>Euclidean space, for comparison.</summary>
    Euclidean = 1,
}

/// <summary>How a hierarchy is embedded. The defaults are those of Nickel and Kiela (NeurIPS 2017) where they name one.</summary>
public sealed record TrainingOptions
{
    /// <summary>The space.</summary>
    public EmbeddingSpace Space { get; init; } = EmbeddingSpace.Poincare;

    /// <summary>Components of each vector, 1 to 1,024.</summary>
    public int Dimension { get; init; } = 5;

    /// <summary>Passes over all pairs, 1 to 100,000.</summary>
    public int Epochs { get; init; } = 200;

    /// <summary>The first so many epochs use a tenth of the learning rate and draw negatives by how often a node is in a pair, which settles the angles first.</summary>
    public int BurnInEpochs { get; init; } = 20;

    /// <summary>Nodes beside the true one that each step tells apart, 1 to 10,000.</summary>
    public int Negatives { get; init; } = 50;

    /// <summary>Length of a step in the tangent space per unit of gradient, greater than 0.</summary>
    public double LearningRate { get; init; } = 0.3;

    /// <summary>Seed of everything that is drawn: the same options give the same embedding.</summary>
    public ulong Seed { get; init; } = 1;
}
