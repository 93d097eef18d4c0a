using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// One row of a vector file. A reader fills the caller's row and uses its arrays again: what is to be kept must be copied
/// (<see cref="ToRecord"/> does).
/// Thread safety: belongs to one reader at a time.
/// </summary>
internal struct VectorRow
{
    /// <summary>Position in the file, from 0.</summary>
    public long Number { get; set; }

    /// <summary>The record's id; null where the file has none: then the id is the row number.</summary>
    public string? Id { get; set; }

    /// <summary>The vector of the default field, exactly as long as it has components; empty when the row has named vectors only.</summary>
    public float[] Vector { get; set; }

    /// <summary>Vectors of named fields; null without any.</summary>
    public IReadOnlyDictionary<string, float[]>? Vectors { get; set; }

    /// <summary>The record's metadata; null without any.</summary>
    public MetadataObject? Metadata { get; set; }

    /// <summary>The text that the vector stands for.</summary>
    public string? Document { get; set; }

    /// <summary>When the record expires; null = never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>When the record was first created; null where the file does not say.</summary>
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>The id, or the row number in its place.</summary>
    public readonly string IdOrNumber => Id ?? Number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The row as a record that shares no memory with it.</summary>
    public readonly VectorRecord ToRecord() => new()
    {
        Id = IdOrNumber,
        Vector = Vector is { Length: > 0 } ? [.. Vector] : null,
        Vectors = Vectors,
        Metadata = Metadata,
        Document = Document,
        ExpiresAt = ExpiresAt,
        CreatedAt = CreatedAt ?? default,
    };
}
