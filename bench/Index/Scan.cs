using System.Diagnostics;
using System.Runtime.InteropServices;
using Hypervex.Collections;
using Hypervex.Distances;
using Hypervex.Indexes;

namespace Hypervex.Bench;

/// <summary>
/// Where scanning all rows stops being the better choice: for growing numbers of generated clustered rows, the time of a scan by one thread and by
/// all, and of a walk with beams of 64 and 256 with its recall. FieldSearcher.ScannedRowsPerPlace wants to be the rows at which scan and walk take
/// equal time, divided by the beam; ExactSearch.ComponentsWorthThreads the components at which two threads beat one.
/// </summary>
internal static unsafe class Scan
{
    private const int K = 10;
    private const int QueryCount = 100;
    private const int Clusters = 100;

    public static void Run(int dimension, int most, double seconds)
    {
        var random = new Random(1);
        float* memory = (float*)NativeMemory.AlignedAlloc((nuint)most * (nuint)dimension * sizeof(float), 64);
        float[][] centres = [.. Enumerable.Range(0, Clusters).Select(_ => Point(random, dimension, null))];
        for (int i = 0; i < most; i++)
        {
            Point(random, dimension, centres[i % Clusters]).CopyTo(new Span<float>(memory + ((long)i * dimension), dimension));
        }

        float[][] queries = [.. Enumerable.Range(0, QueryCount).Select(i => Point(random, dimension, centres[i % Clusters]))];
        byte* block = (byte*)memory;
        var rows = new RowBlocks(&block, 31, (nuint)dimension * sizeof(float), 0, dimension);
        using var workers = new IndexingWorkers(Environment.ProcessorCount);
        using var index = new FieldIndex(new VectorFieldOptions { Dimension = dimension, Metric = Metric.L2 }, new RowSource<RowBlocks>(rows), workers, 1);
        using var live = new SlotBits();
        var scan = new RowScan<RowBlocks, SquaredDifference>(rows, live, new Measure(Metric.L2));
        live.EnsureSlot((uint)most);
        uint added = 0;
        Console.WriteLine($"dimension {dimension}: rows, us a scan by one thread, by {Environment.ProcessorCount}, us a walk at ef 64 (recall), at ef 256 (recall)");
        for (int count = 250; count <= most; count *= 2)
        {
            for (; added < count; added++)
            {
                live.Set(added);
                index.Add(added);
            }

            index.WaitUntilLinked(default);
            double one = Time(queries, seconds, query => Search(scan, count, query, 1));
            double all = Time(queries, seconds, query => Search(scan, count, query, Environment.ProcessorCount));
            (double narrow, double narrowRecall) = Walk(index, queries, seconds, 64);
            (double wide, double wideRecall) = Walk(index, queries, seconds, 256);
            Console.WriteLine($"{count,9} {one,9:F1} {all,9:F1} {narrow,9:F1} ({narrowRecall:F3}) {wide,9:F1} ({wideRecall:F3})");
        }

        NativeMemory.AlignedFree(memory);
    }

    // A limit on the work that is one row short of a scan makes the index walk, however few its rows are.
    private static (double Microseconds, double Recall) Walk(FieldIndex index, float[][] queries, double seconds, int ef)
    {
        var search = new FieldSearch { Ef = ef, MaxDistances = index.Stats.Linked - 1 };
        var hits = new SlotHit[K];
        var exact = new SlotHit[K];
        int found = 0;
        foreach (float[] query in queries)
        {
            int count = index.Search(query, search, hits);
            index.Search(query, new FieldSearch { Exact = true }, exact);
            found += hits[..count].Count(hit => hit.Distance <= exact[^1].Distance);
        }

        return (Time(queries, seconds, query => index.Search(query, search, hits)), (double)found / (K * queries.Length));
    }

    private static void Search(RowScan<RowBlocks, SquaredDifference> scan, int count, float[] query, int threads)
    {
        Span<SlotHit> hits = stackalloc SlotHit[K];
        fixed (float* pointer = query)
        {
            ExactSearch.OnAllCores(scan, WordRange.Of((uint)count), pointer, default, threads, 0, hits, out _);
        }
    }

    private static double Time(float[][] queries, double seconds, Action<float[]> search)
    {
        long searches = 0;
        var timer = Stopwatch.StartNew();
        while (timer.Elapsed.TotalSeconds < seconds)
        {
            foreach (float[] query in queries)
            {
                search(query);
            }

            searches += queries.Length;
        }

        return timer.Elapsed.TotalMicroseconds / searches;
    }

    private static float[] Point(Random random, int dimension, float[]? centre)
    {
        float[] point = new float[dimension];
        for (int i = 0; i < dimension; i++)
        {
            point[i] = ((random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * (centre is null ? 2 : 1)) + (centre?[i] ?? 0);
        }

        return point;
    }
}
