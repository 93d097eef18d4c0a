using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using Hypervex.Storage;

namespace Hypervex.Server.Keys;

/// <summary>
/// The keys of a server, or of a data directory that nobody serves.
/// Invariant: what <see cref="Authenticate"/> sees is on disk already, so that an acknowledged revocation holds after a crash as well; once there has been a key, <see cref="IsRequired"/> stays true.
/// Thread safety: all members from any thread; changes wait for each other.
/// </summary>
internal sealed class KeyStore : IDisposable
{
    /// <summary>Greatest number of keys.</summary>
    public const int MaxKeys = 1_000;

    /// <summary>Longest time that the text before a rotation may be accepted, in seconds.</summary>
    public const int MaxGraceSeconds = 7 * 24 * 3600;

    // Compared where there is no hash to compare with, so that an unknown key takes as long as a wrong one.
    private static readonly byte[] _noHash = new byte[32];

    private readonly Lock _changing = new();
    private readonly KeyFile? _file;
    private readonly byte[]? _adminHash;
    private readonly TimeProvider _time;
    private readonly bool _mayLockOut;
    private readonly IDisposable? _directoryLock;
    private volatile FrozenDictionary<string, ApiKey> _keys = FrozenDictionary<string, ApiKey>.Empty;
    private volatile bool _required;
    private bool _closed;

    private KeyStore(KeyFile? file, byte[]? adminHash, TimeProvider time, bool mayLockOut, IDisposable? directoryLock)
    {
        _file = file;
        _adminHash = adminHash;
        _time = time;
        _mayLockOut = mayLockOut;
        _directoryLock = directoryLock;
        _required = adminHash is not null;
        Load();
    }

    /// <summary>Whether requests need a key.</summary>
    public bool IsRequired => _required;

    /// <summary>The keys in order of their creation.</summary>
    public IReadOnlyList<ApiKey> List() => [.. _keys.Values.OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)];

    /// <summary>The keys of a server.</summary>
    /// <param name="dataPath">Its data directory; null = keys live as long as the server.</param>
    /// <param name="adminKeyFile">A file with a key of the operator's; null = none.</param>
    /// <param name="time">The clock; null = the system's.</param>
    public static KeyStore OpenForServer(string? dataPath, string? adminKeyFile, TimeProvider? time = null) => new(
        dataPath is null ? null : new KeyFile(new DiskFileSystem(), Path.GetFullPath(dataPath)),
        adminKeyFile is null ? null : AdminKey.Read(adminKeyFile),
        time ?? TimeProvider.System,
        mayLockOut: false,
        directoryLock: null);

    /// <summary>The keys of a directory that nobody has open; it is locked until the store is disposed.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Locked"/>, or what reading the file throws.</exception>
    public static KeyStore OpenDirectory(string dataPath)
    {
        string root = Path.GetFullPath(dataPath);
        var files = new DiskFileSystem();
        if (!files.DirectoryExists(root))
        {
            files.CreateDirectory(root);
            files.SyncDirectory(Path.GetDirectoryName(root)!);
        }

        IDisposable directoryLock = files.TryLock(DatabasePaths.Lock(root))
            ?? throw new HypervexException(ErrorCode.Locked, $"The data directory {root} is open in another process.");
        try
        {
            return new KeyStore(new KeyFile(files, root), adminHash: null, TimeProvider.System, mayLockOut: true, directoryLock);
        }
        catch
        {
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Reads the file again.</summary>
    public void Load()
    {
        lock (_changing)
        {
            if (_file is not null)
            {
                Publish(_file.Read().ToFrozenDictionary(key => key.Id, StringComparer.Ordinal));
            }
        }
    }

    /// <summary>Who presents a text as a key; null when it is none.</summary>
    public Caller? Authenticate(string text) => Find(KeyText.IdOf(text), KeyText.Hash(text));

    /// <summary>Whether a caller may still be one: the key was neither revoked nor given a new text since, and where none was asked for there still is none.</summary>
    public bool Accepts(Caller caller) => caller.Hash is { } hash ? Find(caller.KeyId, hash) is not null : !_required;

    /// <summary>Creates a key.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="scope">What it is for.</param>
    /// <param name="collections">The collections that it is for; null = all.</param>
    /// <param name="confirm">Called before anything is changed, while no other change can come between; throws when the caller may no longer do it. So no key that was revoked leaves another one behind.</param>
    /// <param name="expiresAt">From when on it is accepted no more; null = never.</param>
    /// <returns>The key, and its text, which nobody can tell again.</returns>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: nobody could manage keys; <see cref="ErrorCode.LimitOutOfRange"/>: too many; or the file could not be written.</exception>
    public (ApiKey Key, string Text) Create(string name, KeyScope scope, IReadOnlyList<string>? collections, Action? confirm = null, DateTimeOffset? expiresAt = null)
    {
        lock (_changing)
        {
            confirm?.Invoke();
            string id = KeyText.NewId();
            string text = KeyText.New(id);
            var key = new ApiKey { Id = id, Name = name, Scope = scope, Collections = collections, CreatedAt = Now(), ExpiresAt = Milliseconds(expiresAt), Hash = KeyText.Hash(text) };
            if (key.ExpiresAt <= key.CreatedAt)
            {
                throw new HypervexException(ErrorCode.InvalidArgument, "expires_at is in the past; a key has to be good for something.");
            }

            if (!key.AlwaysRulesServer && !HasRuler(_keys.Values))
            {
                throw new HypervexException(ErrorCode.InvalidArgument, "The first key must have the scope admin for all collections, and never expire: with keys every request needs one, and nobody could create or revoke others.");
            }

            if (_keys.Count >= MaxKeys)
            {
                throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"There are {MaxKeys} keys already, which is the limit; revoke those that are not used."));
            }

            Save(_keys.Values.Append(key));
            return (key, text);
        }
    }

    /// <summary>Gives a key a new text.</summary>
    /// <param name="id">The key.</param>
    /// <param name="grace">How long the text before is accepted as well.</param>
    /// <param name="confirm">As with <see cref="Create"/>.</param>
    /// <returns>The key and its new text; null when there is no such key.</returns>
    public (ApiKey Key, string Text)? Rotate(string id, TimeSpan grace, Action? confirm = null)
    {
        lock (_changing)
        {
            confirm?.Invoke();
            if (!_keys.TryGetValue(id, out ApiKey? key))
            {
                return null;
            }

            string text = KeyText.New(id);
            bool keepsOld = grace > TimeSpan.Zero;
            ApiKey rotated = key with
            {
                Hash = KeyText.Hash(text),
                PreviousHash = keepsOld ? key.Hash : null,
                PreviousUntil = keepsOld ? Now() + grace : null,
            };
            Save(_keys.Values.Where(other => other.Id != id).Append(rotated));
            return (rotated, text);
        }
    }

    /// <summary>Ends a key: no request that begins after this returns is accepted with it.</summary>
    /// <param name="id">The key.</param>
    /// <param name="confirm">As with <see cref="Create"/>.</param>
    /// <returns>False when there is no such key.</returns>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: it is the last one that can manage keys.</exception>
    public bool Revoke(string id, Action? confirm = null)
    {
        lock (_changing)
        {
            confirm?.Invoke();
            if (!_keys.ContainsKey(id))
            {
                return false;
            }

            ApiKey[] others = [.. _keys.Values.Where(other => other.Id != id)];
            if (!_mayLockOut && !HasRuler(others))
            {
                throw new HypervexException(ErrorCode.InvalidArgument, "This is the last key that can manage keys. Create another one of the scope admin for all collections, which never expires, first, or stop the server and run `hypervex keys revoke --data`.");
            }

            Save(others);
            return true;
        }
    }

    /// <summary>Accepts no more changes, and lets go of the directory.</summary>
    public void Dispose()
    {
        lock (_changing)
        {
            _closed = true;
            _directoryLock?.Dispose();
        }
    }

    private Caller? Find(string? id, byte[] hash)
    {
        ApiKey? key = id is not null ? _keys.GetValueOrDefault(id) : null;
        bool isAdmin = CryptographicOperations.FixedTimeEquals(hash, _adminHash ?? _noHash) & (_adminHash is not null);
        bool isCurrent = CryptographicOperations.FixedTimeEquals(hash, key?.Hash ?? _noHash);
        bool isPrevious = CryptographicOperations.FixedTimeEquals(hash, key?.PreviousHash ?? _noHash) & (key?.PreviousUntil > _time.GetUtcNow());
        return isAdmin
            ? new Caller(AdminKey.Id, KeyScope.Admin, Collections: null, hash)
            : key is not null && (isCurrent || isPrevious) && (key.ExpiresAt is not { } end || end > _time.GetUtcNow()) ? new Caller(key.Id, key.Scope, key.Collections, hash) : null;
    }

    private bool HasRuler(IEnumerable<ApiKey> keys) => _adminHash is not null || keys.Any(key => key.AlwaysRulesServer);

    // The file keeps milliseconds.
    private static DateTimeOffset? Milliseconds(DateTimeOffset? time) => time is { } given ? DateTimeOffset.FromUnixTimeMilliseconds(given.ToUnixTimeMilliseconds()) : null;

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds());

    private void Save(IEnumerable<ApiKey> keys)
    {
        if (_closed)
        {
            throw new HypervexException(ErrorCode.Closed, "The server is stopping; keys cannot be changed any more.");
        }

        FrozenDictionary<string, ApiKey> changed = keys.ToFrozenDictionary(key => key.Id, StringComparer.Ordinal);
        _file?.Write(changed.Values.OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal));
        Publish(changed);
    }

    private void Publish(FrozenDictionary<string, ApiKey> keys)
    {
        _keys = keys;
        if (keys.Count > 0)
        {
            _required = true;
        }
    }
}
