using System.Net;

namespace Hypervex.Server;

/// <summary>
/// Reads where the server listens, and holds the rule that without keys it is this machine only.
/// Thread safety: pure functions.
/// </summary>
internal static class ListenAddress
{
    /// <summary>The address and port of <c>127.0.0.1:8080</c>, <c>[::1]:8080</c> or <c>localhost:8080</c>.</summary>
    /// <param name="text">The address and port.</param>
    /// <param name="hasKeys">Whether requests need a key; else only loopback is accepted.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: not an address with a port, or not loopback and no keys.</exception>
    public static IPEndPoint Parse(string text, bool hasKeys)
    {
        string numeric = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? string.Concat("127.0.0.1", text.AsSpan("localhost".Length)) : text;
        bool hasPort = numeric.LastIndexOf(':') > numeric.LastIndexOf(']') && (numeric.StartsWith('[') || numeric.AsSpan().Count(':') == 1);
        if (!hasPort || !IPEndPoint.TryParse(numeric, out IPEndPoint? address))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"\"{text}\" is no address to listen on; expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080.");
        }

        return hasKeys || IPAddress.IsLoopback(address.Address)
            ? address
            : throw new HypervexException(ErrorCode.InvalidArgument, $"The server has no keys and therefore listens on loopback only; {text} is reachable from outside. Create a key first (`hypervex keys create NAME --scope admin --data PATH`, or a file named by HYPERVEX_ADMIN_KEY_FILE), or use 127.0.0.1, [::1] or localhost.");
    }
}
