using Hypervex.Engine.Tests.Storage;
using Hypervex.FaultDriver;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R6 with segments so small that most groups rotate the log: the n-th call on the file system fails once, and the writer goes on. What is
/// acknowledged before and after must be there, also after a power cut.
/// </summary>
public sealed class FailingCallTests(ITestOutputHelper output)
{
    private const string Root = "/db";
    private const int Operations = 30;

    [Theory]
    [InlineData(ErrorCode.DiskFull)]
    [InlineData(ErrorCode.StorageUnavailable)]
    public void A_writer_that_goes_on_after_a_failing_call_loses_nothing(ErrorCode failure) => Run(seeds: 1, failure);

    [Theory]
    [Trait("Tier", "Long")]
    [InlineData(ErrorCode.DiskFull)]
    [InlineData(ErrorCode.StorageUnavailable)]
    public void Writers_of_many_seeds_that_go_on_after_a_failing_call_lose_nothing(ErrorCode failure) => Run(seeds: 20, failure);

    [Fact]
    public void The_control_whose_syncs_do_nothing_loses_something()
    {
        var files = new CrashingFileSystem { SyncsLie = true };
        var oracle = new Oracle();
        RunWorkload(files, oracle, Workload(1), out CrashingFileSystem image);
        Assert.NotNull(Check(image, oracle));
    }

    private static Workload Workload(int seed) => new()
    {
        Seed = seed,
        Writers = 1,
        OwnIds = 20,
        MaxBatch = 12,
        SharedIds = 4,
        CreatesCollections = false,
    };

    private void Run(int seeds, ErrorCode failure)
    {
        int points = 0;
        int refusals = 0;
        for (int seed = 1; seed <= seeds; seed++)
        {
            var clean = new CrashingFileSystem();
            RunWorkload(clean, new Oracle(), Workload(seed), out _);
            for (int at = 1; at <= clean.Operations; at++)
            {
                var files = new CrashingFileSystem { FailAt = at, FailWith = failure };
                var oracle = new Oracle();
                refusals += RunWorkload(files, oracle, Workload(seed), out CrashingFileSystem image);
                files.FailAt = 0; // how many calls there are depends a little on the threads: it may not have come
                string? lost = Check(image, oracle) ?? Check(files, oracle);
                Assert.True(lost is null, $"seed {seed}, {failure} at call {at}: {lost}");
                points++;
            }
        }

        string figures = $"{points} calls failed one by one with {failure}, {refusals} refusals, 0 lost";
        output.WriteLine(figures);
        Assert.True(refusals > points / 3, "the failures were not noticed");
        ReliabilityReport.Write($"R6 {failure}", seeds >= 20, "a failing call", seeds, figures);
    }

    /// <summary>Runs the workload through all failures; returns the number of refusals, and what a power cut at its end would leave.</summary>
    private static int RunWorkload(CrashingFileSystem files, Oracle oracle, Workload workload, out CrashingFileSystem image)
    {
        oracle.Begin(workload);
        int refusals = 0;
        try
        {
            using Database database = Database.Open(files, Root, null, new DatabaseOptions { SegmentBytes = 3000, IndexingThreads = 1, CompactionGarbageRatio = 1 });
            var runner = new OperationRunner(database);
            for (int number = 1; number <= Operations; number++)
            {
                Operation operation = workload.Next(0, number);
                try
                {
                    oracle.Acknowledge(runner.Run(0, number, operation));
                }
                catch (HypervexException exception)
                {
                    oracle.Acknowledge(new Acknowledgement(0, number, 0, 0, exception.Code));
                    refusals++;
                }
            }

            image = files.CrashImage((int)workload.Seed + files.FailAt);
        }
        catch (HypervexException)
        {
            refusals++; // it could not even be opened
            image = files.CrashImage((int)workload.Seed + files.FailAt);
        }

        return refusals;
    }

    private static string? Check(CrashingFileSystem files, Oracle oracle)
    {
        try
        {
            using Database database = Database.Open(files, Root, null, null);
            return oracle.Compare(database);
        }
        catch (HypervexException exception)
        {
            return $"{exception.Code}: {exception.Message}";
        }
    }
}
