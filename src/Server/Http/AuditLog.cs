using Hypervex.Server.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Http;

/// <summary>
/// Says who administered what, and who was turned away. Of a key only its id is ever written, even where one stands in a path by mistake, and of a path not the query.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed partial class AuditLog(ILogger logger)
{
    /// <summary>The category of its lines.</summary>
    public const string Category = "Hypervex.Audit";

    private const int LongestPath = 512;

    /// <summary>A request was refused for its key.</summary>
    /// <param name="context">The request.</param>
    /// <param name="code">Why.</param>
    /// <param name="key">The id that the key claims, or null.</param>
    public void Refused(HttpContext context, string code, string? key)
    {
        if (logger.IsEnabled(LogLevel.Warning))
        {
            LogRefused(code, context.Request.Method, PathOf(context), key ?? "-", AddressOf(context), context.TraceIdentifier);
        }
    }

    /// <summary>A route for admins was called and has ended.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="result"><c>ok</c>, or the code of the error.</param>
    public void Administered(Exchange exchange, string result)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            HttpContext context = exchange.Context;
            (string path, string address) = (PathOf(context), AddressOf(context));
            LogAdministered(context.Request.Method, path, exchange.Subject ?? "-", exchange.Caller.KeyId, address, context.TraceIdentifier, result);
        }
    }

    private static string PathOf(HttpContext context)
    {
        string path = KeyText.WithoutSecrets(RawPath.Of(context.Features.Get<IHttpRequestFeature>()!.RawTarget));
        return string.Concat(path.Take(LongestPath).Select(unit => unit is > ' ' and <= '~' ? unit : '?'));
    }

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "-";

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused: {Code} {Method} {Path} key {Key} from {Address} request {RequestId}")]
    private partial void LogRefused(string code, string method, string path, string key, string address, string requestId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Administered: {Method} {Path} subject {Subject} key {Key} from {Address} request {RequestId}: {Result}")]
    private partial void LogAdministered(string method, string path, string subject, string key, string address, string requestId, string result);
}
