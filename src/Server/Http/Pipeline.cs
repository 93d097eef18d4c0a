using System.Diagnostics;
using System.Globalization;
using Hypervex.Server.Json;
using Hypervex.Server.Keys;
using Hypervex.Server.Metrics;
using Hypervex.Server.Telemetry;
using Hypervex.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Hypervex.Server.Http;

/// <summary>
/// What happens to every request: headers of the answer, then errors into problems, then its host, its key, and its route.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed partial class Pipeline(RouteTable routes, ServerParts parts, RequestMetrics requests, ILogger logger, KeyGuard guard, AuditLog audit)
{
    private const string RequestIdHeader = "X-Request-Id";
    private const int LongestRequestId = 128;
    private const int LongestBodyToSkip = 64 * 1024;

    /// <summary>Adds the headers that all answers have: X-Process-Time in seconds, X-Request-Id, nosniff.</summary>
    public static Task AddHeadersAsync(HttpContext context, RequestDelegate next)
    {
        long start = Stopwatch.GetTimestamp();
        if (context.Request.Headers.TryGetValue(RequestIdHeader, out StringValues given) && IsRequestId(given.ToString()))
        {
            context.TraceIdentifier = given.ToString();
        }

        context.Response.OnStarting(
            static state =>
            {
                (HttpContext context, long start) = ((HttpContext, long))state;
                IHeaderDictionary headers = context.Response.Headers;
                headers["X-Process-Time"] = Stopwatch.GetElapsedTime(start).TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);
                headers[RequestIdHeader] = context.TraceIdentifier;
                headers.XContentTypeOptions = "nosniff";
                return Task.CompletedTask;
            },
            (context, start));
        return next(context);
    }

    /// <summary>Turns errors into problem answers, and counts the request.</summary>
    public async Task AnswerErrorsAsync(HttpContext context, RequestDelegate next)
    {
        long started = Stopwatch.GetTimestamp();
        int status = RequestMetrics.Cut;
        using Activity? span = RequestSpan.Begin(context);
        try
        {
            await next(context).ConfigureAwait(false);
            status = context.Response.StatusCode;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception error)
        {
            bool isCut = context.Response.HasStarted;
            await AnswerErrorAsync(context, error).ConfigureAwait(false);
            status = isCut ? RequestMetrics.Cut : context.Response.StatusCode;
        }
        finally
        {
            requests.Add(context.Features.Get<Route>(), status, Stopwatch.GetElapsedTime(started));
            RequestSpan.End(span, context.Request.Method, context.Features.Get<Route>(), status);
        }
    }

    /// <summary>Refuses foreign hosts while there are no keys.</summary>
    public Task CheckHostAsync(HttpContext context, RequestDelegate next)
    {
        if (!parts.Keys.IsRequired)
        {
            LoopbackGuard.Check(context);
        }

        return next(context);
    }

    /// <summary>Finds out who calls, then runs the request's route if that one may. Nothing of the body has been read until then.</summary>
    public async Task RunRouteAsync(HttpContext context)
    {
        string path = RawPath.Of(context.Features.Get<IHttpRequestFeature>()!.RawTarget);
        string method = context.Request.Method;
        Caller caller = routes.IsOpen(method, path) ? Caller.Anybody : guard.Identify(context);
        RouteMatch match = routes.Find(method, path);
        context.Features.Set(match.Route);
        using var exchange = new Exchange(context, parts, match, caller, guard);
        guard.Admit(exchange, match.Route.Access);
        if (match.Route.Access is not (Access.Admin or Access.ServerAdmin))
        {
            await RunAsync(exchange, match).ConfigureAwait(false);
            return;
        }

        try
        {
            await RunAsync(exchange, match).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            audit.Administered(context, caller, exchange.Subject, context.RequestAborted.IsCancellationRequested ? "aborted" : Problem.Of(error).Code);
            throw;
        }

        audit.Administered(context, caller, exchange.Subject, "ok");
    }

    // Where there is a body, the request runs when that has come, and is refused before if it could not even wait.
    private async Task RunAsync(Exchange exchange, RouteMatch match)
    {
        CheckQuery(exchange.Context, match);
        if (match.Route.ReadsBody)
        {
            parts.Admission.Of(match.Route.Work)?.ThrowIfFull(closes: IsLong(exchange.Context.Request));
        }
        else
        {
            await exchange.EnterAsync().ConfigureAwait(false);
        }

        try
        {
            await match.Route.Handler(exchange).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (exchange.Late is { } late)
        {
            throw late;
        }
        finally
        {
            RequestSpan.Name(exchange.ResolvedName);
        }
    }

    // What is short is there already, or nearly so, and read to its end; a connection is worth more than that.
    private static bool IsLong(HttpRequest request) => request.ContentLength is null or > LongestBodyToSkip;

    private static void CheckQuery(HttpContext context, RouteMatch match)
    {
        foreach ((string name, StringValues values) in context.Request.Query)
        {
            if (!match.Route.Query.Contains(name))
            {
                string known = match.Route.Query.Count == 0 ? "this route knows none" : $"known are {string.Join(", ", match.Route.Query)}";
                throw new HypervexException(ErrorCode.InvalidArgument, $"The query parameter {JsonPath.Quote(name)} is not known; {known}.");
            }

            if (values.Count != 1)
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"The query parameter \"{name}\" is given more than once.");
            }
        }
    }

    private static bool IsRequestId(string text) =>
        text.Length is > 0 and <= LongestRequestId && text.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '-' or '_' or '.') && KeyText.WithoutSecrets(text) == text;

    private Task AnswerErrorAsync(HttpContext context, Exception error)
    {
        (string code, string detail) = Problem.Of(error);
        Log(context, code, error);
        if (context.Response.HasStarted)
        {
            // A shortened answer must not look like a whole one.
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.Clear();
        if (error is RefusedException { Allow: { } allow })
        {
            context.Response.Headers.Allow = allow;
        }

        if (error is BadHttpRequestException or RefusedException { Close: true })
        {
            context.Response.Headers.Connection = "close";
        }

        return Problem.WriteAsync(context, code, detail);
    }

    private void Log(HttpContext context, string code, Exception error)
    {
        if (code == ErrorCodes.InternalError)
        {
            LogUnexpected(context.TraceIdentifier, error);
        }
        else if (code is ErrorCodes.Damaged or ErrorCodes.LogFailed or ErrorCodes.StorageUnavailable or ErrorCodes.UnsupportedFormat)
        {
            LogFailed(context.TraceIdentifier, code, error);
        }
        else if (context.Response.HasStarted && error is not ConnectionAbortedException)
        {
            LogCut(context.TraceIdentifier, code, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed in an unexpected way.")]
    private partial void LogUnexpected(string requestId, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed with {Code}.")]
    private partial void LogFailed(string requestId, string code, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer to request {RequestId} was cut off by {Code}.")]
    private partial void LogCut(string requestId, string code, Exception error);
}
