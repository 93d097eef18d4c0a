using System.Globalization;
using System.Text.Json;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Routes;

/// <summary>
/// Searches, one or several at once.
/// Thread safety: pure functions.
/// </summary>
internal static class SearchRoutes
{
    public static void Add(RouteTable routes)
    {
        routes.AddVectors(Access.Read, "POST", "/search", SearchAsync, SearchParameters.Names);
        routes.AddVectors(Access.Read, "POST", "/search/batch", SearchBatchAsync, SearchParameters.Names);
    }

    private static async Task SearchAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        SearchJson search = exchange.HasBytes
            ? (await SearchParameters.ReadAsync(exchange, collection, several: false).ConfigureAwait(false))[0]
            : await ReadJsonAsync(exchange, SearchJson.Read).ConfigureAwait(false);
        if (search.Choice is { GroupBy: not null })
        {
            await SearchGroupsAsync(exchange, collection, search).ConfigureAwait(false);
            return;
        }

        CheckAnswerSize(exchange, collection, [search]);
        SearchHits hits = search.Choice is { } choice
            ? WithDeadline(search, token => ChosenSearch.Run(collection, search, choice, token), exchange.Aborted)
            : Run(exchange, collection, [search])[0];
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WritePropertyName("results"u8);
        await WriteHitsAsync(answer, hits, search, collection).ConfigureAwait(false);
        answer.Writer.WriteNumber("count"u8, hits.Count);
        if (hits.Report.LimitedBy != SearchLimit.None)
        {
            answer.Writer.WriteString("limited_by"u8, LimitName(hits.Report.LimitedBy));
        }

        if (search.Options.TargetRecall > 0)
        {
            answer.Writer.WriteNumber("ef"u8, hits.Report.Ef);
        }

        if (search.Options.Explain && hits.Explanation is { } explanation)
        {
            answer.Writer.WritePropertyName("explain"u8);
            JsonSerializer.Serialize(answer.Writer, FieldIndexJson.Describe(explanation), WireJson.Default.ExplanationMessage);
        }

        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    private static ValueTask<T> ReadJsonAsync<T>(Exchange exchange, StrictJson.ValueReader<T> read)
    {
        SearchParameters.Refuse(exchange);
        return exchange.ReadAsync(read);
    }

    private static async Task SearchGroupsAsync(Exchange exchange, Collection collection, SearchJson search)
    {
        CheckAnswerSize(exchange, collection, [search], search.Choice!.GroupSize ?? 1);
        GroupedHits found = WithDeadline(search, token => ChosenSearch.RunGroups(collection, search, token), exchange.Aborted);
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("groups"u8);
        foreach (HitGroup group in found.Groups)
        {
            answer.Writer.WriteStartObject();
            answer.Writer.WritePropertyName("value"u8);
            answer.Writer.WriteRawValue(group.Value.ToString(), skipInputValidation: true);
            answer.Writer.WritePropertyName("results"u8);
            await WriteHitsAsync(answer, group.Hits, search, collection).ConfigureAwait(false);
            answer.Writer.WriteEndObject();
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteNumber("count"u8, found.Groups.Count);
        if (found.Report.LimitedBy != SearchLimit.None)
        {
            answer.Writer.WriteString("limited_by"u8, LimitName(found.Report.LimitedBy));
        }

        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    private static async Task SearchBatchAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        IReadOnlyList<SearchJson> searches = exchange.HasBytes
            ? await SearchParameters.ReadAsync(exchange, collection, several: true).ConfigureAwait(false)
            : await ReadJsonAsync(exchange, SearchJson.ReadBatch).ConfigureAwait(false);
        CheckAnswerSize(exchange, collection, searches);

        // All searches run before the first result is sent, so that an error in one of them can still become a problem answer.
        IReadOnlyList<SearchHits> results = Run(exchange, collection, searches);
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("results"u8);
        for (int i = 0; i < results.Count; i++)
        {
            await WriteHitsAsync(answer, results[i], searches[i], collection).ConfigureAwait(false);
        }

        answer.Writer.WriteEndArray();
        WriteReports(answer.Writer, searches, results);
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    // Arrays beside the results, and only where they say something.
    private static void WriteReports(Utf8JsonWriter writer, IReadOnlyList<SearchJson> searches, IReadOnlyList<SearchHits> results)
    {
        if (results.Any(hits => hits.Report.LimitedBy != SearchLimit.None))
        {
            writer.WriteStartArray("limited_by"u8);
            foreach (SearchHits hits in results)
            {
                writer.WriteStringValue(LimitName(hits.Report.LimitedBy));
            }

            writer.WriteEndArray();
        }

        if (searches.Any(search => search.Options.TargetRecall > 0))
        {
            writer.WriteStartArray("ef"u8);
            foreach (SearchHits hits in results)
            {
                writer.WriteNumberValue(hits.Report.Ef);
            }

            writer.WriteEndArray();
        }

        if (searches.Any(search => search.Options.Explain))
        {
            writer.WriteStartArray("explain"u8);
            for (int i = 0; i < results.Count; i++)
            {
                if (searches[i].Options.Explain && results[i].Explanation is { } explanation)
                {
                    JsonSerializer.Serialize(writer, FieldIndexJson.Describe(explanation), WireJson.Default.ExplanationMessage);
                }
                else
                {
                    writer.WriteNullValue();
                }
            }

            writer.WriteEndArray();
        }
    }

    private static string? LimitName(SearchLimit limit) => limit switch
    {
        SearchLimit.MaxDistances => "max_distances",
        SearchLimit.K => "top_k",
        _ => null,
    };

    // Deadlines of searches that run together begin together.
    private static IReadOnlyList<SearchHits> Run(Exchange exchange, Collection collection, IReadOnlyList<SearchJson> searches)
    {
        CancellationToken aborted = exchange.Aborted;
        SlowSearchLog slow = exchange.Server.SlowSearches;
        var deadlines = new CancellationTokenSource?[searches.Count];
        try
        {
            var requests = new SearchRequest[searches.Count];
            for (int i = 0; i < requests.Length; i++)
            {
                SearchJson search = searches[i];
                if (search.TimeoutMs is { } timeoutMs)
                {
                    deadlines[i] = new CancellationTokenSource(timeoutMs);
                }

                requests[i] = new SearchRequest
                {
                    Query = search.Query,
                    Id = search.Id,
                    K = search.TopK,
                    Options = search.Options with { Explain = search.Options.Explain || slow.IsOn, CancellationToken = deadlines[i]?.Token ?? CancellationToken.None },
                };
            }

            IReadOnlyList<SearchHits> results = collection.SearchBatch(requests, aborted);
            for (int i = 0; slow.IsOn && i < results.Count; i++)
            {
                if (results[i].Explanation is { } explanation)
                {
                    slow.Add(collection.Name, searches[i].TopK, FieldIndexJson.Describe(explanation), exchange.Context.TraceIdentifier);
                }
            }

            return results;
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            int late = Array.FindIndex(deadlines, deadline => deadline is { IsCancellationRequested: true });
            throw TooLate(searches[Math.Max(late, 0)]);
        }
        finally
        {
            foreach (CancellationTokenSource? deadline in deadlines)
            {
                deadline?.Dispose();
            }
        }
    }

    private static T WithDeadline<T>(SearchJson search, Func<CancellationToken, T> run, CancellationToken aborted)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        deadline.CancelAfter(search.TimeoutMs ?? Timeout.Infinite);
        try
        {
            return run(deadline.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw TooLate(search);
        }
    }

    private static HypervexException TooLate(SearchJson search) =>
        new(ErrorCode.Timeout, string.Create(CultureInfo.InvariantCulture, $"The search did not end within timeout_ms = {search.TimeoutMs}."));

    private static void CheckAnswerSize(Exchange exchange, Collection collection, IReadOnlyList<SearchJson> searches, int hitsOfEach = 1) =>
        AnswerSize.Check(collection, exchange.Server.Options.Limits.MaxAnswerComponents, searches.Select(search => (search.TopK, search.Parts.ToInclude())), hitsOfEach);

    private static async ValueTask WriteHitsAsync(JsonAnswer answer, IReadOnlyList<SearchHit> hits, SearchJson search, Collection collection)
    {
        var vectorText = new VectorText(search.Format, collection);
        answer.Writer.WriteStartArray();
        foreach (SearchHit hit in hits)
        {
            WriteHit(answer.Writer, hit, search.Parts, vectorText);
            await answer.DrainAsync().ConfigureAwait(false);
        }

        answer.Writer.WriteEndArray();
    }

    private static void WriteHit(Utf8JsonWriter writer, SearchHit hit, RecordParts parts, VectorText vectorText)
    {
        writer.WriteStartObject();
        writer.WriteString("vector_id"u8, hit.Id);
        writer.WriteNumber("score"u8, hit.Score);
        writer.WriteNumber("distance"u8, hit.Distance);
        if (hit.Record is { } record)
        {
            RecordJson.WriteParts(writer, record, parts, vectorText);
        }

        writer.WriteEndObject();
    }
}
