using Google.Protobuf;
using Hypervex.Server.Http;

namespace Hypervex.Server.Grpc;

/// <summary>One method.</summary>
/// <param name="Path">Its path, <c>/package.Service/Method</c>.</param>
/// <param name="Access">Who may call it.</param>
/// <param name="Work">What each of its messages costs.</param>
/// <param name="Streams">Whether the client sends any number of messages, over any time.</param>
/// <param name="Run">Reads the call's messages and writes those of its answer.</param>
internal sealed record GrpcMethod(string Path, Access Access, Work Work, bool Streams, Func<Call, MessageReader, MessageWriter, Task> Run)
{
    /// <summary>Its place among all methods, from 0.</summary>
    public required int Number { get; init; }
}

/// <summary>
/// The methods of all services. A handler sees messages and knows nothing of how they travel. Where its method is bounded, the call has a place while a message is parsed and worked on, and gives it
/// back when the answer to it is written and before that is sent, so that neither a slow sender nor a slow reader holds one.
/// Thread safety: immutable once all methods are added.
/// </summary>
internal sealed class GrpcMethodTable
{
    private readonly Dictionary<string, GrpcMethod> _methods = new(StringComparer.Ordinal);
    private readonly List<GrpcMethod> _all = [];
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);

    /// <summary>All methods, in the order in which they were added.</summary>
    public IReadOnlyList<GrpcMethod> All => _all;

    /// <summary>Full names of the services.</summary>
    public IReadOnlySet<string> Services => _services;

    /// <summary>The method at a path; null when there is none.</summary>
    public GrpcMethod? Find(string path) => _methods.GetValueOrDefault(path);

    /// <summary>Adds a method that answers one message with one.</summary>
    public void AddUnary<TRequest, TResponse>(string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, TRequest, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(service, name, access, OnceOf(access), streams: false, async (call, reader, writer) =>
        {
            TRequest request = await reader.ReadOnlyAsync(parser, call.EnterAsync, call.Aborted).ConfigureAwait(false);
            writer.Write(await handler(call, request).ConfigureAwait(false));
            call.Leave();
        });

    /// <summary>Adds a method that answers one message with many, the work for which is done before the first of them.</summary>
    public void AddServerStream<TRequest, TResponse>(string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, TRequest, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> => AddServerStream(service, name, access, OnceOf(access), parser, handler);

    /// <summary>Adds a method that answers one message with many, page by page. The handler enters anew for each page but the first.</summary>
    public void AddPages<TRequest, TResponse>(string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, TRequest, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> => AddServerStream(service, name, access, StepOf(access), parser, handler);

    /// <summary>Adds a method that answers many messages with one.</summary>
    public void AddClientStream<TRequest, TResponse>(string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, IAsyncEnumerable<TRequest>, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(service, name, access, StepOf(access), streams: true, async (call, reader, writer) =>
        {
            writer.Write(await handler(call, ReadAllAsync(call, reader, parser)).ConfigureAwait(false));
            call.Leave();
        });

    /// <summary>Adds a method that answers many messages with many, while they arrive.</summary>
    public void AddDuplex<TRequest, TResponse>(
        string service, string name, Access access, MessageParser<TRequest> parser, Func<Call, IAsyncEnumerable<TRequest>, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(service, name, access, StepOf(access), streams: true, (call, reader, writer) => WriteAllAsync(call, handler(call, ReadAllAsync(call, reader, parser)), writer));

    private static Work OnceOf(Access access) => access switch
    {
        Access.Read => Work.Read,
        Access.Write => Work.Write,
        _ => Work.Unlimited,
    };

    private static Work StepOf(Access access) => access switch
    {
        Access.Read => Work.ReadOfStream,
        Access.Write => Work.WriteOfStream,
        _ => Work.Unlimited,
    };

    private static async IAsyncEnumerable<T> ReadAllAsync<T>(Call call, MessageReader reader, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        while (true)
        {
            call.Leave();
            if (await reader.ReadAsync(parser, call.EnterAsync, call.Aborted).ConfigureAwait(false) is not { } message)
            {
                break;
            }

            yield return message;
        }
    }

    private static async Task WriteAllAsync<T>(Call call, IAsyncEnumerable<T> messages, MessageWriter writer)
        where T : class, IMessage<T>
    {
        await foreach (T message in messages.WithCancellation(call.Aborted).ConfigureAwait(false))
        {
            writer.Write(message);
            call.Leave();
            await writer.FlushAsync(call.Aborted).ConfigureAwait(false);
        }
    }

    private void AddServerStream<TRequest, TResponse>(
        string service, string name, Access access, Work work, MessageParser<TRequest> parser, Func<Call, TRequest, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Add(service, name, access, work, streams: false, async (call, reader, writer) =>
        {
            TRequest request = await reader.ReadOnlyAsync(parser, call.EnterAsync, call.Aborted).ConfigureAwait(false);
            await WriteAllAsync(call, handler(call, request), writer).ConfigureAwait(false);
        });

    private void Add(string service, string name, Access access, Work work, bool streams, Func<Call, MessageReader, MessageWriter, Task> run)
    {
        string path = $"/{service}/{name}";
        var method = new GrpcMethod(path, access, work, streams, run) { Number = _all.Count };
        _methods.Add(path, method);
        _all.Add(method);
        _services.Add(service);
    }
}
