using Hypervex.Collections;
using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Snapshots;

/// <summary>Records, collections and archives for the snapshot tests, and an oracle that compares collections record by record.</summary>
internal static class SnapshotSamples
{
    public const int Dimension = 6;

    public static VectorRecord Record(string id, int stamp) => new(id, Vector(id, stamp))
    {
        Metadata = new MetadataObject { ["stamp"] = stamp, ["id"] = id },
        Document = stamp % 3 == 0 ? $"document {stamp} of {id}" : null,
    };

    public static float[] Vector(string id, int stamp)
    {
        var random = new Random(HashCode.Combine(stamp, id.Length) + id[^1] + stamp);
        return [.. Enumerable.Range(0, Dimension).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    /// <summary>Everything that a snapshot keeps of a collection's records, in order of creation.</summary>
    public static List<string> Contents(Collection collection)
    {
        var contents = new List<string>();
        string? cursor = null;
        do
        {
            RecordPage page = collection.List(new ListOptions { Limit = 1000, Cursor = cursor });
            contents.AddRange(page.Records.Select(Describe));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return contents;
    }

    /// <summary>Everything but version and update time.</summary>
    public static string Describe(VectorRecord record) =>
        $"{record.Id}|{string.Join(' ', (record.Vector ?? []).Select(BitConverter.SingleToUInt32Bits))}|"
        + string.Join(' ', (record.Vectors ?? new Dictionary<string, float[]>()).OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => $"{entry.Key}:{string.Join(' ', entry.Value.Select(BitConverter.SingleToUInt32Bits))}"))
        + $"|{record.Metadata?.ToJson()}|{record.Document ?? "none"}|{record.CreatedAt.ToUnixTimeMilliseconds()}";

    public static byte[] Take(Collection collection)
    {
        using var archive = new MemoryStream();
        collection.Snapshot(archive);
        return archive.ToArray();
    }

    public static RestoreReport Restore(Database database, byte[] archive, string? name = null, bool replace = false)
    {
        using var stream = new MemoryStream(archive);
        return database.Restore(stream, new RestoreOptions { Collection = name, Replace = replace });
    }

    /// <summary>An archive with right checksums around any description and any bodies.</summary>
    public static byte[] Forge(string description, IEnumerable<byte[]> bodies, long? announced = null)
    {
        byte[][] all = [.. bodies];
        using var target = new MemoryStream();
        var writer = new ArchiveWriter(target, new ArchiveHeader(7, announced ?? all.Length, 10, 1_700_000_000_000), System.Text.Encoding.UTF8.GetBytes(description));
        foreach (byte[] body in all)
        {
            writer.Write(body);
        }

        writer.Finish();
        return target.ToArray();
    }

    /// <summary>The description of a collection with one field of <see cref="Dimension"/>.</summary>
    public static string Description(Metric metric = Metric.L2, int dimension = Dimension) => System.Text.Encoding.UTF8.GetString(
        SnapshotDescription.Write(CollectionSchema.Create("docs", 0, CollectionOptions.Create(dimension, metric))));

    /// <summary>A record's body as an archive holds it.</summary>
    public static byte[] Body(string id, ulong createdSequence, Func<RecordFixed, RecordFixed>? change = null)
    {
        CollectionSchema schema = CollectionSchema.Create("docs", 0, CollectionOptions.Create(Dimension, Metric.L2));
        byte[] body = [.. RecordInput.Create(Record(id, 3), schema, keepCreatedAt: false).Body];
        var values = new RecordFixed(1UL << 40, 5, 1_700_000_000_000, 1_700_000_000_001, 0, createdSequence, 0);
        RecordBody.WriteFixed(body, change is null ? values : change(values));
        return body;
    }
}
