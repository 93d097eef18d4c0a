using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Routes;

/// <summary>
/// Indexes of metadata fields: create, list, drop.
/// Thread safety: pure functions.
/// </summary>
internal static class FieldIndexRoutes
{
    private const string Path = $"/api/v1/collections/{RouteTable.CollectionSegment}/field-indexes";

    public static void Add(RouteTable routes)
    {
        routes.Add(Access.Admin, "POST", Path, CreateAsync);
        routes.Add(Access.Read, "GET", Path, ListAsync);
        routes.Add(Access.Admin, "DELETE", Path + "/{field}", DropAsync);
    }

    private static async Task CreateAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        (string field, FieldIndexType type) = await exchange.ReadAsync(FieldIndexJson.Read).ConfigureAwait(false);
        bool created = collection.CreateFieldIndex(field, type);
        FieldIndexState index = Find(collection, field);
        await exchange.AnswerAsync(FieldIndexJson.Describe(index), WireJson.Default.FieldIndexAnswer, created ? StatusCodes.Status201Created : StatusCodes.Status200OK).ConfigureAwait(false);
    }

    private static Task ListAsync(Exchange exchange) => exchange.AnswerAsync(
        new FieldIndexList { FieldIndexes = [.. exchange.Collection.GetStats().FieldIndexes.Select(FieldIndexJson.Describe)] },
        WireJson.Default.FieldIndexList);

    private static Task DropAsync(Exchange exchange)
    {
        string field = exchange.LastSegment;
        return exchange.Collection.DropFieldIndex(field)
            ? exchange.AnswerEmptyAsync()
            : throw NotFound(field);
    }

    /// <summary>The state of an index that was created just now.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.NotFound"/>.</exception>
    public static FieldIndexState Find(Collection collection, string field) => collection.GetStats().FieldIndexes.FirstOrDefault(one => one.Field == field)
        ?? throw new HypervexException(ErrorCode.NotFound, $"The index of the field {JsonPath.Quote(field)} was created, and then dropped by another request.");

    /// <summary>The error of a field that has no index.</summary>
    public static HypervexException NotFound(string field) => new(ErrorCode.NotFound, $"The field {JsonPath.Quote(field)} has no index.");
}
