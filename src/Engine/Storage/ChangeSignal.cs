namespace Hypervex.Storage;

/// <summary>
/// Wakes those who wait for something to change. Whoever waits takes the task first, looks second, and awaits third; whoever changes something pulses afterwards: then either the look sees the change, or
/// the pulse finds the task. Costs a fence where nobody waits.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource? _next;

    /// <summary>Ends with the next pulse.</summary>
    public Task Next
    {
        get
        {
            TaskCompletionSource? next = Volatile.Read(ref _next);
            if (next is null)
            {
                var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                next = Interlocked.CompareExchange(ref _next, made, null) ?? made;
            }

            Interlocked.MemoryBarrier(); // the look comes after the taking
            return next.Task;
        }
    }

    /// <summary>Wakes everybody who waits.</summary>
    public void Pulse()
    {
        Interlocked.MemoryBarrier(); // the change comes before the looking for those who wait
        if (Volatile.Read(ref _next) is not null)
        {
            Interlocked.Exchange(ref _next, null)?.TrySetResult();
        }
    }
}
