namespace Hypervex.Server.Keys;

/// <summary>
/// A key as it is kept: everything but its text.
/// Thread safety: immutable.
/// </summary>
internal sealed record ApiKey
{
    /// <summary>16 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required KeyScope Scope { get; init; }

    /// <summary>The collections that it is for; null = all.</summary>
    public IReadOnlyList<string>? Collections { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>SHA-256 of its text.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>SHA-256 of its text before the last rotation, while that may be accepted.</summary>
    public byte[]? PreviousHash { get; init; }

    /// <summary>Until when the text before is accepted.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }

    /// <summary>From when on it is accepted no more; null = never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether it may do everything, managing keys included, for as long as nobody revokes it.</summary>
    public bool AlwaysRulesServer => Scope == KeyScope.Admin && Collections is null && ExpiresAt is null;
}

/// <summary>
/// Who sent a request, and what that one may do.
/// Thread safety: immutable.
/// </summary>
/// <param name="KeyId">The key's id.</param>
/// <param name="Scope">What it is for.</param>
/// <param name="Collections">The collections that it is for; null = all.</param>
/// <param name="Hash">SHA-256 of the text that was presented; null = none was.</param>
internal sealed record Caller(string KeyId, KeyScope Scope, IReadOnlyList<string>? Collections, byte[]? Hash)
{
    /// <summary>Anybody on this machine, while there are no keys.</summary>
    public static Caller Local { get; } = new("none", KeyScope.Admin, Collections: null, Hash: null);

    /// <summary>Who calls a route that is open to all, and may nothing else.</summary>
    public static Caller Anybody { get; } = new("none", KeyScope.Read, Collections: [], Hash: null);

    /// <summary>Whether the caller may do this with a collection.</summary>
    public bool May(KeyScope scope, string collection) => Scope >= scope && Sees(collection);

    /// <summary>Whether the caller may do what belongs to no collection.</summary>
    public bool RulesServer => Scope == KeyScope.Admin && Collections is null;

    /// <summary>Whether the caller may read what is about all collections.</summary>
    public bool SeesAll => Collections is null;

    /// <summary>Whether a collection is among the caller's.</summary>
    public bool Sees(string collection) => Collections is null || Collections.Contains(collection, StringComparer.Ordinal);
}
