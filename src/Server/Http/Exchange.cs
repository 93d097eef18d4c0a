using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hypervex.Server.Jobs;
using Hypervex.Server.Json;
using Hypervex.Server.Keys;
using Hypervex.Server.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Hypervex.Server.Http;

/// <summary>What routes need beside the request.</summary>
/// <param name="Options">The server's settings.</param>
/// <param name="Database">The database, which may still be opening.</param>
/// <param name="Bodies">Memory for bodies.</param>
/// <param name="Admission">Who may run at once.</param>
/// <param name="Requests">How long requests took.</param>
/// <param name="Calls">How long calls of gRPC took.</param>
/// <param name="Keys">Who may call.</param>
/// <param name="Jobs">Work beside requests.</param>
/// <param name="Snapshots">The snapshots that are kept.</param>
/// <param name="SlowSearches">Told of searches that took long.</param>
/// <param name="Version">The server's version.</param>
internal sealed record ServerParts(
    ServerOptions Options,
    OpenDatabase Database,
    BodyBudget Bodies,
    Admission Admission,
    RequestMetrics Requests,
    CallMetrics Calls,
    KeyStore Keys,
    JobRunner Jobs,
    SnapshotStore Snapshots,
    SlowSearchLog SlowSearches,
    string Version);

/// <summary>
/// One request and its answer, as routes see them.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class Exchange(HttpContext context, ServerParts server, RouteMatch match, Caller caller, KeyGuard guard) : IDisposable
{
    private Permit? _permit;
    private string[]? _bitFields;
    private string? _collectionName;
    private Collection? _collection;
    private Deadline? _deadline;

    /// <summary>The framework's view of the request.</summary>
    public HttpContext Context => context;

    /// <summary>What is there beside the request.</summary>
    public ServerParts Server => server;

    /// <summary>Who sent the request.</summary>
    public Caller Caller => caller;

    /// <summary>What an administrative call was about, for the audit log, where the path does not say it.</summary>
    public string? Subject { get; set; }

    /// <summary>Ends when the client goes away, and for a read that runs when the time is over that the server gives it.</summary>
    public CancellationToken Aborted => _deadline?.Token ?? context.RequestAborted;

    /// <summary>The error of a read that took longer than the server gives it; null while it has time.</summary>
    public HypervexException? Late => _deadline is { HasPassed: true } passed ? passed.Error() : null;

    /// <summary>
    /// The collection that the path names, itself or by an alias, or the one named <c>default</c>, which is created on its first use by a caller that may write it. A request stays with the
    /// collection that it found first, however aliases are switched meanwhile.
    /// </summary>
    public Collection Collection => _collection ??= FindCollection(caller.May(KeyScope.Write, NameInPath));

    /// <summary>As <see cref="Collection"/>, which is not created here.</summary>
    public Collection ExistingCollection => _collection ??= FindCollection(mayCreate: false);

    /// <summary>The name of <see cref="Collection"/>: not the alias that the path may have.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidName"/>.</exception>
    public string CollectionName => _collectionName ??= server.Database.Resolve(NameInPath);

    /// <summary>The name of the collection that the request has worked on; null when it has not looked for one.</summary>
    public string? ResolvedName => _collection?.Name ?? _collectionName;

    /// <summary>Whether the path names a collection itself, and not an alias.</summary>
    public bool NamesCollectionItself => NameInPath == CollectionName;

    private string NameInPath => match.Route.NamesCollection
        ? RawPath.Decode(match.Segments[0]) ?? throw new HypervexException(ErrorCode.InvalidName, "The collection's name in the path is not percent-encoded UTF-8.")
        : DefaultCollectionOptions.Name;

    /// <summary>The id in the path, percent-decoded exactly once.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidId"/>.</exception>
    public string Id => RawPath.Decode(match.Segments[^1]) switch
    {
        null => throw new HypervexException(ErrorCode.InvalidId, "The id in the path is not percent-encoded UTF-8."),
        "" => throw new HypervexException(ErrorCode.InvalidId, "The id in the path is empty; an id has 1 to 512 bytes."),
        { } id => id,
    };

    /// <summary>What stands in the path for the first <c>{..}</c>, percent-decoded exactly once, where it is no collection.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidName"/>.</exception>
    public string FirstSegment => RawPath.Decode(match.Segments[0])
        ?? throw new HypervexException(ErrorCode.InvalidName, "The path is not percent-encoded UTF-8.");

    /// <summary>The last segment of the path, percent-decoded exactly once, where it is no id.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidName"/>.</exception>
    public string LastSegment => RawPath.Decode(match.Segments[^1])
        ?? throw new HypervexException(ErrorCode.InvalidName, "The last part of the path is not percent-encoded UTF-8.");

    /// <summary>The path of the collection's vectors, for Location.</summary>
    public string VectorsPath => match.Route.NamesCollection
        ? $"/api/v1/collections/{Uri.EscapeDataString(CollectionName)}/vectors"
        : "/api/v1/vectors";

    /// <summary>Checks that the caller's key is still valid, after waiting for the client.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public void Confirm() => guard.Confirm(context, caller);

    /// <summary>
    /// Waits until the request may run, where its kind is bounded; once for each request, when nothing more of it has to come. It gives its place back when the answer begins, so that neither a slow
    /// body nor a slow reader holds one.
    /// </summary>
    /// <exception cref="RefusedException">Too many run or wait; or the caller is none any more.</exception>
    public async ValueTask EnterAsync()
    {
        if (server.Admission.Of(match.Route.Work) is not { } queue)
        {
            return;
        }

        Debug.Assert(_permit is null, "the request runs already");
        _permit = await queue.EnterAsync(context.RequestAborted).ConfigureAwait(false);
        context.Response.OnStarting(
            static permit =>
            {
                ((Permit)permit).Dispose();
                return Task.CompletedTask;
            },
            _permit);
        Confirm(); // the waiting may have taken long
        if (match.Route.Work == Work.Read && server.Options.Limits.RequestTimeout > TimeSpan.Zero)
        {
            _deadline = new Deadline(server.Options.Limits.RequestTimeout, server.Options.Database.TimeProvider, context.RequestAborted);
        }
    }

    /// <summary>A query parameter; null when it is absent.</summary>
    public string? Query(string name) => context.Request.Query.TryGetValue(name, out StringValues values) ? values.ToString() : null;

    /// <summary>A query parameter that is an integer; the default when it is absent.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.LimitOutOfRange"/>.</exception>
    public long QueryInteger(string name, long defaultValue, long least, long greatest)
    {
        if (Query(name) is not { } text)
        {
            return defaultValue;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= least && value <= greatest
            ? value
            : throw new HypervexException(
                ErrorCode.LimitOutOfRange,
                string.Create(CultureInfo.InvariantCulture, $"{name}: expected an integer from {least} to {greatest}, found {JsonPath.Quote(text)}."));
    }

    /// <summary>A query parameter that is a finite float32; null when it is absent.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.LimitOutOfRange"/>.</exception>
    public float? QuerySingle(string name)
    {
        if (Query(name) is not { } text)
        {
            return null;
        }

        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return JsonFloat.Read(utf8, out float value) == utf8.Length && utf8.Length > 0 && float.IsFinite(value)
            ? value
            : throw new HypervexException(ErrorCode.LimitOutOfRange, $"{name}: expected a number within the range of float32, found {JsonPath.Quote(text)}.");
    }

    /// <summary>A query parameter that is true or false; false when it is absent.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public bool QueryBoolean(string name) => Query(name) switch
    {
        null or "false" => false,
        "true" => true,
        { } text => throw new HypervexException(ErrorCode.InvalidArgument, $"{name}: expected true or false, found {JsonPath.Quote(text)}."),
    };

    /// <summary>Conditions and durability of a write: If-Match and <c>?durability=</c>.</summary>
    public WriteOptions? ReadWriteOptions()
    {
        RecordVersion? version = EntityTag.ParseIfMatch(context.Request.Headers.IfMatch);
        string? durability = Query("durability");
        return version is null && durability is null
            ? null
            : new WriteOptions
            {
                IfVersion = version,
                Durability = durability is null ? null : DurabilityName.Parse("durability", durability),
            };
    }

    /// <summary>How vectors of the answer are written: <c>?vector_format=</c>.</summary>
    public VectorText VectorText => Query("vector_format") is { } format ? new VectorText(VectorText.ParseQuery(format), Collection) : default;

    /// <summary>Whether the body is announced as bytes that are no JSON.</summary>
    public bool HasBytes => RequestBody.IsOf(context.Request, RequestBody.Bytes);

    /// <summary>Reads the JSON body.</summary>
    public async ValueTask<T> ReadAsync<T>(StrictJson.ValueReader<T> read)
    {
        using RequestBody body = await RequestBody.ReadAsync(context, server.Bodies, server.Options.Limits.MaxBodyBytes, RequestBody.Json).ConfigureAwait(false);
        Confirm(); // the body may have taken long
        await EnterAsync().ConfigureAwait(false);
        return StrictJson.ReadDocument(body.Content.Span, read, IsBits);
    }

    /// <summary>Reads a body of bytes that are no JSON.</summary>
    public async ValueTask<T> ReadBytesAsync<T>(Func<ReadOnlyMemory<byte>, T> read)
    {
        using RequestBody body = await RequestBody.ReadAsync(context, server.Bodies, server.Options.Limits.MaxBodyBytes, RequestBody.Bytes).ConfigureAwait(false);
        Confirm(); // the body may have taken long
        await EnterAsync().ConfigureAwait(false);
        return read(body.Content);
    }

    /// <summary>Whether a vector field of the collection holds bits.</summary>
    public bool IsBits(string field)
    {
        // Asked for each vector of a body; a field keeps its metric.
        _bitFields ??= [.. Collection.Options.Vectors.Where(pair => pair.Value.Metric == Metric.Hamming).Select(pair => pair.Key)];
        return Array.IndexOf(_bitFields, field) >= 0;
    }

    /// <summary>Answers with one of the wire's messages.</summary>
    public async Task AnswerAsync<T>(T message, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        using var answer = new JsonAnswer(context);
        context.Response.StatusCode = status;
        JsonSerializer.Serialize(answer.Writer, message, type);
        await answer.SendAsync().ConfigureAwait(false);
    }

    /// <summary>Answers with a record and its ETag.</summary>
    public async Task AnswerAsync(VectorRecord record, RecordParts parts, VectorText vectorText, int status = StatusCodes.Status200OK)
    {
        using var answer = new JsonAnswer(context);
        context.Response.StatusCode = status;
        context.Response.Headers.ETag = EntityTag.Of(record.Version);
        RecordJson.Write(answer.Writer, record, parts, vectorText);
        await answer.SendAsync().ConfigureAwait(false);
    }

    /// <summary>Answers without a body.</summary>
    public Task AnswerEmptyAsync()
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    // What an alias stands for may have changed since the caller was admitted, or not have been known while the database was opening.
    private Collection FindCollection(bool mayCreate)
    {
        Collection found = server.Database.FindCollection(NameInPath, mayCreate);
        if (found.Name != CollectionName)
        {
            _collectionName = found.Name;
            guard.Admit(this, match.Route.Access);
        }

        return found;
    }

    /// <summary>Gives back what the request holds, whether or not it has been answered.</summary>
    public void Dispose()
    {
        _permit?.Dispose();
        _deadline?.Dispose();
    }
}
