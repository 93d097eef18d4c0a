namespace Hypervex;

/// <summary>Conditions and durability of one write.</summary>
public sealed record WriteOptions
{
    /// <summary>The write's durability; null = the collection's (<see cref="CollectionOptions.Durability"/>), else the database's.</summary>
    public Durability? Durability { get; init; }

    /// <summary>Write only if the record exists with exactly this version, else <see cref="ErrorCode.VersionMismatch"/>.</summary>
    public RecordVersion? IfVersion { get; init; }

    /// <summary>Keep the input's <see cref="VectorRecord.CreatedAt"/> (an import does).</summary>
    public bool KeepCreatedAt { get; init; }
}

/// <summary>The acknowledgement of one write: it has the durability that was asked for, and searches see it.</summary>
/// <param name="Sequence">The write's position in the collection's log.</param>
/// <param name="Version">The record's version after the write.</param>
/// <param name="CreatedAt">When the id was first written.</param>
/// <param name="UpdatedAt">When this write happened.</param>
/// <param name="Created">Whether the record did not exist before.</param>
public readonly record struct Ack(ulong Sequence, RecordVersion Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, bool Created);

/// <summary>The acknowledgement of a batch, which is written wholly or not at all.</summary>
/// <param name="Sequence">The position of the batch's last write; that of the log's end when the batch changed nothing.</param>
/// <param name="Count">Records written or deleted.</param>
/// <param name="Superseded">Indexes (in the batch, from 0) of items that a later item with the same id superseded.</param>
public readonly record struct BatchAck(ulong Sequence, int Count, IReadOnlyList<int> Superseded);
