using System.Text.Json.Nodes;

namespace Hypervex.Wire;

/// <summary>
/// A search for the nearest records of a vector, or of a record's own vector. Null = the collection's or the documented default.
/// Thread safety: immutable if its arrays and nodes are left alone.
/// </summary>
public sealed record SearchMessage
{
    /// <summary>The query, <c>float32[dimension]</c>; exactly one of it and <see cref="VectorId"/> is given.</summary>
    public float[]? QueryVector { get; init; }

    /// <summary>The id of the record whose vector is the query; the record itself is not among the results.</summary>
    public string? VectorId { get; init; }

    /// <summary>Number of results, 1 to 10,000; default 10, with a <see cref="Radius"/> 10,000.</summary>
    public int? TopK { get; init; }

    /// <summary>Only results with at least this score.</summary>
    public float? MinScore { get; init; }

    /// <summary>Range search: all results within this distance, at most <see cref="TopK"/>.</summary>
    public float? Radius { get; init; }

    /// <summary>Only records that match.</summary>
    public JsonObject? Filter { get; init; }

    /// <summary>Width of the beam, 1 to 65,536.</summary>
    public int? Ef { get; init; }

    /// <summary>The recall to hold, 0.5 to 0.999, instead of <see cref="Ef"/>.</summary>
    public float? TargetRecall { get; init; }

    /// <summary>How many times <see cref="TopK"/> candidates are ranked again by full precision at least, 1 to 100.</summary>
    public float? Oversampling { get; init; }

    /// <summary>Limit on the rows that are compared, at least 1.</summary>
    public long? MaxDistances { get; init; }

    /// <summary>Scan exactly.</summary>
    public bool? Exact { get; init; }

    /// <summary>Say how the results were found.</summary>
    public bool? Explain { get; init; }

    /// <summary>The vector field; null = the default one.</summary>
    public string? Using { get; init; }

    /// <summary>Stop with <c>timeout</c> after this many milliseconds, 1 to 3,600,000.</summary>
    public int? TimeoutMs { get; init; }

    /// <summary>What is returned beside id, score and distance: <c>metadata</c> (default), <c>document</c>, <c>vector</c>, <c>vectors</c>.</summary>
    public IReadOnlyList<string>? Include { get; init; }

    /// <summary>The metadata field whose values make groups, of which <see cref="TopK"/> are returned; the answer is a <see cref="GroupsAnswer"/>.</summary>
    public string? GroupBy { get; init; }

    /// <summary>Greatest number of results of a group; default 1.</summary>
    public int? GroupSize { get; init; }

    /// <summary>Examples of what results shall be like, instead of a query: ids as strings, vectors as arrays of numbers.</summary>
    public JsonArray? Positive { get; init; }

    /// <summary>Examples of what results shall be unlike.</summary>
    public JsonArray? Negative { get; init; }

    /// <summary><c>average_vector</c> (default) or <c>best_score</c>.</summary>
    public string? Strategy { get; init; }

    /// <summary>Choose results that differ from each other.</summary>
    public MmrMessage? Mmr { get; init; }
}

/// <summary>Maximal marginal relevance. Null = the documented default.</summary>
public sealed record MmrMessage
{
    /// <summary>0 (only diversity) to 1 (only nearness); default 0.5.</summary>
    public float? Lambda { get; init; }

    /// <summary>The nearest records that are chosen from, at most 1,000; default 4 for each result, at least 100.</summary>
    public int? Candidates { get; init; }
}

/// <summary>A group of results that share a value.</summary>
public sealed record GroupMessage
{
    /// <summary>The value: a string, number or boolean.</summary>
    public required JsonNode Value { get; init; }

    /// <summary>The best results of the group, nearest first.</summary>
    public required IReadOnlyList<HitMessage> Results { get; init; }
}

/// <summary>The answer to a grouped search.</summary>
public sealed record GroupsAnswer
{
    /// <summary>The groups in order of their best result.</summary>
    public required IReadOnlyList<GroupMessage> Groups { get; init; }

    /// <summary>Their number.</summary>
    public required int Count { get; init; }

    /// <summary>What kept the search from returning more: <c>max_distances</c>; else null.</summary>
    public string? LimitedBy { get; init; }
}

/// <summary>One result of a search.</summary>
public sealed record HitMessage
{
    /// <summary>The record's id.</summary>
    public required string VectorId { get; init; }

    /// <summary>Greater is better.</summary>
    public required float Score { get; init; }

    /// <summary>The true distance under the field's metric; smaller is nearer.</summary>
    public required float Distance { get; init; }

    /// <summary>The metadata.</summary>
    public JsonObject? Metadata { get; init; }

    /// <summary>The document.</summary>
    public string? Document { get; init; }

    /// <summary>The vector of the default field.</summary>
    public float[]? Vector { get; init; }

    /// <summary>Vectors of named fields.</summary>
    public IReadOnlyDictionary<string, float[]>? Vectors { get; init; }
}

/// <summary>The answer to a search, nearest first.</summary>
public sealed record SearchAnswer
{
    /// <summary>The results.</summary>
    public required IReadOnlyList<HitMessage> Results { get; init; }

    /// <summary>Their number.</summary>
    public required int Count { get; init; }

    /// <summary>What kept the search from returning more: <c>max_distances</c>, or <c>top_k</c> for a range search that found as many; else null.</summary>
    public string? LimitedBy { get; init; }

    /// <summary>Width of the beam that a <see cref="SearchMessage.TargetRecall"/> led to, 0 = rows were scanned; null without one.</summary>
    public int? Ef { get; init; }

    /// <summary>How the results were found; null unless <see cref="SearchMessage.Explain"/> asked for it.</summary>
    public ExplanationMessage? Explain { get; init; }
}

/// <summary>Several searches at once, at most 1,000.</summary>
public sealed record SearchBatchMessage
{
    /// <summary>The searches.</summary>
    public required IReadOnlyList<SearchMessage> Searches { get; init; }
}

/// <summary>The answer to several searches.</summary>
public sealed record SearchBatchAnswer
{
    /// <summary>The results of each search, in the order asked for.</summary>
    public required IReadOnlyList<IReadOnlyList<HitMessage>> Results { get; init; }

    /// <summary>What kept each search from returning more, see <see cref="SearchAnswer.LimitedBy"/>; null when nothing did.</summary>
    public IReadOnlyList<string?>? LimitedBy { get; init; }

    /// <summary>Width of each search's beam; null when no search asked for a recall.</summary>
    public IReadOnlyList<int>? Ef { get; init; }

    /// <summary>How each search was done; null when none asked for it.</summary>
    public IReadOnlyList<ExplanationMessage?>? Explain { get; init; }
}
