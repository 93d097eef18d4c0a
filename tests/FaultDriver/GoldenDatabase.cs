using Hypervex.Storage;

namespace Hypervex.FaultDriver;

/// <summary>
/// The content of the golden data directories: what is written into them, once for each format version, and what every later version must find
/// there. Made by <c>Hypervex.FaultDriver golden DIRECTORY closed|killed</c>.
/// </summary>
internal static class GoldenDatabase
{
    private static readonly string s_longId = new('i', 512);

    /// <summary>What must be found: the records of each collection by name, without versions and times.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<VectorRecord>> Expected { get; } = new Dictionary<string, IReadOnlyList<VectorRecord>>
    {
        ["docs"] =
        [
            new VectorRecord
            {
                Id = "a/b c",
                Vector = [1, 0.5f, -0.25f],
                Vectors = new Dictionary<string, float[]> { ["title"] = [3, 4] },
                Metadata = new MetadataObject
                {
                    ["lang"] = "de",
                    ["year"] = long.MinValue,
                    ["pi"] = 3.141592653589793,
                    ["whole"] = 2.0,
                    ["yes"] = true,
                    ["none"] = MetadataValue.Null,
                    ["tags"] = new[] { "Eiche", "木", "" },
                    ["deep"] = new MetadataObject { ["er"] = new MetadataObject { ["list"] = new MetadataValue[] { 1, "x", false } } },
                },
                Document = "Straße 😀\n\0end",
            },
            new VectorRecord { Id = "ünïcödé", Vector = [float.Epsilon, -0f, 1e18f], Document = "" },
            new VectorRecord { Id = s_longId, Vectors = new Dictionary<string, float[]> { ["title"] = [-1, 1] }, Metadata = new MetadataObject { [""] = "empty key" } },
            new VectorRecord { Id = "back", Vector = [0, 0, 2], Document = "after its deletion" },
            new VectorRecord { Id = "kept", Vector = [9, 9, 9], CreatedAt = new DateTimeOffset(2001, 2, 3, 4, 5, 6, 789, TimeSpan.Zero) },
        ],
        ["decided"] = [.. Enumerable.Range(0, 40).Where(i => i % 5 != 0).Select(Numbered)],
        ["empty"] = [],
    };

    /// <summary>Ids that were deleted in "docs".</summary>
    public static IReadOnlyList<string> Deleted { get; } = ["gone", "gone too"];

    /// <summary>The write that was under way when the killed directory's process ended: it may be there or not.</summary>
    public static VectorRecord UnderWay { get; } = new("under way", [1, 1, 1]);

    public static void Write(string directory, bool dies)
    {
        using Database database = Database.Open(directory, new DatabaseOptions { SegmentBytes = 2048 });
        database.CreateCollection("empty", CollectionOptions.Create(7, Metric.Dot));
        Collection dropped = database.CreateCollection("dropped", CollectionOptions.Create(1, Metric.L2));
        dropped.Upsert("x", [1]);
        database.DropCollection("dropped");
        WriteDecided(database.CreateCollection("decided", CollectionOptions.Create(null, Metric.Manhattan)));
        WriteDocs(database.CreateCollection("docs", new CollectionOptions
        {
            Capacity = 100,
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                [""] = new() { Dimension = 3, Metric = Metric.Cosine },
                ["title"] = new() { Dimension = 2, Metric = Metric.L2, Index = new HnswOptions { M = 8, EfConstruction = 50, Ef = 20 } },
            },
        }));
        if (dies)
        {
            KillPoint.Arm(place =>
            {
                if (place == KillPlace.AfterAppend)
                {
                    SuddenDeath.Now();
                }
            });
            database.GetCollection("docs").Upsert(UnderWay);
        }
    }

    private static VectorRecord Numbered(int i) => new($"n{i}", [i, -i, i / 3f, 1]) { Metadata = new MetadataObject { ["n"] = i } };

    private static void WriteDecided(Collection collection)
    {
        collection.UpsertBatch([.. Enumerable.Range(0, 40).Select(Numbered)]);
        collection.DeleteBatch([.. Enumerable.Range(0, 40).Where(i => i % 5 == 0).Select(i => $"n{i}")]);
        collection.Compact();
    }

    private static void WriteDocs(Collection collection)
    {
        IReadOnlyList<VectorRecord> records = Expected["docs"];
        collection.Upsert("gone", [1, 2, 3]);
        collection.Upsert("gone too", [1, 2, 3], document: "secret");
        collection.Upsert("back", [5, 5, 5], new MetadataObject { ["old"] = true });
        collection.DeleteBatch(["back", "gone"]);
        collection.Delete("gone too");
        collection.Compact();
        collection.UpsertBatch([new VectorRecord("a/b c", [7, 7, 7]), records[0] with { Metadata = new MetadataObject { ["lang"] = "en", ["old"] = 1 } }]);
        collection.Update("a/b c", new RecordUpdate { Metadata = new MetadataObject(records[0].Metadata!) { ["old"] = MetadataValue.Null, ["none"] = MetadataValue.Null } });
        collection.Update("a/b c", new RecordUpdate { Metadata = records[0].Metadata, MetadataMode = MetadataMode.Replace });
        collection.UpsertBatch([.. records.Skip(1).Take(2)]);
        collection.Insert(records[3]);
        collection.Upsert(records[4], new WriteOptions { KeepCreatedAt = true, Durability = Durability.Batch });
    }
}
