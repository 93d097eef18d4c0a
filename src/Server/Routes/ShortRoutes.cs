using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Routes;

/// <summary>
/// The short forms on the collection <c>default</c>.
/// Thread safety: pure functions.
/// </summary>
internal static class ShortRoutes
{
    public static void Add(RouteTable routes)
    {
        routes.Add(Access.Read, Work.Unlimited, "GET", "/", AnswerRootAsync); // asked by those who look whether the server is well
        routes.Add(Access.Read, "GET", "/stats", AnswerStatsAsync);
        routes.Add(Access.Read, "POST", "/search", SearchAsync, "top_k");
        routes.Add(Access.Write, "POST", "/insert", InsertAsync);
        routes.Add(Access.Write, "POST", "/update", UpdateAsync);
        routes.Add(Access.Write, "POST", "/delete", DeleteAsync);
    }

    private static Task AnswerRootAsync(Exchange exchange)
    {
        bool exists = exchange.Server.Database.Database.TryGetCollection(DefaultCollectionOptions.Name, out Collection? collection);
        return exchange.AnswerAsync(
            new ShortRoot { Service = "Hypervex", Status = "healthy", VectorsIndexed = exists ? collection!.Count : 0 },
            WireJson.Default.ShortRoot);
    }

    private static Task AnswerStatsAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        VectorFieldOptions? field = collection.Options.Vectors.GetValueOrDefault("");
        HnswOptions index = field?.Index ?? new HnswOptions();
        return exchange.AnswerAsync(
            new ShortStats
            {
                TotalVectors = collection.Count,
                Dimension = field?.Dimension,
                IndexType = WireName<IndexType>.Of(index.Type),
                HnswM = index.M,
                HnswEfSearch = index.Ef,
            },
            WireJson.Default.ShortStats);
    }

    private static async Task SearchAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        ShortJson search = await exchange.ReadAsync(ShortJson.ReadSearch).ConfigureAwait(false);
        if (search.QueryVector is { } query && exchange.Query("top_k") is not null)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "?top_k= belongs to the form with \"vector\"; with \"query_vector\" say \"k\" in the body.");
        }

        int k = search.K ?? (int)exchange.QueryInteger("top_k", SearchJson.DefaultTopK, 1, Limits.MaxK);
        SearchHits hits = collection.Search(search.QueryVector ?? search.Vector, k, new SearchOptions { CancellationToken = exchange.Aborted });
        using var answer = new JsonAnswer(exchange.Context);
        if (search.QueryVector is not null)
        {
            WriteColumns(answer, hits);
        }
        else
        {
            WriteRows(answer, hits);
        }

        await answer.SendAsync().ConfigureAwait(false);
    }

    private static void WriteColumns(JsonAnswer answer, IReadOnlyList<SearchHit> hits)
    {
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("indices"u8);
        foreach (SearchHit hit in hits)
        {
            ShortId.WriteAsIntegerIfItIsOne(answer.Writer, hit.Id);
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteStartArray("distances"u8);
        foreach (SearchHit hit in hits)
        {
            answer.Writer.WriteNumberValue(hit.Distance);
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteEndObject();
    }

    private static void WriteRows(JsonAnswer answer, IReadOnlyList<SearchHit> hits)
    {
        answer.Writer.WriteStartObject();
        answer.Writer.WriteStartArray("results"u8);
        foreach (SearchHit hit in hits)
        {
            answer.Writer.WriteStartObject();
            answer.Writer.WriteString("id"u8, hit.Id);
            answer.Writer.WriteNumber("distance"u8, hit.Distance);
            answer.Writer.WriteEndObject();
        }

        answer.Writer.WriteEndArray();
        answer.Writer.WriteEndObject();
    }

    private static async Task InsertAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        ShortJson body = await exchange.ReadAsync(ShortJson.ReadRecord).ConfigureAwait(false);
        float[] vector = body.Vector ?? throw new HypervexException(ErrorCode.InvalidVector, "$: the key \"vector\" is missing.");
        ShortId id = body.Id ?? new ShortId(RecordJson.NewId(), IsInteger: false);
        VectorRecord record = new(id.Text, vector) { Metadata = body.Metadata, ExpiresAt = body.ExpiresAt };
        await collection.InsertAsync(record, cancellationToken: exchange.Aborted).ConfigureAwait(false);
        await AnswerIdAsync(exchange, id).ConfigureAwait(false);
    }

    private static async Task UpdateAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        ShortJson body = await exchange.ReadAsync(ShortJson.ReadRecord).ConfigureAwait(false);
        ShortId id = RequireId(body);
        RecordUpdate update = new() { Vector = body.Vector, Metadata = body.Metadata, ExpiresAt = body.ExpiresAt, NeverExpires = body.NeverExpires };
        await collection.UpdateAsync(id.Text, update, cancellationToken: exchange.Aborted).ConfigureAwait(false);
        await AnswerIdAsync(exchange, id).ConfigureAwait(false);
    }

    private static async Task DeleteAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        ShortId id = RequireId(await exchange.ReadAsync(ShortJson.ReadDelete).ConfigureAwait(false));
        if (!await collection.DeleteAsync(id.Text, cancellationToken: exchange.Aborted).ConfigureAwait(false))
        {
            throw RecordRoutes.NotFound(id.Text);
        }

        await AnswerIdAsync(exchange, id).ConfigureAwait(false);
    }

    private static ShortId RequireId(ShortJson body) =>
        body.Id ?? throw new HypervexException(ErrorCode.InvalidId, "$: the key \"id\" is missing.");

    private static async Task AnswerIdAsync(Exchange exchange, ShortId id)
    {
        using var answer = new JsonAnswer(exchange.Context);
        answer.Writer.WriteStartObject();
        answer.Writer.WritePropertyName("id"u8);
        id.Write(answer.Writer);
        answer.Writer.WriteEndObject();
        await answer.SendAsync().ConfigureAwait(false);
    }
}
