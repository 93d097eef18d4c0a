using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>A fixed number of spin locks, each of which guards the links of many nodes. Held for microseconds, never two at once.</summary>
internal sealed class StripedLocks
{
    private const int Stripes = 1 << 12;

    private readonly int[] _taken = new int[Stripes];

    /// <summary>Takes the lock of a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter(uint slot)
    {
        ref int taken = ref _taken[slot % Stripes];
        if (Interlocked.CompareExchange(ref taken, 1, 0) != 0)
        {
            Wait(ref taken);
        }
    }

    /// <summary>Releases the lock of a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(uint slot) => Volatile.Write(ref _taken[slot % Stripes], 0);

    private static void Wait(ref int taken)
    {
        var spinner = default(SpinWait);
        do
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
        while (Volatile.Read(ref taken) != 0 || Interlocked.CompareExchange(ref taken, 1, 0) != 0);
    }
}
