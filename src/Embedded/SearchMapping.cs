using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Wire;

namespace Hypervex.Embedded;

/// <summary>
/// A search of a client in the engine's words, and its answer in the client's. Defaults and ranges are those of docs/rest.md.
/// Thread safety: immutable.
/// </summary>
internal sealed record SearchMapping
{
    private const int DefaultTopK = 10;
    private const int MaxTimeoutMs = 3_600_000;

    private SearchMapping(SearchMessage message)
    {
        Message = message;
        View = RecordView.Of(message.Include, new RecordView(Metadata: true, false, false, false));
        Request = new SearchRequest
        {
            Query = message.QueryVector,
            Id = message.VectorId,
            K = EmbeddedCollection.Check("top_k", message.TopK ?? (message.Radius is null ? DefaultTopK : Limits.MaxK), 1, Limits.MaxK),
            Options = new SearchOptions
            {
                Field = message.Using is { Length: > 0 } field ? field : null,
                MinScore = message.MinScore,
                Radius = message.Radius,
                Filter = EmbeddedCollection.FilterOf(message.Filter),
                Ef = message.Ef is { } ef ? EmbeddedCollection.Check("ef", ef, 1, Limits.MaxEf) : 0,
                TargetRecall = NotZero("target_recall", message.TargetRecall),
                Oversampling = NotZero("oversampling", message.Oversampling),
                MaxDistances = message.MaxDistances is { } most ? (most > 0 ? most : throw OutOfRange("max_distances")) : 0,
                Exact = message.Exact ?? false,
                Explain = message.Explain ?? false,
                Include = View.Include,
            },
        };
    }

    private SearchMessage Message { get; }

    private RecordView View { get; }

    private SearchRequest Request { get; }

    /// <summary>Reads a search.</summary>
    /// <exception cref="HypervexException">A part of it is not acceptable.</exception>
    public static SearchMapping Read(SearchMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        int ways = (message.QueryVector is null ? 0 : 1) + (message.VectorId is null ? 0 : 1) + (message.Positive is null ? 0 : 1);
        if (ways != 1)
        {
            throw new HypervexException(ways == 0 ? ErrorCode.InvalidVector : ErrorCode.InvalidArgument, "A search has exactly one of \"query_vector\", \"vector_id\" and \"positive\".");
        }

        if (message.Positive is null ? message.Negative is not null || message.Strategy is not null : message.Positive.Count == 0 || message.GroupBy is not null || message.Mmr is not null)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "\"negative\" and \"strategy\" go with \"positive\", which holds at least one example and excludes \"group_by\" and \"mmr\".");
        }

        if ((message.GroupSize is not null && message.GroupBy is null) || (message.GroupBy is not null && message.Mmr is not null))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "\"group_size\" goes with \"group_by\", which excludes \"mmr\".");
        }

        return new SearchMapping(message);
    }

    /// <summary>Runs the search.</summary>
    public SearchAnswer Run(Collection collection, CancellationToken cancellationToken)
    {
        SearchHits hits = WithDeadline(request => RunOne(collection, request), cancellationToken);
        return new SearchAnswer
        {
            Results = WriteHits(hits),
            Count = hits.Count,
            LimitedBy = NameOf(hits.Report.LimitedBy),
            Ef = Request.Options.TargetRecall > 0 ? hits.Report.Ef : null,
            Explain = Write(hits.Explanation),
        };
    }

    /// <summary>Runs the search for groups.</summary>
    public GroupsAnswer RunGroups(Collection collection, CancellationToken cancellationToken)
    {
        int size = Message.GroupSize is { } given ? EmbeddedCollection.Check("group_size", given, 1, Limits.MaxK) : 1;
        GroupedHits found = WithDeadline(request => collection.SearchGroups(request, Message.GroupBy!, size), cancellationToken);
        return new GroupsAnswer
        {
            Groups = [.. found.Groups.Select(group => new GroupMessage { Value = JsonNode.Parse(group.Value.ToString())!, Results = WriteHits(group.Hits) })],
            Count = found.Groups.Count,
            LimitedBy = NameOf(found.Report.LimitedBy),
        };
    }

    /// <summary>Runs several searches.</summary>
    public static SearchBatchAnswer RunBatch(Collection collection, IReadOnlyList<SearchMessage> messages, CancellationToken cancellationToken)
    {
        const int MaxSearches = 1_000;
        EmbeddedCollection.Check("the number of searches", messages.Count, 0, MaxSearches);
        SearchMapping[] searches = [.. messages.Select(Read)];
        if (searches.Any(search => search.Message.Positive is not null || search.Message.Mmr is not null || search.Message.GroupBy is not null))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "Examples, \"group_by\" and \"mmr\" are not for searches of a batch; send such a search alone.");
        }

        IReadOnlyList<SearchHits> found = collection.SearchBatch([.. searches.Select(search => search.Request)], cancellationToken);
        return new SearchBatchAnswer
        {
            Results = [.. searches.Zip(found, (search, hits) => search.WriteHits(hits))],
            LimitedBy = found.Any(hits => hits.Report.LimitedBy != SearchLimit.None) ? [.. found.Select(hits => NameOf(hits.Report.LimitedBy))] : null,
            Ef = searches.Any(search => search.Request.Options.TargetRecall > 0) ? [.. found.Select(hits => hits.Report.Ef)] : null,
            Explain = found.Any(hits => hits.Explanation is not null) ? [.. found.Select(hits => Write(hits.Explanation))] : null,
        };
    }

    private static string? NameOf(SearchLimit limit) => limit switch
    {
        SearchLimit.MaxDistances => "max_distances",
        SearchLimit.K => "top_k",
        _ => null,
    };

    private static ExplanationMessage? Write(SearchExplanation? explanation) => explanation is null
        ? null
        : new ExplanationMessage
        {
            Plan = JsonNamingPolicy.SnakeCaseLower.ConvertName(explanation.Plan.ToString()),
            EstimatedMatches = explanation.EstimatedMatches,
            Matches = explanation.Matches,
            RecordsRead = explanation.RecordsRead,
            Distances = explanation.Distances,
            Ef = explanation.Ef,
            FilterUs = explanation.FilterMicroseconds,
            SearchUs = explanation.SearchMicroseconds,
            ReadUs = explanation.ReadMicroseconds,
            Warnings = explanation.Warnings,
        };

    // 0 stands for "not given" in the engine's options; who writes it out asks for something that does not exist.
    private static float NotZero(string name, float? value) => value != 0 ? value ?? 0 : throw OutOfRange(name);

    private static HypervexException OutOfRange(string name) => new(ErrorCode.LimitOutOfRange, $"{name}: expected a number above 0.");

    private static Example ReadExample(JsonNode? example) => example switch
    {
        JsonValue value when value.TryGetValue(out string? id) => Example.Of(id),
        JsonArray numbers => Example.Of([.. numbers.Select(ReadNumber)]),
        _ => throw new HypervexException(ErrorCode.InvalidArgument, "An example is neither an id nor an array of numbers."),
    };

    private static float ReadNumber(JsonNode? number) => number is JsonValue value && float.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out float component)
        ? component
        : throw new HypervexException(ErrorCode.InvalidVector, "An example's vector holds something else than numbers.");

    private static RecommendStrategy ReadStrategy(string? strategy) => strategy switch
    {
        null or "average_vector" => RecommendStrategy.AverageVector,
        "best_score" => RecommendStrategy.BestScore,
        _ => throw new HypervexException(ErrorCode.InvalidArgument, "strategy: expected \"average_vector\" or \"best_score\"."),
    };

    private SearchHits RunOne(Collection collection, SearchRequest request)
    {
        if (Message.Mmr is { } mmr)
        {
            var diversity = new DiversityOptions();
            return collection.SearchDiverse(request, diversity with { Lambda = mmr.Lambda ?? diversity.Lambda, Candidates = mmr.Candidates });
        }

        return Message.Positive is not { } positive
            ? collection.SearchBatch([request], request.Options.CancellationToken)[0]
            : collection.Recommend(new RecommendRequest
            {
                Positive = [.. positive.Select(ReadExample)],
                Negative = [.. (Message.Negative ?? []).Select(ReadExample)],
                Strategy = ReadStrategy(Message.Strategy),
                K = request.K,
                Options = request.Options,
            });
    }

    private T WithDeadline<T>(Func<SearchRequest, T> run, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Message.TimeoutMs is { } timeoutMs ? EmbeddedCollection.Check("timeout_ms", timeoutMs, 1, MaxTimeoutMs) : Timeout.Infinite);
        try
        {
            return run(Request with { Options = Request.Options with { CancellationToken = deadline.Token } });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HypervexException(ErrorCode.Timeout, string.Create(CultureInfo.InvariantCulture, $"The search did not end within timeout_ms = {Message.TimeoutMs}."));
        }
    }

    private HitMessage[] WriteHits(IReadOnlyList<SearchHit> hits) => [.. hits.Select(hit => RecordMapping.Write(hit, View))];
}
