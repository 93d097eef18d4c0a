using System.Globalization;
using System.Threading.RateLimiting;
using Hypervex.Wire;

namespace Hypervex.Server.Http;

/// <summary>
/// The requests of one kind that run, at most so many, and those that wait for a place, at most so many and at most so long. Whoever came first runs first.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class AdmissionQueue : IDisposable
{
    private readonly string _what;
    private readonly int _mostRunning;
    private readonly int _mostWaiting;
    private readonly TimeSpan _patience;
    private readonly ConcurrencyLimiter _limiter;
    private long _refused;

    /// <summary>Creates a queue.</summary>
    /// <param name="what">What the requests do, in the plural.</param>
    /// <param name="mostRunning">Greatest number of them that run.</param>
    /// <param name="mostWaiting">Greatest number of them that wait.</param>
    /// <param name="patience">Longest time that one waits.</param>
    public AdmissionQueue(string what, int mostRunning, int mostWaiting, TimeSpan patience)
    {
        (_what, _mostRunning, _mostWaiting, _patience) = (what, mostRunning, mostWaiting, patience);
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = mostRunning,
            QueueLimit = mostWaiting,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
    }

    /// <summary>Greatest number of requests that run.</summary>
    public int MostRunning => _mostRunning;

    /// <summary>Requests that run now.</summary>
    public long Running => _mostRunning - _limiter.GetStatistics()!.CurrentAvailablePermits;

    /// <summary>Requests that wait now.</summary>
    public long Waiting => _limiter.GetStatistics()!.CurrentQueuedCount;

    /// <summary>Requests that were refused.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Refuses a request for which there is no room even to wait, before anything is spent on its body. What it finds may change at once: <see cref="EnterAsync"/> decides.</summary>
    /// <param name="closes">Whether the connection ends with the answer, so that the body need not be read.</param>
    /// <exception cref="RefusedException"><see cref="ErrorCodes.Overloaded"/>.</exception>
    public void ThrowIfFull(bool closes)
    {
        RateLimiterStatistics now = _limiter.GetStatistics()!;
        if (now.CurrentAvailablePermits == 0 && now.CurrentQueuedCount >= _mostWaiting)
        {
            throw Full(closes);
        }
    }

    /// <summary>Waits for a place among those that run.</summary>
    /// <param name="aborted">Ends when nobody waits for the answer any more.</param>
    /// <returns>The place; whoever has it gives it back.</returns>
    /// <exception cref="RefusedException"><see cref="ErrorCodes.Overloaded"/>: too many wait, or it took too long.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<Permit> EnterAsync(CancellationToken aborted)
    {
        RateLimitLease lease = _limiter.AttemptAcquire();
        if (lease.IsAcquired)
        {
            return ValueTask.FromResult(new Permit(lease));
        }

        lease.Dispose();
        return WaitAsync(aborted);
    }

    public void Dispose() => _limiter.Dispose();

    private async ValueTask<Permit> WaitAsync(CancellationToken aborted)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        patience.CancelAfter(_patience);
        try
        {
            RateLimitLease lease = await _limiter.AcquireAsync(1, patience.Token).ConfigureAwait(false);
            if (lease.IsAcquired)
            {
                return new Permit(lease);
            }

            lease.Dispose();
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw Refusal(string.Create(CultureInfo.InvariantCulture, $"The request has waited for {_patience.TotalSeconds} s while {_mostRunning} {_what} ran, as many as may; try again in a moment, or with fewer connections."));
        }

        throw Full(closes: false);
    }

    private RefusedException Full(bool closes) =>
        Refusal(string.Create(CultureInfo.InvariantCulture, $"{_mostRunning} {_what} run and {_mostWaiting} wait, which are the limits; try again in a moment, or with fewer connections."), closes);

    private RefusedException Refusal(string message, bool closes = false)
    {
        Interlocked.Increment(ref _refused);
        return new RefusedException(ErrorCodes.Overloaded, message) { Close = closes };
    }
}
