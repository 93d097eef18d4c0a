using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;

namespace Hypervex.Hostile.Tests;

/// <summary>How a call ended.</summary>
/// <param name="Http">The status of HTTP.</param>
/// <param name="Status">The status of gRPC; null = none came.</param>
/// <param name="Code">The code of docs/errors.md; null = none.</param>
internal sealed record GrpcAnswer(int Http, string? Status, string? Code);

/// <summary>
/// gRPC over HTTP/2 with whatever bytes, flags, lengths and headers it is given.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class GrpcWire(Uri server) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = HttpWire.Patience };

    /// <summary>A message behind its flag and length.</summary>
    public static byte[] Frame(byte[] message, bool isCompressed = false)
    {
        byte[] frame = new byte[5 + message.Length];
        frame[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    /// <summary>A message compressed by gzip.</summary>
    public static byte[] Gzip(byte[] message)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(message);
        }

        return compressed.ToArray();
    }

    /// <summary>Sends a call and reads its answer to the end.</summary>
    public async Task<GrpcAnswer> CallAsync(string path, byte[] body, params IEnumerable<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("x-api-key", ServedProcess.Key);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await _http.SendAsync(request);
        await response.Content.CopyToAsync(Stream.Null);
        System.Net.Http.Headers.HttpResponseHeaders end = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        string? Of(string name) => end.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;
        return new GrpcAnswer((int)response.StatusCode, Of("grpc-status"), Of("hypervex-code"));
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
