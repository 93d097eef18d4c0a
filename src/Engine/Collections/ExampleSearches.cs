namespace Hypervex;

/// <summary>A group of a grouped search: records that share a value.</summary>
/// <param name="Value">The value: a string, number or boolean.</param>
/// <param name="Hits">Its best hits, nearest first.</param>
public sealed record HitGroup(MetadataValue Value, IReadOnlyList<SearchHit> Hits);

/// <summary>The answer of a grouped search.</summary>
/// <param name="Groups">The groups in order of their best hit.</param>
/// <param name="Report">What the search did.</param>
public sealed record GroupedHits(IReadOnlyList<HitGroup> Groups, SearchReport Report);

/// <summary>
/// How a diverse search chooses: maximal marginal relevance (J. Carbonell and J. Goldstein, "The use of MMR, diversity-based reranking for reordering documents and
/// producing summaries", SIGIR 1998). Again and again the candidate with the greatest lambda * (score to the query) - (1 - lambda) * (greatest score to what was chosen) is chosen.
/// </summary>
public sealed record DiversityOptions
{
    /// <summary>0 (only diversity, after the first hit) to 1 (only nearness).</summary>
    public double Lambda { get; init; } = 0.5;

    /// <summary>The nearest records that are chosen from, k to 1,000; null = 4 k, at least 100 and at most 1,000.</summary>
    public int? Candidates { get; init; }
}

/// <summary>A positive or negative example of a recommendation: a stored record, or a vector.</summary>
public sealed record Example
{
    private Example(string? id, float[]? vector)
    {
        Id = id;
        Vector = vector;
    }

    /// <summary>The record whose vector is the example; null when <see cref="Vector"/> is given.</summary>
    public string? Id { get; }

    /// <summary>The example, <c>float32[dimension]</c>; null when <see cref="Id"/> is given.</summary>
    public IReadOnlyList<float>? Vector { get; }

    /// <summary>A stored record as an example; it is not among the hits.</summary>
    public static Example Of(string id) => new(id ?? throw new ArgumentNullException(nameof(id)), null);

    /// <summary>A vector as an example; it is copied.</summary>
    public static Example Of(ReadOnlySpan<float> vector) => new(null, vector.ToArray());

    internal ReadOnlySpan<float> Given => (float[])Vector!;
}

/// <summary>How examples become a question.</summary>
public enum RecommendStrategy
{
    /// <summary>
    /// One search for the mean of the positive examples, moved away from the mean of the negative ones by their difference: p + (p - n) (J. J. Rocchio, "Relevance feedback in information
    /// retrieval", 1971, with weights 2 and 1 and no query). Under cosine each example counts as its direction. Not for hamming, poincare and lorentz, whose points have no sums.
    /// </summary>
    AverageVector = 0,

    /// <summary>
    /// Every record is compared with every example. Those that score higher with their best positive example than with their best negative one come first, by the former; the others follow, those that
    /// score least with a negative example first. (Strategy of that name in Qdrant, 2023; its order without its smoothing.) Score and distance are those of the best positive example.
    /// </summary>
    BestScore = 1,
}

/// <summary>A search by examples.</summary>
public sealed record RecommendRequest
{
    /// <summary>What hits shall be like, at least one; at most 64 examples together.</summary>
    public required IReadOnlyList<Example> Positive { get; init; }

    /// <summary>What hits shall be unlike.</summary>
    public IReadOnlyList<Example> Negative { get; init; } = [];

    /// <summary>How the examples become a question.</summary>
    public RecommendStrategy Strategy { get; init; }

    /// <summary>Number of hits, 1 to 10,000.</summary>
    public int K { get; init; } = 10;

    /// <summary>Field, filter, beam and what to return.</summary>
    public SearchOptions Options { get; init; }
}
