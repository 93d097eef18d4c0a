using System.Text.Json.Nodes;

namespace Hypervex.Wire;

/// <summary>
/// One record. On input the timestamps and the version are ignored (an import keeps <see cref="CreatedAt"/>) and an absent
/// id is generated; on output a part that was not asked for is null.
/// Thread safety: immutable if its arrays and nodes are left alone.
/// </summary>
public sealed record RecordMessage
{
    /// <summary>The id, 1 to 512 bytes of UTF-8.</summary>
    public string? VectorId { get; init; }

    /// <summary>The vector of the default field, <c>float32[dimension]</c>.</summary>
    public float[]? Vector { get; init; }

    /// <summary>Vectors of named fields.</summary>
    public IReadOnlyDictionary<string, float[]>? Vectors { get; init; }

    /// <summary>The metadata.</summary>
    public JsonObject? Metadata { get; init; }

    /// <summary>The text that the vectors stand for.</summary>
    public string? Document { get; init; }

    /// <summary>When the record stops being there; null = never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the id was first written.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the record was last written.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>The version, 32 hexadecimal digits; also the ETag.</summary>
    public string? Version { get; init; }
}
