using Hypervex.Server.Http;
using Hypervex.Server.OpenApi;

namespace Hypervex.Server.Routes;

/// <summary>
/// The description of the API, and a page that shows it and lets people try calls. The page loads nothing from elsewhere, and its policy forbids it to.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class OpenApiRoutes
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private readonly Lazy<byte[]> _document;

    private OpenApiRoutes(RouteTable routes) => _document = new Lazy<byte[]>(() => OpenApiDocument.Write(routes));

    public static void Add(RouteTable routes)
    {
        var these = new OpenApiRoutes(routes);
        routes.Add(Access.AnyKey, "GET", ApiPage.Description, exchange => AnswerAsync(exchange, "application/json", these._document.Value));
        routes.Add(Access.AnyKey, "GET", ApiPage.Path, exchange => AnswerAsync(exchange, "text/html; charset=utf-8", File("page.html")));
        routes.Add(Access.AnyKey, "GET", ApiPage.Program, exchange => AnswerAsync(exchange, "text/javascript; charset=utf-8", File("page.js")));
        routes.Add(Access.AnyKey, "GET", ApiPage.Style, exchange => AnswerAsync(exchange, "text/css; charset=utf-8", File("page.css")));
    }

    private static async Task AnswerAsync(Exchange exchange, string type, byte[] bytes)
    {
        Microsoft.AspNetCore.Http.HttpResponse response = exchange.Context.Response;
        response.ContentType = type;
        response.ContentLength = bytes.Length;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        await response.Body.WriteAsync(bytes, exchange.Aborted).ConfigureAwait(false);
    }

    private static byte[] File(string name)
    {
        using Stream stream = typeof(OpenApiRoutes).Assembly.GetManifestResourceStream("Hypervex.Server.OpenApi.Page." + name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
