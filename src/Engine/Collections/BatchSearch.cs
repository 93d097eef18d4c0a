using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>
/// Several searches at once, on all cores. Every search is checked before the first one runs; the first that fails ends the
/// batch. Thread safety: all members.
/// </summary>
internal sealed class BatchSearch(CollectionSearch search)
{
    /// <summary>A search whose query is known.</summary>
    internal readonly record struct Prepared(SearchRequest Request, ReadOnlyMemory<float> Query);

    /// <summary>The hits of each search, in the order of the searches.</summary>
    /// <param name="schema">The collection's schema.</param>
    /// <param name="searches">The searches, their ids resolved.</param>
    /// <param name="cancellation">Stops all.</param>
    /// <param name="closing">Cancelled when the collection is being closed.</param>
    public SearchHits[] Run(CollectionSchema schema, Prepared[] searches, CancellationToken cancellation, CancellationToken closing)
    {
        foreach (Prepared prepared in searches)
        {
            OptionChecks.CheckRange("k", prepared.Request.K, 1, Limits.MaxK);
            SearchChecks.Check(schema, prepared.Query.Span, prepared.Request.Options);
        }

        var results = new SearchHits[searches.Length];
        Guard(
            either => AllCores.Run(searches.Length, i =>
            {
                (SearchRequest request, ReadOnlyMemory<float> query) = searches[i];
                results[i] = request.Id is { } id
                    ? search.RunById(schema, id, query.Span, request.K, request.Options, either)
                    : search.Run(schema, query.Span, request.K, request.Options, either);
            }),
            cancellation,
            closing);
        return results;
    }

    /// <summary>The batch that allocates nothing for each query: row i of the queries fills the i-th part of the hits.</summary>
    /// <param name="schema">The collection's schema.</param>
    /// <param name="queries">float32[counts.Length, dimension].</param>
    /// <param name="k">Hits of each query.</param>
    /// <param name="options">Options of all.</param>
    /// <param name="hits">Hit[counts.Length, k].</param>
    /// <param name="counts">Receives the number of hits of each query.</param>
    /// <param name="closing">Cancelled when the collection is being closed.</param>
    public void Run(
        CollectionSchema schema, ReadOnlyMemory<float> queries, int k, SearchOptions options, Memory<Hit> hits, Memory<int> counts, CancellationToken closing)
    {
        int dimension = counts.IsEmpty ? 0 : queries.Length / counts.Length;
        CheckLengths(queries.Length, k, hits.Length, counts.Length, dimension);
        for (int i = 0; i < counts.Length; i++)
        {
            SearchChecks.Check(schema, queries.Span.Slice(i * dimension, dimension), options);
        }

        CancellationToken cancellation = options.CancellationToken;
        options = options with { CancellationToken = CancellationToken.None }; // linked once for all instead of once for each
        Guard(
            either => AllCores.Run(
                counts.Length,
                i => counts.Span[i] = search.Run(schema, queries.Span.Slice(i * dimension, dimension), options, hits.Span.Slice(i * k, k), either, out _)),
            cancellation,
            closing);
    }

    private static void CheckLengths(int queries, int k, int hits, int counts, int dimension)
    {
        OptionChecks.CheckRange("k", k, 1, Limits.MaxK);
        OptionChecks.CheckRange("the number of searches in the batch", counts, 1, Limits.MaxSearches);
        if ((long)dimension * counts != queries || (long)k * counts != hits)
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument,
                $"A batch of {counts} searches with k = {k} needs {counts} queries of equal length and room for {(long)counts * k} hits; got {queries} components and room for {hits} hits.");
        }
    }

    // A search takes its closing token for the collection's; here it may be the caller's, which is another error.
    private static void Guard(Action<CancellationToken> run, CancellationToken cancellation, CancellationToken closing)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, closing);
        try
        {
            run(either.Token);
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Closed && !closing.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }
}
