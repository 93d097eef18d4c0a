using System.Text;
using Hypervex.Server.Keys;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hypervex.Server.Http;

/// <summary>
/// Finds out by its key who sent a request, and whether that one may call a route, or a method of gRPC. A missing, an unknown and a wrong key get the same answer.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class KeyGuard(KeyStore keys, AuditLog audit)
{
    private const string KeyHeader = "x-api-key";
    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    /// <summary>Who sent the request.</summary>
    /// <exception cref="RefusedException">Keys are needed, and it has no valid one.</exception>
    public Caller Identify(HttpContext context)
    {
        if (!keys.IsRequired)
        {
            return Caller.Local;
        }

        string? text = TextOf(context.Request) ?? TextOfBrowser(context);
        if (text is not null && keys.Authenticate(text) is { } caller)
        {
            return caller;
        }

        throw Unauthorized(context, text is null ? null : KeyText.IdOf(text));
    }

    /// <summary>Checks once more who sent a request of which a part was waited for: the key may have been revoked, or the first one created, since it began.</summary>
    /// <exception cref="RefusedException">The caller is none any more.</exception>
    public void Confirm(HttpContext context, Caller caller)
    {
        if (!keys.Accepts(caller))
        {
            throw Unauthorized(context, caller.KeyId);
        }
    }

    /// <summary>Checks that the caller may call a route.</summary>
    /// <exception cref="RefusedException">The caller may not.</exception>
    public void Admit(Exchange exchange, Access access) => Admit(exchange.Context, exchange.Caller, access, () => exchange.CollectionName);

    /// <summary>Checks that the caller may call a route or a method.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="access">Who may.</param>
    /// <param name="collection">The name of the collection that it is about; asked only where that decides.</param>
    /// <exception cref="RefusedException">The caller may not.</exception>
    public void Admit(HttpContext context, Caller caller, Access access, Func<string> collection)
    {
        bool admitted = access switch
        {
            Access.Open or Access.AnyKey => true,
            Access.ReadAll => caller.SeesAll,
            Access.ServerAdmin => caller.RulesServer,
            Access.Read => caller.May(KeyScope.Read, collection()),
            Access.Write => caller.May(KeyScope.Write, collection()),
            _ => caller.May(KeyScope.Admin, collection()),
        };
        if (admitted)
        {
            return;
        }

        audit.Refused(context, ErrorCodes.Forbidden, caller.KeyId);
        string needed = access switch
        {
            Access.ServerAdmin => "a key of the scope admin for all collections",
            Access.ReadAll => "a key for all collections",
            Access.Read => "a key for this collection",
            Access.Write => "a key of the scope write for this collection",
            _ => "a key of the scope admin for this collection",
        };
        throw new RefusedException(ErrorCodes.Forbidden, $"This needs {needed}; the key that was sent is another one.") { Close = HasBody(context) };
    }

    private RefusedException Unauthorized(HttpContext context, string? keyId)
    {
        audit.Refused(context, ErrorCodes.Unauthorized, keyId);
        return new RefusedException(ErrorCodes.Unauthorized, "This server needs a valid key: send it as \"Authorization: Bearer KEY\" or as \"x-api-key: KEY\".") { Close = HasBody(context) };
    }

    // One header with one value: which of several keys counts would be a guess.
    private static string? TextOf(HttpRequest request)
    {
        StringValues authorization = request.Headers.Authorization;
        StringValues header = request.Headers[KeyHeader];
        return (authorization.Count, header.Count) switch
        {
            (1, 0) when authorization[0] is { } value && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) => value[Bearer.Length..].Trim(),
            (0, 1) => header[0],
            _ => null,
        };
    }

    // Whoever opens the page of the API in a browser can send a key only as the password that the browser asks for. Nothing else takes one so: a browser sends
    // passwords by itself, also with requests that another site makes it send.
    private static string? TextOfBrowser(HttpContext context)
    {
        StringValues authorization = context.Request.Headers.Authorization;
        if (authorization.Count != 1 || authorization[0] is not { } value || !value.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
            || context.Request.Headers[KeyHeader].Count != 0 || !ApiPage.IsAskedFor(context))
        {
            return null;
        }

        byte[] credentials = new byte[value.Length];
        return Convert.TryFromBase64String(value[Basic.Length..].Trim(), credentials, out int length) && credentials.AsSpan(0, length).IndexOf((byte)':') is >= 0 and var colon
            ? Encoding.UTF8.GetString(credentials, colon + 1, length - colon - 1)
            : null;
    }

    private static bool HasBody(HttpContext context) => context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
}
