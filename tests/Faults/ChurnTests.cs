using System.Globalization;
using System.Text;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R12: records come and go for long, compaction and checkpoints run in the background; recall, reachability, file sizes and memory stay flat.
/// </summary>
public sealed class ChurnTests(ITestOutputHelper output)
{
    private const int Dimension = 24;
    private const int Batch = 100;
    private const int Stages = 10;
    private const int Queries = 100;

    [Fact]
    public void A_collection_stays_as_it_is_while_its_records_come_and_go() => Run(live: 1_000, operations: 30_000, segmentBytes: 512 << 10, seed: 121);

    [Fact]
    [Trait("Tier", "Long")]
    public void A_collection_stays_as_it_is_through_a_million_operations() => Run(live: 10_000, operations: 1_000_000, segmentBytes: 4 << 20, seed: 122);

    [Fact]
    public void The_control_without_compaction_grows()
    {
        using var directory = new TemporaryDirectory();
        List<Stage> stages = Churn(directory["db"], 1_000, 30_000, new DatabaseOptions { SegmentBytes = 512 << 10, CompactionGarbageRatio = 1 }, seed: 121);
        Assert.True(stages[^1].LogBytes > 2 * stages[Stages / 3].LogBytes, Show(stages));
    }

    /// <summary>What was measured when a part of the operations had been done.</summary>
    private sealed record Stage(long Operations, double Recall, int Findings, long FileBytes, long LogBytes, long IndexBytes, long HeapBytes);

    private void Run(int live, int operations, long segmentBytes, int seed)
    {
        using var directory = new TemporaryDirectory();
        List<Stage> stages = Churn(directory["db"], live, operations, new DatabaseOptions { SegmentBytes = segmentBytes }, seed);
        output.WriteLine(Show(stages));
        Assert.All(stages, stage => Assert.Equal(0, stage.Findings)); // every record can be reached
        Assert.True(stages.Min(stage => stage.Recall) >= stages[0].Recall - 0.03, Show(stages));
        AssertFlat(stages, stage => stage.FileBytes, 4 * segmentBytes);
        AssertFlat(stages, stage => stage.LogBytes, 4 * segmentBytes);
        AssertFlat(stages, stage => stage.IndexBytes, 0);
        AssertFlat(stages, stage => stage.HeapBytes, 8 << 20);
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{live} live, {operations} inserts and deletes: recall@10 {stages[0].Recall:0.000} to {stages[^1].Recall:0.000} (least {stages.Min(stage => stage.Recall):0.000}), files {stages[1].FileBytes >> 10} to {stages[^1].FileBytes >> 10} KB, index {stages[1].IndexBytes >> 10} to {stages[^1].IndexBytes >> 10} KB, all reachable");
        ReliabilityReport.Write("R12", operations >= 1_000_000, "inserts and deletes for long", seed, figures);
    }

    private static List<Stage> Churn(string path, int live, int operations, DatabaseOptions options, int seed)
    {
        using Database database = Database.Open(path, options with { Durability = Durability.OperatingSystem });
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2));
        var random = new Random(seed);
        var ids = new List<int>();
        int next = 0;
        var stages = new List<Stage>();
        Insert(live);
        for (int done = 0; done < operations;)
        {
            var gone = new List<string>(Batch);
            for (int i = 0; i < Batch; i++)
            {
                int at = random.Next(ids.Count);
                gone.Add($"r{ids[at]}");
                ids[at] = ids[^1];
                ids.RemoveAt(ids.Count - 1);
            }

            collection.DeleteBatch(gone);
            Insert(Batch);
            done += 2 * Batch;
            if (done / (operations / Stages) > stages.Count)
            {
                stages.Add(Measure(collection, path, done, new Random(seed + 1)));
            }
        }

        Assert.Equal(live, collection.Count);
        return stages;

        void Insert(int count)
        {
            for (int start = 0; start < count; start += Batch)
            {
                collection.UpsertBatch([.. Enumerable.Range(0, Math.Min(Batch, count - start)).Select(_ =>
                {
                    ids.Add(next);
                    return new VectorRecord($"r{next++}", Vector(random));
                })]);
            }
        }
    }

    private static Stage Measure(Collection collection, string path, long operations, Random random)
    {
        collection.WaitForIndex();
        int found = 0;
        for (int i = 0; i < Queries; i++)
        {
            float[] query = Vector(random);
            var exact = collection.Search(query, 10, new SearchOptions { Exact = true }).Select(hit => hit.Id).ToHashSet();
            found += collection.Search(query, 10, new SearchOptions { Ef = 40 }).Count(hit => exact.Contains(hit.Id));
        }

        VerifyReport report = collection.Verify();
        CollectionStats stats = collection.GetStats();

        // A chunk's length is set once; what counts is the space that it has taken.
        long bytes = stats.ChunkBytes + Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".hyp", StringComparison.Ordinal)).Sum(SizeOf);
        return new Stage(operations, found / (10.0 * Queries), report.Findings.Count, bytes, stats.LogBytes, stats.Fields[0].IndexBytes, GC.GetTotalMemory(forceFullCollection: true));
    }

    // Files come and go meanwhile.
    private static long SizeOf(string file)
    {
        try
        {
            return new FileInfo(file).Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>The last third is at most half as large again as the second, in which everything has reached its size, but for what comes and goes.</summary>
    private static void AssertFlat(List<Stage> stages, Func<Stage, long> size, long noise)
    {
        double middle = stages.Skip(Stages / 3).Take(Stages / 3).Max(size);
        double end = stages.TakeLast(Stages / 3).Max(size);
        Assert.True(end <= (middle * 1.5) + noise, Show(stages));
    }

    private static float[] Vector(Random random) => [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())];

    private static string Show(List<Stage> stages)
    {
        var text = new StringBuilder("operations, recall@10, findings, file KB, log KB, index KB, heap KB\n");
        foreach (Stage stage in stages)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{stage.Operations}, {stage.Recall:0.000}, {stage.Findings}, {stage.FileBytes >> 10}, {stage.LogBytes >> 10}, {stage.IndexBytes >> 10}, {stage.HeapBytes >> 10}");
        }

        return text.ToString();
    }
}
