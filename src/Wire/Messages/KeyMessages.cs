namespace Hypervex.Wire;

/// <summary>A key to create.</summary>
public sealed record KeyMessage
{
    /// <summary>What people call it, 1 to 128 characters.</summary>
    public required string Name { get; init; }

    /// <summary><c>read</c>, <c>write</c> or <c>admin</c>; each includes those before it.</summary>
    public required string Scope { get; init; }

    /// <summary>The collections that it is for, 1 to 64; null = all.</summary>
    public IReadOnlyList<string>? Collections { get; init; }

    /// <summary>From when on it is accepted no more, a time of RFC 3339 with its offset; null = never.</summary>
    public string? ExpiresAt { get; init; }
}

/// <summary>A new text for a key.</summary>
public sealed record RotationMessage
{
    /// <summary>How long the text before is accepted as well, 0 to 604,800 seconds.</summary>
    public int GraceSeconds { get; init; }
}

/// <summary>A key as it is.</summary>
public sealed record KeyAnswer
{
    /// <summary>Its id, 16 hexadecimal digits; no secret.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary><c>read</c>, <c>write</c> or <c>admin</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>The collections that it is for; null = all.</summary>
    public IReadOnlyList<string>? Collections { get; init; }

    /// <summary>When it was created, in UTC.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>Until when the text before the last rotation is accepted, in UTC; null when it is not.</summary>
    public DateTime? PreviousUntil { get; init; }

    /// <summary>From when on it is accepted no more; null = never.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>Its text, when it was created or rotated just now: nobody can tell it again.</summary>
    public string? Key { get; init; }

    /// <summary>The key without its text.</summary>
    public override string ToString() => $"{nameof(KeyAnswer)} {{ Id = {Id}, Name = {Name}, Scope = {Scope} }}";
}

/// <summary>All keys, in order of their creation.</summary>
public sealed record KeyList
{
    /// <summary>The keys.</summary>
    public required IReadOnlyList<KeyAnswer> Keys { get; init; }
}
