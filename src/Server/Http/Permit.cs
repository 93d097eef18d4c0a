using System.Threading.RateLimiting;

namespace Hypervex.Server.Http;

/// <summary>
/// A running request's place among those that may run at once.
/// Invariant: the place is given back exactly once, however often the permit is disposed of.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class Permit(RateLimitLease lease) : IDisposable
{
    private RateLimitLease? _lease = lease;

    public void Dispose() => Interlocked.Exchange(ref _lease, null)?.Dispose();
}
