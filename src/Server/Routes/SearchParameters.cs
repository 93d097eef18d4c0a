using System.Globalization;
using Hypervex.Server.Http;
using Hypervex.Server.Json;

namespace Hypervex.Server.Routes;

/// <summary>
/// A search whose queries are the body's bytes, <c>float32[queries, dimension]</c> (of bit vectors: packed bytes), and whose other members are query parameters, under the names and
/// with the ranges of <see cref="SearchJson"/>.
/// Thread safety: pure functions.
/// </summary>
internal static class SearchParameters
{
    /// <summary>The query parameters.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "top_k", "min_score", "radius", "filter", "ef", "target_recall", "exact", "oversampling", "max_distances", "using", "timeout_ms", "explain", "include", "vector_format",
    ];

    /// <summary>Refuses the parameters beside a body of JSON, which says all itself.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static void Refuse(Exchange exchange)
    {
        if (exchange.Context.Request.Query.Count > 0)
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument,
                $"Query parameters go with a body of {RequestBody.Bytes} only; the body of a JSON search says {JsonPath.Quote(exchange.Context.Request.Query.Keys.First())} itself.");
        }
    }

    /// <summary>Reads the search, and the queries of its body.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="collection">The collection that is searched.</param>
    /// <param name="several">Whether the body may hold more than one query.</param>
    public static async ValueTask<IReadOnlyList<SearchJson>> ReadAsync(Exchange exchange, Collection collection, bool several)
    {
        SearchJson search = Read(exchange);
        return await exchange.ReadBytesAsync(body => Split(exchange, collection, search, body.Span, several)).ConfigureAwait(false);
    }

    private static SearchJson Read(Exchange exchange)
    {
        RecordParts parts = RecordPartNames.Parse(exchange.Query("include"), RecordParts.Metadata);
        float? radius = exchange.QuerySingle("radius");
        return new SearchJson
        {
            TopK = (int)exchange.QueryInteger("top_k", radius is null ? SearchJson.DefaultTopK : Limits.MaxK, 1, Limits.MaxK),
            TimeoutMs = exchange.Query("timeout_ms") is null ? null : (int)exchange.QueryInteger("timeout_ms", 0, 1, SearchJson.MaxTimeoutMs),
            Parts = parts,
            Format = VectorText.ParseQuery(exchange.Query("vector_format")),
            Options = new SearchOptions
            {
                Field = exchange.Query("using"),
                MinScore = exchange.QuerySingle("min_score"),
                Radius = radius,
                Filter = exchange.Query("filter") is { } filter ? Filter.Parse(filter) : null,
                Ef = (int)exchange.QueryInteger("ef", 0, 1, Limits.MaxEf),
                TargetRecall = Positive(exchange, "target_recall"),
                Exact = exchange.QueryBoolean("exact"),
                Oversampling = Positive(exchange, "oversampling"),
                MaxDistances = exchange.QueryInteger("max_distances", 0, 1, long.MaxValue),
                Explain = exchange.QueryBoolean("explain"),
                Include = parts.ToInclude(),
            },
        };
    }

    private static float Positive(Exchange exchange, string name) => exchange.QuerySingle(name) switch
    {
        null => 0,
        0 => throw new HypervexException(ErrorCode.LimitOutOfRange, $"{name}: expected a number above 0."),
        { } value => value,
    };

    private static SearchJson[] Split(Exchange exchange, Collection collection, SearchJson search, ReadOnlySpan<byte> body, bool several)
    {
        string field = search.Options.Field ?? "";
        bool isBits = exchange.IsBits(field);
        int bytesOfQuery = several ? BytesOfQuery(collection, field, isBits) ?? body.Length : body.Length;
        int count = bytesOfQuery == 0 ? 1 : body.Length / bytesOfQuery;
        if (bytesOfQuery != 0 && body.Length % bytesOfQuery != 0)
        {
            throw new HypervexException(
                ErrorCode.DimensionMismatch,
                string.Create(CultureInfo.InvariantCulture, $"The body has {body.Length} bytes; a query has {bytesOfQuery}, and the body is whole queries one after the other."));
        }

        if (count > SearchJson.MaxSearches || (long)count * search.TopK > SearchJson.MaxHits)
        {
            throw new HypervexException(
                ErrorCode.LimitOutOfRange,
                string.Create(CultureInfo.InvariantCulture, $"The body holds {count} queries with top_k = {search.TopK}; at most {SearchJson.MaxSearches} are answered at once, with {SearchJson.MaxHits} results together."));
        }

        var searches = new SearchJson[several && body.IsEmpty ? 0 : count];
        for (int i = 0; i < searches.Length; i++)
        {
            int index = i;
            searches[i] = search with { Query = VectorBytes.ToVector(body.Slice(i * bytesOfQuery, bytesOfQuery), isBits, () => several ? string.Create(CultureInfo.InvariantCulture, $"The query {index} of the body") : "The body") };
        }

        return searches;
    }

    // Null for a field that does not exist, of which the search itself tells.
    private static int? BytesOfQuery(Collection collection, string field, bool isBits)
    {
        if (!collection.Options.Vectors.TryGetValue(field, out VectorFieldOptions? options))
        {
            return null;
        }

        int dimension = options.Dimension ?? throw new HypervexException(
            ErrorCode.InvalidArgument, "The collection's first vector will decide its dimension; until then a body of several queries cannot be told apart. Send them as JSON.");
        return isBits ? (dimension + 7) / 8 : dimension * sizeof(float);
    }
}
