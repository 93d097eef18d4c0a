using Hypervex.FaultDriver;

namespace Hypervex.Faults.Tests;

/// <summary>One run of the driver that restores, ended at a place of snapshot or restore, and what must be found afterwards.</summary>
internal static class RestoreKill
{
    private const int Killed = 137;

    /// <summary>Returns the number of acknowledged restores, all of which held; null when the place was not reached.</summary>
    public static long? EndAndCheck(string place, string directory, string context)
    {
        int acknowledged;
        using (var driver = DriverProcess.StartRestoring(directory, place))
        {
            if (driver.WaitForEnd() != Killed)
            {
                return null;
            }

            acknowledged = driver.Restored;
        }

        for (int opening = 1; opening <= 2; opening++)
        {
            using Database database = Database.Open(directory);
            Assert.True(Difference(database, directory, acknowledged) is not { } difference, $"{context}, opening {opening}: {Difference(database, directory, acknowledged)}");
        }

        return acknowledged;
    }

    /// <summary>What does not hold; null when all does.</summary>
    private static string? Difference(Database database, string directory, int acknowledged)
    {
        bool isThere = database.TryGetCollection(RestoreDriver.Collection, out Collection? docs);
        if (acknowledged > 0 && !isThere)
        {
            return "the collection is gone";
        }

        if (isThere && Difference(docs!, acknowledged, acknowledged + 1) is { } mixture)
        {
            return $"generation {acknowledged} was acknowledged: {mixture}";
        }

        foreach (string copy in database.ListCollections().Where(name => name.StartsWith(RestoreDriver.CopyPrefix, StringComparison.Ordinal)))
        {
            int generation = int.Parse(copy.AsSpan(RestoreDriver.CopyPrefix.Length), System.Globalization.CultureInfo.InvariantCulture);
            if (Difference(database.GetCollection(copy), generation, generation) is { } wrong)
            {
                return $"{copy}: {wrong}";
            }
        }

        foreach (string open in database.ListCollections().Where(name => name.StartsWith(RestoreDriver.OpenPrefix, StringComparison.Ordinal)))
        {
            int generation = int.Parse(open.AsSpan(RestoreDriver.OpenPrefix.Length), System.Globalization.CultureInfo.InvariantCulture);
            Collection collection = database.GetCollection(open);
            if (collection.Count > 0 && Difference(collection, generation, generation) is { } wrong)
            {
                return $"{open}: {wrong}";
            }
        }

        if (Directory.GetDirectories(Path.Combine(directory, "collections")).Length != database.ListCollections().Count)
        {
            return "a directory of a collection that was never whole is left";
        }

        return CheckBackup(DriverProcess.BackupOf(directory), acknowledged);
    }

    /// <summary>A file that has the name is whole, and holds what was acknowledged before or after it was taken.</summary>
    private static string? CheckBackup(string file, int acknowledged)
    {
        if (!File.Exists(file))
        {
            return acknowledged > 1 ? "the snapshot is gone" : null;
        }

        using Database memory = Database.CreateInMemory();
        memory.Restore(file);
        return Difference(memory.GetCollection(RestoreDriver.Collection), Math.Max(1, acknowledged - 1), acknowledged) is { } wrong ? $"the snapshot: {wrong}" : null;
    }

    /// <summary>Whether a collection holds exactly one of some generations.</summary>
    private static string? Difference(Collection collection, int from, int to)
    {
        Dictionary<string, RecordState> found = [];
        foreach (VectorRecord record in collection.List(new ListOptions { Limit = Limits.MaxPage }).Records)
        {
            found.Add(record.Id, RecordContent.Read(record, out string? problem));
            if (problem is not null)
            {
                return problem;
            }
        }

        for (int generation = from; generation <= to; generation++)
        {
            Dictionary<string, RecordState> expected = generation == 0 ? [] : RestoreDriver.Records(generation).ToDictionary(record => record.Id, _ => new RecordState(generation, 0));
            if (expected.Count == found.Count && expected.All(entry => found.TryGetValue(entry.Key, out RecordState state) && state == entry.Value))
            {
                collection.WaitForIndex();
                VerifyReport report = collection.Verify();
                return report.Ok ? null : report.Findings[0].Message;
            }
        }

        string stamps = string.Join(' ', found.Values.GroupBy(state => state.Stamp).Select(group => $"{group.Count()} of {group.Key}"));
        return $"it holds no generation from {from} to {to}, but {stamps}";
    }
}
