using System.Text.Json.Serialization;

namespace Hypervex.Wire;

/// <summary>The answer to <c>GET /</c>.</summary>
public sealed record ShortRoot
{
    /// <summary><c>Hypervex</c>.</summary>
    public required string Service { get; init; }

    /// <summary><c>healthy</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Live records of the collection <c>default</c>.</summary>
    public required long VectorsIndexed { get; init; }
}

/// <summary>The answer to <c>GET /stats</c>.</summary>
public sealed record ShortStats
{
    /// <summary>Live records.</summary>
    public required long TotalVectors { get; init; }

    /// <summary>Components of each vector; null until the first one is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? Dimension { get; init; }

    /// <summary><c>hnsw</c>.</summary>
    public required string IndexType { get; init; }

    /// <summary>Links per node.</summary>
    public required int HnswM { get; init; }

    /// <summary>Width of the beam while searching.</summary>
    public required int HnswEfSearch { get; init; }
}
