using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>
/// The snapshots that a server keeps of one collection, which they outlive. Made by <see cref="HypervexClient.Snapshots"/>.
/// Every method fails with <see cref="HypervexClientException"/>.
/// Thread safety: all members from any thread.
/// </summary>
public sealed class SnapshotsClient
{
    private readonly Connection _connection;
    private readonly string _path;

    internal SnapshotsClient(Connection connection, string collectionPath)
    {
        _connection = connection;
        _path = collectionPath + "/snapshots";
    }

    /// <summary>Begins to write a snapshot, consistent while writes go on; its name is the job's <see cref="JobMessage.Snapshot"/>.</summary>
    public Task<JobMessage> CreateAsync(CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Post, _path, WireJson.Default.JobMessage, cancellationToken);

    /// <summary>The snapshots, by name.</summary>
    public async Task<IReadOnlyList<SnapshotMessage>> ListAsync(CancellationToken cancellationToken = default) =>
        (await _connection.SendAsync(HttpMethod.Get, _path, WireJson.Default.SnapshotList, cancellationToken).ConfigureAwait(false)).Snapshots;

    /// <summary>Copies the bytes of a snapshot to a stream, while they come. When it fails, what was written is a part of it.</summary>
    public Task DownloadAsync(string name, Stream target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        return _connection.CopyToAsync(PathOf(name), target, cancellationToken);
    }

    /// <summary>Gives the server a snapshot, which is checked whole before it has its name; fails with <c>already_exists</c> when the name is taken, with <c>bad_snapshot</c> when it is none.</summary>
    /// <param name="name">Up to 128 ASCII letters, digits, <c>_</c>, <c>-</c>, <c>.</c>, with <c>.hvsnap</c> at the end.</param>
    /// <param name="content">Its bytes; read once, and disposed.</param>
    /// <param name="cancellationToken">Stops; the server then keeps nothing of it.</param>
    public Task<SnapshotMessage> UploadAsync(string name, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        return _connection.SendStreamAsync(HttpMethod.Put, PathOf(name), content, WireJson.Default.SnapshotMessage, cancellationToken);
    }

    /// <summary>Begins to restore a snapshot, wholly or not at all.</summary>
    public Task<JobMessage> RestoreAsync(string name, RestoreMessage? restore = null, CancellationToken cancellationToken = default) => _connection.SendAsync(
        HttpMethod.Post, PathOf(name) + "/restore", restore ?? new RestoreMessage(), WireJson.Default.RestoreMessage, WireJson.Default.JobMessage, cancellationToken);

    /// <summary>Deletes a snapshot; fails with <c>not_found</c> when there is none.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) => _connection.SendAsync(HttpMethod.Delete, PathOf(name), cancellationToken);

    private string PathOf(string name) => $"{_path}/{Uri.EscapeDataString(name)}";
}
