using System.Globalization;
using System.Text.Json;
using Hypervex.Server.Http;
using Hypervex.Server.Json;

namespace Hypervex.Server.Routes;

/// <summary>
/// Searches, one or several at once.
/// Thread safety: pure functions.
/// </summary>
internal static class SearchRoutes
{
    public static void Add(RouteTable routes)
    {
        routes.AddVectors("POST", "/search", SearchAsync);
        routes.AddVectors("POST", "/search/batch", SearchBatchAsync);
    }

    private static async Task SearchAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        SearchJson search = await exchange.ReadAsync(SearchJson.Read).ConfigureAwait(false);
        CheckAnswerSize(exchange, collection, [search]);
        IReadOnlyList<SearchHit> hits = Find(collection, search, exchange.Aborted);
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WritePropertyName("results"u8);
        await WriteHitsAsync(answer, hits, search.Parts).ConfigureAwait(false);
        answer.Writer.WriteNumber("count"u8, hits.Count);
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    private static async Task SearchBatchAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        IReadOnlyList<SearchJson> searches = await exchange.ReadAsync(SearchJson.ReadBatch).ConfigureAwait(false);
        CheckAnswerSize(exchange, collection, searches);

        // All searches run before the first result is sent, so that an error in one of them can still become a problem answer.
        IReadOnlyList<SearchHit>[] results = [.. searches.Select(search => Find(collection, search, exchange.Aborted))];
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("results"u8);
        for (int i = 0; i < results.Length; i++)
        {
            await WriteHitsAsync(answer, results[i], searches[i].Parts).ConfigureAwait(false);
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    private static IReadOnlyList<SearchHit> Find(Collection collection, SearchJson search, CancellationToken aborted)
    {
        if (search.TimeoutMs is not { } timeoutMs)
        {
            return Find(collection, search, search.Options with { CancellationToken = aborted });
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        deadline.CancelAfter(timeoutMs);
        try
        {
            return Find(collection, search, search.Options with { CancellationToken = deadline.Token });
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw new HypervexException(ErrorCode.Timeout, string.Create(CultureInfo.InvariantCulture, $"The search did not end within timeout_ms = {timeoutMs}."));
        }
    }

    private static IReadOnlyList<SearchHit> Find(Collection collection, SearchJson search, SearchOptions options) => search.Query is { } query
        ? collection.Search(query, search.TopK, options)
        : collection.SearchById(search.Id!, search.TopK, options);

    // The engine hands out the vectors of all hits at once.
    private static void CheckAnswerSize(Exchange exchange, Collection collection, IReadOnlyList<SearchJson> searches)
    {
        long ofOneRecord = collection.Options.Vectors.Values.Sum(field => (long)(field.Dimension ?? 0));
        long asked = searches.Sum(search => search.Parts.ToInclude().HasFlag(Include.Vectors) ? Math.Min(search.TopK, collection.Count) * ofOneRecord : 0);
        long greatest = exchange.Server.Options.Limits.MaxAnswerComponents;
        if (asked > greatest)
        {
            throw new HypervexException(
                ErrorCode.LimitOutOfRange,
                string.Create(CultureInfo.InvariantCulture, $"The answer would carry {asked} vector components, at most {greatest} are allowed; ask for fewer results, or leave vectors out of \"include\" and read them with POST .../vectors/get."));
        }
    }

    private static async ValueTask WriteHitsAsync(JsonAnswer answer, IReadOnlyList<SearchHit> hits, RecordParts parts)
    {
        answer.Writer.WriteStartArray();
        foreach (SearchHit hit in hits)
        {
            WriteHit(answer.Writer, hit, parts);
            await answer.DrainAsync().ConfigureAwait(false);
        }

        answer.Writer.WriteEndArray();
    }

    private static void WriteHit(Utf8JsonWriter writer, SearchHit hit, RecordParts parts)
    {
        writer.WriteStartObject();
        writer.WriteString("vector_id"u8, hit.Id);
        writer.WriteNumber("score"u8, hit.Score);
        writer.WriteNumber("distance"u8, hit.Distance);
        if (hit.Record is { } record)
        {
            RecordJson.WriteParts(writer, record, parts);
        }

        writer.WriteEndObject();
    }
}
