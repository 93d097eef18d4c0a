using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>How a call ended, byte by byte.</summary>
internal sealed record CallEnd(HttpStatusCode Http, string? Status, string? Message, string? Code, byte[]? Details, bool InHeaders, byte[] Body, HttpResponseHeaders Headers)
{
    /// <summary>The messages of the body; all are expected to be uncompressed.</summary>
    public IReadOnlyList<byte[]> Messages
    {
        get
        {
            var messages = new List<byte[]>();
            for (int at = 0; at < Body.Length;)
            {
                Assert.Equal(0, Body[at]);
                int length = BinaryPrimitives.ReadInt32BigEndian(Body.AsSpan(at + 1));
                messages.Add(Body[(at + 5)..(at + 5 + length)]);
                at += 5 + length;
            }

            return messages;
        }
    }
}

/// <summary>A server that speaks gRPC, and calls whose bytes the test decides itself.</summary>
internal sealed class RawCaller : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    public RawCaller(TestServer server) => Server = server;

    public TestServer Server { get; }

    public Uri Address => Server.Server.GrpcAddress!;

    public static async Task<RawCaller> StartAsync(ServerOptions? options = null) =>
        new(await TestServer.StartAsync((options ?? TestServer.Options) with { GrpcListen = "127.0.0.1:0" }));

    public static async Task<RawCaller> StartAsync(Func<Database> open, ServerOptions? options = null) =>
        new(await TestServer.StartAsync(open, (options ?? TestServer.Options) with { GrpcListen = "127.0.0.1:0" }));

    /// <summary>A message behind its flag and length.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0)
    {
        byte[] frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    /// <summary>A call that succeeds, with one message each way.</summary>
    public async Task<TResponse> CallAsync<TResponse>(string path, IMessage request, MessageParser<TResponse> parser, params (string Name, string Value)[] headers)
        where TResponse : IMessage<TResponse>
    {
        CallEnd end = await SendAsync(path, Frame(request), headers: headers);
        Assert.True(end.Status == "0", $"{end.Status} {end.Code} {end.Message}");
        return parser.ParseFrom(Assert.Single(end.Messages));
    }

    public Task<CallEnd> SendAsync(string path, IMessage request, params (string Name, string Value)[] headers) => SendAsync(path, Frame(request), headers: headers);

    public async Task<CallEnd> SendAsync(string path, byte[] body, string contentType = "application/grpc", string method = "POST", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = method == "GET" ? null : new ByteArrayContent(body),
        };
        request.Content?.Headers.TryAddWithoutValidation("content-type", contentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await _http.SendAsync(request);
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        bool inHeaders = response.Headers.Contains("grpc-status");
        HttpResponseHeaders status = inHeaders ? response.Headers : response.TrailingHeaders;
        string? Of(string name) => status.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;
        return new CallEnd(response.StatusCode, Of("grpc-status"), Of("grpc-message"), Of("hypervex-code"), DetailsOf(Of("grpc-status-details-bin")), inHeaders, answer, response.Headers);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
    }

    private static byte[]? DetailsOf(string? text) => text is null ? null : Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
}
