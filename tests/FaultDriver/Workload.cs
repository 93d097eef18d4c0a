namespace Hypervex.FaultDriver;

/// <summary>
/// A seeded stream of operations for each writer: 70 % upserts in batches of 1 to 500, 15 % deletes, 10 % changes, 5 % maintenance. Operation n
/// of writer w depends on nothing but these numbers, so that the parent process knows what a dead driver was about to do.
/// Each writer has ids of its own, whose state its operations decide alone, and all share some, where versions decide.
/// </summary>
internal sealed record Workload
{
    public const string Collection = "docs";
    private const int SideCollections = 3;
    private static readonly OperationKind[] s_maintenance = [OperationKind.Flush, OperationKind.Checkpoint, OperationKind.Compact, OperationKind.Snapshot];
    private const string SharedPrefix = "shared-";

    /// <summary>Seed of everything.</summary>
    public required long Seed { get; init; }

    /// <summary>Number of the process's run on the same directory; part of every stamp.</summary>
    public int Session { get; init; } = 1;

    public int Writers { get; init; } = 4;

    /// <summary>Ids of each writer.</summary>
    public int OwnIds { get; init; } = 1000;

    /// <summary>Ids of all.</summary>
    public int SharedIds { get; init; } = 40;

    /// <summary>Greatest batch of upserts.</summary>
    public int MaxBatch { get; init; } = 500;

    /// <summary>Operations in a hundred that touch nothing but shared ids.</summary>
    public int SharedPercent { get; init; } = 15;

    /// <summary>Operations in a hundred that maintain; of the others 70 in 95 upsert, 15 delete, 10 change.</summary>
    public int MaintenancePercent { get; init; } = 5;

    /// <summary>Whether maintenance creates and drops side collections.</summary>
    public bool CreatesCollections { get; init; } = true;

    public static bool IsShared(string id) => id.StartsWith(SharedPrefix, StringComparison.Ordinal);

    /// <summary>The n-th operation of a writer, from 1.</summary>
    public Operation Next(int writer, int number)
    {
        Random random = Chance.From(Seed + Session, writer, number);
        long stamp = ((long)Session << 40) | ((long)writer << 32) | (uint)number;
        bool shared = random.Next(100) < SharedPercent;
        if (random.Next(100) < MaintenancePercent)
        {
            return Maintain(writer, stamp, random);
        }

        return random.Next(95) switch
        {
            < 70 => Upsert(writer, stamp, shared, random),
            < 85 => new Operation(OperationKind.Delete, stamp, shared ? [Shared(random)] : OwnRun(writer, random, random.Next(1, 25))),
            _ => shared
                ? new Operation(OperationKind.Rewrite, stamp, [Shared(random)])
                : new Operation(OperationKind.ChangeMetadata, stamp, OwnRun(writer, random, 1)),
        };
    }

    private Operation Upsert(int writer, long stamp, bool shared, Random random)
    {
        if (shared)
        {
            return new Operation(OperationKind.Upsert, stamp, [Shared(random)]);
        }

        // Sizes are spread evenly over magnitudes: single writes are as frequent as batches of hundreds.
        int size = (int)Math.Exp(random.NextDouble() * Math.Log(Math.Min(MaxBatch, OwnIds) + 1));
        List<string> ids = OwnRun(writer, random, Math.Max(1, size));
        if (size > 1 && random.Next(3) == 0)
        {
            ids[random.Next(ids.Count)] = Shared(random);
        }

        return new Operation(OperationKind.Upsert, stamp, ids);
    }

    private Operation Maintain(int writer, long stamp, Random random)
    {
        if (writer != 0 || !CreatesCollections)
        {
            return new Operation(s_maintenance[random.Next(s_maintenance.Length)], stamp, []);
        }

        string name = $"side-{random.Next(SideCollections)}";
        return new Operation(random.Next(2) == 0 ? OperationKind.CreateCollection : OperationKind.DropCollection, stamp, [name]);
    }

    private string Shared(Random random) => $"{SharedPrefix}{random.Next(SharedIds)}";

    private List<string> OwnRun(int writer, Random random, int count)
    {
        int first = random.Next(OwnIds);
        return [.. Enumerable.Range(0, Math.Min(count, OwnIds)).Select(i => $"w{writer}-{(first + i) % OwnIds}")];
    }
}
