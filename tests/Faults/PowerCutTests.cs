using System.Diagnostics;
using Hypervex.FaultDriver;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R3: the database lives on ext4 in an image on XFS. A reflink copy of the image, taken while the driver writes, is what the disk would hold
/// if the power went away at that moment. Only what was acknowledged before the copy began must be in it.
/// </summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const int CutsPerDisk = 10;

    /// <summary>
    /// What the batch durability may cost: its interval of 50 ms and one fsync. Writers wait for a sync that takes longer than a second, so older writes
    /// than this are safe on any disk.
    /// </summary>
    private static readonly TimeSpan s_batchWindow = TimeSpan.FromMilliseconds(1050);

    [Fact]
    public void Whatever_was_acknowledged_survives_a_power_cut() => Run(cuts: 3, seed: 21, Durability.Fsync);

    [Fact]
    public void A_power_cut_takes_at_most_the_last_interval_of_batched_writes() => Run(cuts: 2, seed: 24, Durability.Batch);

    [Fact]
    [Trait("Tier", "Long")]
    public void Whatever_was_acknowledged_survives_two_hundred_power_cuts() => Run(cuts: 200, seed: 22, Durability.Fsync);

    [Fact]
    [Trait("Tier", "Long")]
    public void Fifty_power_cuts_take_at_most_the_last_interval_of_batched_writes() => Run(cuts: 50, seed: 25, Durability.Batch);

    [Fact]
    public void The_control_without_fsync_loses_something()
    {
        if (WhyNot() is { } reason)
        {
            output.WriteLine($"SKIPPED: {reason}");
            return;
        }

        int lost = CutOneDisk(3, 23, Durability.OperatingSystem, new Oracle(), out string? first);
        output.WriteLine($"3 cuts without fsync, {lost} lost something: {first}");
        Assert.True(lost > 0);
    }

    private static string? WhyNot() => Mount.WhyNot("mkfs.ext4", "mkfs.xfs", "mount", "umount", "cp");

    private void Run(int cuts, long seed, Durability durability)
    {
        if (WhyNot() is { } reason)
        {
            output.WriteLine($"SKIPPED: {reason}");
            return;
        }

        long acknowledgements = 0;
        for (int done = 0; done < cuts; done += CutsPerDisk)
        {
            var oracle = new Oracle();
            int lost = CutOneDisk(Math.Min(CutsPerDisk, cuts - done), seed + done, durability, oracle, out string? first);
            Assert.True(lost == 0, $"seed {seed + done}: {first}");
            acknowledgements += oracle.Acknowledgements;
        }

        bool batch = durability == Durability.Batch;
        string figures = $"{cuts} cuts, {acknowledgements} acknowledgements, 0 lost" + (batch ? $" that were older than {s_batchWindow.TotalMilliseconds} ms" : "");
        output.WriteLine($"seed {seed}: {figures}");
        ReliabilityReport.Write(batch ? "R3 batch" : "R3", cuts >= (batch ? 50 : 200), "power cut (reflink copy of a live ext4)", seed, figures);
    }

    /// <summary>Returns how many cuts lost something, and what the first one lost.</summary>
    private static int CutOneDisk(int cuts, long seed, Durability durability, Oracle oracle, out string? first)
    {
        first = null;
        int lost = 0;
        Random random = Chance.From(seed, 3);
        using var directory = new TemporaryDirectory();
        using var outer = Mount.NewImage(directory["outer.img"], directory["outer"], "xfs", 2000);
        string image = Path.Combine(outer.Path, "disk.img");
        using var disk = Mount.NewImage(image, directory["disk"], "ext4", 700);
        var options = new DriverOptions
        {
            Directory = Path.Combine(disk.Path, "db"),
            // Each collection has a log of its own, and is created and dropped durably at once: what a cut takes is a suffix of each log, not of a writer that uses several.
            Workload = new Workload { Seed = seed, OwnIds = 300, MaxBatch = 100, CreatesCollections = durability != Durability.Batch },
            Durability = durability,
            SegmentBytes = durability == Durability.OperatingSystem ? 64 << 20 : 1 << 20, // a rotation syncs, which the control must not
        };
        oracle.Begin(options.Workload);
        using var driver = DriverProcess.Start(options, oracle);
        driver.WaitUntilReady();
        for (int cut = 0; cut < cuts; cut++)
        {
            Thread.Sleep(random.Next(200, 900));
            int[] acknowledged = oracle.Mark();
            if (durability == Durability.Batch)
            {
                WaitForBatchWindow(); // what is acknowledged meanwhile may go
            }

            string copy = Path.Combine(outer.Path, "cut.img");
            Tool.Require("cp", "--reflink=always", image, copy);
            string? difference = CheckCut(copy, directory["cut"], oracle, acknowledged);
            lost += difference is null ? 0 : 1;
            first ??= difference is null ? null : $"cut {cut}: {difference}";
            File.Delete(copy);
        }

        driver.Kill();
        return lost;
    }

    /// <summary>While the whole machine stands still nothing syncs, so the window begins anew after a time in which this thread did not run either; a bounded number of times.</summary>
    private static void WaitForBatchWindow()
    {
        var part = TimeSpan.FromMilliseconds(50);
        TimeSpan awake = TimeSpan.Zero;
        for (int parts = 0; awake < s_batchWindow && parts < 600; parts++)
        {
            long begin = Stopwatch.GetTimestamp();
            Thread.Sleep(part);
            awake = Stopwatch.GetElapsedTime(begin) > 6 * part ? TimeSpan.Zero : awake + part;
        }
    }

    private static string? CheckCut(string image, string path, Oracle oracle, int[] acknowledged)
    {
        using var cut = Mount.Image(image, path);
        try
        {
            for (int opening = 1; opening <= 2; opening++)
            {
                using Database database = Database.Open(Path.Combine(cut.Path, "db"));
                if (oracle.Compare(database, acknowledged) is { } difference)
                {
                    return $"opening {opening}: {difference}";
                }
            }

            return null;
        }
        catch (HypervexException exception)
        {
            return $"{exception.Code}: {exception.Message}";
        }
    }
}
