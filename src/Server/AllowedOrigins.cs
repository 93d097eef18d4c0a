using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Hypervex.Server;

/// <summary>
/// Which web pages of other origins may call the server from a browser (CORS).
/// Thread safety: pure functions.
/// </summary>
internal static class AllowedOrigins
{
    private const string Any = "*";
    private static readonly string[] _requestHeaders = ["authorization", "content-type", "if-match", "x-api-key", "x-request-id"];
    private static readonly string[] _answerHeaders = ["allow", "etag", "location", "retry-after", "x-process-time", "x-request-id"];

    /// <summary>Checks that every entry is an origin.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static void Check(IReadOnlyList<string> origins)
    {
        foreach (string origin in origins)
        {
            bool accepted = origin == Any
                || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
                    && uri.Scheme is "http" or "https"
                    && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase));
            if (!accepted)
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"\"{origin}\" is no origin; expected scheme and host, such as https://app.example.org, or *.");
            }
        }
    }

    /// <summary>Makes the policy.</summary>
    public static void Apply(CorsPolicyBuilder policy, IReadOnlyList<string> origins)
    {
        _ = origins.Contains(Any) ? policy.AllowAnyOrigin() : policy.WithOrigins([.. origins]);
        policy.WithMethods("GET", "POST", "PUT", "DELETE").WithHeaders(_requestHeaders).WithExposedHeaders(_answerHeaders);
    }
}
