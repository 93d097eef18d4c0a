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

    /// <summary>A route or method for admins was called and has ended.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="subject">What it was about, where its path does not say so.</param>
    /// <param name="result"><c>ok</c>, or the code of the error.</param>
    public void Administered(HttpContext context, Caller caller, string? subject, string result)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            (string path, string about, string address) = (PathOf(context), Printable(subject ?? "-"), AddressOf(context));
            LogAdministered(context.Request.Method, path, about, caller.KeyId, address, context.TraceIdentifier, result);
        }
    }

    private static string PathOf(HttpContext context) => Printable(RawPath.Of(context.Features.Get<IHttpRequestFeature>()!.RawTarget));

    // A client chooses the text, which must not look like another line, or like the end of this one.
    private static string Printable(string text) => string.Concat(KeyText.WithoutSecrets(text).Take(LongestPath).Select(unit => unit is > ' ' and <= '~' ? unit : '?'));

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "-";

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused: {Code} {Method} {Path} key {Key} from {Address} request {RequestId}")]
    private partial void LogRefused(string code, string method, string path, string key, string address, string requestId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Administered: {Method} {Path} subject {Subject} key {Key} from {Address} request {RequestId}: {Result}")]
    private partial void LogAdministered(string method, string path, string subject, string key, string address, string requestId, string result);
}
