using System.Text.Json.Nodes;

namespace Hypervex.Wire;

/// <summary>What to list. Null = the documented default.</summary>
public sealed record ListMessage
{
    /// <summary>Greatest number of records, 1 to 10,000; default 100.</summary>
    public int? Limit { get; init; }

    /// <summary><see cref="PageAnswer.NextCursor"/> of the page before; null = from the beginning.</summary>
    public string? Cursor { get; init; }

    /// <summary>Only records that match.</summary>
    public JsonObject? Filter { get; init; }

    /// <summary>The metadata field whose values order the records; null = in order of creation.</summary>
    public string? OrderBy { get; init; }

    /// <summary>The greatest values first; only with <see cref="OrderBy"/>.</summary>
    public bool Descending { get; init; }

    /// <summary>What is read of each record: <c>metadata</c>, <c>document</c>, <c>vector</c>, <c>vectors</c>; null = all.</summary>
    public IReadOnlyList<string>? Include { get; init; }
}

/// <summary>Which records get which metadata.</summary>
public sealed record FilteredUpdateMessage
{
    /// <summary>Which records; an empty object = all.</summary>
    public required JsonObject Filter { get; init; }

    /// <summary>What is merged by RFC 7396 (null removes a key), or replaces the old.</summary>
    public required JsonObject Metadata { get; init; }

    /// <summary><c>merge</c> (default) or <c>replace</c>.</summary>
    public string? MetadataMode { get; init; }
}

/// <summary>The answer to an update by filter.</summary>
public sealed record UpdateAnswer
{
    /// <summary>Records that were changed; those that had the change already are not among them.</summary>
    public required long Updated { get; init; }
}

/// <summary>Records to choose at random. Null = the documented default.</summary>
public sealed record SampleMessage
{
    /// <summary>How many, 1 to 10,000; default 10.</summary>
    public int? Limit { get; init; }

    /// <summary>Only records that match.</summary>
    public JsonObject? Filter { get; init; }

    /// <summary>Decides the choice; null = another one each time.</summary>
    public int? Seed { get; init; }

    /// <summary>What is read of each record: <c>metadata</c>, <c>document</c>, <c>vector</c>, <c>vectors</c>; null = all.</summary>
    public IReadOnlyList<string>? Include { get; init; }
}

/// <summary>Records that were chosen at random, in random order.</summary>
public sealed record SampleAnswer
{
    /// <summary>The records.</summary>
    public required IReadOnlyList<RecordMessage> Vectors { get; init; }
}

/// <summary>Records to delete.</summary>
public sealed record FilteredDeletionMessage
{
    /// <summary>Which records; an empty object = all.</summary>
    public required JsonObject Filter { get; init; }
}

/// <summary>Which values to count.</summary>
public sealed record FacetsMessage
{
    /// <summary>The metadata field; dots lead into nested objects.</summary>
    public required string Field { get; init; }

    /// <summary>Only over records that match; null = all.</summary>
    public JsonObject? Filter { get; init; }

    /// <summary>Greatest number of values, 1 to 10,000; default 100.</summary>
    public int? Limit { get; init; }
}

/// <summary>How often a value occurs.</summary>
public sealed record FacetMessage
{
    /// <summary>The value: a string, number or boolean; null is null.</summary>
    public JsonNode? Value { get; init; }

    /// <summary>Records that have it.</summary>
    public required long Count { get; init; }
}

/// <summary>How often the values of a field occur, the most frequent first.</summary>
public sealed record FacetsAnswer
{
    /// <summary>The values.</summary>
    public required IReadOnlyList<FacetMessage> Values { get; init; }

    /// <summary>How many different values there are, those beyond the limit included.</summary>
    public required int DifferentValues { get; init; }
}
