using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Routes;

/// <summary>
/// Questions and changes by filter, without a vector: update, sample, and listings in order of a field.
/// Thread safety: pure functions.
/// </summary>
internal static class FilteredRoutes
{
    public static void Add(RouteTable routes)
    {
        routes.AddVectors(Access.Write, "POST", "/update", UpdateAsync, "durability");
        routes.AddVectors(Access.Read, "POST", "/sample", SampleAsync);
    }

    /// <summary>The page that the options ask for: its order is decided at once, its records are read one by one while the answer is sent.</summary>
    public static async Task AnswerInOrderAsync(Exchange exchange, ListOptions options, RecordParts parts)
    {
        Collection collection = exchange.Collection;
        RecordPage page = collection.List(options with { Include = Include.None });
        using var answer = new JsonAnswer(exchange.Context);
        await WriteAsync(answer, collection, page.Records, parts, exchange.VectorText).ConfigureAwait(false);
        answer.Writer.WriteString("next_cursor"u8, page.NextCursor);
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    private static async Task UpdateAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        FilteredUpdateJson request = await exchange.ReadAsync(FilteredUpdateJson.Read).ConfigureAwait(false);
        long updated = collection.UpdateWhere(request.Filter, request.Metadata, request.Mode, exchange.ReadWriteOptions(), exchange.Aborted);
        await exchange.AnswerAsync(new UpdateAnswer { Updated = updated }, WireJson.Default.UpdateAnswer).ConfigureAwait(false);
    }

    private static async Task SampleAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        SampleJson request = await exchange.ReadAsync(SampleJson.Read).ConfigureAwait(false);
        IReadOnlyList<VectorRecord> sample = collection.Sample(request.Limit, request.Filter, request.Seed, Include.None, exchange.Aborted);
        using var answer = new JsonAnswer(exchange.Context);
        await WriteAsync(answer, collection, sample, request.Parts, new VectorText(request.Format, collection)).ConfigureAwait(false);
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    /// <summary>Writes records of which the ids are known; one that was deleted since is passed over.</summary>
    private static async Task WriteAsync(JsonAnswer answer, Collection collection, IReadOnlyList<VectorRecord> ids, RecordParts parts, VectorText vectorText)
    {
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("vectors"u8);
        foreach (VectorRecord one in ids)
        {
            if (collection.Get(one.Id, parts.ToInclude()) is { } record)
            {
                RecordJson.Write(answer.Writer, record, parts, vectorText);
                await answer.DrainAsync().ConfigureAwait(false);
            }
        }

        answer.Writer.WriteEndArray();
    }
}
