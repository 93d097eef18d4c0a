using Hypervex.Server.Json;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// A search in the engine's words, and its answer in the wire's.
/// Invariant: exactly one of the query, the id and the examples is there.
/// Thread safety: immutable.
/// </summary>
/// <param name="Request">The query or id, how many, and the options; without either for a search by examples.</param>
/// <param name="Examples">The examples; null for a search by query or id.</param>
/// <param name="Diversity">How hits that differ are chosen; null = they are the nearest.</param>
/// <param name="View">What of each record the answer carries.</param>
internal sealed record SearchMapping(SearchRequest Request, V1.Examples? Examples, DiversityOptions? Diversity, RecordView View)
{
    /// <summary>Reads a search.</summary>
    /// <param name="query">The message.</param>
    /// <param name="mapping">The collection's records.</param>
    /// <param name="ended">Ends the search.</param>
    /// <exception cref="HypervexException">A part of it is not acceptable.</exception>
    public static SearchMapping Read(V1.SearchQuery? query, RecordMapping mapping, CancellationToken ended)
    {
        if (query is null || query.QueryCase == V1.SearchQuery.QueryOneofCase.None)
        {
            throw new HypervexException(ErrorCode.InvalidVector, "The query is missing; give \"query_vector\", \"vector_id\" or \"examples\".");
        }

        var view = RecordView.Of(query.Include, RecordParts.Metadata);
        SearchOptions options = ReadOptions(query) with { Include = view.Parts.ToInclude(), CancellationToken = ended };
        V1.Examples? examples = query.QueryCase == V1.SearchQuery.QueryOneofCase.Examples ? query.Examples : null;
        if (examples is not null && query.Mmr is not null)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "\"examples\" and \"mmr\" exclude each other.");
        }

        var request = new SearchRequest
        {
            Query = query.QueryCase == V1.SearchQuery.QueryOneofCase.QueryVector ? mapping.ReadVector(query.QueryVector, query.Using)! : null,
            Id = query.QueryCase == V1.SearchQuery.QueryOneofCase.VectorId ? query.VectorId : null,

            // A range search that names no number wants all that there are.
            K = query.HasTopK ? Range.Check("top_k", query.TopK, 1, Limits.MaxK) : options.Radius is null ? SearchJson.DefaultTopK : Limits.MaxK,
            Options = options,
        };
        return new SearchMapping(request, examples, ReadDiversity(query.Mmr), view);
    }

    /// <summary>Runs the search.</summary>
    public SearchHits Run(Collection collection, RecordMapping mapping)
    {
        if (Diversity is not null)
        {
            return collection.SearchDiverse(Request, Diversity);
        }

        return Examples is null
            ? collection.SearchBatch([Request], Request.Options.CancellationToken)[0]
            : collection.Recommend(new RecommendRequest
            {
                Positive = [.. Examples.Positive.Select(example => Read(example, mapping, Request.Options.Field))],
                Negative = [.. Examples.Negative.Select(example => Read(example, mapping, Request.Options.Field))],
                Strategy = ReadStrategy(Examples.Strategy),
                K = Request.K,
                Options = Request.Options,
            });
    }

    /// <summary>The answer.</summary>
    public V1.SearchResponse Write(SearchHits hits, RecordMapping mapping)
    {
        var response = new V1.SearchResponse { LimitedBy = WriteLimit(hits.Report.LimitedBy), Explain = WriteExplanation(hits.Explanation) };
        response.Results.AddRange(hits.Select(hit => mapping.Write(hit, View)));
        if (Request.Options.TargetRecall > 0)
        {
            response.Ef = hits.Report.Ef;
        }

        return response;
    }

    /// <summary>What ended a search early.</summary>
    public static V1.SearchLimit WriteLimit(SearchLimit limit) => limit switch
    {
        SearchLimit.MaxDistances => V1.SearchLimit.MaxDistances,
        SearchLimit.K => V1.SearchLimit.TopK,
        _ => V1.SearchLimit.Unspecified,
    };

    private static SearchOptions ReadOptions(V1.SearchQuery query) => new()
    {
        Field = query.Using.Length == 0 ? null : query.Using,
        MinScore = query.HasMinScore ? query.MinScore : null,
        Radius = query.HasRadius ? query.Radius : null,
        Filter = RecordMapping.ReadFilter(query.Filter),
        Ef = query.HasEf ? Range.Check("ef", query.Ef, 1, Limits.MaxEf) : 0,
        TargetRecall = query.HasTargetRecall ? NotZero("target_recall", query.TargetRecall) : 0,
        Oversampling = query.HasOversampling ? NotZero("oversampling", query.Oversampling) : 0,
        MaxDistances = query.HasMaxDistances ? Range.Check("max_distances", query.MaxDistances, 1, long.MaxValue) : 0,
        Exact = query.Exact,
        Explain = query.Explain,
    };

    // 0 stands for "not given" in the engine's options; who writes it out asks for something that does not exist.
    private static float NotZero(string name, float value) =>
        value != 0 ? value : throw new HypervexException(ErrorCode.LimitOutOfRange, $"{name}: expected a number above 0.");

    private static DiversityOptions? ReadDiversity(V1.Diversity? message)
    {
        if (message is null)
        {
            return null;
        }

        var diversity = new DiversityOptions();
        return diversity with
        {
            Lambda = message.HasLambda ? message.Lambda : diversity.Lambda,
            Candidates = message.HasCandidates ? Range.Check("candidates", message.Candidates, 1, Limits.MaxDiverseCandidates) : null,
        };
    }

    private static Example Read(V1.Example example, RecordMapping mapping, string? field) => example.KindCase switch
    {
        V1.Example.KindOneofCase.VectorId => Example.Of(example.VectorId),
        V1.Example.KindOneofCase.Vector => Example.Of(mapping.ReadVector(example.Vector, field ?? "")),
        _ => throw new HypervexException(ErrorCode.InvalidArgument, "An example is neither an id nor a vector."),
    };

    private static RecommendStrategy ReadStrategy(V1.RecommendStrategy strategy) => strategy switch
    {
        V1.RecommendStrategy.Unspecified or V1.RecommendStrategy.AverageVector => RecommendStrategy.AverageVector,
        V1.RecommendStrategy.BestScore => RecommendStrategy.BestScore,
        _ => throw new HypervexException(ErrorCode.InvalidArgument, "strategy is none that this server knows."),
    };

    private static V1.Explanation? WriteExplanation(SearchExplanation? explanation)
    {
        if (explanation is null)
        {
            return null;
        }

        var message = new V1.Explanation
        {
            Plan = WireName<SearchPlan>.Of(explanation.Plan),
            RecordsRead = explanation.RecordsRead,
            Distances = explanation.Distances,
            Ef = explanation.Ef,
            FilterUs = explanation.FilterMicroseconds,
            SearchUs = explanation.SearchMicroseconds,
            ReadUs = explanation.ReadMicroseconds,
            Warnings = { explanation.Warnings },
        };
        if (explanation.EstimatedMatches is { } estimated)
        {
            message.EstimatedMatches = estimated;
        }

        if (explanation.Matches is { } matches)
        {
            message.Matches = matches;
        }

        return message;
    }
}
