using System.Globalization;
using System.Runtime.CompilerServices;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Server.Routes;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Searches: one, groups, several at once.
/// Thread safety: pure functions.
/// </summary>
internal static class SearchMethods
{
    /// <summary>The full name of the service.</summary>
    public const string Service = "hypervex.v1.Search";

    public static void Add(GrpcMethodTable methods)
    {
        methods.AddUnary(Service, "Search", Access.Read, V1.SearchRequest.Parser, SearchAsync);
        methods.AddUnary(Service, "SearchGroups", Access.Read, V1.SearchGroupsRequest.Parser, SearchGroupsAsync);
        methods.AddUnary(Service, "SearchBatch", Access.Read, V1.SearchBatchRequest.Parser, SearchBatchAsync);
        methods.AddServerStream(Service, "SearchBatchStream", Access.Read, V1.SearchBatchRequest.Parser, (call, request) => StreamAsync(call, request));
    }

    private static Task<V1.SearchResponse> SearchAsync(Call call, V1.SearchRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        var mapping = new RecordMapping(collection);
        var search = SearchMapping.Read(request.Search, mapping, call.Ended);
        CheckSize(call, collection, [search]);
        return Task.FromResult(search.Write(search.Run(collection, mapping), mapping));
    }

    private static Task<V1.SearchGroupsResponse> SearchGroupsAsync(Call call, V1.SearchGroupsRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        var mapping = new RecordMapping(collection);
        var search = SearchMapping.Read(request.Search, mapping, call.Ended);
        if (search.Examples is not null || search.Diversity is not null)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "Groups are found around a query vector or a record; \"examples\" and \"mmr\" do not go with them.");
        }

        int groupSize = request.HasGroupSize ? Range.Check("group_size", request.GroupSize, 1, Limits.MaxK) : 1;
        CheckSize(call, collection, [search], groupSize);
        GroupedHits found = collection.SearchGroups(search.Request, request.GroupBy, groupSize);
        var response = new V1.SearchGroupsResponse { LimitedBy = SearchMapping.WriteLimit(found.Report.LimitedBy) };
        foreach (HitGroup group in found.Groups)
        {
            var message = new V1.HitGroup { Value = MetadataMapping.Write(group.Value) };
            message.Results.AddRange(group.Hits.Select(hit => mapping.Write(hit, search.View)));
            response.Groups.Add(message);
        }

        return Task.FromResult(response);
    }

    private static Task<V1.SearchBatchResponse> SearchBatchAsync(Call call, V1.SearchBatchRequest request)
    {
        var response = new V1.SearchBatchResponse();
        response.Results.AddRange(Run(call, request));
        return Task.FromResult(response);
    }

    private static async IAsyncEnumerable<V1.SearchResponse> StreamAsync(Call call, V1.SearchBatchRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (V1.SearchResponse response in Run(call, request))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return response;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    // The searches have run when this returns; their answers are written one by one.
    private static IEnumerable<V1.SearchResponse> Run(Call call, V1.SearchBatchRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        var mapping = new RecordMapping(collection);
        if (request.Searches.Count > SearchJson.MaxSearches)
        {
            throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"At most {SearchJson.MaxSearches} searches at once."));
        }

        SearchMapping[] searches = [.. request.Searches.Select(query => SearchMapping.Read(query, mapping, call.Ended))];
        if (searches.Any(search => search.Examples is not null || search.Diversity is not null))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "\"examples\" and \"mmr\" are not for searches of a batch; send such a search alone.");
        }

        if (searches.Sum(search => (long)search.Request.K) > SearchJson.MaxHits)
        {
            throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"The searches ask for more than {SearchJson.MaxHits} results together."));
        }

        CheckSize(call, collection, searches);
        IReadOnlyList<SearchHits> results = collection.SearchBatch([.. searches.Select(search => search.Request)], call.Ended);
        return searches.Zip(results, (search, hits) => search.Write(hits, mapping));
    }

    private static void CheckSize(Call call, Collection collection, IReadOnlyList<SearchMapping> searches, int hitsOfEach = 1) =>
        AnswerSize.Check(collection, call.Server.Options.Limits.MaxAnswerComponents, searches.Select(search => (search.Request.K, search.Request.Options.Include)), hitsOfEach);
}
