namespace Hypervex;

/// <summary>Options of one search; <c>default</c> is a good choice.</summary>
public readonly record struct SearchOptions
{
    /// <summary>The vector field; null = the default field.</summary>
    public string? Field { get; init; }

    /// <summary>Width of the beam, 1 to 65,536; 0 = the collection's setting. Never less than k.</summary>
    public int Ef { get; init; }

    /// <summary>Scan exactly instead of walking the graph; bit-for-bit reproducible.</summary>
    public bool Exact { get; init; }

    /// <summary>Only records that match.</summary>
    public Filter? Filter { get; init; }

    /// <summary>Only hits with at least this score.</summary>
    public float? MinScore { get; init; }

    /// <summary>What the comfortable overloads return beside id, distance and score.</summary>
    public Include Include { get; init; }

    /// <summary>Stops the search between two steps.</summary>
    public CancellationToken CancellationToken { get; init; }
}

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

    /// <summary>What is read of each record.</summary>
    public Include Include { get; init; } = Include.All;
}

/// <summary>A page of a listing in order of creation. A record that is present throughout a scroll appears exactly once.</summary>
/// <param name="Records">The page's records.</param>
/// <param name="NextCursor">Where the next page starts; null when this was the last one.</param>
public sealed record RecordPage(IReadOnlyList<VectorRecord> Records, string? NextCursor);
