using System.Text.Json.Serialization;

namespace Hypervex.Wire;

/// <summary>Parameters of a field's graph; null = the engine's default.</summary>
public sealed record IndexMessage
{
    /// <summary>The kind of index: <c>hnsw</c>, or <c>flat</c>, which has no other parameters.</summary>
    public string? Type { get; init; }

    /// <summary>Links per node, 2 to 128.</summary>
    public int? M { get; init; }

    /// <summary>Width of the beam while building, 1 to 4,096.</summary>
    public int? EfConstruction { get; init; }

    /// <summary>Width of the beam while searching unless a search asks for another, 1 to 65,536.</summary>
    public int? Ef { get; init; }
}

/// <summary>One vector field.</summary>
public sealed record VectorFieldMessage
{
    /// <summary>Components of each vector; null = the first one written decides.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? Dimension { get; init; }

    /// <summary><c>cosine</c>, <c>l2</c>, <c>dot</c>, <c>manhattan</c>, <c>hamming</c>, <c>poincare</c> or <c>lorentz</c>.</summary>
    public string? Metric { get; init; }

    /// <summary>c of the curvature -c under poincare and lorentz; null = 1, and for other metrics.</summary>
    public double? Curvature { get; init; }

    /// <summary>Whether points outside of the domain of poincare or lorentz are moved into it; null = refused, and for other metrics.</summary>
    public bool? Project { get; init; }

    /// <summary>The graph.</summary>
    public IndexMessage? Index { get; init; }

    /// <summary>How vectors are kept for searching.</summary>
    public string? Quantization { get; init; }
}

/// <summary>
/// A collection to create, or one that is described. One vector field may be given by the short form (dimension, metric,
/// index, quantization); several by <see cref="Vectors"/>.
/// </summary>
public sealed record CollectionMessage
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>Components of each vector; null = the first one written decides.</summary>
    public int? Dimension { get; init; }

    /// <summary>The metric of the default field.</summary>
    public string? Metric { get; init; }

    /// <summary>c of the curvature -c under poincare and lorentz; null = 1, and for other metrics.</summary>
    public double? Curvature { get; init; }

    /// <summary>Whether points outside of the domain of poincare or lorentz are moved into it; null = refused, and for other metrics.</summary>
    public bool? Project { get; init; }

    /// <summary>The graph of the default field.</summary>
    public IndexMessage? Index { get; init; }

    /// <summary>How the default field's vectors are kept for searching.</summary>
    public string? Quantization { get; init; }

    /// <summary>Greatest number of records; null = unlimited.</summary>
    public long? Capacity { get; init; }

    /// <summary>When writes that name none are acknowledged: <c>fsync</c>, <c>batch</c> or <c>os</c>; null = as the server is set.</summary>
    public string? Durability { get; init; }

    /// <summary>The indexes of metadata fields: <c>keyword</c>, <c>integer</c>, <c>float</c>, <c>boolean</c>, <c>geo</c>, <c>datetime</c> or <c>text</c> by field.</summary>
    public IReadOnlyDictionary<string, string>? FieldIndexes { get; init; }

    /// <summary>The vector fields by name, instead of the short form.</summary>
    public IReadOnlyDictionary<string, VectorFieldMessage>? Vectors { get; init; }
}

/// <summary>A collection as it is.</summary>
public sealed record CollectionDescription
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>Components of the default field's vectors; null until the first one is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? Dimension { get; init; }

    /// <summary>The default field's metric; null when there is no default field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Metric { get; init; }

    /// <summary>c of the curvature -c under poincare and lorentz; null = 1, and for other metrics.</summary>
    public double? Curvature { get; init; }

    /// <summary>Whether points outside of the domain of poincare or lorentz are moved into it; null = refused, and for other metrics.</summary>
    public bool? Project { get; init; }

    /// <summary>The default field's graph; null when there is no default field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IndexMessage? Index { get; init; }

    /// <summary>The default field's codes; null when there is no default field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Quantization { get; init; }

    /// <summary>Greatest number of records; null = unlimited.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long? Capacity { get; init; }

    /// <summary>When writes that name none are acknowledged: <c>fsync</c>, <c>batch</c> or <c>os</c>; absent = as the server is set.</summary>
    public string? Durability { get; init; }

    /// <summary>Live records.</summary>
    public required long Count { get; init; }

    /// <summary>The indexes of metadata fields, type by field; absent when there are none.</summary>
    public IReadOnlyDictionary<string, string>? FieldIndexes { get; init; }

    /// <summary>All vector fields by name; absent when the default field is the only one.</summary>
    public IReadOnlyDictionary<string, VectorFieldMessage>? Vectors { get; init; }
}

/// <summary>A collection's name in a listing.</summary>
public sealed record CollectionName
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }
}

/// <summary>All collections, in ordinal order of their names.</summary>
public sealed record CollectionList
{
    /// <summary>The collections.</summary>
    public required IReadOnlyList<CollectionName> Collections { get; init; }
}

/// <summary>The width of searches that name none.</summary>
public sealed record IndexChangesMessage
{
    /// <summary>1 to 65,536.</summary>
    public int? Ef { get; init; }
}

/// <summary>Settings of a vector field to alter.</summary>
public sealed record FieldChangesMessage
{
    /// <summary>Settings of its index.</summary>
    public IndexChangesMessage? Index { get; init; }

    /// <summary>Its codes: <c>none</c>, <c>sq8</c>, <c>sq4</c>, <c>binary</c> or <c>auto</c>.</summary>
    public string? Quantization { get; init; }
}

/// <summary>Settings of a collection to alter; what is absent stays.</summary>
public sealed record CollectionChangesMessage
{
    /// <summary>Greatest number of records; written out as null in JSON, there is none any more.</summary>
    public long? Capacity { get; init; }

    /// <summary>When writes that name none are acknowledged: <c>fsync</c>, <c>batch</c> or <c>os</c>; written out as null in JSON, as the server is set.</summary>
    public string? Durability { get; init; }

    /// <summary>The default field's codes: <c>none</c>, <c>sq8</c>, <c>sq4</c>, <c>binary</c> or <c>auto</c>. New ones are trained in the background.</summary>
    public string? Quantization { get; init; }

    /// <summary>Settings of the default field's index.</summary>
    public IndexChangesMessage? Index { get; init; }

    /// <summary>Settings of named vector fields.</summary>
    public IReadOnlyDictionary<string, FieldChangesMessage>? Vectors { get; init; }
}
