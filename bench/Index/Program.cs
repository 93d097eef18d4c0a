using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Hypervex;
using Hypervex.Bench;
using Hypervex.Collections;
using Hypervex.Distances;
using Hypervex.Indexes;

// Developer's benchmark of the index alone: dotnet run -c Release --project bench/Index -- fashion-mnist [threads] [m] [efs]; export NAME DIRECTORY writes
// what hnswlib.cpp reads; scan DIMENSION ROWS compares scanning with walking.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int K = 10;
double minSeconds = double.Parse(Environment.GetEnvironmentVariable("BENCH_SECONDS") ?? "1");
if (args.Length > 1 && args[0] == "export")
{
    DataSet.Load(args[1]).Export(args[2]);
    return;
}

if (args.Length > 1 && args[0] == "churn")
{
    Churn.Run(int.Parse(args[1]), int.Parse(args[2]), int.Parse(args[3]), int.Parse(args[4]));
    return;
}

if (args.Length > 2 && args[0] == "scan")
{
    Scan.Run(int.Parse(args[1]), int.Parse(args[2]), minSeconds);
    return;
}

DataSet set = DataSet.Load(args.Length > 0 ? args[0] : "siftsmall");
int threads = args.Length > 1 ? int.Parse(args[1]) : 2;
int m = args.Length > 2 ? int.Parse(args[2]) : 16;
QuantizationKind kind = Enum.Parse<QuantizationKind>(Environment.GetEnvironmentVariable("BENCH_CODES") ?? "None", ignoreCase: true);
int[] efs = args.Length > 3 ? [.. args[3].Split(',').Select(int.Parse)] : [10, 16, 24, 32, 48, 64, 96, 128, 192];
unsafe
{
    float* memory = (float*)NativeMemory.AlignedAlloc((nuint)set.Base.Length * sizeof(float), 64);
    for (int i = 0; i < set.Count; i++)
    {
        VectorDomain.Prepare(new Measure(set.Metric), set.Row(i), new Span<float>(memory + ((long)i * set.Dimension), set.Dimension));
    }

    byte* block = (byte*)memory;
    var rows = new RowBlocks(&block, 31, (nuint)set.Dimension * sizeof(float), 0, set.Dimension);
    using var workers = new IndexingWorkers(threads);
    var options = new VectorFieldOptions { Dimension = set.Dimension, Metric = set.Metric, Index = new HnswOptions { M = m }, Quantization = kind };
    using var index = new FieldIndex(options, new RowSource<RowBlocks>(rows), workers, 1);
    var clock = Stopwatch.StartNew();
    for (uint slot = 0; slot < set.Count; slot++)
    {
        index.Add(slot);
    }

    double added = clock.Elapsed.TotalSeconds;
    index.WaitUntilLinked(default);
    double built = clock.Elapsed.TotalSeconds;
    index.Verify(Console.WriteLine, out long nodes);
    Console.WriteLine($"{set.Name}: {set.Count} x {set.Dimension}, {set.Metric}, {kind}, m={m}, {threads} threads: added {added:F2} s, built {built:F2} s, {set.Count / built:F0} rows/s, {nodes} nodes, {index.Stats.Bytes >> 20} MB");
    float[][] queries = [.. Enumerable.Range(0, set.QueryCount).Select(i =>
    {
        float[] query = new float[set.Dimension];
        VectorDomain.Prepare(new Measure(set.Metric), set.Query(i), query);
        return query;
    })];
    var hits = new SlotHit[K];
    foreach (int ef in efs)
    {
        var search = new FieldSearch { Ef = ef };
        long found = 0;
        for (int i = 0; i < queries.Length; i++)
        {
            int count = index.Search(queries[i], search, hits);
            for (int j = 0; j < count; j++)
            {
                found += set.Truth[i].AsSpan(0, K).Contains((int)hits[j].Slot) ? 1 : 0;
            }
        }

        long searches = 0;
        TimeSpan before = Environment.CpuUsage.UserTime;
        var timer = Stopwatch.StartNew();
        while (timer.Elapsed.TotalSeconds < minSeconds)
        {
            foreach (float[] query in queries)
            {
                index.Search(query, search, hits);
            }

            searches += queries.Length;
        }

        Console.WriteLine($"  ef {ef,4}: recall {(double)found / (queries.Length * K):F4}, {searches / timer.Elapsed.TotalSeconds,8:F0} q/s, {searches / (Environment.CpuUsage.UserTime - before).TotalSeconds,8:F0} q per second of processor time");
    }
}
