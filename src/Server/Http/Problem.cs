using System.Text.Json;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Hypervex.Server.Http;

/// <summary>
/// Writes problem details (RFC 9457). The detail is a sentence of this program; a foreign exception's text never comes here.
/// Thread safety: pure functions.
/// </summary>
internal static class Problem
{
    /// <summary>What is told, in seconds, to whoever may try again.</summary>
    public const string RetryAfterSeconds = "1";

    /// <summary>What a client is told of an error.</summary>
    public static (string Code, string Detail) Of(Exception error) => error switch
    {
        RefusedException refused => (refused.Code, refused.Message),
        HypervexException own => (ErrorTable.NameOf(own.Code), own.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => (ErrorCodes.BodyTooLarge, "The body is larger than the limit; send several smaller requests, or use the import route."),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => (ErrorCodes.RequestTimeout, "The body came too slowly."),
        BadHttpRequestException => (ErrorCodes.BadRequest, "The request is not HTTP as this server reads it."),
        _ => (ErrorCodes.InternalError, "The server failed in an unexpected way; its log holds the details under this answer's X-Request-Id."),
    };

    /// <summary>Answers with a problem. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, string code, string detail) =>
        WriteAsync(context, new ProblemMessage { Code = code, Detail = detail });

    /// <summary>Answers with a problem; the caller gives code, detail and extensions. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, ProblemMessage problem)
    {
        ErrorMeaning meaning = ErrorTable.Of(problem.Code!);
        HttpResponse response = context.Response;
        response.StatusCode = meaning.Status;
        if (meaning.MayTryAgain)
        {
            response.Headers.RetryAfter = RetryAfterSeconds;
        }

        if (meaning.Status == StatusCodes.Status401Unauthorized)
        {
            const string Bearer = "Bearer realm=\"hypervex\"";
            response.Headers.WWWAuthenticate = ApiPage.IsAskedFor(context) ? new StringValues([Bearer, "Basic realm=\"hypervex: the key is the password\", charset=\"UTF-8\""]) : Bearer;
        }

        return SendAsync(
            context,
            problem with
            {
                Type = "urn:hypervex:error:" + problem.Code,
                Title = meaning.Title,
                Status = meaning.Status,
                Instance = RawPath.Of(context.Features.Get<IHttpRequestFeature>()!.RawTarget),
            });
    }

    private static async Task SendAsync(HttpContext context, ProblemMessage problem)
    {
        using var answer = new JsonAnswer(context, "application/problem+json");
        JsonSerializer.Serialize(answer.Writer, problem, WireJson.Default.ProblemMessage);
        await answer.SendAsync().ConfigureAwait(false);
    }
}
