namespace Hypervex;

/// <summary>
/// One record of a collection: an id, its vectors, metadata and an optional document. On input, timestamps and
/// <see cref="Version"/> are ignored (an import may keep <see cref="CreatedAt"/>); on output, all arrays are the
/// caller's own copies.
/// </summary>
public sealed record VectorRecord
{
    /// <summary>Creates an empty record to be filled by an initializer.</summary>
    public VectorRecord()
    {
    }

    /// <summary>Creates a record with a vector in the default field.</summary>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public VectorRecord(string id, float[] vector)
    {
        Id = id;
        Vector = vector;
    }

    /// <summary>The user's id: 1 to 512 bytes of UTF-8, compared byte by byte.</summary>
    public required string Id { get; init; }

    /// <summary>The vector of the default field (the one with the empty name).</summary>
    public float[]? Vector { get; init; }

    /// <summary>Vectors of named fields; the default field may stand here under the empty name instead.</summary>
    public IReadOnlyDictionary<string, float[]>? Vectors { get; init; }

    /// <summary>The record's metadata; null and empty mean the same.</summary>
    public MetadataObject? Metadata { get; init; }

    /// <summary>The text that the vectors stand for.</summary>
    public string? Document { get; init; }

    /// <summary>
    /// When the record stops being there, after 1970-01-01T00:00:00Z, to the millisecond (rounded down); null = never. From then on no read, search, count or
    /// listing finds it, and a write of its id begins a new record; soon after it is deleted.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the id was first written, to the millisecond.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the record was last written, to the millisecond.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The record's version; of two writes of the same id the one with the greater version wins.</summary>
    public RecordVersion Version { get; init; }
}

/// <summary>How an update treats the metadata it brings.</summary>
public enum MetadataMode
{
    /// <summary>Merge by RFC 7396: members replace, <c>null</c> removes, objects merge.</summary>
    Merge = 0,

    /// <summary>The new metadata replaces the old.</summary>
    Replace = 1,
}

/// <summary>What to change of an existing record; what is null stays.</summary>
public sealed record RecordUpdate
{
    /// <summary>The new vector of the default field.</summary>
    public float[]? Vector { get; init; }

    /// <summary>New vectors of named fields.</summary>
    public IReadOnlyDictionary<string, float[]>? Vectors { get; init; }

    /// <summary>Metadata to merge or to put in place of the old.</summary>
    public MetadataObject? Metadata { get; init; }

    /// <summary>Whether <see cref="Metadata"/> is merged or replaces.</summary>
    public MetadataMode MetadataMode { get; init; }

    /// <summary>The new document.</summary>
    public string? Document { get; init; }

    /// <summary>The new time at which the record expires (<see cref="VectorRecord.ExpiresAt"/>).</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether the record does not expire any more; not together with <see cref="ExpiresAt"/>.</summary>
    public bool NeverExpires { get; init; }
}

/// <summary>Which parts of a record a read returns. The id, timestamps and version always come.</summary>
[Flags]
public enum Include
{
    /// <summary>The id only.</summary>
    None = 0,

    /// <summary>The metadata.</summary>
    Metadata = 1,

    /// <summary>The document.</summary>
    Document = 2,

    /// <summary>The vectors, bit for bit as they were written.</summary>
    Vectors = 4,

    /// <summary>Everything.</summary>
    All = Metadata | Document | Vectors,
}
