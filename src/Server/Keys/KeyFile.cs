using System.Text.Json;
using System.Text.Json.Serialization;
using Hypervex.Server.Json;
using Hypervex.Storage;

namespace Hypervex.Server.Keys;

/// <summary>
/// The file <c>keys.json</c> (docs/formats/keys.md). It has no previous copy: that could bring back a key that was revoked.
/// Thread safety: one writer at a time, who holds the lock of the directory; readers at any time see a whole file.
/// </summary>
internal sealed class KeyFile(IFileSystem files, string root)
{
    private const string FileName = "keys.json";
    private const string Kind = "keys";
    private const int HashBytes = 32;
    private readonly string _path = Path.Combine(root, FileName);

    /// <summary>The keys; none when there is no file.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Damaged"/>, <see cref="ErrorCode.UnsupportedFormat"/> or <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public IReadOnlyList<ApiKey> Read()
    {
        if (!IsThere())
        {
            return [];
        }

        byte[]? content = files.FileExists(_path) ? CheckedFile.Read(files, _path, Kind, out string? damage) : Missing(out damage);
        if (content is null || damage is not null)
        {
            throw StorageErrors.Damaged(_path, 0, $"{damage}.");
        }

        try
        {
            StoredKeys stored = JsonSerializer.Deserialize(content, KeyFileJson.Default.StoredKeys) ?? throw new JsonException();
            ApiKey[] keys = [.. stored.Keys.Select(ToKey)];
            return keys.DistinctBy(key => key.Id).Count() == keys.Length ? keys : throw new FormatException();
        }
        catch (Exception error) when (error is JsonException or FormatException or ArgumentException)
        {
            throw new HypervexException(ErrorCode.UnsupportedFormat, $"{_path} holds what this version of Hypervex does not know. Start the version that wrote it.", error);
        }
    }

    /// <summary>Replaces the keys, durably.</summary>
    public void Write(IEnumerable<ApiKey> keys) =>
        CheckedFile.Mend(files, _path, Kind, JsonSerializer.SerializeToUtf8Bytes(new StoredKeys([.. keys.Select(ToStored)]), KeyFileJson.Default.StoredKeys), isPrivate: true);

    // "There is no such file" opens the server to everybody on this machine, so it is believed of the directory's own list only: a question about the path
    // is answered with no for a directory, a link to nowhere, and what may not be looked at as well.
    private bool IsThere() => files.DirectoryExists(root) && (files.ListFiles(root).Contains(FileName) || files.ListDirectories(root).Contains(FileName));

    private static byte[]? Missing(out string? damage)
    {
        damage = "It is not a file that can be read";
        return null;
    }

    private static ApiKey ToKey(StoredKey? stored) => stored is null ? throw new FormatException() : new()
    {
        Id = KeyText.IsId(stored.Id) ? stored.Id : throw new FormatException(),
        Name = stored.Name,
        Scope = WireName<KeyScope>.TryParse(stored.Scope, out KeyScope scope) ? scope : throw new FormatException(),
        Collections = stored.Collections is { } names && names.Any(string.IsNullOrEmpty) ? throw new FormatException() : stored.Collections,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(stored.CreatedAtMs),
        Hash = ToHash(stored.Sha256),
        PreviousHash = stored.PreviousSha256 is { } previous ? ToHash(previous) : null,
        PreviousUntil = stored.PreviousUntilMs is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null,
        ExpiresAt = stored.ExpiresAtMs is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null,
    };

    private static StoredKey ToStored(ApiKey key) => new(
        key.Id,
        key.Name,
        WireName<KeyScope>.Of(key.Scope),
        key.CreatedAt.ToUnixTimeMilliseconds(),
        Convert.ToHexStringLower(key.Hash),
        key.Collections,
        key.PreviousHash is { } previous ? Convert.ToHexStringLower(previous) : null,
        key.PreviousUntil?.ToUnixTimeMilliseconds(),
        key.ExpiresAt?.ToUnixTimeMilliseconds());

    private static byte[] ToHash(string digits) => Convert.FromHexString(digits) is { Length: HashBytes } hash ? hash : throw new FormatException();
}

/// <summary>The content of <c>keys.json</c>.</summary>
/// <param name="Keys">The keys.</param>
internal sealed record StoredKeys(IReadOnlyList<StoredKey> Keys);

/// <summary>A key in <c>keys.json</c>; docs/formats/keys.md says what its members are.</summary>
internal sealed record StoredKey(
    string Id, string Name, string Scope, long CreatedAtMs, string Sha256, IReadOnlyList<string>? Collections = null, string? PreviousSha256 = null, long? PreviousUntilMs = null,
    long? ExpiresAtMs = null);

/// <summary>
/// Reads and writes <c>keys.json</c> without reflection. An unknown member is refused: it may be a limit to what a key may do.
/// Thread safety: the default instance may be used by all.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(StoredKeys))]
internal sealed partial class KeyFileJson : JsonSerializerContext;
