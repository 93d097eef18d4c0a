using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Routes;

/// <summary>
/// Many records at once: upsert, read, delete, count, count by value.
/// Thread safety: pure functions.
/// </summary>
internal static class BatchRoutes
{
    public static void Add(RouteTable routes)
    {
        routes.AddVectors(Access.Write, "POST", "/batch", UpsertAsync, "durability");
        routes.AddVectors(Access.Read, "POST", "/get", GetAsync);
        routes.AddVectors(Access.Write, "POST", "/delete", DeleteAsync, "durability");
        routes.AddVectors(Access.Read, "POST", "/count", CountAsync);
        routes.AddVectors(Access.Read, "POST", "/facets", CountValuesAsync);
    }

    private static async Task UpsertAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        BatchJson batch = exchange.HasBytes
            ? await exchange.ReadBytesAsync(body => RowsJson.Read(body.Span, exchange.IsBits)).ConfigureAwait(false)
            : await exchange.ReadAsync(BatchJson.Read).ConfigureAwait(false);
        BatchAnswer answer = await BatchWriter.WriteAsync(collection, batch, exchange.ReadWriteOptions(), exchange.Aborted).ConfigureAwait(false);
        await exchange.AnswerAsync(answer, WireJson.Default.BatchAnswer).ConfigureAwait(false);
    }

    private static async Task GetAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        IdsJson ids = await exchange.ReadAsync(IdsJson.ReadToGet).ConfigureAwait(false);
        var vectorText = new VectorText(ids.Format, collection);
        var missing = new List<string>();
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("vectors"u8);
        foreach (string id in ids.Ids)
        {
            if (collection.Get(id, ids.Parts.ToInclude()) is { } record)
            {
                RecordJson.Write(answer.Writer, record, ids.Parts, vectorText);
                await answer.DrainAsync().ConfigureAwait(false);
            }
            else
            {
                missing.Add(id);
            }
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteStartArray("missing"u8);
        missing.ForEach(answer.Writer.WriteStringValue);
        answer.Writer.WriteEndArray();
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    private static async Task DeleteAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        DeleteJson request = await exchange.ReadAsync(DeleteJson.Read).ConfigureAwait(false);
        int deleted = request.Filter is { } filter
            ? (int)collection.DeleteWhere(filter, exchange.ReadWriteOptions(), exchange.Aborted)
            : (await collection.DeleteBatchAsync(request.Ids!, exchange.ReadWriteOptions(), exchange.Aborted).ConfigureAwait(false)).Count;
        await exchange.AnswerAsync(new DeleteAnswer { Deleted = deleted }, WireJson.Default.DeleteAnswer).ConfigureAwait(false);
    }

    private static async Task CountValuesAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        FacetsJson request = await exchange.ReadAsync(FacetsJson.Read).ConfigureAwait(false);
        FacetCounts counts = collection.CountValues(request.Field, request.Filter, request.Limit, exchange.Aborted);
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("values"u8);
        foreach (FacetCount facet in counts.Values)
        {
            answer.Writer.WriteStartObject();
            answer.Writer.WritePropertyName("value"u8);
            answer.Writer.WriteRawValue(facet.Value.ToString(), skipInputValidation: true);
            answer.Writer.WriteNumber("count"u8, facet.Count);
            answer.Writer.WriteEndObject();
            await answer.DrainAsync().ConfigureAwait(false);
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteNumber("different_values"u8, counts.DifferentValues);
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    private static async Task CountAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        Filter? filter = await exchange.ReadAsync(CountJson.Read).ConfigureAwait(false);
        long count = collection.CountWhere(filter, exchange.Aborted);
        await exchange.AnswerAsync(new CountAnswer { Count = count }, WireJson.Default.CountAnswer).ConfigureAwait(false);
    }
}
