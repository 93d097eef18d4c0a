using System.Diagnostics;
using Hypervex.Server.Http;
using Hypervex.Server.Keys;
using Hypervex.Server.Telemetry;
using Hypervex.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Runs calls of gRPC on HTTP/2: the one place that ties the table of methods to the server. What arrives by HTTP/1.1 is passed on.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed partial class GrpcServer(GrpcMethodTable methods, ServerParts parts, KeyGuard guard, AuditLog audit, ILogger logger)
{
    private const string ContentType = "application/grpc";
    private const string EncodingHeader = "grpc-encoding";
    private const string AcceptHeader = "grpc-accept-encoding";
    private const string TimeoutHeader = "grpc-timeout";
    private const string Codings = $"{MessageReader.Identity},{MessageReader.Gzip}";

    /// <summary>Answers a call, or passes on what is none.</summary>
    public Task AnswerAsync(HttpContext context, RequestDelegate next) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) ? AnswerAsync(context) : next(context);

    private static bool IsGrpc(HttpRequest request)
    {
        ReadOnlySpan<char> type = request.ContentType;
        int parameters = type.IndexOf(';');
        ReadOnlySpan<char> media = (parameters < 0 ? type : type[..parameters]).TrimEnd();
        return media.Equals(ContentType, StringComparison.OrdinalIgnoreCase) || media.Equals(ContentType + "+proto", StringComparison.OrdinalIgnoreCase);
    }

    private static string CodingOf(HttpRequest request) => request.Headers[EncodingHeader].ToString() switch
    {
        "" or MessageReader.Identity => MessageReader.Identity,
        MessageReader.Gzip => MessageReader.Gzip,
        _ => throw new ProtocolException(GrpcStatusCode.Unimplemented, $"The coding of grpc-encoding is not known; known are {Codings}."),
    };

    private static bool AcceptsGzip(HttpRequest request) =>
        request.Headers[AcceptHeader].ToString().Split(',', StringSplitOptions.TrimEntries).Contains(MessageReader.Gzip, StringComparer.Ordinal);

    // The limit of a body is that of a message here, and a stream may pause for as long as its sender has nothing to say.
    private static void LiftBodyLimits(HttpContext context, bool streams)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        if (streams && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (!HttpMethods.IsPost(context.Request.Method) || !IsGrpc(context.Request))
        {
            // Not a status of gRPC: whoever does not speak it would take 200 for success.
            response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        long started = Stopwatch.GetTimestamp();
        GrpcMethod? method = methods.Find(RawPath.Of(context.Features.Get<IHttpRequestFeature>()!.RawTarget));
        GrpcStatusCode ended = GrpcStatusCode.Cancelled;
        using Activity? span = RequestSpan.Begin(context);
        try
        {
            ended = await RunAsync(context, method).ConfigureAwait(false);
        }
        finally
        {
            parts.Calls.Add(method, ended, Stopwatch.GetElapsedTime(started));
            RequestSpan.End(span, method, ended);
        }
    }

    // How the call ended; cancelled when nobody listens any more.
    private async Task<GrpcStatusCode> RunAsync(HttpContext context, GrpcMethod? method)
    {
        HttpResponse response = context.Response;
        response.ContentType = ContentType;
        response.Headers[AcceptHeader] = Codings;
        MessageWriter? writer = null;
        GrpcStatus status;
        try
        {
            string coding = CodingOf(context.Request);
            bool compress = coding == MessageReader.Gzip && AcceptsGzip(context.Request);
            if (compress)
            {
                response.Headers[EncodingHeader] = MessageReader.Gzip;
            }

            writer = new MessageWriter(response.BodyWriter, compress);
            status = await RunAsync(context, method, coding, writer).ConfigureAwait(false);
        }
        catch (Exception error) when (context.RequestAborted.IsCancellationRequested || error is ConnectionAbortedException or ConnectionResetException)
        {
            context.Abort();
            return GrpcStatusCode.Cancelled;
        }
        catch (Exception error)
        {
            status = GrpcStatus.Of(error);
            Log(context, status, error);
        }

        status.WriteTo(response, inHeaders: writer is not { HasWritten: true });
        await response.CompleteAsync().ConfigureAwait(false);
        return status.Status;
    }

    private async Task<GrpcStatus> RunAsync(HttpContext context, GrpcMethod? method, string coding, MessageWriter writer)
    {
        if (!parts.Keys.IsRequired)
        {
            LoopbackGuard.Check(context);
        }

        Caller caller = method is { Access: Access.Open } ? Caller.Anybody : guard.Identify(context);
        if (method is null)
        {
            throw new RefusedException(ErrorCodes.RouteNotFound, "There is no such method; the files of proto/ list them.");
        }

        string? timeout = context.Request.Headers.TryGetValue(TimeoutHeader, out Microsoft.Extensions.Primitives.StringValues values) ? values.ToString() : null;
        using var deadline = new CallDeadline(timeout, context.RequestAborted);
        LiftBodyLimits(context, method.Streams);
        var reader = new MessageReader(context.Request.Body, coding, parts.Bodies, parts.Options.Limits.MaxBodyBytes);
        using var call = new Call(context, parts, method, caller, guard, deadline.Token);
        if (method.Access is Access.AnyKey or Access.ReadAll or Access.ServerAdmin)
        {
            call.Admit();
        }

        // Nothing of its messages is read when there is no room even to wait.
        parts.Admission.Of(method.Work)?.ThrowIfFull(closes: false);
        try
        {
            await RunAsync(context, method, call, reader, writer).ConfigureAwait(false);
            return GrpcStatus.Ok;
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            return GrpcStatus.Of(deadline.Error());
        }
        catch (OperationCanceledException) when (call.Late is { } late)
        {
            return GrpcStatus.Of(late);
        }
    }

    private async Task RunAsync(HttpContext context, GrpcMethod method, Call call, MessageReader reader, MessageWriter writer)
    {
        try
        {
            await method.Run(call, reader, writer).ConfigureAwait(false);
        }
        catch (Exception error) when (call.Administers)
        {
            audit.Administered(context, call.Caller, call.Subject, error is OperationCanceledException || context.RequestAborted.IsCancellationRequested ? "aborted" : GrpcStatus.Of(error).Code!);
            throw;
        }

        if (call.Administers)
        {
            audit.Administered(context, call.Caller, call.Subject, "ok");
        }
    }

    private void Log(HttpContext context, GrpcStatus status, Exception error)
    {
        if (status.Code == ErrorCodes.InternalError)
        {
            LogUnexpected(context.TraceIdentifier, error);
        }
        else if (status.Code is ErrorCodes.Damaged or ErrorCodes.LogFailed or ErrorCodes.StorageUnavailable or ErrorCodes.UnsupportedFormat)
        {
            LogFailed(context.TraceIdentifier, status.Code, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {RequestId} failed in an unexpected way.")]
    private partial void LogUnexpected(string requestId, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {RequestId} failed with {Code}.")]
    private partial void LogFailed(string requestId, string code, Exception error);
}
