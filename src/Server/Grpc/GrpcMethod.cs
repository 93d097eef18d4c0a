using System.Runtime.CompilerServices;
using Google.Protobuf;
using Hypervex.Server.Http;

namespace Hypervex.Server.Grpc;

/// <summary>One method.</summary>
/// <param name="Path">Its path, <c>/package.Service/Method</c>.</param>
/// <param name="Access">Who may call it.</param>
/// <param name="Streams">Whether the client sends any number of messages, over any time.</param>
/// <param name="Run">Reads the call's messages and writes those of its answer.</param>
internal sealed record GrpcMethod(string Path, Access Access, bool Streams, Func<Call, MessageReader, MessageWriter, Task> Run);

/// <summary>
/// The methods of all services. A handler sees messages and knows nothing of how they travel.
/// Thread safety: immutable once all methods are added.
/// </summary>
internal sealed class GrpcMethodTable
{
    private readonly Dictionary<string, GrpcMethod> _methods = new(StringComparer.Ordinal);
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);

    /// <summary>All methods.</summary>
    public IReadOnlyCollection<GrpcMethod> All => _methods.Values;

    /// <summary>Full names of the services.</summary>
    public IReadOnlySet<string> Services => _services;

    /// <summary>The method at a path; null when there is none.</summary>
    public GrpcMethod? Find(string path) => _methods.GetValueOrDefault(path);

    /// <summary>Adds a method that answers one message with one.</summary>
    public void AddUnary<TRequest, TResponse>(string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, TRequest, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(service, name, access, streams: false, async (call, reader, writer) =>
        {
            TRequest request = await reader.ReadOnlyAsync(parser, call.Ended).ConfigureAwait(false);
            writer.Write(await handler(call, request).ConfigureAwait(false));
        });

    /// <summary>Adds a method that answers one message with many.</summary>
    public void AddServerStream<TRequest, TResponse>(string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, TRequest, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(service, name, access, streams: false, async (call, reader, writer) =>
        {
            TRequest request = await reader.ReadOnlyAsync(parser, call.Ended).ConfigureAwait(false);
            await WriteAllAsync(handler(call, request), writer, call.Ended).ConfigureAwait(false);
        });

    /// <summary>Adds a method that answers many messages with one.</summary>
    public void AddClientStream<TRequest, TResponse>(string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, IAsyncEnumerable<TRequest>, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(service, name, access, streams: true, async (call, reader, writer) =>
            writer.Write(await handler(call, ReadAllAsync(reader, parser, call.Ended)).ConfigureAwait(false)));

    /// <summary>Adds a method that answers many messages with many, while they arrive.</summary>
    public void AddDuplex<TRequest, TResponse>(
        string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, IAsyncEnumerable<TRequest>, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(service, name, access, streams: true, (call, reader, writer) => WriteAllAsync(handler(call, ReadAllAsync(reader, parser, call.Ended)), writer, call.Ended));

    private static async IAsyncEnumerable<T> ReadAllAsync<T>(MessageReader reader, MessageParser<T> parser, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        while (await reader.ReadAsync(parser, cancellationToken).ConfigureAwait(false) is { } message)
        {
            yield return message;
        }
    }

    private static async Task WriteAllAsync<T>(IAsyncEnumerable<T> messages, MessageWriter writer, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        await foreach (T message in messages.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            writer.Write(message);
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Add(string service, string name, Access access, bool streams, Func<Call, MessageReader, MessageWriter, Task> run)
    {
        string path = $"/{service}/{name}";
        _methods.Add(path, new GrpcMethod(path, access, streams, run));
        _services.Add(service);
    }
}
