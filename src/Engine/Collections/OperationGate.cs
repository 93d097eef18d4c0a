using System.Diagnostics.CodeAnalysis;

namespace Hypervex.Collections;

/// <summary>
/// Counts the calls that are under way, so that closing can refuse new ones, cancel and await the running ones, and only then free
/// what they read. Thread safety: all members.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A late caller may still signal the event; neither object holds more than memory.")]
internal sealed class OperationGate(string what)
{
    private const long Closing = 1L << 62;
    private readonly ManualResetEventSlim _idle = new(initialState: false);
    private readonly CancellationTokenSource _closing = new();
    private long _state;

    /// <summary>Cancelled when closing begins.</summary>
    public CancellationToken ClosingToken => _closing.Token;

    /// <summary>Enters a call; dispose the result to leave. Throws <see cref="ErrorCode.Closed"/> once closing has begun.</summary>
    public Pass Enter()
    {
        if (!TryEnter(out Pass pass))
        {
            throw new HypervexException(ErrorCode.Closed, $"{what} is closed.");
        }

        return pass;
    }

    /// <summary>Enters a call unless closing has begun.</summary>
    public bool TryEnter(out Pass pass)
    {
        if ((Interlocked.Increment(ref _state) & Closing) != 0)
        {
            Leave();
            pass = default;
            return false;
        }

        pass = new Pass(this);
        return true;
    }

    /// <summary>Refuses new calls, cancels running ones and waits for them. False when somebody has closed before.</summary>
    public bool Close()
    {
        long before;
        do
        {
            before = Volatile.Read(ref _state);
            if ((before & Closing) != 0)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _state, before | Closing, before) != before);

        _closing.Cancel();
        if (before != 0)
        {
            _idle.Wait();
        }

        return true;
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _state) == Closing)
        {
            _idle.Set();
        }
    }

    /// <summary>One call under way.</summary>
    internal readonly struct Pass(OperationGate gate) : IDisposable
    {
        public void Dispose() => gate.Leave();
    }
}
