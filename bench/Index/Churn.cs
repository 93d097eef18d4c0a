using System.Diagnostics;
using System.Runtime.InteropServices;
using Hypervex.Collections;
using Hypervex.Indexes;

namespace Hypervex.Bench;

/// <summary>Replaces rows over and over and prints how recall, work and memory develop.</summary>
internal static unsafe class Churn
{
    public static void Run(int live, int replacements, int dimension, int threads)
    {
        const int Clusters = 10;
        const int QueryCount = 200;
        const int K = 10;
        int capacity = 2 * live;
        float* memory = (float*)NativeMemory.AlignedAlloc((nuint)capacity * (nuint)dimension * sizeof(float), 64);
        byte* block = (byte*)memory;
        var rows = new RowBlocks(&block, 31, (nuint)dimension * sizeof(float), 0, dimension);
        var random = new Random(1);
        float[][] centres = [.. Enumerable.Range(0, Clusters).Select(_ => Gaussian(random, dimension, 1, null))];
        float[][] queries = [.. Enumerable.Range(0, QueryCount).Select(_ => Gaussian(random, dimension, 0.5, centres[random.Next(Clusters)]))];
        using var workers = new IndexingWorkers(threads);
        using var index = new FieldIndex(new VectorFieldOptions { Dimension = dimension, Metric = Metric.L2 }, new RowSource<RowBlocks>(rows), workers, 1);
        var slots = new uint[live];
        uint next = 0;
        void Add(int at)
        {
            if (!index.TryTakeFreed(out uint slot))
            {
                slot = next++;
            }

            slots[at] = slot;
            Gaussian(random, dimension, 0.5, centres[random.Next(Clusters)]).CopyTo(new Span<float>(rows[slot], dimension));
            index.Add(slot);
        }

        for (int i = 0; i < live; i++)
        {
            Add(i);
        }

        var clock = Stopwatch.StartNew();
        for (int done = 0; done <= replacements; done += live)
        {
            index.WaitUntilLinked(default);
            double seconds = clock.Elapsed.TotalSeconds;
            double recall = 0;
            var hits = new SlotHit[K];
            var exact = new SlotHit[K];
            foreach (float[] query in queries)
            {
                index.Search(query, new FieldSearch { Exact = true }, exact);
                index.Search(query, new FieldSearch { Ef = 24 }, hits);
                recall += hits.Intersect(exact).Count();
            }

            Console.WriteLine($"{done,8} replaced: recall {recall / (QueryCount * K):F4}, {next} slots, {seconds:F1} s");
            clock.Restart();
            for (int i = 0; i < live && done < replacements; i++)
            {
                int at = random.Next(live);
                index.Remove(slots[at]);
                Add(at);
            }
        }
    }

    private static float[] Gaussian(Random random, int dimension, double spread, float[]? centre)
    {
        float[] vector = new float[dimension];
        for (int i = 0; i < dimension; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            vector[i] = (float)((spread * radius * Math.Cos(2 * Math.PI * random.NextDouble())) + (centre?[i] ?? 0));
        }

        return vector;
    }
}
