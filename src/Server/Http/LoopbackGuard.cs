using System.Net;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Http;

/// <summary>
/// Who may use a server without keys: callers on this machine that address it as such. A page whose name was pointed at
/// 127.0.0.1 (DNS rebinding) sends its own name in the Host header and is refused. Where there are keys, <see cref="KeyGuard"/> decides instead.
/// Thread safety: pure functions.
/// </summary>
internal static class LoopbackGuard
{
    /// <summary>Checks the request's Host header.</summary>
    /// <exception cref="RefusedException">It does not name the loopback.</exception>
    public static void Check(HttpContext context)
    {
        string host = context.Request.Host.Host;
        bool loopback = host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out IPAddress? address) && IPAddress.IsLoopback(address));
        if (!loopback)
        {
            throw new RefusedException(
                ErrorCodes.ForbiddenHost,
                "Without keys the server answers only requests whose Host header is localhost, 127.0.0.1 or [::1].");
        }
    }
}
