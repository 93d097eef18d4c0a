using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Http;

/// <summary>
/// A JSON answer that is written piece by piece. Small ones are sent at once with their length; from 64 KB on they are
/// streamed, so that memory does not grow with the answer.
/// Invariant: nothing is sent before the first <see cref="DrainAsync"/> above the limit or <see cref="SendAsync"/>, so that an
/// error until then still becomes a problem answer.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class JsonAnswer : IDisposable
{
    private const int StreamFromBytes = 64 * 1024;

    // The answer is a kind of JSON with nosniff, so that text need not be escaped for HTML.
    private static readonly JsonWriterOptions _options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly HttpContext _context;
    private readonly PooledWriter _buffer = new();
    private bool _streaming;

    /// <summary>Prepares an answer.</summary>
    public JsonAnswer(HttpContext context, string contentType = "application/json")
    {
        _context = context;
        context.Response.ContentType = contentType;
        Writer = new Utf8JsonWriter(_buffer, _options);
    }

    /// <summary>Where the answer is written.</summary>
    public Utf8JsonWriter Writer { get; }

    /// <summary>Ends a line of newline-delimited JSON, so that the writer can start the next value.</summary>
    public void EndLine()
    {
        Writer.Flush();
        _buffer.GetSpan(1)[0] = (byte)'\n';
        _buffer.Advance(1);
        Writer.Reset(_buffer);
    }

    /// <summary>Sends what is there if it is much.</summary>
    public ValueTask DrainAsync() =>
        Writer.BytesPending + _buffer.Written.Length < StreamFromBytes ? ValueTask.CompletedTask : StreamAsync();

    /// <summary>Sends the rest.</summary>
    public async ValueTask SendAsync()
    {
        Writer.Flush();
        if (!_streaming)
        {
            _context.Response.ContentLength = _buffer.Written.Length;
        }

        await _context.Response.Body.WriteAsync(_buffer.Written, _context.RequestAborted).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Writer.Dispose();
        _buffer.Dispose();
    }

    private async ValueTask StreamAsync()
    {
        Writer.Flush();
        _streaming = true;
        await _context.Response.Body.WriteAsync(_buffer.Written, _context.RequestAborted).ConfigureAwait(false);
        _buffer.Clear();
    }
}
