using System.Net;
using System.Threading.Channels;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>A call whose client sends when the test says so.</summary>
internal sealed class OpenCall : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly CancellationTokenSource _cancelled = new();
    private readonly Frames _frames = new();
    private readonly Task<HttpResponseMessage> _response;
    private Stream? _body;

    public OpenCall(Uri address, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = _frames };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        _response = _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _cancelled.Token);
    }

    public void Send(byte[] bytes) => Assert.True(_frames.Channel.Writer.TryWrite(bytes));

    public void EndSending() => _frames.Channel.Writer.Complete();

    /// <summary>Resets the call; the client does so once its body has ended.</summary>
    public void Cancel()
    {
        _cancelled.Cancel();
        _frames.Channel.Writer.TryComplete(new OperationCanceledException());
    }

    /// <summary>The next message of the answer.</summary>
    public async Task<byte[]> ReadAsync()
    {
        _body ??= await (await _response).Content.ReadAsStreamAsync();
        byte[] prefix = new byte[5];
        await _body.ReadExactlyAsync(prefix);
        byte[] message = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(prefix.AsSpan(1))];
        await _body.ReadExactlyAsync(message);
        return message;
    }

    /// <summary>The status and code of a call that has no further message.</summary>
    public async Task<(string Status, string? Code)> EndAsync()
    {
        HttpResponseMessage response = await _response;
        _body ??= await response.Content.ReadAsStreamAsync();
        Assert.Equal(0, await _body.ReadAsync(new byte[1]));
        System.Net.Http.Headers.HttpResponseHeaders headers = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        return (headers.GetValues("grpc-status").Single(), headers.TryGetValues("hypervex-code", out IEnumerable<string>? codes) ? codes.Single() : null);
    }

    public void Dispose()
    {
        _cancelled.Cancel();
        _frames.Channel.Writer.TryComplete();
        _http.Dispose();
        _cancelled.Dispose();
    }

    private sealed class Frames : HttpContent
    {
        public Channel<byte[]> Channel { get; } = System.Threading.Channels.Channel.CreateUnbounded<byte[]>();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await foreach (byte[] bytes in Channel.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(bytes);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
