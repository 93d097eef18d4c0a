using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Settings that are altered while the collection is in use.</summary>
public sealed class AlterTests
{
    private const string Root = "/db";

    [Fact]
    public void Capacity_holds_from_the_alteration_on_and_deletes_nothing()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2));
        foreach (string id in (string[])["a", "b", "c"])
        {
            collection.Upsert(id, [1, 2]);
        }

        collection.Alter(new CollectionChanges { Capacity = 2 });
        Assert.Equal(ErrorCode.CapacityExceeded, CodeOf(() => collection.Upsert("d", [1, 2])));
        collection.Upsert("a", [2, 1]);
        Assert.Equal(3, collection.Count);
        collection.Alter(new CollectionChanges { Capacity = 4 });
        collection.Upsert("d", [1, 2]);
        Assert.Equal(ErrorCode.CapacityExceeded, CodeOf(() => collection.Upsert("e", [1, 2])));
        collection.Alter(new CollectionChanges { RemoveCapacity = true });
        collection.Upsert("e", [1, 2]);
        Assert.Null(collection.Options.Capacity);
    }

    [Fact]
    public void Searches_that_name_no_width_take_the_altered_one_before_and_after_the_first_vector()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(null));
        collection.Alter(new CollectionChanges { Ef = new Dictionary<string, int> { [""] = 33 } });
        var random = new Random(7);
        for (int i = 0; i < 2_000; i++)
        {
            collection.Upsert($"{i}", [random.NextSingle() - 0.5f, random.NextSingle() - 0.5f, random.NextSingle() - 0.5f]);
        }

        collection.WaitForIndex();
        Assert.Equal(33, EfOf(collection));
        collection.Alter(new CollectionChanges { Ef = new Dictionary<string, int> { [""] = 77 } });
        Assert.Equal(77, EfOf(collection));
        Assert.Equal(77, collection.GetStats().Fields[0].Index.Ef);
        Assert.Equal(77, collection.Options.Vectors[""].Index.Ef);
    }

    [Fact]
    public void An_alteration_that_is_not_right_alters_nothing()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", new CollectionOptions
        {
            Capacity = 5,
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 2 }, ["flat"] = new() { Dimension = 2, Index = new HnswOptions { Type = IndexType.Flat } } },
        });
        foreach ((CollectionChanges changes, ErrorCode code) in ((CollectionChanges, ErrorCode)[])[
            (new() { Capacity = 0 }, ErrorCode.LimitOutOfRange),
            (new() { Capacity = 9, RemoveCapacity = true }, ErrorCode.InvalidArgument),
            (new() { Capacity = 9, Ef = new Dictionary<string, int> { [""] = 0 } }, ErrorCode.LimitOutOfRange),
            (new() { Capacity = 9, Ef = new Dictionary<string, int> { ["none"] = 9 } }, ErrorCode.InvalidArgument),
            (new() { Capacity = 9, Ef = new Dictionary<string, int> { ["flat"] = 9 } }, ErrorCode.InvalidArgument)])
        {
            Assert.Equal(code, CodeOf(() => collection.Alter(changes)));
            Assert.Equal(5, collection.Options.Capacity);
        }
    }

    [Fact]
    public void Each_power_cut_leaves_the_settings_of_before_or_after()
    {
        int first;
        var clean = new CrashingFileSystem();
        using (Database database = Open(clean, out Collection collection))
        {
            first = clean.Operations;
            collection.Alter(Changes);
            first = Math.Min(first, clean.Operations);
        }

        int before = 0;
        int after = 0;
        for (int cut = first + 1; cut <= clean.Operations; cut++)
        {
            var files = new CrashingFileSystem { FailAt = cut };
            bool acknowledged = false;
            try
            {
                using Database database = Open(files, out Collection collection);
                collection.Alter(Changes);
                acknowledged = true;
            }
            catch (CrashingFileSystem.ProcessEndedException)
            {
                // as intended
            }

            for (int seed = 0; seed < 8; seed++)
            {
                using Database opened = Database.Open(files.CrashImage(seed), Root, null, null);
                Collection collection = opened.GetCollection("docs");
                (long?, int) settings = (collection.Options.Capacity, collection.Options.Vectors[""].Index.Ef);
                Assert.True(settings == (7, 99) || (!acknowledged && settings == (null, 64)), $"cut {cut}, seed {seed}: {settings}");
                Assert.Equal(1, collection.Count);
                (before, after) = settings.Item1 is null ? (before + 1, after) : (before, after + 1);
            }
        }

        Assert.True(before > 0 && after > 0, $"{before} before, {after} after");
    }

    private static CollectionChanges Changes => new() { Capacity = 7, Ef = new Dictionary<string, int> { [""] = 99 } };

    private static Database Open(CrashingFileSystem files, out Collection collection)
    {
        var database = Database.Open(files, Root, null, null);
        collection = database.CreateCollection("docs", CollectionOptions.Create(2));
        collection.Upsert("a", [1, 2]);
        return database;
    }

    private static int EfOf(Collection collection) => collection.Search([0.1f, 0.2f, 0.3f], 5, new SearchOptions { Explain = true }).Explanation!.Ef;

    private static ErrorCode CodeOf(Action call) => Assert.Throws<HypervexException>(call).Code;
}
