using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>
/// A workload on a <see cref="CrashingFileSystem"/> that is cut, or fails, at one of its operations. What the workload was told is in its oracle; the check opens what is left
/// and says what does not hold. Thread safety: none.
/// </summary>
/// <typeparam name="TOracle">What must be there.</typeparam>
/// <param name="options">What databases are opened with.</param>
/// <param name="run">The workload.</param>
/// <param name="check">What does not hold afterwards; null = all holds. An error of the engine does not hold either.</param>
internal sealed class PowerCut<TOracle>(DatabaseOptions options, Action<CrashingFileSystem, TOracle> run, Func<CrashingFileSystem, TOracle, string?> check)
    where TOracle : new()
{
    /// <summary>The operations on the file system that the workload does.</summary>
    public int CountOperations()
    {
        var files = new CrashingFileSystem();
        run(files, new TOracle());
        return files.Operations;
    }

    /// <summary>Cuts the workload at an operation, and the recovery once, somewhere.</summary>
    public string? CutAndCheck(int cut, int seed, bool syncsLie)
    {
        var files = new CrashingFileSystem { FailAt = cut, SyncsLie = syncsLie };
        var oracle = new TOracle();
        try
        {
            run(files, oracle);
        }
        catch (Exception exception) when (exception is CrashingFileSystem.ProcessEndedException or HypervexException)
        {
            // The process ended there; what the workload was told is in the oracle.
        }

        CrashingFileSystem image = files.CrashImage(seed);
        image.FailAt = image.Operations + 1 + (seed % 7);
        try
        {
            using Database database = Database.Open(image, "/db", null, options);
            foreach (string name in database.ListCollections())
            {
                database.TryGetCollection(name, out _);
            }
        }
        catch (Exception exception) when (exception is CrashingFileSystem.ProcessEndedException or HypervexException { Code: ErrorCode.LogFailed })
        {
            // as intended
        }
        catch (HypervexException exception)
        {
            return $"first opening: {exception.Code}: {exception.Message}";
        }

        return Check(image.CrashImage(seed + 1), oracle);
    }

    /// <summary>Lets each operation fail, one by one; returns how many runs were refused a call.</summary>
    /// <param name="failure">The error.</param>
    /// <param name="refused">Told each error that reaches the workload.</param>
    public int FailEverywhere(ErrorCode failure, Action<HypervexException> refused)
    {
        int total = CountOperations();
        int count = 0;
        for (int at = 1; at <= total; at++)
        {
            var files = new CrashingFileSystem { FailAt = at, FailWith = failure };
            var oracle = new TOracle();
            try
            {
                run(files, oracle);
            }
            catch (HypervexException exception)
            {
                refused(exception);
                count++;
            }

            files.FailAt = 0;
            string? wrong = Check(files, oracle);
            Assert.True(wrong is null, $"{failure} at operation {at} of {total}: {wrong}");
        }

        return count;
    }

    private string? Check(CrashingFileSystem files, TOracle oracle)
    {
        try
        {
            return check(files, oracle);
        }
        catch (HypervexException exception)
        {
            return $"{exception.Code}: {exception.Message}";
        }
    }
}
