using Hypervex.FaultDriver;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>R7: on a full disk writes are refused and reads go on; when there is room again, so do the writes, without a restart.</summary>
public sealed class FullDiskTests(ITestOutputHelper output)
{
    private const int FillerBytes = 6 << 20;
    private const int RefusalsUntilFull = 10;

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    public void A_full_disk_refuses_writes_and_nothing_else(string type)
    {
        if (Mount.WhyNot("mkfs.ext4") is { } reason)
        {
            output.WriteLine($"SKIPPED: {reason}");
            return;
        }

        using var directory = new TemporaryDirectory();
        using Mount disk = type == "tmpfs" ? Mount.Memory(directory["disk"], 16) : Mount.NewImage(directory["image"], directory["disk"], type, 24);
        string filler = Path.Combine(disk.Path, "filler");
        File.WriteAllBytes(filler, new byte[FillerBytes]);
        var workload = new Workload { Seed = 31, Writers = 1, OwnIds = 4000, MaintenancePercent = 0 };
        var oracle = new Oracle();
        oracle.Begin(workload);
        int refusals;
        int number = 0;
        string database = Path.Combine(disk.Path, "db");
        using (Database full = Database.Open(database, new DatabaseOptions { SegmentBytes = 1 << 20, CompactionGarbageRatio = 1 })) // compaction would keep making room
        {
            var runner = new OperationRunner(full);
            refusals = 0;
            while (refusals < RefusalsUntilFull) // a large batch may be refused where a small write, or a segment that gave back its spare room, still fits
            {
                refusals += Run(runner, workload, ++number, oracle) ? 0 : 1;
            }

            refusals = Refused(runner, workload, ref number, oracle, 40);
            Assert.True(refusals > 0, "the control: room came back although nobody made any");
            Assert.Null(oracle.Compare(full));

            File.Delete(filler);
            for (int i = 0; i < 20; i++)
            {
                Assert.True(Run(runner, workload, ++number, oracle), "a write was refused although there is room again");
            }

            Assert.Null(oracle.Compare(full));
        }

        using Database again = Database.Open(database);
        Assert.Null(oracle.Compare(again));
        output.WriteLine($"{type}: {oracle.Acknowledgements} acknowledgements, {refusals + RefusalsUntilFull} refusals, 0 lost");
    }

    private static int Refused(OperationRunner runner, Workload workload, ref int number, Oracle oracle, int operations)
    {
        int refused = 0;
        for (int i = 0; i < operations; i++)
        {
            refused += Run(runner, workload, ++number, oracle) ? 0 : 1;
        }

        return refused;
    }

    /// <summary>False when a write finds the disk full (a checkpoint may: it promises nothing); any other error is one.</summary>
    private static bool Run(OperationRunner runner, Workload workload, int number, Oracle oracle)
    {
        Operation operation = workload.Next(0, number);
        try
        {
            oracle.Acknowledge(runner.Run(0, number, operation));
            return true;
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.DiskFull)
        {
            oracle.Acknowledge(new Acknowledgement(0, number, 0, 0, exception.Code));
            return operation.Kind == OperationKind.Checkpoint;
        }
    }
}
