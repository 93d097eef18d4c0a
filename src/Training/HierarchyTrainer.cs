using System.Globalization;

namespace Hypervex.Training;

/// <summary>
/// Embeds a hierarchy by Riemannian stochastic gradient descent (Nickel and Kiela, NeurIPS 2017): for every pair of a child and something above it, the distance of the two shall be
/// smaller than those to a sample of nodes that are not above the child (their equation 3, a softmax over negative distances). One thread, so that a seed decides the result.
/// </summary>
public static class HierarchyTrainer
{
    private const double FirstSpread = 1e-3;
    private const double BurnInRate = 0.1;

    // How negatives are drawn while burning in: by the number of pairs a node is in, damped.
    private const double Dampening = 0.75;

    // A node of which nearly all others are above has no negatives.
    private const int TriesForNegative = 100;

    /// <summary>Trains.</summary>
    /// <param name="hierarchy">The pairs, usually a closure (<see cref="Hierarchy.Close"/>).</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Hears of epochs done.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.LimitOutOfRange"/>: an option outside of its range.</exception>
    public static HierarchyEmbedding Train(Hierarchy hierarchy, TrainingOptions options, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(options);
        Check("dimension", options.Dimension, 1, 1024);
        Check("epochs", options.Epochs, 1, 100_000);
        Check("burn_in_epochs", options.BurnInEpochs, 0, options.Epochs);
        Check("negatives", options.Negatives, 1, 10_000);
        if (!(options.LearningRate > 0 && double.IsFinite(options.LearningRate)))
        {
            throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"learning_rate is {options.LearningRate}; expected a number greater than 0."));
        }

        return options.Space == EmbeddingSpace.Poincare
            ? Run<PoincareModel>(hierarchy, options, progress, cancellationToken)
            : Run<EuclideanModel>(hierarchy, options, progress, cancellationToken);
    }

    private static HierarchyEmbedding Run<TModel>(Hierarchy hierarchy, TrainingOptions options, IProgress<long>? progress, CancellationToken cancellationToken)
        where TModel : struct, IModel
    {
        var random = new SeededRandom(options.Seed);
        double[][] points = FirstPoints(hierarchy.Names.Count, options.Dimension, random);
        (int Child, int Parent)[] pairs = [.. hierarchy.Pairs];
        HashSet<int>[] above = [.. hierarchy.Names.Select(_ => new HashSet<int>())];
        foreach ((int child, int parent) in pairs)
        {
            above[child].Add(parent);
        }

        int[] byDegree = Sample(pairs, hierarchy.Names.Count);
        var step = new TrainingStep<TModel>(points, options.Negatives);
        double loss = 0;
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool burnsIn = epoch < options.BurnInEpochs;
            double rate = options.LearningRate * (burnsIn ? BurnInRate : 1);
            random.Shuffle(pairs);
            loss = 0;
            foreach ((int child, int parent) in pairs)
            {
                step.Begin(child, parent);
                for (int i = 0; i < options.Negatives; i++)
                {
                    int tries = 0;
                    int node;
                    do
                    {
                        node = burnsIn ? byDegree[random.Below(byDegree.Length)] : random.Below(points.Length);
                    }
                    while ((node == child || above[child].Contains(node)) && ++tries < TriesForNegative);
                    if (tries < TriesForNegative)
                    {
                        step.AddNegative(node);
                    }
                }

                loss += step.End(rate);
            }

            progress?.Report(epoch + 1);
        }

        return new HierarchyEmbedding(hierarchy.Names, points, options.Space, loss / pairs.Length);
    }

    private static double[][] FirstPoints(int count, int dimension, SeededRandom random)
    {
        double[][] points = new double[count][];
        for (int i = 0; i < count; i++)
        {
            points[i] = new double[dimension];
            for (int j = 0; j < dimension; j++)
            {
                points[i][j] = FirstSpread * ((2 * random.Unit()) - 1);
            }
        }

        return points;
    }

    /// <summary>Nodes, each as often as its damped number of pairs says; at least once.</summary>
    private static int[] Sample((int Child, int Parent)[] pairs, int count)
    {
        int[] degree = new int[count];
        foreach ((int child, int parent) in pairs)
        {
            degree[child]++;
            degree[parent]++;
        }

        return [.. Enumerable.Range(0, count).SelectMany(node => Enumerable.Repeat(node, (int)Math.Ceiling(Math.Pow(degree[node], Dampening))))];
    }

    private static void Check(string name, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; expected {least} to {most}."));
        }
    }
}
