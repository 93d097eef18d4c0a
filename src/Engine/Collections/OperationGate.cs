using System.Diagnostics.CodeAnalysis;

namespace Hypervex.Collections;

/// <summary>
/// Counts the calls that are under way, so that closing can refuse new ones, cancel and await the running ones, and only then free
/// what they read; and so that compaction can wait until all that began before have ended, while others begin.
/// Layout: calls are counted in one of two phases, the one that is current when they begin (as sleepable read-copy-update does, McKenney 2006); maintenance,
/// which itself waits for calls, is counted apart. All three counts stand in each stripe (<see cref="Stripes"/>), and a call leaves the one that it entered: none is ever negative, so when each was seen to be
/// zero nobody is left of those who entered before. Thread safety: all members but <see cref="WaitForRunning"/>, one caller at a time.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A late caller may still signal the event; neither object holds more than memory.")]
internal sealed class OperationGate(string what)
{
    private const int Maintenance = 2;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(1);

    private readonly ManualResetEventSlim _idle = new(initialState: false);
    private readonly CancellationTokenSource _closing = new();
    private readonly long[] _running = new long[Stripes.ArrayLength];
    private int _phase;
    private int _closed;

    /// <summary>Cancelled when closing begins.</summary>
    public CancellationToken ClosingToken => _closing.Token;

    private bool IsIdle => !IsRunning(0) && !IsRunning(1) && !IsRunning(Maintenance);

    /// <summary>Enters a call; dispose the result to leave. Throws <see cref="ErrorCode.Closed"/> once closing has begun.</summary>
    public Pass Enter() => TryEnter(out Pass pass) ? pass : throw Closed();

    /// <summary>Enters a call unless closing has begun.</summary>
    public bool TryEnter(out Pass pass) => TryEnter(Volatile.Read(ref _phase), out pass);

    /// <summary>Enters a checkpoint or compaction, for which nobody but closing waits.</summary>
    public Pass EnterMaintenance() => TryEnterMaintenance(out Pass pass) ? pass : throw Closed();

    /// <summary>Enters a checkpoint or compaction unless closing has begun.</summary>
    public bool TryEnterMaintenance(out Pass pass) => TryEnter(Maintenance, out pass);

    /// <summary>
    /// Waits until every call that had begun has ended; false when that took too long. A call that begins meanwhile sees whatever was changed before.
    /// </summary>
    /// <param name="patience">How long at most; null = as long as it takes.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public bool WaitForRunning(TimeSpan? patience, CancellationToken cancellationToken)
    {
        long started = Environment.TickCount64;

        // Twice: a call may have read the phase before it was flipped and be counted after its count was seen to be zero.
        for (int flip = 0; flip < 2; flip++)
        {
            int phase = _phase;
            Interlocked.Exchange(ref _phase, 1 - phase);
            while (IsRunning(phase))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (patience is { } most && Environment.TickCount64 - started > most.TotalMilliseconds)
                {
                    return false;
                }

                cancellationToken.WaitHandle.WaitOne(s_look);
            }
        }

        return true;
    }

    /// <summary>Refuses new calls, cancels running ones and waits for them. False when somebody has closed before.</summary>
    public bool Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return false;
        }

        _closing.Cancel();
        while (!IsIdle)
        {
            _idle.Wait();
            _idle.Reset();
        }

        return true;
    }

    private bool IsRunning(int phase)
    {
        Interlocked.MemoryBarrier();
        for (int place = Stripes.Length + phase; place < _running.Length; place += Stripes.Length)
        {
            if (Volatile.Read(ref _running[place]) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryEnter(int phase, out Pass pass)
    {
        // Counted before looking, with a full fence between: closing looks the other way round.
        int place = Stripes.Current + phase;
        Interlocked.Increment(ref _running[place]);
        if (Volatile.Read(ref _closed) != 0)
        {
            Leave(place);
            pass = default;
            return false;
        }

        pass = new Pass(this, place);
        return true;
    }

    private HypervexException Closed() => new(ErrorCode.Closed, $"{what} is closed.");

    private void Leave(int place)
    {
        if (Interlocked.Decrement(ref _running[place]) == 0 && Volatile.Read(ref _closed) != 0)
        {
            _idle.Set();
        }
    }

    /// <summary>One call under way.</summary>
    internal readonly struct Pass(OperationGate gate, int place) : IDisposable
    {
        public void Dispose() => gate.Leave(place);
    }
}
