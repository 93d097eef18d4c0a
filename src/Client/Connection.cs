using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>
/// Sends messages to one server and reads its answers and problems.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class Connection : IDisposable
{
    private const string JsonType = "application/json";
    private const string LinesType = "application/x-ndjson";
    private const string BytesType = "application/octet-stream";
    private const int CopyBytes = 128 * 1024;

    // Paths are sent as they are spelled: an id may be "..", which a canonical URI would resolve.
    private static readonly UriCreationOptions _asSpelled = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly HttpClient _http;
    private readonly string _root;
    private readonly RetryPolicy _retries;

    public Connection(Uri server, HypervexClientOptions options)
    {
        if (!server.IsAbsoluteUri || server.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"\"{server}\" is no server's address; expected http://host:port.", nameof(server));
        }

        if (options.Retries is < 0 or > 100 || options.RetryDelay <= TimeSpan.Zero)
        {
            throw new ArgumentException("Retries are 0 to 100, and their delay is above zero.", nameof(options));
        }

        _retries = new RetryPolicy(options);
        _root = server.GetLeftPart(UriPartial.Authority);
        _http = options.Handler is { } handler ? new HttpClient(handler, disposeHandler: false) : new HttpClient();
        _http.Timeout = options.Timeout;
        if (options.ApiKey is { } key)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    /// <summary>Sends a request without a body and reads the answer.</summary>
    public Task<TAnswer> SendAsync<TAnswer>(HttpMethod method, string path, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken) =>
        _retries.RunAsync(
            isSafe: method == HttpMethod.Get,
            async () =>
            {
                using HttpResponseMessage answer = await SendAsync(method, path, content: null, ifMatch: null, cancellationToken).ConfigureAwait(false);
                return await ReadAsync(answer, answerType, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>Sends a message that changes something and reads the answer.</summary>
    public Task<TAnswer> SendAsync<TMessage, TAnswer>(
        HttpMethod method, string path, TMessage message, JsonTypeInfo<TMessage> messageType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken, string? ifMatch = null) =>
        SendAsync(isSafe: false, method, path, JsonSerializer.SerializeToUtf8Bytes(message, messageType), JsonType, answerType, ifMatch, cancellationToken);

    /// <summary>Sends a question and reads the answer.</summary>
    public Task<TAnswer> AskAsync<TMessage, TAnswer>(string path, TMessage message, JsonTypeInfo<TMessage> messageType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken) =>
        SendAsync(isSafe: true, HttpMethod.Post, path, JsonSerializer.SerializeToUtf8Bytes(message, messageType), JsonType, answerType, ifMatch: null, cancellationToken);

    /// <summary>Sends lines of JSON that may be sent twice, and reads the answer.</summary>
    public Task<TAnswer> SendLinesAsync<TAnswer>(string path, ReadOnlyMemory<byte> lines, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken) =>
        SendAsync(isSafe: true, HttpMethod.Post, path, lines, LinesType, answerType, ifMatch: null, cancellationToken);

    /// <summary>Sends a request whose success has no body.</summary>
    public Task SendAsync(HttpMethod method, string path, CancellationToken cancellationToken, string? ifMatch = null) => _retries.RunAsync(
        isSafe: false,
        async () =>
        {
            using HttpResponseMessage answer = await SendAsync(method, path, content: null, ifMatch, cancellationToken).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Reads an answer of lines while it comes. What breaks off is not asked for again, since its beginning has been taken.</summary>
    public async IAsyncEnumerable<T> ReadLinesAsync<T>(string path, JsonTypeInfo<T> lineType, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await _retries.RunAsync(
            isSafe: true, () => SendAsync(HttpMethod.Get, path, content: null, ifMatch: null, cancellationToken), cancellationToken).ConfigureAwait(false);
        using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        IAsyncEnumerator<T?> lines = JsonSerializer.DeserializeAsyncEnumerable(body, lineType, topLevelValues: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (lines.ConfigureAwait(false))
        {
            while (await MoveNextAsync(lines).ConfigureAwait(false))
            {
                yield return lines.Current!;
            }
        }
    }

    /// <summary>Copies an answer to a stream while it comes. What breaks off is not asked for again, since its beginning has been taken.</summary>
    public async Task CopyToAsync(string path, Stream target, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await _retries.RunAsync(
            isSafe: true, () => SendAsync(HttpMethod.Get, path, content: null, ifMatch: null, cancellationToken), cancellationToken).ConfigureAwait(false);
        using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[CopyBytes];
        for (int read; (read = await ReadAsync(body, buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends the bytes of a stream, once, disposes it, and reads the answer.</summary>
    public async Task<TAnswer> SendStreamAsync<TAnswer>(HttpMethod method, string path, Stream body, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(body, CopyBytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(BytesType);
        using HttpResponseMessage answer = await SendAsync(method, path, content, ifMatch: null, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(answer, answerType, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    // What fails on the caller's side of a copy is the caller's, so that reading is guarded alone.
    private async ValueTask<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw Unreachable("the answer broke off", error);
        }
    }

    private Task<TAnswer> SendAsync<TAnswer>(
        bool isSafe, HttpMethod method, string path, ReadOnlyMemory<byte> body, string contentType, JsonTypeInfo<TAnswer> answerType, string? ifMatch, CancellationToken cancellationToken) =>
        _retries.RunAsync(
            isSafe,
            async () =>
            {
                using var content = new ReadOnlyMemoryContent(body);
                content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
                using HttpResponseMessage answer = await SendAsync(method, path, content, ifMatch, cancellationToken).ConfigureAwait(false);
                return await ReadAsync(answer, answerType, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);

    private async ValueTask<bool> MoveNextAsync<T>(IAsyncEnumerator<T> lines)
    {
        try
        {
            return await lines.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or HttpRequestException or JsonException)
        {
            throw Unreachable("the answer broke off", error);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, string? ifMatch, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_root + path, _asSpelled)) { Content = content };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{ifMatch}\""));
        }

        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            throw Unreachable("no answer", error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable($"no answer within {_http.Timeout.TotalSeconds:0.#} s", error);
        }

        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw await ReadProblemAsync(answer, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(body, type, cancellationToken).ConfigureAwait(false) ?? throw new JsonException();
        }
        catch (JsonException error)
        {
            throw new HypervexClientException(
                answer.StatusCode,
                HypervexClientException.UnexpectedAnswer,
                $"{_root} answered with something else than a Hypervex server's message. Check the address.",
                error);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw Unreachable("the answer broke off", error);
        }
    }

    private async Task<HypervexClientException> ReadProblemAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        ProblemMessage? problem = null;
        if (answer.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            problem = await ReadAsync(answer, WireJson.Default.ProblemMessage, cancellationToken).ConfigureAwait(false);
        }

        return problem?.Code is { } code
            ? new HypervexClientException(answer.StatusCode, code, problem.Detail ?? problem.Title ?? code) { RetryAfter = answer.Headers.RetryAfter?.Delta, Imported = problem.Imported }
            : new HypervexClientException(
                answer.StatusCode,
                HypervexClientException.UnexpectedAnswer,
                $"{_root} answered {(int)answer.StatusCode} without a problem's description; is it a Hypervex server?");
    }

    private HypervexClientException Unreachable(string what, Exception error) =>
        new(status: null, HypervexClientException.Unreachable, $"{_root} could not be reached: {what}. Is the server running (hypervex serve)?", error);
}
