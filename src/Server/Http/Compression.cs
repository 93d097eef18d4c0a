using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hypervex.Server.Http;

/// <summary>
/// Which answers are compressed (br, gzip) for clients that take it: text of <see cref="LeastBytes"/> and more, whose length is not told or is that long. Not those about keys: what is secret never stands compressed beside what
/// somebody else may have chosen (BREACH, 2013).
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class Compression(IServiceProvider services, IOptions<ResponseCompressionOptions> options) : ResponseCompressionProvider(services, options)
{
    /// <summary>Shorter answers go as they are: compressing them takes longer than sending them.</summary>
    public const int LeastBytes = 4 * 1024;

    private const string KeysPath = "/api/v1/keys";

    /// <summary>Adds what the middleware needs.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddResponseCompression(compression =>
        {
            compression.EnableForHttps = true;
            compression.MimeTypes = ["application/json", "application/problem+json", "application/x-ndjson", "text/plain", "text/html", "text/css", "text/javascript"];
        });
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
        services.AddSingleton<IResponseCompressionProvider, Compression>();
    }

    /// <inheritdoc/>
    public override bool ShouldCompressResponse(HttpContext context) =>
        context.Response.ContentLength is null or >= LeastBytes && !context.Request.Path.StartsWithSegments(KeysPath) && base.ShouldCompressResponse(context);
}
