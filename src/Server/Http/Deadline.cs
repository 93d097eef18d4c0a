using System.Globalization;

namespace Hypervex.Server.Http;

/// <summary>
/// The time that a running request gets: its token ends when that is over, or when the client goes away.
/// Thread safety: all members from any thread; <see cref="Dispose"/> when nobody uses the token any more.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;
    private readonly TimeSpan _limit;
    private readonly CancellationToken _aborted;

    /// <summary>Starts the time.</summary>
    /// <param name="limit">How long it is.</param>
    /// <param name="time">Who tells the time.</param>
    /// <param name="aborted">Ends when the client goes away.</param>
    public Deadline(TimeSpan limit, TimeProvider time, CancellationToken aborted)
    {
        (_limit, _aborted) = (limit, aborted);
        _source = new CancellationTokenSource(limit, time);
        _registration = aborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    /// <summary>Ends with the time, or with the client.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the time is over for a client that is still there.</summary>
    public bool HasPassed => _source.IsCancellationRequested && !_aborted.IsCancellationRequested;

    /// <summary>The error of a request that did not end in time.</summary>
    public HypervexException Error() => new(
        ErrorCode.Timeout,
        string.Create(CultureInfo.InvariantCulture, $"The request did not end within {_limit.TotalSeconds} s, which is the limit of this server (request_timeout_seconds)."));

    public void Dispose()
    {
        _registration.Dispose(); // waits for a cancellation under way, which needs the source
        _source.Dispose();
    }
}
