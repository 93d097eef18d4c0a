using Hypervex.Collections;

namespace Hypervex;

/// <content>Searches that choose among near records: grouped, by examples, diverse.</content>
public sealed partial class Collection
{
    /// <summary>
    /// Finds the groups of records, by the value of a metadata field, whose best hits are nearest, each with its best hits. A record with an array belongs to the group of each of its items; one without the
    /// field, or with null or an object there, to none. <see cref="SearchRequest.K"/> groups come back whenever so many have a record that may be found: the search is widened, by an
    /// index of the field where there is one, else to an exact ranking of all.
    /// </summary>
    /// <param name="request">The query, the number of groups and options; <see cref="SearchOptions.Explain"/> is not told for groups.</param>
    /// <param name="groupBy">The field's name; dots lead into nested objects.</param>
    /// <param name="groupSize">Greatest number of hits of a group; together with the groups at most 10,000 hits.</param>
    public GroupedHits SearchGroups(SearchRequest request, string groupBy, int groupSize = 1)
    {
        ArgumentNullException.ThrowIfNull(request);
        Names.CheckIndexedField(groupBy);
        OptionChecks.CheckRange("k (the number of groups)", request.K, 1, Limits.MaxK);
        OptionChecks.CheckRange("group_size", groupSize, 1, Limits.MaxK / request.K);
        RefuseExplain(request.Options, "a grouped search");
        return UntilClosing(
            token =>
            {
                CollectionSchema schema = Schema;
                return new GroupedSearch(_partition, _reader, _search, groupBy, request.K, groupSize, request.Id)
                    .Run(schema, QueryOf(schema, request), request.Options with { CancellationToken = token }, _gate.ClosingToken);
            },
            request.Options.CancellationToken);
    }

    /// <summary>Finds near records that differ from each other, see <see cref="DiversityOptions"/>. The hits come in the order in which they were chosen.</summary>
    /// <param name="request">The query, the number of hits (1 to 1,000) and options.</param>
    /// <param name="diversity">How to choose.</param>
    public SearchHits SearchDiverse(SearchRequest request, DiversityOptions diversity)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(diversity);
        OptionChecks.CheckRange("k (of a diverse search)", request.K, 1, Limits.MaxDiverseCandidates);
        int candidates = diversity.Candidates ?? Math.Clamp(request.K * 4, Math.Max(request.K, 100), Limits.MaxDiverseCandidates);
        OptionChecks.CheckRange("mmr.candidates", candidates, request.K, Limits.MaxDiverseCandidates);
        if (!(diversity.Lambda is >= 0 and <= 1))
        {
            throw new HypervexException(ErrorCode.LimitOutOfRange, FormattableString.Invariant($"mmr.lambda is {diversity.Lambda}; expected 0 to 1."));
        }

        RefuseExplain(request.Options, "a diverse search");
        return UntilClosing(
            token =>
            {
                CollectionSchema schema = Schema;
                return new DiverseSearch(_partition, _reader, _search, request.K, candidates, diversity.Lambda, request.Id)
                    .Run(schema, QueryOf(schema, request), request.Options with { CancellationToken = token }, _gate.ClosingToken);
            },
            request.Options.CancellationToken);
    }

    /// <summary>Finds records by positive and negative examples, see <see cref="RecommendStrategy"/>. Records that are examples are not among the hits.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.NotFound"/>: an example does not exist; <see cref="ErrorCode.InvalidArgument"/>: no positive example, or a strategy that the
    /// metric does not know; <see cref="ErrorCode.ZeroNorm"/>: under cosine, the examples cancel each other out.</exception>
    public SearchHits Recommend(RecommendRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        OptionChecks.CheckRange("k", request.K, 1, Limits.MaxK);
        if (request.Positive is not { Count: > 0 } || request.Negative is null)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "A recommendation needs at least one positive example.");
        }

        OptionChecks.CheckRange("the number of examples", (long)request.Positive.Count + request.Negative.Count, 1, Limits.MaxExamples);
        if (!Enum.IsDefined(request.Strategy))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "The strategy is unknown; expected average_vector or best_score.");
        }

        return UntilClosing(token => Recommend(request, token), request.Options.CancellationToken);
    }

    private SearchHits Recommend(RecommendRequest request, CancellationToken token)
    {
        CollectionSchema schema = Schema;
        float[][] positive = [.. request.Positive.Select(example => VectorOf(schema, example, request.Options))];
        float[][] negative = [.. request.Negative.Select(example => VectorOf(schema, example, request.Options))];
        HashSet<string> examples = [.. request.Positive.Concat(request.Negative).Where(example => example.Id is not null).Select(example => example.Id!)];
        if (request.Strategy == RecommendStrategy.AverageVector)
        {
            FieldSchema field = VectorChecks.Field(schema, request.Options.Field);
            return _search.RunWithout(schema, AverageExample.Of(field, positive, negative), request.K, examples, request.Options with { CancellationToken = token }, _gate.ClosingToken);
        }

        RefuseExplain(request.Options, "the strategy best_score");
        return new BestScoreSearch(_partition, _reader, _search, positive, negative, examples, request.K).Run(schema, request.Options with { CancellationToken = token }, _gate.ClosingToken);
    }

    private static void RefuseExplain(in SearchOptions options, string what)
    {
        if (options.Explain)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"explain is not told for {what}, which consists of several searches.");
        }
    }

    private float[] QueryOf(CollectionSchema schema, SearchRequest request) => request.Id is { } id ? VectorOf(schema, id, request.Options) : request.Query.ToArray();

    private float[] VectorOf(CollectionSchema schema, Example example, in SearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(example);
        if (example.Id is { } id)
        {
            return VectorOf(schema, id, options);
        }

        VectorChecks.Check(VectorChecks.Field(schema, options.Field), example.Given, null);
        return example.Given.ToArray();
    }
}
