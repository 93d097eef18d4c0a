using System.Globalization;
using System.Runtime.InteropServices;
using Hypervex.Storage;

namespace Hypervex.FaultDriver;

/// <summary>Ends this process without a chance for anything else to run, at a named place when it is reached for the n-th time.</summary>
internal static partial class SuddenDeath
{
    /// <summary>The environment variable that arms it: <c>place:hit</c>.</summary>
    public const string Variable = "HYPERVEX_KILL_POINT";

    private const int SignalKill = 9;

    public static void ArmFromEnvironment()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text)
        {
            return;
        }

        string[] parts = text.Split(':');
        KillPlace place = Enum.Parse<KillPlace>(parts[0]);
        int hits = int.Parse(parts[1], CultureInfo.InvariantCulture);
        KillPoint.Arm(reached =>
        {
            if (reached == place && Interlocked.Decrement(ref hits) == 0)
            {
                Now();
            }
        });
    }

    public static void Now()
    {
        if (OperatingSystem.IsWindows())
        {
            Environment.FailFast("killed on purpose");
        }

        if (Kill(Environment.ProcessId, SignalKill) != 0)
        {
            Environment.FailFast("could not be killed");
        }

        Thread.Sleep(Timeout.Infinite); // the signal is on its way
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
