using System.Buffers;
using System.Globalization;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Hypervex.Server.Http;

/// <summary>
/// A request's whole body in pooled memory, which grows with what arrives and never with what Content-Length claims.
/// Invariant: the rented bytes are taken from the budget.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>The media type of JSON.</summary>
    public const string Json = "application/json";

    /// <summary>The media type of bytes that mean what the route says.</summary>
    public const string Bytes = "application/octet-stream";

    private const int FirstRent = 64 * 1024;
    private readonly BodyBudget _budget;
    private byte[] _buffer = [];
    private int _count;

    private RequestBody(BodyBudget budget) => _budget = budget;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Content => _buffer.AsMemory(0, _count);

    /// <summary>Reads a body of a media type.</summary>
    /// <exception cref="RefusedException">Wrong content type, or too large.</exception>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Overloaded"/>.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext context, BodyBudget budget, int maxBytes, string type)
    {
        CheckType(context.Request, type);
        if (context.Request.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        var body = new RequestBody(budget);
        try
        {
            await body.FillAsync(context, maxBytes).ConfigureAwait(false);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Checks the body's content type and that it is not compressed.</summary>
    public static void CheckType(HttpRequest request, params ReadOnlySpan<string> types)
    {
        string expected = string.Join(" or ", types.ToArray());
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
        {
            throw new RefusedException(ErrorCodes.UnsupportedMediaType, "Compressed bodies are not read; leave Content-Encoding out.") { Close = true };
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            || !types.Contains(type.MediaType.ToString().ToLowerInvariant())
            || (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw new RefusedException(ErrorCodes.UnsupportedMediaType, $"Expected a body with Content-Type {expected} (UTF-8).") { Close = true };
        }
    }

    /// <summary>Whether the body is announced as a media type.</summary>
    public static bool IsOf(HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            _budget.Return(_buffer.Length);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _count = 0;
        }
    }

    private static RefusedException TooLarge(int maxBytes) => new(
        ErrorCodes.BodyTooLarge,
        string.Create(CultureInfo.InvariantCulture, $"The body is larger than {maxBytes} bytes; send several smaller requests, or use the import route."))
    { Close = true };

    private async ValueTask FillAsync(HttpContext context, int maxBytes)
    {
        Grow(FirstRent);
        while (true)
        {
            int read = await context.Request.Body.ReadAsync(_buffer.AsMemory(_count), context.RequestAborted).ConfigureAwait(false);
            _count += read;
            if (read == 0)
            {
                return;
            }

            if (_count > maxBytes)
            {
                throw TooLarge(maxBytes);
            }

            if (_count == _buffer.Length)
            {
                Grow(_buffer.Length * 2);
            }
        }
    }

    private void Grow(int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            _budget.Take(larger.Length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw;
        }

        _buffer.AsSpan(0, _count).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            _budget.Return(_buffer.Length);
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
