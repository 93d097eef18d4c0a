using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hypervex.Server.Http;

/// <summary>
/// Where the page of the API is, and what a browser loads for it.
/// Thread safety: pure functions.
/// </summary>
internal static class ApiPage
{
    public const string Path = "/openapi";
    public const string Description = Path + "/v1.json";
    public const string Program = Path + "/page.js";
    public const string Style = Path + "/page.css";

    /// <summary>Whether a request is one that a browser makes by itself for the page, so that its user can only be asked for a key by the browser.</summary>
    public static bool IsAskedFor(HttpContext context) =>
        context.Request.Method is "GET" or "HEAD" && RawPath.Of(context.Features.Get<IHttpRequestFeature>()!.RawTarget) is Path or Description or Program or Style;
}
