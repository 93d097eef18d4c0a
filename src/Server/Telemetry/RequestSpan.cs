using System.Diagnostics;
using Hypervex.Server.Grpc;
using Hypervex.Server.Http;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Telemetry;

/// <summary>
/// The span of a request or call, under the caller's where a <c>traceparent</c> (W3C Trace Context) names one. It holds route, status and collection, and nothing else of what the caller sent. Without
/// a listener there is none, and it costs a look.
/// Thread safety: all members from any thread.
/// </summary>
internal static class RequestSpan
{
    /// <summary>What the spans are of.</summary>
    public const string SourceName = "Hypervex.Server";

    private const string NoRoute = "none";
    private static readonly ActivitySource _source = new(SourceName);

    /// <summary>Begins a span; null when nobody wants it. The caller ends it by disposing of it.</summary>
    public static Activity? Begin(HttpContext context)
    {
        if (!_source.HasListeners())
        {
            return null;
        }

        IHeaderDictionary headers = context.Request.Headers;
        ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out ActivityContext parent);
        Activity.Current = null; // the host's own span is exported by nobody
        return _source.StartActivity(context.Request.Method, ActivityKind.Server, parent);
    }

    /// <summary>Says which collection the present request is about.</summary>
    public static void Name(string? collection) => Activity.Current?.SetTag("hypervex.collection", collection);

    /// <summary>Says what a request came to.</summary>
    /// <param name="span">Its span.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="route">Its route; null when it got to none.</param>
    /// <param name="status">The status of the answer; 0 when it was cut off.</param>
    public static void End(Activity? span, string method, Route? route, int status)
    {
        if (span is null)
        {
            return;
        }

        span.DisplayName = route is null ? $"{method} {NoRoute}" : $"{route.Method} {route.Path}";
        span.SetTag("http.request.method", method);
        span.SetTag("http.route", route?.Path ?? NoRoute);
        if (status > 0)
        {
            span.SetTag("http.response.status_code", status);
        }

        if (status is 0 or >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>Says what a call of gRPC came to.</summary>
    /// <param name="span">Its span.</param>
    /// <param name="method">Its method; null when there is no such one.</param>
    /// <param name="status">How it ended.</param>
    public static void End(Activity? span, GrpcMethod? method, GrpcStatusCode status)
    {
        if (span is null)
        {
            return;
        }

        span.DisplayName = method?.Path[1..] ?? NoRoute;
        span.SetTag("rpc.system", "grpc");
        span.SetTag("rpc.method", method?.Path[1..] ?? NoRoute);
        span.SetTag("rpc.grpc.status_code", (int)status);
        if (status is GrpcStatusCode.Unknown or GrpcStatusCode.DeadlineExceeded or GrpcStatusCode.Unimplemented or GrpcStatusCode.Internal or GrpcStatusCode.Unavailable or GrpcStatusCode.DataLoss)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
