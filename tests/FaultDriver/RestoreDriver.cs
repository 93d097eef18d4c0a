namespace Hypervex.FaultDriver;

/// <summary>
/// The driver's other mode: replaces one collection's content by that of one snapshot after another, and restores each into a new collection and into an empty one that knows no dimension, too. The content of
/// generation g is a function of g alone. Prints <c>A 0 g 0 n</c> when the n records of generation g are in place.
/// </summary>
internal sealed class RestoreDriver(Database database, string backup, Action<string> print)
{
    public const string Collection = "docs";
    public const string CopyPrefix = "copy-";
    public const string OpenPrefix = "open-";
    public const int Generations = 12;

    /// <summary>Records of a generation.</summary>
    public static int CountOf(int generation) => 40 + (generation * 37 % 60);

    /// <summary>The records of a generation; ids overlap with those of others, and one of each generation is like that of the one before.</summary>
    public static IEnumerable<VectorRecord> Records(int generation) =>
        Enumerable.Range(0, CountOf(generation)).Select(i => RecordContent.Make($"g{(i * 7) + (generation % 3)}", generation));

    public void Run()
    {
        for (int generation = 1; generation <= Generations; generation++)
        {
            using var archive = new MemoryStream(Archive(generation));
            database.Restore(archive, new RestoreOptions { Collection = Collection, Replace = true });
            print(new Acknowledgement(0, generation, 0, CountOf(generation)).ToString());
            database.GetCollection(Collection).Snapshot(backup);
            GiveUp(generation);
            archive.Position = 0;
            database.Restore(archive, new RestoreOptions { Collection = $"{CopyPrefix}{generation}" });
            database.DropCollection($"{CopyPrefix}{generation - 1}");
            database.CreateCollection($"{OpenPrefix}{generation}", new CollectionOptions { Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Metric = Metric.L2 } } });
            archive.Position = 0;
            database.Restore(archive, new RestoreOptions { Collection = $"{OpenPrefix}{generation}", Replace = true });
            database.DropCollection($"{OpenPrefix}{generation - 1}");
        }
    }

    /// <summary>A replacement that is cancelled after its first piece.</summary>
    private void GiveUp(int generation)
    {
        using var source = new CancellationTokenSource();
        using var archive = new MemoryStream(Archive(generation + 100));
        try
        {
            var options = new RestoreOptions { Collection = Collection, Replace = true, Progress = new CancelOnRestoring(source) };
            database.Restore(archive, options, source.Token);
        }
        catch (OperationCanceledException)
        {
            // as intended
        }
    }

    private static byte[] Archive(int generation)
    {
        using Database memory = Database.CreateInMemory();
        Collection collection = memory.CreateCollection(Collection, CollectionOptions.Create(RecordContent.Dimension, Metric.L2));
        collection.UpsertBatch([.. Records(generation)]);
        using var archive = new MemoryStream();
        collection.Snapshot(archive);
        return archive.ToArray();
    }

    private sealed class CancelOnRestoring(CancellationTokenSource source) : IProgress<SnapshotProgress>
    {
        public void Report(SnapshotProgress value)
        {
            if (value.Stage == SnapshotStage.Restoring)
            {
                source.Cancel();
            }
        }
    }
}
