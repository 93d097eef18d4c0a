using System.Globalization;
using Hypervex.Collections;
using Hypervex.Server.Keys;
using Hypervex.Wire;

namespace Hypervex.Server.Json;

/// <summary>
/// A key to create, <c>{"name", "scope", "collections", "expires_at"}</c>; a rotation, <c>{"grace_seconds"}</c>; and how keys are told about.
/// Thread safety: immutable.
/// </summary>
internal sealed record KeyJson(string Name, KeyScope Scope, IReadOnlyList<string>? Collections, DateTimeOffset? ExpiresAt)
{
    /// <summary>Longest name in characters.</summary>
    public const int MaxNameLength = 128;

    /// <summary>Greatest number of collections of a key.</summary>
    public const int MaxCollections = 64;

    private static readonly KeySet _keys = new("name", "scope", "collections", "expires_at");
    private static readonly KeySet _rotationKeys = new("grace_seconds");

    /// <summary>The key to create that the reader stands on.</summary>
    public static KeyJson Read(ref StrictJson json)
    {
        json.ExpectObject();
        string? name = null;
        KeyScope? scope = null;
        IReadOnlyList<string>? collections = null;
        DateTimeOffset? expiresAt = null;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "name":
                    name = json.ReadString();
                    break;
                case "scope":
                    scope = ReadScope(ref json);
                    break;
                case "expires_at":
                    expiresAt = RecordJson.ReadExpiry(ref json, out _);
                    break;
                default:
                    collections = ReadCollections(ref json);
                    break;
            }
        }

        if (name is null || scope is null)
        {
            throw json.Fail(ErrorCode.InvalidJson, $"the key \"{(name is null ? "name" : "scope")}\" is missing.");
        }

        Check(name, collections);
        return new KeyJson(name, scope.Value, collections, expiresAt);
    }

    /// <summary>The grace of the rotation that the reader stands on.</summary>
    public static TimeSpan ReadRotation(ref StrictJson json)
    {
        json.ExpectObject();
        long seconds = 0;
        ulong seen = 0;
        while (json.NextKey(_rotationKeys, ref seen) is not null)
        {
            seconds = json.ReadInteger(0, KeyStore.MaxGraceSeconds) ?? 0;
        }

        return TimeSpan.FromSeconds(seconds);
    }

    /// <summary>Checks what a new key shall be called and be for.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidName"/> or <see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static void Check(string name, IReadOnlyList<string>? collections)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxNameLength || name.Any(char.IsControl))
        {
            throw new HypervexException(ErrorCode.InvalidName, string.Create(CultureInfo.InvariantCulture, $"name: expected 1 to {MaxNameLength} characters without control characters, found {JsonPath.Quote(name)}."));
        }

        if (collections is { Count: 0 or > MaxCollections })
        {
            throw new HypervexException(ErrorCode.InvalidArgument, string.Create(CultureInfo.InvariantCulture, $"collections: expected 1 to {MaxCollections} names, found {collections.Count}; leave the key out for all collections."));
        }

        foreach (string collection in collections ?? [])
        {
            Names.CheckCollection(collection);
        }
    }

    /// <summary>The answer about a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="text">Its text, where it may be told.</param>
    public static KeyAnswer Describe(ApiKey key, string? text = null) => new()
    {
        Id = key.Id,
        Name = key.Name,
        Scope = WireName<KeyScope>.Of(key.Scope),
        Collections = key.Collections,
        CreatedAt = key.CreatedAt.UtcDateTime,
        PreviousUntil = key.PreviousUntil?.UtcDateTime,
        ExpiresAt = key.ExpiresAt?.UtcDateTime,
        Key = text,
    };

    private static KeyScope? ReadScope(ref StrictJson json)
    {
        if (json.ReadString() is not { } name)
        {
            return null;
        }

        return WireName<KeyScope>.TryParse(name, out KeyScope scope)
            ? scope
            : throw json.Fail(ErrorCode.InvalidArgument, $"{JsonPath.Quote(name)} is not known; known are {WireName<KeyScope>.Known}.");
    }

    private static List<string>? ReadCollections(ref StrictJson json)
    {
        if (json.Reader.TokenType == System.Text.Json.JsonTokenType.Null)
        {
            return null;
        }

        json.ExpectArray();
        var names = new List<string>();
        for (int index = -1; json.NextItem(ref index);)
        {
            names.Add(json.ReadString() ?? throw json.Unexpected("a string"));
        }

        return names;
    }
}
