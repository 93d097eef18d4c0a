using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Hypervex.Cli.DataFiles;

/// <summary>The exact nearest neighbours of queries, by comparing every query with every row in float64.</summary>
internal static class GroundTruth
{
    // Rows that are read, widened to float64 and compared at once: 8 MB, small beside the queries' work on them.
    private const int BlockComponents = 1 << 20;

    // Rows that stay in the first-level cache while one query after another passes over them: 16 KB.
    private const int TileComponents = 1 << 11;

    /// <summary>Finds the k nearest rows of every query, nearest first; distances that are equal in float64 come in order of row number.</summary>
    /// <param name="rows">The base, read once to its end.</param>
    /// <param name="queries">The queries, each of the base's dimension.</param>
    /// <param name="metric">What "near" means.</param>
    /// <param name="k">Neighbours per query; fewer come when the base has fewer rows.</param>
    /// <param name="threads">Threads to use; 0 = one per processor.</param>
    /// <param name="progress">Receives the number of rows done, now and then.</param>
    /// <param name="cancellationToken">Stops between two blocks of rows.</param>
    /// <exception cref="DataFileException">Queries of another dimension, or a zero vector under cosine.</exception>
    public static int[][] Compute(
        IVectorReader rows,
        IReadOnlyList<float[]> queries,
        Metric metric,
        int k,
        int threads = 0,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var nearest = new NearestRows[queries.Count];
        double[][] points = new double[queries.Count][];
        for (int q = 0; q < queries.Count; q++)
        {
            nearest[q] = new NearestRows(k);
            points[q] = TruthBlock.Point(metric, queries[q]);
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount };
        var block = new TruthBlock(rows, metric, BlockComponents);
        while (block.ReadNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            CheckDimensions(rows, points, block.Dimension);
            Parallel.For(0, options.MaxDegreeOfParallelism, options, part => Compare(
                block,
                points,
                nearest,
                (int)((long)queries.Count * part / options.MaxDegreeOfParallelism),
                (int)((long)queries.Count * (part + 1) / options.MaxDegreeOfParallelism)));
            progress?.Report(block.First + block.Count);
        }

        return Array.ConvertAll(nearest, found => found.ToArray());
    }

    /// <summary>Reads an <c>.ivecs</c> file: per query the row numbers of its neighbours.</summary>
    /// <exception cref="DataFileException">Missing, or not such a file.</exception>
    public static int[][] Read(string path)
    {
        using var file = FileBytes.Open(path);
        var neighbours = new List<int[]>();
        Span<byte> prefix = stackalloc byte[4];
        while (file.ReadFully(prefix) is int read and > 0)
        {
            int count = BinaryPrimitives.ReadInt32LittleEndian(prefix);
            if (read < prefix.Length || count is < 0 or > Limits.MaxDimension)
            {
                throw new DataFileException(
                    path,
                    neighbours.Count,
                    string.Create(CultureInfo.InvariantCulture, $"a count of 0 to {Limits.MaxDimension}"),
                    read < prefix.Length ? "the end of the file" : string.Create(CultureInfo.InvariantCulture, $"{count}"));
            }

            int[] row = new int[count];
            int bytes = file.ReadFully(MemoryMarshal.AsBytes(row.AsSpan()));
            new RowChecks(path, null).CheckWhole(neighbours.Count, bytes, 4 * count);
            neighbours.Add(row);
        }

        return [.. neighbours];
    }

    /// <summary>Writes an <c>.ivecs</c> file.</summary>
    public static void Write(string path, IReadOnlyList<int[]> neighbours)
    {
        using var file = new PartialFile(path);
        foreach (int[] row in neighbours)
        {
            int count = row.Length;
            file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in count)));
            file.Write(MemoryMarshal.AsBytes<int>(row));
        }

        file.Complete();
    }

    private static void Compare(TruthBlock block, double[][] points, NearestRows[] nearest, int firstQuery, int endQuery)
    {
        int tileRows = Math.Max(1, TileComponents / block.Dimension);
        for (int start = 0; start < block.Count; start += tileRows)
        {
            int end = Math.Min(start + tileRows, block.Count);
            for (int q = firstQuery; q < endQuery; q++)
            {
                for (int row = start; row < end; row++)
                {
                    nearest[q].Offer(block.OrderKey(points[q], row), checked((int)(block.First + row)));
                }
            }
        }
    }

    private static void CheckDimensions(IVectorReader rows, double[][] points, int dimension)
    {
        int other = Array.FindIndex(points, point => point.Length != dimension);
        if (other >= 0)
        {
            throw new DataFileException(
                rows.Path,
                null,
                string.Create(CultureInfo.InvariantCulture, $"rows of {points[other].Length} components as query {other} has"),
                string.Create(CultureInfo.InvariantCulture, $"{dimension}"));
        }
    }
}
