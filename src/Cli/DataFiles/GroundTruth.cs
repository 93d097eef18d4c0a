namespace Hypervex.Cli.DataFiles;

/// <summary>The exact nearest neighbours of queries, by comparing every query with every row in float64.</summary>
internal static class GroundTruth
{
    /// <summary>Finds the k nearest rows of every query, nearest first; equal distances in order of row number.</summary>
    /// <param name="rows">The base, read once to its end.</param>
    /// <param name="queries">The queries, each of the base's dimension.</param>
    /// <param name="metric">What "near" means.</param>
    /// <param name="k">Neighbours per query; fewer come when the base has fewer rows.</param>
    /// <param name="threads">Threads to use; 0 = one per processor.</param>
    /// <param name="progress">Receives the number of rows done, now and then.</param>
    /// <param name="cancellationToken">Stops between two blocks of rows.</param>
    public static int[][] Compute(
        IVectorReader rows,
        IReadOnlyList<float[]> queries,
        Metric metric,
        int k,
        int threads = 0,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Reads an <c>.ivecs</c> file: per query the row numbers of its neighbours.</summary>
    public static int[][] Read(string path) => throw new NotImplementedException();

    /// <summary>Writes an <c>.ivecs</c> file.</summary>
    public static void Write(string path, IReadOnlyList<int[]> neighbours) => throw new NotImplementedException();
}
