using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>Compaction under power cuts at each of its operations, and what opening makes of the files that each leaves.</summary>
public sealed class CompactionCrashTests(ITestOutputHelper output)
{
    private static readonly DatabaseOptions s_small = new() { IndexingThreads = 1, SegmentBytes = 2048, ChunkBytes = 4096, CompactionGarbageRatio = 1 };

    [Fact]
    public void A_cut_anywhere_in_a_compaction_loses_nothing_and_costs_no_replay()
    {
        int states = 0;
        for (int cut = 1; ; cut++)
        {
            var files = new CrashingFileSystem();
            Collection collection = Prepare(files);
            files.FailAt = files.Operations + cut;
            bool ended = Ends(() => collection.Compact());
            for (int seed = 0; seed < 2; seed++)
            {
                using Database database = Database.Open(files.CrashImage((cut * 10) + seed), "/db", null, s_small);
                Collection reopened = database.GetCollection("docs");
                Assert.True(reopened.Recovery.CheckpointProblem is null, $"cut {cut}: {reopened.Recovery.CheckpointProblem}");
                AssertContent(reopened, $"cut {cut}, seed {seed}");
                reopened.Compact();
                AssertContent(reopened, $"cut {cut}, seed {seed}, compacted");
                states++;
            }

            if (!ended)
            {
                break;
            }
        }

        output.WriteLine($"{states} states explored");
        Assert.True(states > 50);
    }

    [Fact]
    public void A_cut_anywhere_in_a_compaction_of_compacted_segments_loses_nothing()
    {
        int states = 0;
        for (int cut = 1; ; cut++)
        {
            var files = new CrashingFileSystem();
            Collection collection = Prepare(files);
            collection.Compact();
            collection.Delete("a7"); // garbage in compacted segments
            collection.Upsert("a8", [8, 2]);
            files.FailAt = files.Operations + cut;
            bool ended = Ends(() => collection.Compact());
            using Database database = Database.Open(files.CrashImage(cut), "/db", null, s_small);
            Collection reopened = database.GetCollection("docs");
            Assert.Null(reopened.Get("a7"));
            Assert.Equal([8, 2], reopened.Get("a8")!.Vector!);
            Assert.Equal(39, reopened.Count);
            reopened.WaitForIndex();
            Assert.Empty(reopened.Verify().Findings);
            states++;
            if (!ended)
            {
                break;
            }
        }

        Assert.True(states > 20);
    }

    [Fact]
    public void A_durable_record_is_not_lost_for_a_successor_that_was_not_durable()
    {
        int states = 0;
        for (int cut = 1; ; cut++)
        {
            var files = new CrashingFileSystem();
            Collection collection = Prepare(files);
            collection.Compact(); // the output of a range of one takes its input's name, and so is in force without a manifest
            var unsynced = new WriteOptions { Durability = Durability.OperatingSystem };
            for (int i = 0; i < 5; i++)
            {
                collection.Upsert(new VectorRecord($"a{i}", [i, 77]), unsynced); // in the last segment, which is not compacted
            }

            files.FailAt = files.Operations + cut;
            bool ended = Ends(() => collection.Compactor.RunOn(..1, CancellationToken.None));
            for (int seed = 0; seed < 3; seed++)
            {
                using Database database = Database.Open(files.CrashImage((cut * 10) + seed), "/db", null, s_small);
                Collection reopened = database.GetCollection("docs");
                for (int i = 0; i < 5; i++)
                {
                    float[]? vector = reopened.Get($"a{i}")?.Vector;
                    Assert.True(vector is [_, 1 or 77], $"cut {cut}, seed {seed}: a{i} is {(vector is null ? "lost" : vector[1])}");
                }

                states++;
            }

            if (!ended)
            {
                break;
            }
        }

        output.WriteLine($"{states} states explored");
    }

    [Fact]
    public void An_output_without_its_inputs_is_used_even_if_nothing_names_it()
    {
        var files = new CrashingFileSystem();
        using (Database database = Database.Open(files, "/db", null, s_small))
        {
            Fill(database).Compact();
        }

        RemoveManifest(files);
        using Database reopened = Database.Open(files, "/db", null, s_small);
        AssertContent(reopened.GetCollection("docs"), "without a manifest");
        Assert.Contains(Logs(files), name => name.Contains('-', StringComparison.Ordinal));
    }

    [Fact]
    public void An_output_whose_inputs_are_all_there_is_removed_if_nothing_names_it()
    {
        // The first directory sync behind the output's renaming has just been done: cut there.
        for (int cut = 1; ; cut++)
        {
            var files = new CrashingFileSystem();
            Collection collection = Prepare(files);
            int inputs = Logs(files).Length;
            files.FailAt = files.Operations + cut;
            Assert.True(Ends(() => collection.Compactor.RunOn(..2, CancellationToken.None)));
            CrashingFileSystem image = files.CrashImage(cut);
            if (CompactedPaths(image) is not [string left] || left.EndsWith(".tmp", StringComparison.Ordinal))
            {
                continue;
            }

            Assert.Equal(inputs + 1, Logs(image).Length);
            using Database database = Database.Open(image, "/db", null, s_small);
            AssertContent(database.GetCollection("docs"), "reopened");
            Assert.Empty(CompactedPaths(image));
            return;
        }
    }

    [Fact]
    public void A_damaged_compacted_segment_is_damage()
    {
        foreach (int at in (int[])[20, 60, 70, 90, 126, 200, 128 + 40, -12])
        {
            var files = new CrashingFileSystem();
            using (Database database = Database.Open(files, "/db", null, s_small))
            {
                Fill(database).Compact();
            }

            string path = CompactedPaths(files)[0];
            RemoveManifest(files);
            using (IFile file = files.Open(path, OpenMode.ReadWrite))
            {
                var one = new byte[1];
                long offset = at < 0 ? file.Length + at : at;
                file.Read(one, offset);
                one[0] ^= 4;
                file.Write(one, offset);
            }

            using Database damaged = Database.Open(files, "/db", null, s_small);
            Assert.Equal(ErrorCode.Damaged, Assert.Throws<HypervexException>(() => damaged.GetCollection("docs")).Code);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-100)]
    [InlineData(8)]
    public void A_compacted_segment_of_another_length_is_damage(int change)
    {
        var files = new CrashingFileSystem();
        using (Database database = Database.Open(files, "/db", null, s_small))
        {
            Fill(database).Compact();
        }

        using (IFile file = files.Open(CompactedPaths(files)[0], OpenMode.ReadWrite))
        {
            file.SetLength(file.Length + change);
        }

        using Database damaged = Database.Open(files, "/db", null, s_small);
        Assert.Equal(ErrorCode.Damaged, Assert.Throws<HypervexException>(() => damaged.GetCollection("docs")).Code);
    }

    [Fact]
    public void A_missing_segment_behind_a_compacted_one_is_damage()
    {
        var files = new CrashingFileSystem();
        using (Database database = Database.Open(files, "/db", null, s_small))
        {
            Fill(database).Compact();
        }

        files.DeleteFile(Paths(files)[^1]);
        using Database damaged = Database.Open(files, "/db", null, s_small);
        Assert.Equal(ErrorCode.Damaged, Assert.Throws<HypervexException>(() => damaged.GetCollection("docs")).Code);
    }

    private static Collection Prepare(CrashingFileSystem files) => Fill(Database.Open(files, "/db", null, s_small));

    /// <summary>60 records written, 40 of them twice, the other 20 deleted; a checkpoint in the middle.</summary>
    private static Collection Fill(Database database)
    {
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < (round == 0 ? 60 : 40); i++)
            {
                collection.Upsert($"a{i}", [i, round]);
            }
        }

        collection.WaitForIndex();
        collection.Checkpoint();
        for (int i = 40; i < 60; i++)
        {
            collection.Delete($"a{i}");
        }

        collection.WaitForIndex();
        return collection;
    }

    private static void AssertContent(Collection collection, string context)
    {
        Assert.True(collection.Count == 40, $"{context}: {collection.Count} records");
        for (int i = 0; i < 60; i++)
        {
            float[]? vector = collection.Get($"a{i}")?.Vector;
            Assert.True(i < 40 ? vector is [_, 1] : vector is null, $"{context}: a{i}");
        }

        collection.WaitForIndex();
        VerifyReport report = collection.Verify();
        Assert.True(report.Ok, $"{context}: {(report.Ok ? "" : report.Findings[0].Message)}");
    }

    private static bool Ends(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (CrashingFileSystem.ProcessEndedException)
        {
            return true;
        }
    }

    private static string LogDirectory(CrashingFileSystem files) =>
        DatabasePaths.Logs(DatabasePaths.Partition(Path.Combine(DatabasePaths.Collections("/db"), files.ListDirectories(DatabasePaths.Collections("/db"))[0]), 0));

    private static string[] Logs(CrashingFileSystem files) => [.. files.ListFiles(LogDirectory(files))];

    private static string[] Paths(CrashingFileSystem files) => [.. Logs(files).Select(name => Path.Combine(LogDirectory(files), name))];

    private static string[] CompactedPaths(CrashingFileSystem files) => [.. Paths(files).Where(path => Path.GetFileName(path).Contains('-', StringComparison.Ordinal))];

    private static void RemoveManifest(CrashingFileSystem files)
    {
        string partition = Path.GetDirectoryName(LogDirectory(files))!;
        foreach (string name in files.ListFiles(partition).Where(name => name.StartsWith("manifest", StringComparison.Ordinal)))
        {
            files.DeleteFile(Path.Combine(partition, name));
        }
    }
}
