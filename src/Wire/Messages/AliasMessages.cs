using System.Text.Json.Serialization;

namespace Hypervex.Wire;

/// <summary>An alias and what it stands for.</summary>
public sealed record AliasMessage
{
    /// <summary>The alias.</summary>
    public required string Alias { get; init; }

    /// <summary>The name of the collection.</summary>
    public required string Collection { get; init; }
}

/// <summary>Aliases, in ordinal order.</summary>
public sealed record AliasList
{
    /// <summary>The aliases.</summary>
    public required IReadOnlyList<AliasMessage> Aliases { get; init; }
}

/// <summary>What an alias is to stand for from now on.</summary>
public sealed record AliasTargetMessage
{
    /// <summary>The name of the collection.</summary>
    public required string Collection { get; init; }
}

/// <summary>One of several changes.</summary>
public sealed record AliasChange
{
    /// <summary>The alias.</summary>
    public required string Alias { get; init; }

    /// <summary>The name of the collection that it is to stand for; null drops it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Collection { get; init; }
}

/// <summary>Changes of aliases that are made all at once.</summary>
public sealed record AliasChangesMessage
{
    /// <summary>The changes, one for each alias.</summary>
    public required IReadOnlyList<AliasChange> Changes { get; init; }
}
