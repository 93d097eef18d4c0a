using Hypervex.Client;
using Hypervex.Server.Json;
using Hypervex.Server.Keys;
using Hypervex.Wire;

namespace Hypervex.Cli.Targets;

/// <summary>
/// The keys of a running server, or of a data directory that nobody has open.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class KeyTarget(HypervexClient? server, KeyStore? directory) : IDisposable
{
    /// <summary>The keys of a data directory; only to create one, the directory need not exist.</summary>
    public static KeyTarget OpenDirectory(string path, bool mayCreate)
    {
        if (!mayCreate && !Directory.Exists(path))
        {
            throw CommandException.NotFound("database_not_found", $"There is no data directory \"{path}\". Give another one with --data, or a server with --url.");
        }

        try
        {
            return new KeyTarget(server: null, KeyStore.OpenDirectory(path));
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Locked)
        {
            throw CommandException.Create("locked", LockHolder.Describe(path), ExitCode.Locked);
        }
    }

    /// <summary>Creates a key.</summary>
    public async Task<KeyAnswer> CreateAsync(string name, KeyScope scope, IReadOnlyList<string>? collections, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        if (server is not null)
        {
            return await server.CreateKeyAsync(new KeyMessage { Name = name, Scope = WireName<KeyScope>.Of(scope), Collections = collections, ExpiresAt = expiresAt is { } end ? WireTime.Write(end) : null }, cancellationToken).ConfigureAwait(false);
        }

        KeyJson.Check(name, collections);
        (ApiKey key, string text) = directory!.Create(name, scope, collections, expiresAt: expiresAt);
        return KeyJson.Describe(key, text);
    }

    /// <summary>All keys.</summary>
    public async Task<IReadOnlyList<KeyAnswer>> ListAsync(CancellationToken cancellationToken) =>
        server is not null
            ? await server.ListKeysAsync(cancellationToken).ConfigureAwait(false)
            : [.. directory!.List().Select(key => KeyJson.Describe(key))];

    /// <summary>Gives a key a new text.</summary>
    public async Task<KeyAnswer> RotateAsync(string id, int graceSeconds, CancellationToken cancellationToken)
    {
        CheckId(id);
        if (server is not null)
        {
            return await server.RotateKeyAsync(id, new RotationMessage { GraceSeconds = graceSeconds }, cancellationToken).ConfigureAwait(false);
        }

        (ApiKey key, string text) = directory!.Rotate(id, TimeSpan.FromSeconds(graceSeconds)) ?? throw NotFound(id);
        return KeyJson.Describe(key, text);
    }

    /// <summary>Ends a key.</summary>
    public async Task RevokeAsync(string id, CancellationToken cancellationToken)
    {
        CheckId(id);
        if (server is not null)
        {
            await server.RevokeKeyAsync(id, cancellationToken).ConfigureAwait(false);
        }
        else if (!directory!.Revoke(id))
        {
            throw NotFound(id);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        server?.Dispose();
        directory?.Dispose();
    }

    // In place of an id it would end up in the logs of proxies.
    private static void CheckId(string id)
    {
        if (KeyText.IdOf(id) is { } ofText)
        {
            throw CommandException.Usage($"This is a key's text; say its id, {ofText}.");
        }
    }

    private static CommandException NotFound(string id) =>
        CommandException.NotFound("not_found", $"There is no key with the id \"{id}\". `hypervex keys list` shows those that exist.");
}
