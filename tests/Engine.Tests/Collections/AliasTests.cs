using Hypervex.Engine.Tests.Storage;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Second names of collections, that switch at once.</summary>
public sealed class AliasTests
{
    private const string Root = "/db";

    [Fact]
    public void An_alias_stands_for_a_collection_until_it_stands_for_another()
    {
        using Database database = Filled(new MemoryFileSystem());
        database.SetAlias("live", "blue");
        Collection before = database.GetCollection("live");
        Assert.Same(database.GetCollection("blue"), before);
        database.SetAlias("live", "green");
        Assert.Equal("green", database.GetCollection("live").Name);
        Assert.NotNull(database.GetCollection("live").Get("green"));
        Assert.NotNull(before.Get("blue")); // what was opened before stays
        Assert.True(database.TryGetCollection("live", out _));
        Assert.Equal("green", database.GetOrCreateCollection("live").Name);
        Assert.Equal(["blue", "green"], database.ListCollections());
        Assert.Equal([new KeyValuePair<string, string>("live", "green")], database.ListAliases());
        Assert.True(database.CloseCollection("live"));
        Assert.Equal(1, database.GetCollection("live").Count);

        database.DropAlias("live");
        Assert.Empty(database.ListAliases());
        Assert.Equal(ErrorCode.CollectionNotFound, CodeOf(() => database.GetCollection("live")));
        Assert.Equal(1, database.GetCollection("green").Count);
    }

    [Fact]
    public void Several_changes_are_all_made_or_none()
    {
        using Database database = Filled(new MemoryFileSystem());
        database.ChangeAliases(new Dictionary<string, string?> { ["read"] = "blue", ["write"] = "green" });
        Assert.Equal(ErrorCode.CollectionNotFound, CodeOf(() => database.ChangeAliases(new Dictionary<string, string?> { ["read"] = "green", ["write"] = "red" })));
        Assert.Equal(ErrorCode.NotFound, CodeOf(() => database.ChangeAliases(new Dictionary<string, string?> { ["read"] = "green", ["none"] = null })));
        Assert.Equal("blue", database.GetCollection("read").Name);
        database.ChangeAliases(new Dictionary<string, string?> { ["read"] = null, ["write"] = "blue", ["third"] = "blue" });
        Assert.Equal("third=blue write=blue", string.Join(' ', database.ListAliases().Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Fact]
    public void A_name_means_one_thing()
    {
        using Database database = Filled(new MemoryFileSystem());
        database.SetAlias("live", "blue");
        Assert.Equal(ErrorCode.CollectionExists, CodeOf(() => database.SetAlias("green", "blue")));
        Assert.Equal(ErrorCode.CollectionExists, CodeOf(() => database.SetAlias("blue", "blue")));
        Assert.Equal(ErrorCode.CollectionNotFound, CodeOf(() => database.SetAlias("other", "live")));
        Assert.Equal(ErrorCode.CollectionNotFound, CodeOf(() => database.SetAlias("other", "red")));
        Assert.Equal(ErrorCode.CollectionExists, CodeOf(() => database.CreateCollection("live")));
        Assert.Equal(ErrorCode.InvalidName, CodeOf(() => database.SetAlias("../live", "blue")));
        Assert.Equal(ErrorCode.NotFound, CodeOf(() => database.DropAlias("none")));
        Assert.Equal(["blue", "green"], database.ListCollections());
        Assert.Equal(["live"], database.ListAliases().Keys);
    }

    [Fact]
    public void A_collection_is_not_dropped_while_an_alias_stands_for_it_and_an_alias_never_is_one()
    {
        using Database database = Filled(new MemoryFileSystem());
        database.SetAlias("live", "blue");
        Assert.Equal(ErrorCode.CollectionInUse, CodeOf(() => database.DropCollection("blue")));
        Assert.False(database.DropCollection("live"));
        Assert.Equal(1, database.GetCollection("live").Count);
        database.SetAlias("live", "green");
        Assert.True(database.DropCollection("blue"));
        Assert.Equal("green", database.GetCollection("live").Name);
        Assert.Equal(ErrorCode.CollectionNotFound, CodeOf(() => database.SetAlias("live", "blue")));
    }

    [Fact]
    public void There_is_a_greatest_number_of_aliases()
    {
        using Database database = Filled(new MemoryFileSystem());
        database.ChangeAliases(Enumerable.Range(0, Limits.MaxAliases).ToDictionary(i => $"a{i}", _ => (string?)"blue"));
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => database.SetAlias("one-more", "blue")));
        database.ChangeAliases(new Dictionary<string, string?> { ["a0"] = null, ["one-more"] = "blue" });
        Assert.Equal(Limits.MaxAliases, database.ListAliases().Count);
    }

    [Fact]
    public void Aliases_are_there_after_opening_again_and_a_closed_database_changes_none()
    {
        var files = new MemoryFileSystem();
        Database first = Filled(files);
        first.SetAlias("live", "green");
        first.Dispose();
        Assert.Equal(ErrorCode.Closed, CodeOf(() => first.SetAlias("late", "green")));
        using Database again = Database.Open(files, Root, null, null);
        Assert.Equal("green", again.GetCollection("live").Name);
        Assert.Equal(["live"], again.ListAliases().Keys);
    }

    [Fact]
    public void A_snapshot_restored_over_an_alias_replaces_the_collection_and_never_makes_one_of_its_name()
    {
        using Database database = Filled(new MemoryFileSystem());
        database.SetAlias("live", "blue");
        var archive = new MemoryStream();
        database.GetCollection("green").Snapshot(archive);
        archive.Position = 0;
        Assert.Equal(ErrorCode.CollectionExists, CodeOf(() => database.Restore(archive, new RestoreOptions { Collection = "live" })));
        archive.Position = 0;
        RestoreReport report = database.Restore(archive, new RestoreOptions { Collection = "live", Replace = true });
        Assert.Equal(("blue", false), (report.Collection, report.Created));
        Assert.NotNull(database.GetCollection("blue").Get("green"));
    }

    [Fact]
    public void Each_power_cut_leaves_the_aliases_of_before_or_after_and_never_less_than_was_acknowledged()
    {
        // Three changes, each of both aliases at once; state i is what holds behind i of them.
        IReadOnlyList<Dictionary<string, string?>> changes =
        [
            new() { ["read"] = "blue", ["write"] = "blue" },
            new() { ["read"] = "green", ["write"] = "green" },
            new() { ["read"] = null, ["write"] = "blue" },
        ];
        string[] states = ["", "read=blue write=blue", "read=green write=green", "write=blue"];
        int first;
        var clean = new CrashingFileSystem();
        using (Database database = Filled(clean))
        {
            first = clean.Operations;
            foreach (Dictionary<string, string?> change in changes)
            {
                database.ChangeAliases(change);
            }
        }

        int cuts = 0;
        for (int cut = first + 1; cut <= clean.Operations; cut++)
        {
            var files = new CrashingFileSystem { FailAt = cut };
            int acknowledged = 0;
            try
            {
                using Database database = Filled(files);
                foreach (Dictionary<string, string?> change in changes)
                {
                    database.ChangeAliases(change);
                    acknowledged++;
                }
            }
            catch (CrashingFileSystem.ProcessEndedException)
            {
                // as intended
            }

            for (int seed = 0; seed < 8; seed++)
            {
                using Database after = Database.Open(files.CrashImage(seed), Root, null, null);
                string state = string.Join(' ', after.ListAliases().Select(pair => $"{pair.Key}={pair.Value}"));
                int reached = Array.IndexOf(states, state);
                Assert.True(reached == acknowledged || reached == acknowledged + 1, $"cut {cut}, seed {seed}: \"{state}\" behind {acknowledged} acknowledged changes");
                Assert.Equal(["blue", "green"], after.ListCollections());
                cuts++;
            }
        }

        Assert.True(cuts > 100, $"only {cuts} cuts");
    }

    [Fact]
    public void With_syncs_that_lie_an_acknowledged_alias_is_lost()
    {
        // The control of the test above.
        bool lost = false;
        for (int seed = 0; seed < 64 && !lost; seed++)
        {
            var files = new CrashingFileSystem { SyncsLie = true };
            Database database = Filled(files);
            database.SetAlias("live", "blue");
            try
            {
                using Database after = Database.Open(files.CrashImage(seed), Root, null, null);
                lost = !after.ListAliases().ContainsKey("live");
            }
            catch (HypervexException)
            {
                lost = true;
            }

            database.Dispose();
        }

        Assert.True(lost);
    }

    [Fact]
    public void A_change_that_cannot_be_written_is_not_seen()
    {
        var files = new CrashingFileSystem();
        using Database database = Filled(files);
        database.SetAlias("live", "blue");
        files.FailWith = ErrorCode.DiskFull;
        files.FailAt = files.Operations + 1;
        Assert.Equal(ErrorCode.DiskFull, CodeOf(() => database.SetAlias("live", "green")));
        Assert.Equal("blue", database.GetCollection("live").Name);
        files.FailAt = 0;
        database.SetAlias("live", "green");
        Assert.Equal("green", database.GetCollection("live").Name);
    }

    [Fact]
    public void A_damaged_file_falls_back_to_the_aliases_of_its_previous_copy()
    {
        var files = new CrashingFileSystem();
        using (Database database = Filled(files))
        {
            database.SetAlias("live", "blue");
            database.SetAlias("live", "green");
        }

        using (IFile file = files.Open(DatabasePaths.DatabaseFile(Root), OpenMode.ReadWrite))
        {
            file.Write("##"u8, 5);
        }

        using Database again = Database.Open(files, Root, null, null);
        Assert.Equal("blue", again.GetCollection("live").Name);
    }

    [Fact]
    public async Task Whoever_asks_while_an_alias_is_switched_and_the_old_collection_dropped_finds_one_of_the_two()
    {
        using Database database = Filled(new MemoryFileSystem());
        database.SetAlias("live", "blue");
        using var stop = new CancellationTokenSource();
        long asked = 0;
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.Contains(database.GetCollection("live").Name, (string[])["blue", "green"]);
                Interlocked.Increment(ref asked);
            }
        }))];
        (string present, string next) = ("blue", "green");
        for (int i = 0; i < 200; i++)
        {
            database.SetAlias("live", next);
            Assert.True(database.DropCollection(present));
            database.CreateCollection(present, CollectionOptions.Create(2));
            (present, next) = (next, present);
        }

        SpinWait.SpinUntil(() => Interlocked.Read(ref asked) > 0 || readers.Any(reader => reader.IsCompleted));
        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    private static Database Filled(IFileSystem files)
    {
        var database = Database.Open(files, Root, null, null);
        foreach (string name in (string[])["blue", "green"])
        {
            database.CreateCollection(name, CollectionOptions.Create(2)).Upsert(name, [1, 2]);
        }

        return database;
    }

    private static ErrorCode CodeOf(Action call) => Assert.Throws<HypervexException>(call).Code;
}
