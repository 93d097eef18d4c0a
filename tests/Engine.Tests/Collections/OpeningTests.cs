using Hypervex.Collections;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Collections open, close and go away beside each other.</summary>
public sealed class OpeningTests
{
    private static readonly DatabaseOptions Options = new() { IndexingThreads = 1, Durability = Durability.OperatingSystem };

    [Fact]
    public void A_collection_that_is_closed_gives_everything_back_and_opens_again()
    {
        using var directory = new TemporaryDirectory();
        using Database database = Database.Open(directory.Path, Options);
        Collection other = database.CreateCollection("other");
        other.Upsert("o", [1, 2]);
        int before = OpenHandles.Below(directory.Path);
        Collection first = database.CreateCollection("c");
        first.Upsert("a", [1, 2]);
        Assert.True(OpenHandles.Below(directory.Path) > before);

        Assert.True(database.CloseCollection("c"));
        Assert.Equal(before, OpenHandles.Below(directory.Path));
        Assert.False(database.CloseCollection("c"));
        Assert.False(database.CloseCollection("never-heard-of"));
        Assert.Equal(ErrorCode.Closed, Assert.Throws<HypervexException>(() => first.Get("a")).Code);
        Assert.NotNull(other.Get("o"));

        Collection second = database.GetCollection("c");
        Assert.NotSame(first, second);
        Assert.Equal([1, 2], second.Get("a")!.Vector!);
        second.Upsert("b", [3, 4]);
        Assert.True(database.DropCollection("c"));
        Assert.False(database.TryGetCollection("c", out _));
        Assert.Equal(["other"], database.ListCollections());
    }

    [Fact]
    public void Temporary_files_and_snapshots_that_nothing_names_are_swept_and_strange_files_are_left()
    {
        using var directory = new TemporaryDirectory();
        using (Database database = Database.Open(directory.Path, Options))
        {
            Collection collection = database.CreateCollection("c");
            collection.Upsert("a", [1, 2]);
            Assert.True(collection.Checkpoint());
        }

        string home = Assert.Single(Directory.GetDirectories(Path.Combine(directory.Path, "collections")));
        string partition = Path.Combine(home, "partitions", "0000");
        string[] leftovers =
        [
            Path.Combine(directory.Path, "database.json.tmp"),
            Path.Combine(home, "collection.json.tmp"),
            Path.Combine(partition, "manifest.tmp"),
            Path.Combine(partition, "scrub.tmp"),
            Path.Combine(partition, "records.99.snap"),
            Path.Combine(partition, "index", "1.99.snap"),
            Path.Combine(partition, "log", "0000000000000001-0000000000000001.log.tmp"),
        ];
        string strange = Path.Combine(partition, "notes.txt");
        foreach (string path in leftovers.Append(strange))
        {
            File.WriteAllText(path, "cut off");
        }

        using Database again = Database.Open(directory.Path, Options);
        Assert.NotNull(again.GetCollection("c").Get("a"));
        Assert.All(leftovers, path => Assert.False(File.Exists(path), path));
        Assert.True(File.Exists(strange));
    }

    [Fact]
    public void Creating_a_collection_that_is_open_leaves_it_open()
    {
        using Database database = Database.CreateInMemory(Options);
        Collection collection = database.CreateCollection("c");
        Assert.Equal(ErrorCode.CollectionExists, Assert.Throws<HypervexException>(() => database.CreateCollection("c")).Code);
        Assert.Same(collection, database.GetCollection("c"));
        collection.Upsert("a", [1]);
    }

    [Fact]
    public async Task Those_who_ask_for_the_same_collection_share_one_opening_and_others_do_not_wait()
    {
        var open = new OpenCollections();
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        using Database database = Database.CreateInMemory(Options);
        Collection slow = database.CreateCollection("slow");
        int openings = 0;
        Task<Collection?>[] same = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () => open.GetOrOpen("slow", () =>
            {
                Interlocked.Increment(ref openings);
                inside.Set();
                goOn.Wait();
                return slow;
            }),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        inside.Wait();

        Assert.Null(open.GetOrOpen("another", () => null)); // would never return if it waited
        Assert.All(same, task => Assert.False(task.IsCompleted));
        goOn.Set();
        Assert.All(await Task.WhenAll(same), collection => Assert.Same(slow, collection));
        Assert.Equal(1, openings);
    }

    [Fact]
    public async Task A_failed_opening_is_told_to_all_who_waited_and_tried_again_by_the_next()
    {
        var open = new OpenCollections();
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        Task first = Task.Factory.StartNew(
            () => open.GetOrOpen("c", () =>
            {
                inside.Set();
                goOn.Wait();
                throw new HypervexException(ErrorCode.Damaged, "as it happens");
            }),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        inside.Wait();
        using var asking = new ManualResetEventSlim();
        Task second = Task.Factory.StartNew(
            () =>
            {
                asking.Set();
                open.GetOrOpen("c", () => throw new HypervexException(ErrorCode.Damaged, "it was tried again"));
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        asking.Wait();
        goOn.Set();

        Assert.Equal("as it happens", (await Assert.ThrowsAsync<HypervexException>(() => first)).Message);
        Assert.Equal(ErrorCode.Damaged, (await Assert.ThrowsAsync<HypervexException>(() => second)).Code);
        using Database database = Database.CreateInMemory(Options);
        Collection collection = database.CreateCollection("c");
        Assert.Same(collection, open.GetOrOpen("c", () => collection));
    }

    [Fact]
    public async Task Opening_closing_and_dropping_in_any_order_loses_nothing()
    {
        using var directory = new TemporaryDirectory();
        using Database database = Database.Open(directory.Path, Options);
        database.CreateCollection("c");
        int acknowledged = 0;
        Task[] work = [.. Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (int step = 0; step < 60; step++)
            {
                if (worker == 0)
                {
                    database.CloseCollection("c");
                    database.DropCollection($"d{step % 3}");
                    continue;
                }

                try
                {
                    database.GetOrCreateCollection($"d{step % 3}");
                    database.GetCollection("c").Upsert($"{worker}-{step}", [worker, step]);
                    Interlocked.Increment(ref acknowledged);
                }
                catch (HypervexException exception)
                {
                    Assert.Equal(ErrorCode.Closed, exception.Code);
                }
            }
        }))];
        await Task.WhenAll(work);

        Assert.True(acknowledged > 0);
        Assert.Equal(acknowledged, database.GetCollection("c").Count);
    }
}
