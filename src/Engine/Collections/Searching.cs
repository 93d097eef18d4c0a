namespace Hypervex;

/// <summary>Options of one search; <c>default</c> is a good choice.</summary>
public readonly record struct SearchOptions
{
    /// <summary>The vector field; null = the default field.</summary>
    public string? Field { get; init; }

    /// <summary>Width of the beam, 1 to 65,536; 0 = the collection's setting. Never less than k, or what a range search needs.</summary>
    public int Ef { get; init; }

    /// <summary>
    /// The recall to hold, 0.5 to 0.999; 0 = none. Chooses the beam by what was measured on the field's own vectors, see
    /// <see cref="Collection.Calibrate"/>; excludes <see cref="Ef"/>.
    /// </summary>
    public float TargetRecall { get; init; }

    /// <summary>Scan exactly instead of walking the graph; bit-for-bit reproducible.</summary>
    public bool Exact { get; init; }

    /// <summary>Only records that match.</summary>
    public Filter? Filter { get; init; }

    /// <summary>Only hits with at least this score; finite.</summary>
    public float? MinScore { get; init; }

    /// <summary>
    /// Range search: all hits within this distance, at most k of them. Finite, and not negative unless the metric is dot. The
    /// beam is widened until what it finds lies beyond the radius.
    /// </summary>
    public float? Radius { get; init; }

    /// <summary>
    /// How many times k candidates of the walk are ranked again by their full precision at least, 1 to 100; 0 = the error
    /// bound of the codes decides. The beam is at least as wide.
    /// </summary>
    public float Oversampling { get; init; }

    /// <summary>
    /// Limit on the work: the rows that are compared while walking or scanning, at least 1; 0 = none. A search that reaches it returns what it
    /// has found, and its report says so.
    /// </summary>
    public long MaxDistances { get; init; }

    /// <summary>What the comfortable overloads return beside id, distance and score.</summary>
    public Include Include { get; init; }

    /// <summary>The comfortable overloads say how they found their hits: <see cref="SearchHits.Explanation"/>.</summary>
    public bool Explain { get; init; }

    /// <summary>Stops the search between two steps.</summary>
    public CancellationToken CancellationToken { get; init; }
}

/// <summary>What kept a search from returning more.</summary>
public enum SearchLimit
{
    /// <summary>Nothing: the hits are all that were asked for.</summary>
    None = 0,

    /// <summary><see cref="SearchOptions.MaxDistances"/> was reached before the search was done.</summary>
    MaxDistances = 1,

    /// <summary>A range search found k hits; more may lie within the radius.</summary>
    K = 2,
}

/// <summary>What a search did.</summary>
/// <param name="LimitedBy">What kept it from returning more.</param>
/// <param name="Distances">Rows that were compared while walking and scanning; ranking again is not counted.</param>
/// <param name="Ef">Width of the beam; 0 when rows were scanned.</param>
public readonly record struct SearchReport(SearchLimit LimitedBy, long Distances, int Ef);

/// <summary>Names a record's row inside an open collection: its slot and the generation of that slot.</summary>
public readonly record struct RecordHandle(uint Slot, uint Generation);

/// <summary>A hit of the allocation-free search. <see cref="Collection.TryCopyId"/> turns it into an id.</summary>
/// <param name="Handle">The record's row.</param>
/// <param name="Distance">The true distance under the field's metric; smaller is nearer.</param>
/// <param name="Score">Greater is better: cosine similarity, inner product, else 1 / (1 + distance).</param>
public readonly record struct Hit(RecordHandle Handle, float Distance, float Score);

/// <summary>A hit with its record's id and what <see cref="SearchOptions.Include"/> asked for.</summary>
public sealed record SearchHit
{
    /// <summary>The record's id.</summary>
    public required string Id { get; init; }

    /// <summary>The true distance under the field's metric; smaller is nearer.</summary>
    public required float Distance { get; init; }

    /// <summary>Greater is better: cosine similarity, inner product, else 1 / (1 + distance).</summary>
    public required float Score { get; init; }

    /// <summary>The record's parts that were asked for; null when none was.</summary>
    public VectorRecord? Record { get; init; }
}

/// <summary>Options of a listing.</summary>
public sealed record ListOptions
{
    /// <summary>Greatest number of records of the page, 1 to 10,000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where the page starts: <see cref="RecordPage.NextCursor"/> of the page before; null = at the beginning.</summary>
    public string? Cursor { get; init; }

    /// <summary>Only records that match.</summary>
    public Filter? Filter { get; init; }

    /// <summary>
    /// The metadata field whose values order the records; dots lead into nested objects; null = in order of creation. False comes before true, before numbers, before strings (by their first
    /// 512 bytes of UTF-8); records without the field, or with null, an array or an object there, come last in either direction; equal values in order of id bytes.
    /// </summary>
    public string? OrderBy { get; init; }

    /// <summary>The greatest values first; only with <see cref="OrderBy"/>.</summary>
    public bool Descending { get; init; }

    /// <summary>What is read of each record.</summary>
    public Include Include { get; init; } = Include.All;
}

/// <summary>A page of a listing. A record that is present throughout a scroll, and keeps the value that orders it, appears exactly once.</summary>
/// <param name="Records">The page's records.</param>
/// <param name="NextCursor">Where the next page starts; null when this was the last one.</param>
public sealed record RecordPage(IReadOnlyList<VectorRecord> Records, string? NextCursor);
