using System.Runtime.CompilerServices;

namespace Hypervex.Engine.Tests;

/// <summary>
/// Holds threads up at random where they meet without a lock (<see cref="Delays"/>), for as long as it lives; mostly not at all, sometimes for as long as a thread
/// loses its processor. With HYPERVEX_TEST_DELAYS=1 in the environment the whole run is delayed.
/// </summary>
internal sealed class RandomDelays : IDisposable
{
    private static int s_armed;

    public RandomDelays()
    {
        if (Interlocked.Increment(ref s_armed) == 1)
        {
            Delays.Arm(Delay);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref s_armed) == 0)
        {
            Delays.Arm(null);
        }
    }

    [ModuleInitializer]
    internal static void DelayAllIfAsked()
    {
        if (Environment.GetEnvironmentVariable("HYPERVEX_TEST_DELAYS") == "1")
        {
            _ = new RandomDelays();
        }
    }

    private static void Delay()
    {
        switch (Random.Shared.Next(4096))
        {
            case 0:
                Thread.Sleep(1);
                break;
            case < 64:
                Thread.Sleep(0);
                break;
            case < 300:
                Thread.SpinWait(Random.Shared.Next(2000));
                break;
        }
    }
}
