using System.Text.Json.Serialization;

namespace Hypervex.Wire;

/// <summary>A field index to create.</summary>
public sealed record FieldIndexMessage
{
    /// <summary>The metadata field; dots lead into nested objects.</summary>
    public required string Field { get; init; }

    /// <summary><c>keyword</c>, <c>integer</c>, <c>float</c>, <c>boolean</c>, <c>geo</c>, <c>datetime</c> or <c>text</c>.</summary>
    public required string Type { get; init; }
}

/// <summary>A field index as it is.</summary>
public sealed record FieldIndexAnswer
{
    /// <summary>The metadata field.</summary>
    public required string Field { get; init; }

    /// <summary><c>keyword</c>, <c>integer</c>, <c>float</c>, <c>boolean</c>, <c>geo</c>, <c>datetime</c> or <c>text</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Whether filters use it.</summary>
    public required bool Ready { get; init; }

    /// <summary>How much of it has been built, 0 to 1.</summary>
    public required double Progress { get; init; }

    /// <summary>Why it could not be built; null when nothing went wrong.</summary>
    public string? Problem { get; init; }

    /// <summary>Records that have the field.</summary>
    public required long Records { get; init; }

    /// <summary>Records with a value of another kind.</summary>
    public required long OtherRecords { get; init; }

    /// <summary>Different values; null where they are not told apart.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long? Values { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required long MemoryBytes { get; init; }
}

/// <summary>A collection's field indexes, in order of their declaration.</summary>
public sealed record FieldIndexList
{
    /// <summary>The field indexes.</summary>
    public required IReadOnlyList<FieldIndexAnswer> FieldIndexes { get; init; }
}

/// <summary>What a search with <see cref="SearchMessage.Explain"/> did.</summary>
public sealed record ExplanationMessage
{
    /// <summary><c>graph</c>, <c>filtered_graph</c> or <c>scan</c>.</summary>
    public required string Plan { get; init; }

    /// <summary>Records that were expected to match; null without a filter, and where no index could tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long? EstimatedMatches { get; init; }

    /// <summary>Records that match; null without a filter.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public long? Matches { get; init; }

    /// <summary>Records that were read to decide whether they match.</summary>
    public required long RecordsRead { get; init; }

    /// <summary>Rows that were compared.</summary>
    public required long Distances { get; init; }

    /// <summary>Width of the beam; 0 when rows were scanned.</summary>
    public required int Ef { get; init; }

    /// <summary>Microseconds for finding what matches.</summary>
    public required double FilterUs { get; init; }

    /// <summary>Microseconds for finding the nearest of it.</summary>
    public required double SearchUs { get; init; }

    /// <summary>Microseconds for reading the results' records.</summary>
    public required double ReadUs { get; init; }

    /// <summary>What made the search slower than it could be.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
