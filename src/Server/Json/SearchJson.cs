using System.Globalization;
using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// A search: <c>{"query_vector" or "vector_id", "top_k", "min_score", "radius", "filter", "ef", "target_recall", "exact",
/// "oversampling", "max_distances", "using", "timeout_ms", "explain", "include", "vector_format"}</c>, and for a choice among near records <see cref="SearchChoice"/>.
/// Invariant: exactly one of <see cref="Query"/>, <see cref="Id"/> and the choice's examples is not null.
/// Thread safety: immutable.
/// </summary>
internal sealed record SearchJson
{
    /// <summary>Results when none are asked for.</summary>
    public const int DefaultTopK = 10;

    /// <summary>Greatest number of searches in one body.</summary>
    public const int MaxSearches = 1_000;

    /// <summary>Greatest sum of <c>top_k</c> in one body.</summary>
    public const int MaxHits = 100_000;

    /// <summary>Longest deadline: an hour.</summary>
    public const int MaxTimeoutMs = 3_600_000;

    private static readonly KeySet _keys = new(
        "query_vector", "vector_id", "top_k", "min_score", "radius", "filter", "ef", "target_recall", "exact", "oversampling", "max_distances", "using", "timeout_ms",
        "explain", "include", "vector_format", "group_by", "group_size", "positive", "negative", "strategy", "mmr");

    private static readonly KeySet _batchKeys = new("searches");

    /// <summary>The query, <c>float32[dimension]</c>.</summary>
    public float[]? Query { get; init; }

    /// <summary>The id of the record whose vector is the query.</summary>
    public string? Id { get; private init; }

    /// <summary>Number of results, 1 to 10,000.</summary>
    public int TopK { get; init; }

    /// <summary>Field, filter, beam and least score.</summary>
    public SearchOptions Options { get; init; }

    /// <summary>The deadline in milliseconds; null = none.</summary>
    public int? TimeoutMs { get; init; }

    /// <summary>How the results are chosen among near records; null = they are the nearest.</summary>
    public SearchChoice? Choice { get; private init; }

    /// <summary>What is returned of each record.</summary>
    public RecordParts Parts { get; init; } = RecordParts.Metadata;

    /// <summary>How vectors are written.</summary>
    public VectorFormat Format { get; init; }

    /// <summary>The search that the reader stands on.</summary>
    public static SearchJson Read(ref StrictJson json)
    {
        json.ExpectObject();
        var search = new SearchJson();
        var options = default(SearchOptions);
        var choice = new SearchChoice();
        int? topK = null;
        byte[]? packed = null;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "query_vector" when json.Reader.TokenType == JsonTokenType.String:
                    packed = VectorBytes.ReadBase64(ref json); // whether it is bits depends on the field, which may be named behind it
                    break;
                case "query_vector":
                    search = search with { Query = VectorJson.Read(ref json) };
                    break;
                case "vector_id":
                    search = search with { Id = json.ReadString() };
                    break;
                case "top_k":
                    topK = (int?)json.ReadInteger(1, Limits.MaxK);
                    break;
                case "timeout_ms":
                    search = search with { TimeoutMs = (int?)json.ReadInteger(1, MaxTimeoutMs) };
                    break;
                case "include":
                    search = search with { Parts = RecordPartNames.Read(ref json, RecordParts.Metadata) };
                    break;
                case "vector_format":
                    search = search with { Format = VectorText.Read(ref json) };
                    break;
                case "group_by" or "group_size" or "positive" or "negative" or "strategy" or "mmr":
                    choice = choice.Read(ref json, key);
                    break;
                default:
                    options = ReadOption(ref json, key, options);
                    break;
            }
        }

        if (packed is not null)
        {
            string path = json.Path + ".query_vector";
            search = search with { Query = VectorBytes.ToVector(packed, json.IsBits(options.Field ?? ""), () => path) };
        }

        if (search.Query is not null && search.Id is not null)
        {
            throw json.Fail(ErrorCode.InvalidArgument, "\"query_vector\" and \"vector_id\" exclude each other.");
        }

        bool isQuery = search.Query is not null || search.Id is not null;
        if (!isQuery && choice.Positive is null)
        {
            throw json.Fail(ErrorCode.InvalidVector, "the query is missing; give \"query_vector\" or \"vector_id\".");
        }

        choice.Check(ref json, isQuery);

        // A range search that names no number wants all that there are.
        return search with
        {
            Choice = choice.IsMade ? choice : null,
            TopK = topK ?? (options.Radius is null ? DefaultTopK : Limits.MaxK),
            Options = options with { Include = search.Parts.ToInclude() },
        };
    }

    /// <summary>The searches that the reader stands on: <c>{"searches": [search, ..]}</c>.</summary>
    public static IReadOnlyList<SearchJson> ReadBatch(ref StrictJson json)
    {
        json.ExpectObject();
        List<SearchJson>? searches = null;
        ulong seen = 0;
        while (json.NextKey(_batchKeys, ref seen) is not null)
        {
            searches = ReadSearches(ref json);
        }

        return searches ?? throw json.Fail(ErrorCode.InvalidJson, "the key \"searches\" is missing.");
    }

    private static SearchOptions ReadOption(ref StrictJson json, string key, SearchOptions options) => key switch
    {
        "min_score" => options with { MinScore = json.ReadSingle() },
        "radius" => options with { Radius = json.ReadSingle() },
        "target_recall" => options with { TargetRecall = ReadPositive(ref json) },
        "oversampling" => options with { Oversampling = ReadPositive(ref json) },
        "max_distances" => options with { MaxDistances = json.ReadInteger(1, long.MaxValue) ?? 0 },
        "filter" => options with { Filter = ContentJson.ReadFilter(ref json) },
        "ef" => options with { Ef = (int)(json.ReadInteger(1, Limits.MaxEf) ?? 0) },
        "exact" => options with { Exact = json.ReadBoolean() },
        "explain" => options with { Explain = json.ReadBoolean() },
        _ => options with { Field = json.ReadString() },
    };

    // 0 stands for "not given" in the engine's options; who writes it out asks for something that does not exist.
    private static float ReadPositive(ref StrictJson json)
    {
        float? value = json.ReadSingle();
        return value is 0 ? throw json.Fail(ErrorCode.LimitOutOfRange, "expected a number above 0.") : value ?? 0;
    }

    private static List<SearchJson> ReadSearches(ref StrictJson json)
    {
        json.ExpectArray();
        var searches = new List<SearchJson>();
        int hits = 0;
        for (int index = -1; json.NextItem(ref index);)
        {
            if (index == MaxSearches)
            {
                throw json.Fail(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"at most {MaxSearches} searches at once."));
            }

            SearchJson search = Read(ref json);
            if (search.Choice is not null)
            {
                throw json.Fail(ErrorCode.InvalidArgument, "group_by, positive and mmr are not for searches of a batch; send such a search alone.");
            }

            searches.Add(search);
            hits += search.TopK;
            if (hits > MaxHits)
            {
                throw json.Fail(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"the searches ask for more than {MaxHits} results together."));
            }
        }

        return searches;
    }
}
