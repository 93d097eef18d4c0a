using Hypervex.FaultDriver;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R6 on the real disk: strace lets the n-th fdatasync of a thread fail with EIO. Nothing may be acknowledged after that, and a restart finds
/// everything that was acknowledged before.
/// </summary>
public sealed class FailingSyncTests(ITestOutputHelper output)
{
    [Fact]
    public void Nothing_is_acknowledged_after_a_failed_fsync() => Run(writers: 1, [2, 5, 9]);

    [Fact]
    public void Writers_beside_each_other_lose_nothing_by_a_failed_fsync() => Run(writers: 4, [4]);

    [Fact]
    [Trait("Tier", "Long")]
    public void Nothing_is_acknowledged_after_any_failed_fsync() => Run(writers: 1, [.. Enumerable.Range(1, 100)]);

    [Fact]
    public void The_control_with_the_sync_of_dotnet_acknowledges_what_it_could_not_sync()
    {
        if (WhyNot() is { } reason)
        {
            output.WriteLine($"SKIPPED: {reason}");
            return;
        }

        using var directory = new TemporaryDirectory();
        var oracle = new Oracle();
        DriverOptions options = Prepare(directory["db"], 41, writers: 1) with { SwallowsSyncErrors = true, SegmentBytes = 64 << 20 };
        oracle.Begin(options.Workload);
        using DriverProcess driver = Trace(options, oracle, "fsync", "4+");
        driver.WaitForEnd();
        output.WriteLine($"{oracle.Acknowledgements} acknowledgements although every fsync of a thread from the fourth on failed, {driver.Refusals} refusals");
        Assert.Equal(0, driver.Refusals);
        Assert.True(oracle.Acknowledgements > 10);
    }

    private static string? WhyNot()
    {
        (int exitCode, _, string error) = Tool.Run("strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "true");
        return exitCode == 0 ? null : $"strace does not work here: {error.Trim()}";
    }

    /// <summary>Makes the collection beforehand, so that the failures hit writers and not its creation.</summary>
    private static DriverOptions Prepare(string directory, long seed, int writers)
    {
        using (Database database = Database.Open(directory))
        {
            _ = new OperationRunner(database);
        }

        return Options(directory, seed, writers);
    }

    private static DriverOptions Options(string directory, long seed, int writers) => new()
    {
        Directory = directory,
        Workload = new Workload { Seed = seed, Writers = writers, OwnIds = 100, MaxBatch = 20, CreatesCollections = false },
        Operations = 150,
        SegmentBytes = 32 << 10,
    };

    private static DriverProcess Trace(DriverOptions options, Oracle oracle, string call, string when) => DriverProcess.Start(
        options,
        oracle,
        null,
        "strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:error=EIO:when={when}");

    private void Run(int writers, int[] calls)
    {
        if (WhyNot() is { } reason)
        {
            output.WriteLine($"SKIPPED: {reason}");
            return;
        }

        long acknowledgements = 0;
        int refusals = 0;
        foreach (int call in calls)
        {
            using var directory = new TemporaryDirectory();
            var oracle = new Oracle();
            DriverOptions options = Prepare(directory["db"], 40 + call, writers);
            oracle.Begin(options.Workload);
            using (DriverProcess driver = Trace(options, oracle, "fdatasync", $"{call}"))
            {
                driver.WaitForEnd();
                refusals += driver.Refusals;
                Assert.True(driver.Refusals > 0 || driver.Error is not null, $"fdatasync {call} failed and nobody noticed");
            }

            using Database database = Database.Open(directory["db"]);
            string? difference = oracle.Compare(database);
            Assert.True(difference is null, $"fdatasync {call}: {difference}");
            acknowledgements += oracle.Acknowledgements;
        }

        string figures = $"{calls.Length} failed fdatasyncs, {refusals} refusals, {acknowledgements} acknowledgements, 0 lost";
        output.WriteLine(figures);
        Assert.True(acknowledgements > 0 || calls.Length == 1, "the writers did not come to write");
        ReliabilityReport.Write("R6 EIO", calls.Length >= 100, "fdatasync fails with EIO (strace)", 40, figures);
    }
}
