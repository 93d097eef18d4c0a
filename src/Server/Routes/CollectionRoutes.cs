using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Routes;

/// <summary>
/// Collections: create, list, describe, drop.
/// Thread safety: pure functions.
/// </summary>
internal static class CollectionRoutes
{
    private const string Path = "/api/v1/collections";

    public static void Add(RouteTable routes)
    {
        routes.Add(Access.ServerAdmin, "POST", Path, CreateAsync);
        routes.Add(Access.AnyKey, "GET", Path, ListAsync);
        routes.Add(Access.Read, "GET", $"{Path}/{RouteTable.CollectionSegment}", DescribeAsync);
        routes.Add(Access.Admin, "PATCH", $"{Path}/{RouteTable.CollectionSegment}", AlterAsync);
        routes.Add(Access.Admin, "DELETE", $"{Path}/{RouteTable.CollectionSegment}", DropAsync);
    }

    private static async Task CreateAsync(Exchange exchange)
    {
        Database database = exchange.Server.Database.Database;
        CollectionJson request = await exchange.ReadAsync(CollectionJson.Read).ConfigureAwait(false);
        Collection collection = database.CreateCollection(request.Name, request.Options);
        exchange.Subject = collection.Name;
        exchange.Context.Response.Headers.Location = $"{Path}/{Uri.EscapeDataString(request.Name)}";
        await exchange.AnswerAsync(Describe(collection), WireJson.Default.CollectionDescription, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static Task ListAsync(Exchange exchange) => exchange.AnswerAsync(
        new CollectionList { Collections = [.. exchange.Server.Database.Database.ListCollections().Where(exchange.Caller.Sees).Select(name => new CollectionName { Name = name })] },
        WireJson.Default.CollectionList);

    private static Task DescribeAsync(Exchange exchange) => exchange.AnswerAsync(
        Describe(exchange.ExistingCollection),
        WireJson.Default.CollectionDescription);

    private static async Task AlterAsync(Exchange exchange)
    {
        Collection collection = exchange.ExistingCollection;
        collection.Alter(await exchange.ReadAsync(CollectionChangesJson.Read).ConfigureAwait(false));
        await exchange.AnswerAsync(Describe(collection), WireJson.Default.CollectionDescription).ConfigureAwait(false);
    }

    private static Task DropAsync(Exchange exchange)
    {
        if (!exchange.NamesCollectionItself)
        {
            throw new HypervexException(ErrorCode.CollectionNotFound, $"{JsonPath.Quote(exchange.FirstSegment)} is an alias, and no collection to drop; DELETE /api/v1/aliases/... drops the alias.");
        }

        string name = exchange.CollectionName;
        return exchange.Server.Database.Database.DropCollection(name)
            ? exchange.AnswerEmptyAsync()
            : throw NotFound(name);
    }

    /// <summary>The error of a collection that does not exist.</summary>
    public static HypervexException NotFound(string name) => new(ErrorCode.CollectionNotFound, $"There is no collection with the name {JsonPath.Quote(name)}.");

    private static CollectionDescription Describe(Collection collection)
    {
        CollectionOptions options = collection.Options;
        VectorFieldMessage? field = options.Vectors.TryGetValue("", out VectorFieldOptions? found) ? Describe(found) : null;
        return new CollectionDescription
        {
            Name = collection.Name,
            Dimension = field?.Dimension,
            Metric = field?.Metric,
            Curvature = field?.Curvature,
            Project = field?.Project,
            Index = field?.Index,
            Quantization = field?.Quantization,
            Capacity = options.Capacity,
            Durability = options.Durability is { } durability ? DurabilityName.Of(durability) : null,
            Count = collection.Count,
            FieldIndexes = options.FieldIndexes.Count == 0 ? null : options.FieldIndexes.ToDictionary(pair => pair.Key, pair => WireName<FieldIndexType>.Of(pair.Value)),
            Vectors = options.Vectors.Count == 1 && field is not null
                ? null
                : options.Vectors.ToDictionary(pair => pair.Key, pair => Describe(pair.Value)),
        };
    }

    private static VectorFieldMessage Describe(VectorFieldOptions field) => new()
    {
        Dimension = field.Dimension,
        Metric = WireName<Metric>.Of(field.Metric),
        Curvature = field.Metric is Metric.Poincare or Metric.Lorentz ? field.Curvature : null,
        Project = field.Metric is Metric.Poincare or Metric.Lorentz ? field.Project : null,
        Index = field.Index.Type == IndexType.Flat
            ? new IndexMessage { Type = WireName<IndexType>.Of(field.Index.Type) }
            : new IndexMessage { Type = WireName<IndexType>.Of(field.Index.Type), M = field.Index.M, EfConstruction = field.Index.EfConstruction, Ef = field.Index.Ef },
        Quantization = WireName<QuantizationKind>.Of(field.Quantization),
    };
}
