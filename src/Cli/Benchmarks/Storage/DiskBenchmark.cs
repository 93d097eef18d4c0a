using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// Disk use after inserting, overwriting every record, deleting half and compacting, against a fresh database with the same records; and how much of what was deleted or
/// overwritten is found in the files then.
/// </summary>
internal static class DiskBenchmark
{
    private const int MostLookedFor = 10_000;

    /// <summary>Measures the states one after the other; sizes are those of closed databases.</summary>
    public static IEnumerable<JsonObject> Measure(StorageSettings settings, CancellationToken cancellationToken)
    {
        BenchmarkRecords records = new(settings.Dimension);
        int half = settings.Records / 2;
        using TemporaryDirectory used = new("hypervex-bench", settings.Directory);
        yield return Change(used.Path, settings, "inserted", collection => records.Fill(collection, 0, settings.Records, cancellationToken: cancellationToken));
        yield return Change(used.Path, settings, "all overwritten", collection => records.Fill(collection, 0, settings.Records, settings.Records, cancellationToken: cancellationToken));
        JsonObject deleted = Change(used.Path, settings, "half deleted", collection => DeleteFrom(collection, half, settings.Records));

        // What was deleted has the later half of the second version's rows; the first version's were overwritten.
        int step = Math.Max(1, settings.Records / MostLookedFor);
        var remains = new Remains(Enumerable.Range(0, settings.Records + (settings.Records - half)).Where(row => row % step == 0)
            .Select(row => records.Vector(row < settings.Records ? row : row + half)));
        deleted["deleted_found"] = remains.CountIn(used.Path);
        yield return deleted;

        using TemporaryDirectory fresh = new("hypervex-bench", settings.Directory);
        JsonObject reference = Change(fresh.Path, settings, "fresh, the same records", collection => records.Fill(collection, 0, half, settings.Records, cancellationToken: cancellationToken));
        JsonObject last = Change(used.Path, settings, "compacted", collection => collection.Compact(cancellationToken));
        last["ratio_to_fresh"] = Math.Round(DiskUse.Of(used.Path).Bytes / (double)DiskUse.Of(fresh.Path).Bytes, 2);
        last["deleted_found"] = remains.CountIn(used.Path);
        yield return last;
        yield return reference;
    }

    private static void DeleteFrom(Collection collection, int first, int end)
    {
        const int Batch = 1_000;
        for (int start = first; start < end; start += Batch)
        {
            collection.DeleteBatch([.. Enumerable.Range(start, Math.Min(Batch, end - start)).Select(number => BenchmarkRecords.Id(number))]);
        }
    }

    private static JsonObject Change(string path, StorageSettings settings, string state, Action<Collection> change)
    {
        long count;
        using (var database = Database.Open(path, new DatabaseOptions { Durability = Durability.OperatingSystem }))
        {
            Collection collection = database.GetOrCreateCollection("disk", settings.CollectionOptions);
            change(collection);
            collection.WaitForIndex();
            count = collection.Count;
        }

        return DiskUse.Of(path).ToJson(state, count);
    }
}
