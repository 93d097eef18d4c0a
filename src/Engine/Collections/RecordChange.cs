using System.Diagnostics.CodeAnalysis;

namespace Hypervex;

/// <summary>
/// One change of a collection: a record was written, wholly as it is now, or one was deleted.
/// Thread safety: immutable.
/// </summary>
public sealed record RecordChange
{
    /// <summary>The place behind it: where a watch goes on that has taken it in.</summary>
    public required ChangePosition Position { get; init; }

    /// <summary>Its place in the order of changes, from 1; not every number occurs.</summary>
    public ulong Sequence => Position.Sequence;

    /// <summary>The record's id.</summary>
    public required string Id { get; init; }

    /// <summary>The version that the change gave to the record, or to its deletion.</summary>
    public required RecordVersion Version { get; init; }

    /// <summary>When it was made, to the millisecond.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The record as it was written; null for a deletion.</summary>
    public VectorRecord? Record { get; init; }

    /// <summary>Whether the record was deleted.</summary>
    [MemberNotNullWhen(false, nameof(Record))]
    public bool IsDeletion => Record is null;
}
