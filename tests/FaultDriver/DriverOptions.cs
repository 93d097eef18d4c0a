using System.Globalization;

namespace Hypervex.FaultDriver;

/// <summary>What the driver process is to do; made into arguments by the parent and read back by the driver.</summary>
internal sealed record DriverOptions
{
    public required string Directory { get; init; }

    public required Workload Workload { get; init; }

    /// <summary>Operations of each writer before the database is closed; 0 = only open and close it, again and again.</summary>
    public int Operations { get; init; } = int.MaxValue;

    public Durability Durability { get; init; } = Durability.Fsync;

    public long SegmentBytes { get; init; } = 1 << 20;

    /// <summary>A control: syncs by .NET's own call, which swallows errors.</summary>
    public bool SwallowsSyncErrors { get; init; }

    public IReadOnlyList<string> ToArguments() =>
    [
        Directory,
        Number(Workload.Seed), Number(Workload.Session), Number(Workload.Writers), Number(Workload.OwnIds), Number(Workload.SharedIds),
        Number(Workload.MaxBatch), Number(Workload.SharedPercent), Number(Workload.MaintenancePercent), Number(Workload.CreatesCollections ? 1 : 0),
        Number(Operations), Number((int)Durability), Number(SegmentBytes), Number(SwallowsSyncErrors ? 1 : 0),
    ];

    public static DriverOptions Parse(string[] arguments)
    {
        long[] numbers = [.. arguments.Skip(1).Select(argument => long.Parse(argument, CultureInfo.InvariantCulture))];
        return new DriverOptions
        {
            Directory = arguments[0],
            Workload = new Workload
            {
                Seed = numbers[0],
                Session = (int)numbers[1],
                Writers = (int)numbers[2],
                OwnIds = (int)numbers[3],
                SharedIds = (int)numbers[4],
                MaxBatch = (int)numbers[5],
                SharedPercent = (int)numbers[6],
                MaintenancePercent = (int)numbers[7],
                CreatesCollections = numbers[8] != 0,
            },
            Operations = (int)numbers[9],
            Durability = (Durability)numbers[10],
            SegmentBytes = numbers[11],
            SwallowsSyncErrors = numbers[12] != 0,
        };
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
