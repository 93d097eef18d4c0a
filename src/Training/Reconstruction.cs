namespace Hypervex.Training;

/// <summary>
/// How well distances tell what is above a node: for each pair, the rank of the upper node among all nodes that are not above the lower one, by distance from it (Nickel and Kiela,
/// NeurIPS 2017, section 4.1). Thread safety: immutable.
/// </summary>
/// <param name="MeanRank">Mean over all pairs; 1 is best.</param>
/// <param name="MeanAveragePrecision">Mean over all nodes with something above them of the average precision; 1 is best.</param>
public sealed record Reconstruction(double MeanRank, double MeanAveragePrecision)
{
    /// <summary>Measures an embedding against the hierarchy that it was trained on, on all cores.</summary>
    public static Reconstruction Measure(Hierarchy hierarchy, HierarchyEmbedding embedding, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(embedding);
        HashSet<int>?[] above = new HashSet<int>?[hierarchy.Names.Count];
        foreach ((int child, int parent) in hierarchy.Pairs)
        {
            (above[child] ??= []).Add(parent);
        }

        int[] children = [.. Enumerable.Range(0, above.Length).Where(node => above[node] is not null)];
        var sums = new (long Ranks, double Precision)[above.Length];
        Parallel.ForEach(children, new ParallelOptions { CancellationToken = cancellationToken }, child => sums[child] = Measure(embedding, child, above[child]!));

        // Summed in order, so that the last digits do not depend on who was first.
        return new Reconstruction((double)sums.Sum(sum => sum.Ranks) / hierarchy.Pairs.Count, sums.Sum(sum => sum.Precision) / children.Length);
    }

    private static (long Ranks, double Precision) Measure(HierarchyEmbedding embedding, int child, HashSet<int> above)
    {
        double[] from = embedding.Vectors[child];
        double[] distances = [.. embedding.Vectors.Select(to => Distance(embedding.Space, from, to))];
        double[] others = [.. Enumerable.Range(0, distances.Length).Where(node => node != child && !above.Contains(node)).Select(node => distances[node]).Order()];
        double[] truth = [.. above.Select(node => distances[node]).Order()];
        long ranks = 0;
        double precision = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            // Others that are as near count as nearer: a tie tells nothing.
            int nearer = UpperBound(others, truth[i]);
            ranks += nearer + 1;
            precision += (double)(i + 1) / (i + 1 + nearer);
        }

        return (ranks, precision / truth.Length);
    }

    private static int UpperBound(double[] sorted, double value)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = sorted[middle] <= value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static double Distance(EmbeddingSpace space, double[] u, double[] v)
    {
        if (space == EmbeddingSpace.Poincare)
        {
            return Hyperbolic.PoincareDistance(u, v);
        }

        double squares = 0;
        for (int i = 0; i < u.Length; i++)
        {
            squares += (u[i] - v[i]) * (u[i] - v[i]);
        }

        return squares;
    }
}
