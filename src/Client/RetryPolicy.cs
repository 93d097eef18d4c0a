using System.Net;
using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>
/// Which requests are sent again, and when: those that change nothing after any failure that may pass, and all others where the server says that it has done nothing of them. The wait doubles from try to
/// try, and each is drawn at random between nothing and that (full jitter: Brooker, "Exponential Backoff And Jitter", 2015), so that clients that failed together do not come back together.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class RetryPolicy(HypervexClientOptions options)
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);

    /// <summary>Sends a request until it succeeds, or trying again makes no sense.</summary>
    /// <param name="isSafe">Whether it changes nothing, or the same when it is done twice.</param>
    /// <param name="send">Sends it once.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> RunAsync<T>(bool isSafe, Func<Task<T>> send, CancellationToken cancellationToken)
    {
        for (int retry = 0; ; retry++)
        {
            try
            {
                return await send().ConfigureAwait(false);
            }
            catch (HypervexClientException error) when (retry < options.Retries && MayTryAgain(error, isSafe))
            {
                await Task.Delay(WaitBefore(retry, error.RetryAfter), options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool MayTryAgain(HypervexClientException error, bool isSafe) => error.Code switch
    {
        ErrorCodes.Overloaded or ErrorCodes.Opening => true, // nothing of it was done
        HypervexClientException.Unreachable => isSafe && error.InnerException is not OperationCanceledException, // whoever has waited that long waits no more
        _ => isSafe && error.Status == HttpStatusCode.ServiceUnavailable,
    };

    private TimeSpan WaitBefore(int retry, TimeSpan? asked)
    {
        TimeSpan most = options.RetryDelay * Math.Pow(2, Math.Min(retry, 16));
        TimeSpan drawn = (most < _longest ? most : _longest) * Random.Shared.NextDouble();
        return asked is { } least ? (least < _longest ? least : _longest) + drawn : drawn;
    }
}
