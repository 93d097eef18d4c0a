using Hypervex.Engine.Tests.Storage;
using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Snapshots;

/// <summary>
/// R4 and R6 for snapshots: a replacement, a restore into a new collection and a snapshot are cut, or fail, at every operation on the file system. Afterwards
/// there is the old content or the new, the new collection or none, the whole file or none.
/// </summary>
public sealed class RestoreCutTests(ITestOutputHelper output)
{
    private const string Backup = "/backup/docs.hvx";
    private static readonly DatabaseOptions Small = new() { IndexingThreads = 1, SegmentBytes = 4096, ChunkBytes = 4096, CompactionGarbageRatio = 1, PieceBytes = 1500 };
    private static readonly PowerCut<Expected> s_replace = new(Small, (files, expected) => Run(files, expected, Replace), Check);
    private static readonly (byte[] Archive, List<string> Contents) A = Make(0, 14);
    private static readonly (byte[] Archive, List<string> Contents) B = Make(7, 22);

    /// <summary>What has to be there, and what may be there instead because it was under way.</summary>
    private sealed class Expected
    {
        public List<string>? Docs { get; set; }

        public List<string>? DocsUnderWay { get; set; }

        public List<string>? Other { get; set; }

        public bool OtherUnderWay { get; set; }

        public bool Backup { get; set; }
    }

    [Fact]
    public void After_a_cut_at_any_operation_the_content_is_the_old_or_the_new() => CutEverywhere(images: 3);

    [Fact]
    [Trait("Tier", "Long")]
    public void After_a_cut_at_any_operation_with_many_images_the_content_is_the_old_or_the_new() => CutEverywhere(images: 8);

    private void CutEverywhere(int images)
    {
        int total = s_replace.CountOperations();
        int states = 0;
        for (int cut = 1; cut <= total; cut++)
        {
            for (int image = 0; image < images; image++)
            {
                int seed = (cut * 17) + image;
                string? wrong = s_replace.CutAndCheck(cut, seed, syncsLie: false);
                Assert.True(wrong is null, $"cut at operation {cut} of {total}, seed {seed}: {wrong}");
                states++;
            }
        }

        output.WriteLine($"{total} operations, {states} states explored, 0 mixtures, 0 lost");
    }

    [Fact]
    public void The_control_without_syncs_loses_an_acknowledged_restore()
    {
        int total = s_replace.CountOperations();
        int lost = Enumerable.Range(1, total / 4).Select(n => n * 4).Count(cut => s_replace.CutAndCheck(cut, cut, syncsLie: true) is not null);
        output.WriteLine($"{lost} of {total / 4} cuts lost something without syncs");
        Assert.True(lost > 0);
    }

    [Fact]
    public void The_control_that_replaces_in_ordinary_batches_leaves_mixtures()
    {
        var inParts = new PowerCut<Expected>(Small, (files, expected) => Run(files, expected, ReplaceInParts), Check);
        int total = s_replace.CountOperations();
        int mixed = Enumerable.Range(1, total / 4).Select(n => n * 4).Count(cut => inParts.CutAndCheck(cut, cut, syncsLie: false) is not null);
        output.WriteLine($"{mixed} of {total / 4} cuts left a mixture");
        Assert.True(mixed > 0);
    }

    [Theory]
    [InlineData(ErrorCode.StorageUnavailable)]
    [InlineData(ErrorCode.DiskFull)]
    public void After_a_failing_call_everything_is_as_before_and_goes_on(ErrorCode failure)
    {
        int refused = s_replace.FailEverywhere(failure, exception => Assert.NotEqual(ErrorCode.BadSnapshot, exception.Code));
        Assert.True(refused > s_replace.CountOperations() / 2);
    }

    [Fact]
    public void After_a_full_disk_the_same_process_reads_the_old_content_and_writes_again()
    {
        int goneOn = 0;
        for (int after = 1; after < 60; after++)
        {
            var files = new CrashingFileSystem();
            using Database database = Database.Open(files, "/db", null, Small);
            SnapshotSamples.Restore(database, A.Archive);
            Collection collection = database.GetCollection("docs");
            files.FailAt = files.Operations + after;
            files.FailWith = ErrorCode.DiskFull;
            try
            {
                SnapshotSamples.Restore(database, B.Archive, replace: true);
                break;
            }
            catch (HypervexException exception) when (exception.Code == ErrorCode.DiskFull)
            {
                Assert.Equal(A.Contents, SnapshotSamples.Contents(collection));
                collection.Upsert("after", SnapshotSamples.Vector("after", 1));
                Assert.Equal(A.Contents.Count + 1, collection.Count);
                goneOn++;
                Assert.Equal(B.Contents.Count, SnapshotSamples.Restore(database, B.Archive, replace: true).Records);
            }
            catch (HypervexException exception)
            {
                Assert.Equal(ErrorCode.LogFailed, exception.Code); // a sync, or after the commit: nothing may follow
            }
        }

        output.WriteLine($"{goneOn} failing calls, after which the same process went on");
        Assert.True(goneOn > 5);
    }

    [Theory]
    [InlineData(ErrorCode.StorageUnavailable)]
    [InlineData(ErrorCode.DiskFull)]
    public void A_restore_that_fails_leaves_the_dimension_undecided_and_the_space_of_its_rows_free(ErrorCode failure)
    {
        int undecided = 0;
        for (int after = 1; ; after++)
        {
            var files = new CrashingFileSystem();
            using (Database database = Database.Open(files, "/db", null, Small))
            {
                Collection collection = Undecided(database);
                files.FailAt = files.Operations + after;
                files.FailWith = failure;
                try
                {
                    SnapshotSamples.Restore(database, A.Archive, replace: true);
                    break;
                }
                catch (HypervexException exception) when (exception.Code == failure && SnapshotSamples.Dimension != collection.Options.Vectors[""].Dimension)
                {
                    Assert.Null(collection.Options.Vectors[""].Dimension);
                    Assert.Equal(0, collection.GetStats().PendingBytes);
                    Assert.Empty(ChunksOf(files));
                    undecided++;
                }
                catch (HypervexException exception)
                {
                    Assert.Equal(ErrorCode.LogFailed, exception.Code); // a sync: whether the batch is there, the next opening says
                }
            }

            using Database again = Database.Open(files, "/db", null, Small);
            AssertGoesOn(again, $"{failure} at operation {after}");
        }

        output.WriteLine($"{undecided} failing calls that left the dimension undecided");
        Assert.True(undecided > 15);
    }

    [Fact]
    public void After_a_cut_in_a_restore_that_decides_a_dimension_the_content_is_there_or_the_collection_is_empty()
    {
        for (int after = 1; ; after++)
        {
            for (int image = 0; image < 3; image++)
            {
                var files = new CrashingFileSystem();
                bool isWhole = false;
                try
                {
                    using Database database = Database.Open(files, "/db", null, Small);
                    Undecided(database);
                    files.FailAt = files.Operations + after;
                    SnapshotSamples.Restore(database, A.Archive, replace: true);
                    isWhole = true;
                    files.FailAt = 0;
                }
                catch (Exception exception) when (exception is CrashingFileSystem.ProcessEndedException or HypervexException)
                {
                    // what is left is looked at below
                }

                using Database again = Database.Open(files.CrashImage((after * 17) + image), "/db", null, Small);
                if (isWhole)
                {
                    Assert.Equal(A.Contents, SnapshotSamples.Contents(again.GetCollection("docs")));
                    return;
                }

                AssertGoesOn(again, $"cut at operation {after}, image {image}");
            }
        }
    }

    [Fact]
    public async Task A_write_that_would_decide_a_dimension_waits_for_a_restore_that_may_decide_it()
    {
        using Database database = Database.Open(new CrashingFileSystem(), "/db", null, Small);
        Collection collection = Undecided(database);
        using var cancel = new CancellationTokenSource();
        Task<Ack>? write = null;
        var progress = new OnStage(SnapshotStage.Restoring, () =>
        {
            write ??= Task.Run(() => collection.UpsertAsync(new VectorRecord("short", new float[2])).AsTask());
            Assert.Null(collection.Options.Vectors[""].Dimension);
            cancel.Cancel();
        });
        using (var archive = new MemoryStream(A.Archive))
        {
            Assert.Throws<OperationCanceledException>(() => database.Restore(archive, new RestoreOptions { Replace = true, Progress = progress }, cancel.Token));
        }

        Assert.True((await write!).Created);
        Assert.Equal(2, collection.Options.Vectors[""].Dimension); // the restore has left it to the write

        Collection other = database.CreateCollection("other", Options());
        write = null;
        progress = new OnStage(SnapshotStage.Restoring, () => write ??= Task.Run(() => other.UpsertAsync(new VectorRecord("short", new float[2])).AsTask()));
        using (var archive = new MemoryStream(A.Archive))
        {
            database.Restore(archive, new RestoreOptions { Collection = "other", Replace = true, Progress = progress });
        }

        HypervexException refused = await Assert.ThrowsAsync<HypervexException>(() => write!);
        Assert.Equal(ErrorCode.DimensionMismatch, refused.Code);
        Assert.Equal(A.Contents, SnapshotSamples.Contents(other));
    }

    private sealed class OnStage(SnapshotStage stage, Action action) : IProgress<SnapshotProgress>
    {
        public void Report(SnapshotProgress value)
        {
            if (value.Stage == stage)
            {
                action();
            }
        }
    }

    private static CollectionOptions Options() => new() { Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Metric = Metric.L2 } } };

    private static Collection Undecided(Database database) => database.CreateCollection("docs", Options());

    private static List<string> ChunksOf(CrashingFileSystem files)
    {
        string collection = Path.Combine("/db/collections", Assert.Single(files.ListDirectories("/db/collections")));
        string chunks = DatabasePaths.FieldChunks(DatabasePaths.Partition(collection, 0), 1);
        return files.DirectoryExists(chunks) ? [.. files.ListFiles(chunks)] : [];
    }

    /// <summary>The collection is empty and takes a first vector, or holds the snapshot's records.</summary>
    private static void AssertGoesOn(Database database, string context)
    {
        Collection collection = database.GetCollection("docs");
        List<string> contents = SnapshotSamples.Contents(collection);
        Assert.True(contents.Count == 0 || contents.SequenceEqual(A.Contents), $"{context}: {contents.Count} records");
        Assert.Empty(collection.Verify().Findings);
        if (contents.Count == 0)
        {
            collection.Upsert(new VectorRecord("first", new float[collection.Options.Vectors[""].Dimension ?? 3]));
            Assert.NotNull(collection.Get("first"));
        }
    }

    private static (byte[] Archive, List<string> Contents) Make(int first, int last)
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(SnapshotSamples.Dimension, Metric.L2));
        for (int i = first; i < last; i++)
        {
            collection.Upsert(SnapshotSamples.Record($"r{i}", i + first) with { Document = new string('d', 300) });
        }

        return (SnapshotSamples.Take(collection), SnapshotSamples.Contents(collection));
    }

    private static void Replace(Database database, byte[] archive) => SnapshotSamples.Restore(database, archive, "docs", replace: true);

    private static void ReplaceInParts(Database database, byte[] archive)
    {
        Collection collection = database.GetCollection("docs");
        collection.DeleteBatch([.. collection.List().Records.Select(record => record.Id)]);
        using Database source = Database.CreateInMemory();
        SnapshotSamples.Restore(source, archive);
        foreach (VectorRecord record in source.GetCollection("docs").List().Records)
        {
            collection.Upsert(record, new WriteOptions { KeepCreatedAt = true });
        }
    }

    private static void Run(CrashingFileSystem files, Expected expected, Action<Database, byte[]> replace)
    {
        using Database database = Database.Open(files, "/db", null, Small);
        expected.DocsUnderWay = A.Contents;
        SnapshotSamples.Restore(database, A.Archive);
        expected.Docs = A.Contents;
        expected.DocsUnderWay = B.Contents;
        replace(database, B.Archive);
        expected.Docs = B.Contents;
        database.GetCollection("docs").Snapshot(Backup);
        expected.Backup = true;
        expected.DocsUnderWay = A.Contents;
        replace(database, A.Archive);
        expected.Docs = A.Contents;
        expected.OtherUnderWay = true;
        SnapshotSamples.Restore(database, B.Archive, "other");
        expected.Other = B.Contents;
    }

    private static string? Check(CrashingFileSystem files, Expected expected)
    {
        for (int opening = 0; opening < 2; opening++)
        {
            using Database database = Database.Open(files, "/db", null, Small);
            if (CheckOne(database, "docs", expected.Docs, expected.DocsUnderWay) is { } docs)
            {
                return $"opening {opening}: {docs}";
            }

            if (CheckOne(database, "other", expected.Other, expected.OtherUnderWay ? B.Contents : null) is { } other)
            {
                return $"opening {opening}: {other}";
            }

            if (files.ListDirectories("/db/collections").Count > database.ListCollections().Count)
            {
                return $"opening {opening}: a directory is left over";
            }

            if (CheckBackup(database, files, expected.Backup) is { } backup)
            {
                return backup;
            }
        }

        return null;
    }

    private static string? CheckOne(Database database, string name, List<string>? acknowledged, List<string>? underWay)
    {
        if (!database.TryGetCollection(name, out Collection? collection))
        {
            return acknowledged is null ? null : $"{name} is gone";
        }

        List<string> found = SnapshotSamples.Contents(collection);
        if (!Same(found, acknowledged) && !Same(found, underWay))
        {
            return $"{name} holds {found.Count} records, which are neither what it held nor what was restored";
        }

        collection.WaitForIndex();
        VerifyReport report = collection.Verify();
        return report.Ok ? null : $"{name}: {report.Findings[0].Message}";
    }

    private static bool Same(List<string> found, List<string>? expected) =>
        expected is not null && found.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal));

    private static string? CheckBackup(Database database, CrashingFileSystem files, bool acknowledged)
    {
        if (!files.FileExists(Backup))
        {
            return acknowledged ? "the snapshot is gone" : null;
        }

        database.Restore(Backup, new RestoreOptions { Collection = "check" });
        string? wrong = Same(SnapshotSamples.Contents(database.GetCollection("check")), B.Contents) ? null : "the snapshot holds something else";
        database.DropCollection("check");
        return wrong;
    }
}
