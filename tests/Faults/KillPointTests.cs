using Hypervex.FaultDriver;
using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>R2 and R5: a driver ends itself at every named place, and its recovery at every place of the recovery, twice in a row.</summary>
public sealed class KillPointTests(ITestOutputHelper output)
{
    private const int Killed = 137;
    private const int MostTries = 15;

    [Fact]
    public void Whatever_was_acknowledged_survives_an_end_at_every_place() => Run(seed: 11, _ => [1, 2]);

    [Fact]
    [Trait("Tier", "Long")]
    public void Whatever_was_acknowledged_survives_an_end_at_many_hits_of_every_place() => Run(seed: 12, _ => [1, 2, 3, 5, 8, 13, 21]);

    private static bool IsInRecovery(KillPlace place) => place is KillPlace.RecoveryBeforeRename or KillPlace.RecoveryAfterRename or KillPlace.RecoveryAfterCut;

    private static bool IsOfRestore(KillPlace place) => place is >= KillPlace.SnapshotBeforeSync and <= KillPlace.RestoreAfterAbandon;

    private void Run(long seed, Func<KillPlace, int[]> hitsOf)
    {
        int ends = 0;
        var unreached = new List<string>();
        long acknowledgements = 0;
        foreach (KillPlace place in Enum.GetValues<KillPlace>())
        {
            foreach (int hit in hitsOf(place))
            {
                // Whether a place is reached at all depends on the threads too: the first hit is tried with further seeds.
                long tried = seed + hit;
                long? acknowledged = EndAndCheck(place, hit, tried);
                while (acknowledged is null && hit == 1 && tried < seed + MostTries)
                {
                    acknowledged = EndAndCheck(place, hit, ++tried);
                }

                if (acknowledged is null)
                {
                    unreached.Add($"{place}:{hit}");
                    continue;
                }

                ends++;
                acknowledgements += acknowledged.Value;
            }
        }

        string figures = $"{Enum.GetValues<KillPlace>().Length} places, {ends} ends, {acknowledgements} acknowledgements, 0 lost";
        output.WriteLine($"seed {seed}: {figures}; not reached: {string.Join(' ', unreached)}");
        IEnumerable<KillPlace> never = Enum.GetValues<KillPlace>().Where(place => hitsOf(place).All(hit => unreached.Contains($"{place}:{hit}")));
        Assert.Empty(never); // a place that nothing reaches tests nothing
        ReliabilityReport.Write("R2", ends >= 80, "end at a named place, and in recovery", seed, figures);
    }

    /// <summary>Returns the number of acknowledgements, all of which were found again; null when the place was not reached.</summary>
    private static long? EndAndCheck(KillPlace place, int hit, long seed)
    {
        using var directory = new TemporaryDirectory();
        if (IsOfRestore(place))
        {
            return RestoreKill.EndAndCheck($"{place}:{hit}", directory["db"], $"{place}:{hit}");
        }

        var oracle = new Oracle();
        bool reached = IsInRecovery(place) ? EndRecovery(directory["db"], oracle, seed, place) : EndAt(directory["db"], oracle, seed, place, hit);
        if (!reached)
        {
            return null;
        }

        Check(directory["db"], oracle, $"seed {seed}, {place}:{hit}");
        return oracle.Acknowledgements;
    }

    private static DriverOptions Options(string directory, long seed) => new()
    {
        Directory = directory,
        Workload = new Workload { Seed = seed, OwnIds = 200, MaxBatch = 60, MaintenancePercent = 30 },
        Operations = 25,
        SegmentBytes = 40 << 10,
    };

    private static bool EndAt(string directory, Oracle oracle, long seed, KillPlace place, int hit)
    {
        DriverOptions options = Options(directory, seed);
        oracle.Begin(options.Workload);
        using var driver = DriverProcess.Start(options, oracle, $"{place}:{hit}");
        return driver.WaitForEnd() == Killed;
    }

    private static bool EndRecovery(string directory, Oracle oracle, long seed, KillPlace place)
    {
        if (!EndAt(directory, oracle, seed, KillPlace.AfterAppend, 20))
        {
            return false;
        }

        using (var recovery = DriverProcess.Start(Options(directory, seed) with { Operations = 0 }, null, $"{place}:1"))
        {
            recovery.WaitUntilReady();
            if (recovery.Openings > 0)
            {
                return false; // it came through without passing the place
            }

            Assert.Equal(Killed, recovery.WaitForEnd());
        }

        // What the recovery was is recovered, which ends as well: here the place need not come again.
        using var again = DriverProcess.Start(Options(directory, seed) with { Operations = 0 }, null, $"{place}:1");
        again.WaitUntilReady();
        again.Kill();
        return true;
    }

    private static void Check(string directory, Oracle oracle, string context)
    {
        for (int opening = 1; opening <= 2; opening++)
        {
            using Database database = Database.Open(directory);
            string? difference = oracle.Compare(database);
            Assert.True(difference is null, $"{context}, opening {opening}: {difference}");
        }
    }
}
