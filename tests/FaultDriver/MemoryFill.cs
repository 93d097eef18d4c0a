using System.Globalization;

namespace Hypervex.FaultDriver;

/// <summary>Writes records until the memory limit refuses one, and says what the system thinks the process has taken for them.</summary>
internal static class MemoryFill
{
    private const int Dimension = 128;
    private const int Batch = 200;

    /// <summary>Prints: records written, greatest value of the counter, growth of RssAnon, both in bytes.</summary>
    public static void Run(string directory, long limit)
    {
        using Database database = Database.Open(directory, new DatabaseOptions { MemoryLimitBytes = limit, Durability = Durability.OperatingSystem });
        Collection collection = database.CreateCollection("c", CollectionOptions.Create(Dimension, Metric.L2));
        var random = new Random(1);
        long before = RssAnon();
        long highest = 0;
        try
        {
            while (true)
            {
                collection.UpsertBatch([.. Enumerable.Range(0, Batch).Select(_ => new VectorRecord(Guid.NewGuid().ToString("n"), [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())]))]);
                highest = Math.Max(highest, collection.GetStats().MemoryBytes);
            }
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.MemoryLimit)
        {
            collection.WaitForIndex();
            highest = Math.Max(highest, collection.GetStats().MemoryBytes);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{collection.Count} {highest} {RssAnon() - before}"));
        }
    }

    private static long RssAnon()
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
