using System.Runtime.InteropServices;
using Hypervex.Cli.DataFiles;

namespace Hypervex.Bench.Run;

/// <summary>
/// The data of a workload in a folder that every peer can read: <c>base.f32</c>, <c>queries.f32</c> (float32, row after row) and
/// <c>truth.i32</c> (k row numbers for each query, nearest first). Made once and kept.
/// </summary>
internal sealed record WorkloadData(string Directory, int Rows, int Dimension, int Queries)
{
    private const int MostQueries = 1_000;

    private string BaseFile => Path.Combine(Directory, "base.f32");

    private string QueryFile => Path.Combine(Directory, "queries.f32");

    private string TruthFile => Path.Combine(Directory, "truth.i32");

    /// <summary>Makes the folder unless it is there.</summary>
    /// <exception cref="FileNotFoundException">The data are files that are not beside the repository.</exception>
    public static WorkloadData Prepare(Workload workload, string cache)
    {
        string directory = Path.Combine(cache, workload.Set);
        string ready = Path.Combine(directory, "ready");
        int dimension = workload.Files?.Dimension ?? workload.Generator!.Dimension;
        WorkloadData data = new(directory, 0, dimension, 0);
        if (!File.Exists(ready))
        {
            System.IO.Directory.CreateDirectory(directory);
            Console.Error.WriteLine($"{workload.Id}: preparing {workload.Set}");
            if (workload.Files is { } files)
            {
                data.Copy(files, workload.Metric);
            }
            else
            {
                data.Generate(workload.Generator!, workload.Metric);
            }

            File.WriteAllText(ready, "");
        }

        int rowBytes = dimension * sizeof(float);
        return data with
        {
            Rows = (int)(new FileInfo(data.BaseFile).Length / rowBytes),
            Queries = (int)(new FileInfo(data.TruthFile).Length / (Workload.K * sizeof(int))),
        };
    }

    /// <summary>All rows.</summary>
    public List<float[]> ReadRows() => Read(BaseFile, Dimension, int.MaxValue);

    /// <summary>All queries that have a truth.</summary>
    public List<float[]> ReadQueries() => Read(QueryFile, Dimension, Queries);

    /// <summary>The true neighbours of each query.</summary>
    public int[][] ReadTruth() => [.. MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(TruthFile)).ToArray().Chunk(Workload.K)];

    private void Copy(FileSet files, Metric metric)
    {
        string shared = Shared();
        List<float[]> rows = Read(Path.Combine(shared, files.Rows), files.Dimension, files.MostRows ?? int.MaxValue);
        if (files.MoreRows is { } more && files.MostRows is null)
        {
            rows.AddRange(Read(Path.Combine(shared, more), files.Dimension, int.MaxValue));
        }

        int[][] truth = GroundTruth.Read(Path.Combine(shared, files.Truth));
        List<float[]> queries = Read(Path.Combine(shared, files.Queries), files.Dimension, truth.Length);
        Write(BaseFile, rows);
        if (files.MostRows is not null)
        {
            truth = Truth([.. queries], metric);
        }

        Finish(queries, truth);
    }

    private void Generate(GeneratorOptions options, Metric metric)
    {
        var generator = VectorGenerator.Create(options);
        using (FileStream file = File.Create(BaseFile))
        {
            const int AtOnce = 4_096;
            float[] block = new float[AtOnce * Dimension];
            for (long first = 0; first < options.Count; first += AtOnce)
            {
                var count = (int)Math.Min(AtOnce, options.Count - first);
                Parallel.For(0, count, i => generator.FillRow(first + i, block.AsSpan(i * Dimension, Dimension)));
                file.Write(MemoryMarshal.AsBytes(block.AsSpan(0, count * Dimension)));
            }
        }

        float[][] queries = new float[MostQueries][];
        for (int q = 0; q < queries.Length; q++)
        {
            generator.FillQuery(q, queries[q] = new float[Dimension]);
        }

        Finish([.. queries], Truth(queries, metric));
    }

    private int[][] Truth(float[][] queries, Metric metric)
    {
        using IVectorReader rows = VectorFile.Open(BaseFile, new FormatOptions { Dimension = Dimension });
        return GroundTruth.Compute(rows, queries, metric, Workload.K, progress: null, cancellationToken: default);
    }

    private void Finish(List<float[]> queries, int[][] truth)
    {
        Write(QueryFile, queries);
        File.WriteAllBytes(TruthFile, MemoryMarshal.AsBytes<int>(truth.SelectMany(row => row.Take(Workload.K)).ToArray()).ToArray());
    }

    private static void Write(string path, List<float[]> rows)
    {
        using FileStream file = File.Create(path);
        foreach (float[] row in rows)
        {
            file.Write(MemoryMarshal.AsBytes<float>(row));
        }
    }

    private static List<float[]> Read(string path, int dimension, int most)
    {
        using IVectorReader reader = VectorFile.Open(path, new FormatOptions { Dimension = dimension });
        List<float[]> vectors = new((int)Math.Min(most, reader.Count ?? 0));
        VectorRow row = default;
        while (vectors.Count < most && reader.TryRead(ref row))
        {
            vectors.Add([.. row.Vector]);
        }

        return vectors;
    }

    /// <summary>The folder of files that the repository does not hold.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Shared()
    {
        for (string? directory = BenchPaths.Root; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            string data = Path.Combine(directory, "shared", "data");
            if (System.IO.Directory.Exists(data))
            {
                return data;
            }
        }

        throw new FileNotFoundException("There is no shared/data beside the repository.");
    }
}
