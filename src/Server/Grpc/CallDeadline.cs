using System.Globalization;
using Hypervex.Wire;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Until when a call may run: until its client goes away, or its deadline passes.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class CallDeadline : IDisposable
{
    // The longest that a timer runs; who asks for more does not wait for the end.
    private static readonly TimeSpan _longest = TimeSpan.FromDays(49);

    private readonly CancellationToken _aborted;
    private readonly CancellationTokenSource _ended;
    private readonly string? _timeout;

    /// <summary>Starts the clock.</summary>
    /// <param name="timeout">The header <c>grpc-timeout</c>; null = no deadline.</param>
    /// <param name="aborted">The client has gone away.</param>
    /// <exception cref="ProtocolException">The header is no timeout.</exception>
    public CallDeadline(string? timeout, CancellationToken aborted)
    {
        TimeSpan time = TimeSpan.Zero;
        if (timeout is not null && !GrpcTimeout.TryParse(timeout, out time))
        {
            throw new ProtocolException(GrpcStatusCode.Internal, "The header grpc-timeout is no timeout; expected one to eight digits and one of H, M, S, m, u, n.");
        }

        _aborted = aborted;
        _timeout = timeout;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        if (timeout is not null && time == TimeSpan.Zero)
        {
            _ended.Cancel();
        }
        else if (timeout is not null && time <= _longest)
        {
            // The timer counts whole milliseconds, and would let a shorter time pass at once.
            _ended.CancelAfter(TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds)));
        }
    }

    /// <summary>Ends with the call.</summary>
    public CancellationToken Token => _ended.Token;

    /// <summary>Whether it was the deadline that ended the call.</summary>
    public bool HasPassed => _ended.IsCancellationRequested && !_aborted.IsCancellationRequested;

    /// <summary>The error of a call that did not end in time.</summary>
    public HypervexException Error() =>
        new(ErrorCode.Timeout, string.Create(CultureInfo.InvariantCulture, $"The call did not end within its deadline, grpc-timeout {_timeout}."));

    public void Dispose() => _ended.Dispose();
}
