using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>
/// A server's collections over REST.
/// Every method fails with <see cref="HypervexClientException"/>, which has the answer's status and stable code.
/// Thread safety: all members from any thread.
/// </summary>
/// <example>
/// <code>
/// using var client = new HypervexClient(new Uri("http://127.0.0.1:8080"));
/// CollectionClient vectors = client.Collection("docs");
/// await vectors.UpsertBatchAsync([new RecordMessage { VectorId = "a", Vector = [0.1f, 0.2f] }]);
/// SearchAnswer found = await vectors.SearchAsync(new SearchMessage { QueryVector = [0.1f, 0.3f], TopK = 5 });
/// </code>
/// </example>
public sealed class HypervexClient : IDisposable
{
    private const string Path = "/api/v1/collections";
    private const string KeysPath = "/api/v1/keys";
    private const string AliasesPath = "/api/v1/aliases";
    private readonly Connection _connection;

    /// <summary>Creates a client; nothing is sent yet.</summary>
    /// <param name="server">Scheme, host and port of the server.</param>
    /// <param name="options">Time limit, key and handler.</param>
    public HypervexClient(Uri server, HypervexClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        options ??= new HypervexClientOptions();
        _connection = new Connection(server, options);
        Jobs = new JobsClient(_connection, options.TimeProvider);
    }

    /// <summary>Work that goes on after the request that began it: compactions, checkpoints, snapshots.</summary>
    public JobsClient Jobs { get; }

    /// <summary>The records of a collection; nothing is sent yet.</summary>
    public CollectionClient Collection(string name = CollectionClient.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new CollectionClient(_connection, name);
    }

    /// <summary>Creates a collection.</summary>
    public Task<CollectionDescription> CreateCollectionAsync(CollectionMessage collection, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Post, Path, collection, WireJson.Default.CollectionMessage, WireJson.Default.CollectionDescription, cancellationToken);

    /// <summary>The names of all collections, in ordinal order.</summary>
    public async Task<IReadOnlyList<string>> ListCollectionsAsync(CancellationToken cancellationToken = default)
    {
        CollectionList list = await _connection.SendAsync(HttpMethod.Get, Path, WireJson.Default.CollectionList, cancellationToken).ConfigureAwait(false);
        return [.. list.Collections.Select(collection => collection.Name)];
    }

    /// <summary>Alters settings of a collection while it is in use; what is null stays. New codes are trained in the background: the stats tell how far they are.</summary>
    /// <param name="name">The collection.</param>
    /// <param name="changes">What is altered.</param>
    /// <param name="removeCapacity">Whether there is no greatest number of records any more; then <see cref="CollectionChangesMessage.Capacity"/> is null.</param>
    /// <param name="removeDurability">Whether the server's durability counts from now on; then <see cref="CollectionChangesMessage.Durability"/> is null.</param>
    /// <param name="cancellationToken">Ends the waiting for the answer.</param>
    public Task<CollectionDescription> AlterCollectionAsync(
        string name, CollectionChangesMessage changes, bool removeCapacity = false, bool removeDurability = false, CancellationToken cancellationToken = default)
    {
        // Only what is written out as null is removed.
        ArgumentNullException.ThrowIfNull(changes);
        JsonObject message = JsonSerializer.SerializeToNode(changes, WireJson.Default.CollectionChangesMessage)!.AsObject();
        if ((removeCapacity && !message.TryAdd("capacity", null)) || (removeDurability && !message.TryAdd("durability", null)))
        {
            throw new ArgumentException("A capacity or durability is either changed or removed.", nameof(changes));
        }

        return _connection.SendAsync(HttpMethod.Patch, PathOf(name), message, WireJson.Default.JsonObject, WireJson.Default.CollectionDescription, cancellationToken);
    }

    /// <summary>Describes a collection.</summary>
    public Task<CollectionDescription> DescribeCollectionAsync(string name, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Get, PathOf(name), WireJson.Default.CollectionDescription, cancellationToken);

    /// <summary>Begins to remove what was overwritten or deleted from every file; <see cref="JobsClient.WaitAsync"/> waits for it.</summary>
    public Task<JobMessage> CompactAsync(string name, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Post, PathOf(name) + "/compact", WireJson.Default.JobMessage, cancellationToken);

    /// <summary>Begins a checkpoint, so that the server's next start replays less.</summary>
    public Task<JobMessage> CheckpointAsync(string name, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Post, PathOf(name) + "/checkpoint", WireJson.Default.JobMessage, cancellationToken);

    /// <summary>The snapshots that the server keeps of a collection, which need not exist any more; nothing is sent yet.</summary>
    public SnapshotsClient Snapshots(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new SnapshotsClient(_connection, PathOf(name));
    }

    /// <summary>Removes a collection and its records.</summary>
    public Task DropCollectionAsync(string name, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Delete, PathOf(name), cancellationToken);

    /// <summary>Declares the index of a metadata field; the server builds it in the background.</summary>
    public Task<FieldIndexAnswer> CreateFieldIndexAsync(string name, FieldIndexMessage index, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Post, FieldIndexesOf(name), index, WireJson.Default.FieldIndexMessage, WireJson.Default.FieldIndexAnswer, cancellationToken);

    /// <summary>A collection's indexes of metadata fields.</summary>
    public async Task<IReadOnlyList<FieldIndexAnswer>> ListFieldIndexesAsync(string name, CancellationToken cancellationToken = default) =>
        (await _connection.SendAsync(HttpMethod.Get, FieldIndexesOf(name), WireJson.Default.FieldIndexList, cancellationToken).ConfigureAwait(false)).FieldIndexes;

    /// <summary>Ends the index of a metadata field; fails with <c>not_found</c> when it has none.</summary>
    public Task DropFieldIndexAsync(string name, string field, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Delete, $"{FieldIndexesOf(name)}/{Uri.EscapeDataString(field)}", cancellationToken);

    /// <summary>All aliases of collections, in ordinal order.</summary>
    public async Task<IReadOnlyList<AliasMessage>> ListAliasesAsync(CancellationToken cancellationToken = default) =>
        (await _connection.SendAsync(HttpMethod.Get, AliasesPath, WireJson.Default.AliasList, cancellationToken).ConfigureAwait(false)).Aliases;

    /// <summary>Lets an alias stand for a collection from now on; fails with <c>collection_not_found</c> when there is no such collection.</summary>
    public Task<AliasMessage> SetAliasAsync(string alias, string collection, CancellationToken cancellationToken = default) => _connection.SendAsync(
        HttpMethod.Put,
        $"{AliasesPath}/{Uri.EscapeDataString(alias)}",
        new AliasTargetMessage { Collection = collection },
        WireJson.Default.AliasTargetMessage,
        WireJson.Default.AliasMessage,
        cancellationToken);

    /// <summary>Makes several changes of aliases at once; all aliases as they are afterwards.</summary>
    public async Task<IReadOnlyList<AliasMessage>> ChangeAliasesAsync(IReadOnlyList<AliasChange> changes, CancellationToken cancellationToken = default) =>
        (await _connection.SendAsync(
            HttpMethod.Post, AliasesPath, new AliasChangesMessage { Changes = changes }, WireJson.Default.AliasChangesMessage, WireJson.Default.AliasList, cancellationToken).ConfigureAwait(false)).Aliases;

    /// <summary>Drops an alias, not its collection; fails with <c>not_found</c> when there is none.</summary>
    public Task DropAliasAsync(string alias, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Delete, $"{AliasesPath}/{Uri.EscapeDataString(alias)}", cancellationToken);

    /// <summary>Creates a key; its text is in the answer, and nowhere afterwards.</summary>
    public Task<KeyAnswer> CreateKeyAsync(KeyMessage key, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Post, KeysPath, key, WireJson.Default.KeyMessage, WireJson.Default.KeyAnswer, cancellationToken);

    /// <summary>All keys, in order of their creation.</summary>
    public async Task<IReadOnlyList<KeyAnswer>> ListKeysAsync(CancellationToken cancellationToken = default) =>
        (await _connection.SendAsync(HttpMethod.Get, KeysPath, WireJson.Default.KeyList, cancellationToken).ConfigureAwait(false)).Keys;

    /// <summary>Gives a key a new text, which is in the answer; fails with <c>not_found</c> when there is no such key.</summary>
    public Task<KeyAnswer> RotateKeyAsync(string id, RotationMessage rotation, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Post, $"{KeysPath}/{Uri.EscapeDataString(id)}/rotate", rotation, WireJson.Default.RotationMessage, WireJson.Default.KeyAnswer, cancellationToken);

    /// <summary>Ends a key; fails with <c>not_found</c> when there is no such key.</summary>
    public Task RevokeKeyAsync(string id, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Delete, $"{KeysPath}/{Uri.EscapeDataString(id)}", cancellationToken);

    /// <summary>Whether the server is well, and its version.</summary>
    public Task<HealthAnswer> GetHealthAsync(CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Get, "/api/v1/health", WireJson.Default.HealthAnswer, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static string PathOf(string name) => $"{Path}/{Uri.EscapeDataString(name)}";

    private static string FieldIndexesOf(string name) => PathOf(name) + "/field-indexes";
}
