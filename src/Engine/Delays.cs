using System.Runtime.CompilerServices;

namespace Hypervex;

/// <summary>
/// The test door at the places where threads meet without a lock: tests arm it with a hook that holds a thread up for a while, so that what takes a stopped
/// thread at the wrong moment, once in ten thousand calls, happens in every run. Costs one read of a static field when it is not armed, which in a
/// shipped process is always. Thread safety: all members.
/// </summary>
internal static class Delays
{
    private static Action? s_hook;

    /// <summary>Calls the hook at every place, of all threads; null ends that.</summary>
    public static void Arm(Action? hook) => Volatile.Write(ref s_hook, hook);

    /// <summary>A place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Here() => s_hook?.Invoke();
}
