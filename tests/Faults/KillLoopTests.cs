using Hypervex.FaultDriver;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R1: a driver with four writers is killed at random moments, over and over on one directory, and sometimes again while it recovers.
/// The controls are in <see cref="OracleTests"/>.
/// </summary>
public sealed class KillLoopTests(ITestOutputHelper output)
{
    /// <summary>A directory is given up when its log has grown to this, so that replays stay short.</summary>
    private const long LargestLog = 48 << 20;

    /// <summary>Loops that run beside each other in the long tier: one cycle mostly waits.</summary>
    private const int Lanes = 4;

    [Fact]
    public void Whatever_was_acknowledged_survives_kill_9() => Run(cycles: 8, lanes: 1, seed: 1);

    [Fact]
    [Trait("Tier", "Long")]
    public void Whatever_was_acknowledged_survives_a_thousand_kills() => Run(cycles: 1000, Lanes, seed: 2);

    private void Run(int cycles, int lanes, long seed)
    {
        Task<Figures>[] loops = [.. Enumerable.Range(0, lanes).Select(lane => Task.Factory.StartNew(
            () => RunLane(cycles / lanes, seed + lane), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Figures sum = loops.Select(loop => loop.GetAwaiter().GetResult()).Aggregate(new Figures(), (left, right) => left + right);
        string figures = $"{cycles} cycles, {sum.Directories} directories, {sum.RecoveriesKilled} recoveries killed too, {sum.Acknowledgements} acknowledgements, 0 lost";
        output.WriteLine($"seed {seed}: {figures}");
        Assert.True(sum.Acknowledgements > cycles, "the drivers were killed before they did anything");
        ReliabilityReport.Write("R1", cycles >= 1000, "kill -9 under load", seed, figures);
    }

    private static Figures RunLane(int cycles, long seed)
    {
        Random random = Chance.From(seed, 0);
        var figures = new Figures();
        for (int cycle = 0; cycle < cycles;)
        {
            using var directory = new TemporaryDirectory();
            var oracle = new Oracle();
            figures.Directories++;
            do
            {
                figures.RecoveriesKilled += RunOne(directory, oracle, seed, ++cycle, random);
            }
            while (cycle < cycles && LogBytes(directory["db"]) < LargestLog);
            figures.Acknowledgements += oracle.Acknowledgements;
        }

        return figures;
    }

    private static int RunOne(TemporaryDirectory directory, Oracle oracle, long seed, int cycle, Random random)
    {
        var options = new DriverOptions
        {
            Directory = directory["db"],
            Workload = new Workload { Seed = seed, Session = cycle },
            Durability = cycle % 4 == 0 ? Durability.OperatingSystem : cycle % 4 == 2 ? Durability.Batch : Durability.Fsync,
        };
        oracle.Begin(options.Workload);
        using (var driver = DriverProcess.Start(options, oracle))
        {
            driver.WaitUntilReady();
            Thread.Sleep(random.Next(50, 900));
            driver.Kill();
        }

        int killed = 0;
        while (random.Next(2) == 0)
        {
            using var recovery = DriverProcess.Start(options with { Operations = 0 }, null);
            Thread.Sleep(80 + random.Next(150));
            recovery.Kill();
            killed++;
        }

        // Every other time a copy is looked at, so that the next driver finds what the kill left and not a clean end.
        string looked = directory["db"];
        if (cycle % 2 == 0)
        {
            looked = directory[$"copy{cycle}"];
            TemporaryDirectory.Copy(directory["db"], looked);
        }

        using (Database database = Database.Open(looked, new DatabaseOptions { SegmentBytes = options.SegmentBytes }))
        {
            string? difference = oracle.Compare(database);
            Assert.True(difference is null, $"seed {seed}, cycle {cycle}: {difference}");
        }

        if (looked != directory["db"])
        {
            Directory.Delete(looked, recursive: true);
        }

        return killed;
    }

    private static long LogBytes(string database) =>
        Directory.EnumerateFiles(database, "*.log", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

    private record struct Figures(int Directories, int RecoveriesKilled, long Acknowledgements)
    {
        public static Figures operator +(Figures left, Figures right) => new(
            left.Directories + right.Directories, left.RecoveriesKilled + right.RecoveriesKilled, left.Acknowledgements + right.Acknowledgements);
    }
}
