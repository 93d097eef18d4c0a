using System.Text;
using Hypervex.Collections;
using Hypervex.Engine.Tests.Storage;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Durability as a setting of a collection: the request's goes before it, the database's behind it.</summary>
public sealed class AlterDurabilityTests
{
    private const string Root = "/db";
    private const int Seeds = 24;

    private readonly CrashingFileSystem _files = new();

    [Theory]
    [InlineData(Durability.Fsync, null, null, true)]
    [InlineData(Durability.OperatingSystem, null, null, false)]
    [InlineData(Durability.OperatingSystem, Durability.Fsync, null, true)]
    [InlineData(Durability.Fsync, Durability.OperatingSystem, null, false)]
    [InlineData(Durability.OperatingSystem, Durability.OperatingSystem, Durability.Fsync, true)]
    [InlineData(Durability.Fsync, Durability.Fsync, Durability.OperatingSystem, false)]
    public void The_requests_durability_goes_before_the_collections_and_that_before_the_databases(Durability database, Durability? collection, Durability? request, bool survives)
    {
        using Database opened = Open(database);
        Collection created = opened.CreateCollection("created", CollectionOptions.Create(2) with { Durability = collection });
        Collection altered = opened.CreateCollection("altered", CollectionOptions.Create(2));
        altered.Alter(collection is { } named ? new CollectionChanges { Durability = named } : new CollectionChanges { RemoveDurability = true });
        Assert.All([created, altered], each =>
        {
            Assert.Equal(collection ?? database, each.GetStats().Durability);
            Assert.Equal(collection, each.Options.Durability);
            each.Upsert(new VectorRecord("a", [1, 2]), new WriteOptions { Durability = request });
            Assert.Equal(survives, Enumerable.Range(0, Seeds).All(seed => IsThere(each.Name, seed)));
        });
    }

    [Fact]
    public void What_is_altered_counts_for_the_next_write_and_after_an_opening()
    {
        using (Database database = Open(Durability.Fsync))
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2));
            collection.Alter(new CollectionChanges { Durability = Durability.OperatingSystem });
            collection.Upsert("unsynced", [1, 2]);
            Assert.Contains(Enumerable.Range(0, Seeds), seed => !IsThere("docs", seed, "unsynced"));
            collection.Alter(new CollectionChanges { Durability = Durability.Fsync });
            collection.Upsert("synced", [1, 2]);
            Assert.All(Enumerable.Range(0, Seeds), seed => Assert.True(IsThere("docs", seed, "synced")));
            collection.Alter(new CollectionChanges { Durability = Durability.Batch, Capacity = 9 });
        }

        using Database again = Open(Durability.OperatingSystem);
        Assert.Equal(Durability.Batch, again.GetCollection("docs").GetStats().Durability);
        again.GetCollection("docs").Alter(new CollectionChanges { RemoveDurability = true });
        Assert.Equal(Durability.OperatingSystem, again.GetCollection("docs").GetStats().Durability);
        Assert.Equal(9, again.GetCollection("docs").Options.Capacity);
    }

    [Fact]
    public void A_durability_that_is_none_or_is_set_and_removed_at_once_is_refused()
    {
        using Database database = Open(Durability.Fsync);
        Assert.Equal(ErrorCode.InvalidArgument, CodeOf(() => database.CreateCollection("docs", CollectionOptions.Create(2) with { Durability = (Durability)9 })));
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2));
        Assert.Equal(ErrorCode.InvalidArgument, CodeOf(() => collection.Alter(new CollectionChanges { Durability = (Durability)9 })));
        Assert.Equal(ErrorCode.InvalidArgument, CodeOf(() => collection.Alter(new CollectionChanges { Durability = Durability.Batch, RemoveDurability = true })));
        Assert.Null(collection.Options.Durability);
    }

    [Fact]
    public void A_snapshot_keeps_it_and_one_of_a_collection_without_it_is_as_it_was()
    {
        using Database database = Open(Durability.Fsync);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2));
        collection.Upsert("a", [1, 2]);
        using var plain = new MemoryStream();
        collection.Snapshot(plain);
        Assert.DoesNotContain("durability", Encoding.Latin1.GetString(plain.ToArray()), StringComparison.Ordinal);
        collection.Alter(new CollectionChanges { Durability = Durability.OperatingSystem, Quantization = new Dictionary<string, QuantizationKind> { [""] = QuantizationKind.Sq4 } });
        using var archive = new MemoryStream();
        collection.Snapshot(archive);
        archive.Position = 0;
        database.Restore(archive, new RestoreOptions { Collection = "copy" });
        CollectionOptions restored = database.GetCollection("copy").Options;
        Assert.Equal(Durability.OperatingSystem, restored.Durability);
        Assert.Equal(QuantizationKind.Sq4, restored.Vectors[""].Quantization);

        // What replaces the content of a collection leaves its settings.
        plain.Position = 0;
        database.Restore(plain, new RestoreOptions { Collection = "copy", Replace = true });
        Assert.Equal(Durability.OperatingSystem, database.GetCollection("copy").Options.Durability);
    }

    [Fact]
    public void A_description_without_it_opens_and_one_with_a_durability_of_a_later_version_is_refused()
    {
        using (Database database = Open(Durability.Fsync))
        {
            database.CreateCollection("docs", CollectionOptions.Create(2)).Upsert("a", [1, 2]);
        }

        string path = _files.Paths.Single(each => each.EndsWith("/collection.json", StringComparison.Ordinal));
        byte[] content = CheckedFile.Read(_files, path, "collection", out _)!;
        string text = Encoding.UTF8.GetString(content);
        Assert.DoesNotContain("durability", text, StringComparison.Ordinal);
        CheckedFile.Replace(_files, path, "collection", Encoding.UTF8.GetBytes(text.Replace("\"fields\":", "\"durability\":\"quorum\",\"fields\":", StringComparison.Ordinal)));
        using Database again = Open(Durability.Fsync);
        Assert.Equal(ErrorCode.UnsupportedFormat, CodeOf(() => again.GetCollection("docs")));
    }

    private Database Open(Durability durability) => Database.Open(_files, Root, null, new DatabaseOptions { Durability = durability, IndexingThreads = 1 });

    private bool IsThere(string collection, int seed, string id = "a")
    {
        using Database cut = Database.Open(_files.CrashImage(seed), Root, null, new DatabaseOptions { IndexingThreads = 1 });
        return cut.GetCollection(collection).Get(id) is not null;
    }

    private static ErrorCode CodeOf(Action call) => Assert.Throws<HypervexException>(call).Code;
}
