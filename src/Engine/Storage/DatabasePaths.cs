using System.Globalization;

namespace Hypervex.Storage;

/// <summary>The only place that spells the names of files and directories (docs/formats/README.md).</summary>
internal static class DatabasePaths
{
    public const string TemporarySuffix = ".tmp";
    public const string PreviousSuffix = ".previous";
    public const string SnapshotSuffix = ".snap";
    private const string LogSuffix = ".log";

    public static string Lock(string root) => Path.Combine(root, "LOCK");

    public static string DatabaseFile(string root) => Path.Combine(root, "database.json");

    /// <summary>Copies of what a repair replaced; never read by the engine.</summary>
    public static string Quarantine(string root, long unixMs) => Path.Combine(root, "quarantine", unixMs.ToString(CultureInfo.InvariantCulture));

    /// <summary>Space for a full disk.</summary>
    public static string Reserve(string root) => Path.Combine(root, "reserve");

    public static string Collections(string root) => Path.Combine(root, "collections");

    public static string Collection(string root, ulong id) => Path.Combine(Collections(root), Hex(id));

    public static string CollectionFile(string collection) => Path.Combine(collection, "collection.json");

    /// <summary>Is there while a new collection is being restored from a snapshot.</summary>
    public static string RestoreMarker(string collection) => Path.Combine(collection, "restoring");

    public static string Partitions(string collection) => Path.Combine(collection, "partitions");

    public static string Partition(string collection, uint number) =>
        Path.Combine(Partitions(collection), number.ToString("d4", CultureInfo.InvariantCulture));

    public static string Logs(string partition) => Path.Combine(partition, "log");

    public static string Log(string partition, ulong firstSequence) => Path.Combine(Logs(partition), Hex(firstSequence) + LogSuffix);

    public static string CompactedLog(string partition, ulong firstSequence, ulong lastSequence) =>
        Path.Combine(Logs(partition), $"{Hex(firstSequence)}-{Hex(lastSequence)}{LogSuffix}");

    public static string Manifest(string partition) => Path.Combine(partition, "manifest");

    /// <summary>What is remembered of scrubs.</summary>
    public static string Scrub(string partition) => Path.Combine(partition, "scrub");

    public static string RecordsSnapshot(string partition, ulong checkpoint) =>
        Path.Combine(partition, string.Create(CultureInfo.InvariantCulture, $"records.{checkpoint}{SnapshotSuffix}"));

    public static string Indexes(string partition) => Path.Combine(partition, "index");

    public static string IndexSnapshot(string partition, uint field, ulong checkpoint) =>
        Path.Combine(Indexes(partition), string.Create(CultureInfo.InvariantCulture, $"{field}.{checkpoint}{SnapshotSuffix}"));

    public static string CodesSnapshot(string partition, uint field, ulong checkpoint) =>
        Path.Combine(Indexes(partition), string.Create(CultureInfo.InvariantCulture, $"{field}.codes.{checkpoint}{SnapshotSuffix}"));

    /// <summary>The index of a metadata field, by its number in the manifest.</summary>
    public static string ValuesSnapshot(string partition, int index, ulong checkpoint) =>
        Path.Combine(Indexes(partition), string.Create(CultureInfo.InvariantCulture, $"values.{index}.{checkpoint}{SnapshotSuffix}"));

    public static string Chunks(string partition) => Path.Combine(partition, "chunks");

    public static string FieldChunks(string partition, uint field) =>
        Path.Combine(Chunks(partition), field.ToString(CultureInfo.InvariantCulture));

    public static string Chunk(string fieldChunks, uint number) =>
        Path.Combine(fieldChunks, string.Create(CultureInfo.InvariantCulture, $"chunk_{number}.hyp"));

    public static bool TryParseLog(string name, out ulong firstSequence)
    {
        firstSequence = 0;
        return name.Length == 16 + LogSuffix.Length
            && name.EndsWith(LogSuffix, StringComparison.Ordinal)
            && TryParseHex(name.AsSpan(0, 16), out firstSequence);
    }

    public static bool TryParseCompactedLog(string name, out ulong firstSequence, out ulong lastSequence)
    {
        firstSequence = lastSequence = 0;
        return name.Length == 33 + LogSuffix.Length
            && name[16] == '-'
            && name.EndsWith(LogSuffix, StringComparison.Ordinal)
            && TryParseHex(name.AsSpan(0, 16), out firstSequence)
            && TryParseHex(name.AsSpan(17, 16), out lastSequence);
    }

    public static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);

    public static bool TryParseHex(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        return text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
