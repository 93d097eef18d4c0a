using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Routes;

/// <summary>
/// One record: create, read, update, delete; and the listing of all.
/// Thread safety: pure functions.
/// </summary>
internal static class RecordRoutes
{
    private const int DefaultLimit = 100;

    // A page is read from the engine in parts of about 8 MB of vectors, so that memory does not grow with the limit.
    private const int ComponentsOfPart = 2 * 1024 * 1024;

    public static void Add(RouteTable routes)
    {
        routes.AddVectors(Access.Write, "POST", "", CreateAsync, "durability", "vector_format");
        routes.AddVectors(Access.Read, "GET", "", ListAsync, "limit", "cursor", "filter", "include", "vector_format", "order_by", "order");
        routes.AddVectors(Access.Read, "GET", "/{id}", GetAsync, "include", "vector_format");
        routes.AddVectors(Access.Write, "PUT", "/{id}", UpdateAsync, "durability", "vector_format");
        routes.AddVectors(Access.Write, "DELETE", "/{id}", DeleteAsync, "durability");
    }

    /// <summary>The error for an id without a record.</summary>
    public static HypervexException NotFound(string id) =>
        new(ErrorCode.NotFound, $"There is no record with the id {JsonPath.Quote(id)}.");

    private static async Task CreateAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        VectorText vectorText = exchange.VectorText;
        VectorRecord record = await exchange.ReadAsync(RecordJson.Read).ConfigureAwait(false);
        Ack ack = await collection.InsertAsync(record, exchange.ReadWriteOptions(), exchange.Aborted).ConfigureAwait(false);
        exchange.Context.Response.Headers.Location = $"{exchange.VectorsPath}/{Uri.EscapeDataString(record.Id)}";
        VectorRecord written = record with { CreatedAt = ack.CreatedAt, UpdatedAt = ack.UpdatedAt, Version = ack.Version };
        await exchange.AnswerAsync(written, RecordParts.All, vectorText, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static Task GetAsync(Exchange exchange)
    {
        string id = exchange.Id;
        RecordParts parts = RecordPartNames.Parse(exchange.Query("include"), RecordParts.All);
        VectorRecord record = exchange.Collection.Get(id, parts.ToInclude()) ?? throw NotFound(id);
        if (EntityTag.IsAmong(exchange.Context.Request.Headers.IfNoneMatch, record.Version))
        {
            exchange.Context.Response.Headers.ETag = EntityTag.Of(record.Version);
            exchange.Context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return exchange.AnswerAsync(record, parts, exchange.VectorText);
    }

    private static async Task UpdateAsync(Exchange exchange)
    {
        string id = exchange.Id;
        Collection collection = exchange.Collection;
        VectorText vectorText = exchange.VectorText;
        RecordUpdate update = await exchange.ReadAsync((ref StrictJson json) => UpdateJson.Read(ref json, id)).ConfigureAwait(false);
        await collection.UpdateAsync(id, update, exchange.ReadWriteOptions(), exchange.Aborted).ConfigureAwait(false);
        VectorRecord record = collection.Get(id)
            ?? throw new HypervexException(ErrorCode.NotFound, $"The record {JsonPath.Quote(id)} was updated, and then deleted by another request, or it has expired.");
        await exchange.AnswerAsync(record, RecordParts.All, vectorText).ConfigureAwait(false);
    }

    private static async Task DeleteAsync(Exchange exchange)
    {
        string id = exchange.Id;
        if (!await exchange.Collection.DeleteAsync(id, exchange.ReadWriteOptions(), exchange.Aborted).ConfigureAwait(false))
        {
            throw NotFound(id);
        }

        await exchange.AnswerEmptyAsync().ConfigureAwait(false);
    }

    private static async Task ListAsync(Exchange exchange)
    {
        int left = (int)exchange.QueryInteger("limit", DefaultLimit, 1, Limits.MaxPage);
        RecordParts parts = RecordPartNames.Parse(exchange.Query("include"), RecordParts.All);
        string? cursor = exchange.Query("cursor");
        Filter? filter = exchange.Query("filter") is { } text ? Filter.Parse(text) : null;
        if (exchange.Query("order_by") is { } || exchange.Query("order") is { })
        {
            bool descending = exchange.Query("order") switch
            {
                null or "asc" => false,
                "desc" => true,
                { } other => throw new HypervexException(ErrorCode.InvalidArgument, $"order: expected asc or desc, found {JsonPath.Quote(other)}."),
            };
            string field = exchange.Query("order_by") ?? throw new HypervexException(ErrorCode.InvalidArgument, "order: it goes with order_by, which names the field.");
            await FilteredRoutes.AnswerInOrderAsync(exchange, new ListOptions { Limit = left, Cursor = cursor, Filter = filter, OrderBy = field, Descending = descending }, parts).ConfigureAwait(false);
            return;
        }

        Collection collection = exchange.Collection;
        VectorText vectorText = exchange.VectorText;
        int partSize = PartSize(collection, parts);
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("vectors"u8);
        do
        {
            RecordPage page = collection.List(new ListOptions { Limit = Math.Min(left, partSize), Cursor = cursor, Filter = filter, Include = parts.ToInclude() });
            foreach (VectorRecord record in page.Records)
            {
                RecordJson.Write(answer.Writer, record, parts, vectorText);
                await answer.DrainAsync().ConfigureAwait(false);
            }

            left -= page.Records.Count;
            cursor = page.NextCursor;
        }
        while (left > 0 && cursor is not null);

        answer.Writer.WriteEndArray();
        answer.Writer.WriteString("next_cursor"u8, cursor);
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }

    /// <summary>Records that a listing reads from the engine at once.</summary>
    public static int PartSize(Collection collection, RecordParts parts)
    {
        const int WithoutVectors = 1_000;
        const int WithDocuments = 32;
        if (parts.HasFlag(RecordParts.Document))
        {
            return WithDocuments;
        }

        long components = (parts & (RecordParts.Vector | RecordParts.Vectors)) == 0
            ? 1
            : collection.Options.Vectors.Values.Sum(field => (long)(field.Dimension ?? 1));
        return (int)Math.Clamp(ComponentsOfPart / Math.Max(components, 1), 1, WithoutVectors);
    }
}
