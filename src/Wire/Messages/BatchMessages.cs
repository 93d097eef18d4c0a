using System.Text.Json.Nodes;

namespace Hypervex.Wire;

/// <summary>Records to upsert in one atomic batch, at most 10,000.</summary>
public sealed record BatchMessage
{
    /// <summary>The records; of two with the same id the later one wins.</summary>
    public required IReadOnlyList<RecordMessage> Vectors { get; init; }

    /// <summary>Write the good records and report the bad ones, instead of refusing the batch as a whole.</summary>
    public bool? Partial { get; init; }
}

/// <summary>A record of a partial batch that was not written.</summary>
public sealed record BatchError
{
    /// <summary>Its index in the batch, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The code that a problem answer would have.</summary>
    public required string Code { get; init; }

    /// <summary>What is wrong with it.</summary>
    public required string Detail { get; init; }
}

/// <summary>The answer to a batch.</summary>
public sealed record BatchAnswer
{
    /// <summary>Records written.</summary>
    public required int Upserted { get; init; }

    /// <summary>The id of each record of the batch, in its order; null for one that a partial batch did not write.</summary>
    public required IReadOnlyList<string?> VectorIds { get; init; }

    /// <summary>Indexes of records that a later record with the same id superseded; absent when there are none.</summary>
    public IReadOnlyList<int>? Superseded { get; init; }

    /// <summary>What a partial batch did not write; absent when all was written.</summary>
    public IReadOnlyList<BatchError>? Errors { get; init; }
}

/// <summary>Ids to read or delete, at most 10,000.</summary>
public sealed record IdsMessage
{
    /// <summary>The ids.</summary>
    public required IReadOnlyList<string> VectorIds { get; init; }

    /// <summary>What is read of each record: <c>metadata</c>, <c>document</c>, <c>vector</c>, <c>vectors</c>; null = all.</summary>
    public IReadOnlyList<string>? Include { get; init; }
}

/// <summary>The records of an <see cref="IdsMessage"/>.</summary>
public sealed record GetAnswer
{
    /// <summary>The records that exist, in the order asked for.</summary>
    public required IReadOnlyList<RecordMessage> Vectors { get; init; }

    /// <summary>The ids without a record.</summary>
    public required IReadOnlyList<string> Missing { get; init; }
}

/// <summary>The answer to a deletion.</summary>
public sealed record DeleteAnswer
{
    /// <summary>Records deleted.</summary>
    public required int Deleted { get; init; }
}

/// <summary>What to count.</summary>
public sealed record CountMessage
{
    /// <summary>Only records that match; null = all.</summary>
    public JsonObject? Filter { get; init; }
}

/// <summary>A count of records.</summary>
public sealed record CountAnswer
{
    /// <summary>Records that match.</summary>
    public required long Count { get; init; }
}

/// <summary>A page of a listing in order of creation.</summary>
public sealed record PageAnswer
{
    /// <summary>The page's records.</summary>
    public required IReadOnlyList<RecordMessage> Vectors { get; init; }

    /// <summary>Where the next page starts; null when this was the last one.</summary>
    public string? NextCursor { get; init; }
}

/// <summary>The answer to an import.</summary>
public sealed record ImportAnswer
{
    /// <summary>Records written.</summary>
    public required long Imported { get; init; }

    /// <summary>Lines of the body that are done with, those skipped by <c>from_line</c> and blank ones included.</summary>
    public required long Lines { get; init; }
}
