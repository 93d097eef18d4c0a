using Hypervex.FaultDriver;

namespace Hypervex.Faults.Tests;

/// <summary>R10: a data directory has one owner, and a dead one owns nothing.</summary>
public sealed class SecondProcessTests
{
    private const int CouldNotOpen = 3;

    [Fact]
    public void A_directory_that_another_process_has_open_is_refused_until_that_is_killed()
    {
        using var directory = new TemporaryDirectory();
        var options = new DriverOptions { Directory = directory["db"], Workload = new Workload { Seed = 61, Writers = 1 } };
        var oracle = new Oracle();
        oracle.Begin(options.Workload);
        using var owner = DriverProcess.Start(options, oracle);
        owner.WaitUntilReady();

        Assert.Equal(ErrorCode.Locked, Assert.Throws<HypervexException>(() => Database.Open(directory["db"])).Code);
        using (var second = DriverProcess.Start(options, null))
        {
            Assert.Equal(CouldNotOpen, second.WaitForEnd());
            Assert.Equal(nameof(ErrorCode.Locked), second.Error);
        }

        owner.Kill();
        using Database database = Database.Open(directory["db"]);
        Assert.Null(oracle.Compare(database));
    }

    [Fact]
    public void A_directory_that_this_process_has_open_is_refused_to_another_process()
    {
        using var directory = new TemporaryDirectory();
        var options = new DriverOptions { Directory = directory["db"], Workload = new Workload { Seed = 62, Writers = 1 }, Operations = 1 };
        using (Database.Open(directory["db"]))
        {
            using var second = DriverProcess.Start(options, null);
            Assert.Equal(CouldNotOpen, second.WaitForEnd());
            Assert.Equal(nameof(ErrorCode.Locked), second.Error);
        }

        using var third = DriverProcess.Start(options, null);
        Assert.Equal(0, third.WaitForEnd());
        Assert.True(third.Closed);
    }
}
