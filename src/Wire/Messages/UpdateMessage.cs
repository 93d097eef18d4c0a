using System.Text.Json.Nodes;

namespace Hypervex.Wire;

/// <summary>
/// What to change of a record; what is null stays.
/// Thread safety: immutable if its arrays and nodes are left alone.
/// </summary>
public sealed record UpdateMessage
{
    /// <summary>The new vector of the default field.</summary>
    public float[]? Vector { get; init; }

    /// <summary>New vectors of named fields.</summary>
    public IReadOnlyDictionary<string, float[]>? Vectors { get; init; }

    /// <summary>Metadata to merge by RFC 7396, or to put in place of the old.</summary>
    public JsonObject? Metadata { get; init; }

    /// <summary><c>merge</c> (default) or <c>replace</c>.</summary>
    public string? MetadataMode { get; init; }

    /// <summary>The new document.</summary>
    public string? Document { get; init; }

    /// <summary>When the record expires (<see cref="WireTime.Write"/>): a time of RFC 3339, or <c>never</c>.</summary>
    public string? ExpiresAt { get; init; }
}
