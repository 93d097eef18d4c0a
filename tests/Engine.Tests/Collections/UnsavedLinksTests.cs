using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Linking takes far longer than writing: what was linked is kept by checkpoints, whenever that was.</summary>
public sealed class UnsavedLinksTests : IDisposable
{
    private const int Dimension = 4;

    private static readonly DatabaseOptions s_options = new() { Durability = Durability.OperatingSystem, IndexingThreads = 1 };

    private readonly TemporaryDirectory _directory = new();
    private readonly Random _random = new(5);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Rows_that_were_linked_after_the_last_write_are_in_a_checkpoint_when_the_process_is_killed()
    {
        const int Count = 21_000;
        var files = new CrashingFileSystem();
        using Database killed = Database.Open(files, "/db", null, s_options);
        Collection docs = Create(killed);
        Insert(docs, 0, Count);
        docs.WaitForIndex();
        Assert.True(SpinWait.SpinUntil(() => docs.Partition.Checkpointer.Last is not null, TimeSpan.FromMinutes(2)));
        using Database next = Database.Open(files.CrashImage(seed: 1), "/db", null, s_options);
        Collection reopened = next.GetCollection("docs");
        Assert.Equal(Count, reopened.Count);
        Assert.InRange(reopened.GetStats().Fields[0].Linked, 20_000, Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40_000)] // most of the slots are saved: it is worth writing them again for fewer than the eighth that counts beside callers
    public void Rows_that_were_linked_after_the_last_checkpoint_are_in_the_one_of_closing(int saved)
    {
        const int Batch = 4_000;
        const int WorthACheckpoint = 2_000;
        int count = saved;
        using (Database database = Database.Open(_directory.Path, s_options))
        {
            Collection docs = Create(database);
            Insert(docs, 0, saved);
            docs.WaitForIndex();
            docs.Checkpoint();
            for (int attempt = 0; attempt == 0 || (attempt < 20 && Unsaved(docs) < WorthACheckpoint); attempt++)
            {
                Insert(docs, count, Batch);
                count += Batch;
                Assert.True(docs.Checkpoint()); // while they are linked: how many of them are by now depends on the machine
                docs.WaitForIndex();
            }

            Assert.True(Unsaved(docs) >= WorthACheckpoint);
        }

        using Database next = Database.Open(_directory.Path, s_options);
        Collection reopened = next.GetCollection("docs");
        VectorFieldStats stats = reopened.GetStats().Fields[0];
        Assert.Equal((count, 0L), (stats.Linked, stats.Pending));
        Assert.InRange(reopened.Recovery.Replayed, 0, 1); // the mark that closing writes
    }

    [Fact]
    public void Threads_that_link_give_way_to_those_of_callers()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // only Linux tells the niceness of a thread
        }

        using var database = Database.Open(_directory.Path, s_options);
        int ours = Niceness("/proc/self/stat");
        Assert.True(SpinWait.SpinUntil(
            () => Directory.GetDirectories("/proc/self/task").Any(task => TryRead(Path.Combine(task, "stat"), out string stat) && stat.Contains("(Hypervex indexi", StringComparison.Ordinal) && NicenessIn(stat) == Math.Min(19, ours + 5)),
            TimeSpan.FromSeconds(30)));
    }

    private static int Niceness(string path) => NicenessIn(File.ReadAllText(path));

    // The 19th field; the second one is a name in parentheses, which may hold anything (proc(5)).
    private static int NicenessIn(string stat) => int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);

    // A thread may have ended since it was listed.
    private static bool TryRead(string path, out string text)
    {
        try
        {
            text = File.ReadAllText(path);
            return true;
        }
        catch (IOException)
        {
            text = "";
            return false;
        }
    }

    private static long Unsaved(Collection docs) => docs.Partition.Fields.Single().Index.Unsaved;

    private static Collection Create(Database database) => database.CreateCollection("docs", new CollectionOptions
    {
        Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = Dimension, Metric = Metric.L2, Index = new HnswOptions { M = 8, EfConstruction = 32 } } },
    });

    private void Insert(Collection docs, int from, int count)
    {
        const int Batch = 1_000;
        for (int first = from; first < from + count; first += Batch)
        {
            docs.UpsertBatch([.. Enumerable.Range(first, Math.Min(Batch, from + count - first)).Select(i => new VectorRecord($"r{i}", [.. Enumerable.Range(0, Dimension).Select(_ => _random.NextSingle())]))]);
        }
    }
}
