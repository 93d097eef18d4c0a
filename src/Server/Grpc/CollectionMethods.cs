using Hypervex.Server.Http;
using Hypervex.Server.Jobs;
using Hypervex.Server.Routes;
using Hypervex.Wire;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Collections, the indexes of their metadata fields, and what they hold.
/// Thread safety: pure functions.
/// </summary>
internal static class CollectionMethods
{
    private const string Service = "hypervex.v1.Collections";

    public static void Add(GrpcMethodTable methods)
    {
        methods.AddUnary(Service, "Create", Access.ServerAdmin, V1.CreateCollectionRequest.Parser, CreateAsync);
        methods.AddUnary(Service, "List", Access.AnyKey, V1.ListCollectionsRequest.Parser, ListAsync);
        methods.AddUnary(Service, "Describe", Access.Read, V1.DescribeCollectionRequest.Parser, DescribeAsync);
        methods.AddUnary(Service, "Drop", Access.Admin, V1.DropCollectionRequest.Parser, DropAsync);
        methods.AddUnary(Service, "Alter", Access.Admin, V1.AlterCollectionRequest.Parser, AlterAsync);
        methods.AddUnary(Service, "Compact", Access.Admin, V1.CompactCollectionRequest.Parser, (call, request) => StartAsync(call, request.Name, CollectionJobs.Compact));
        methods.AddUnary(Service, "Checkpoint", Access.Admin, V1.CheckpointCollectionRequest.Parser, (call, request) => StartAsync(call, request.Name, CollectionJobs.Checkpoint));
        methods.AddUnary(Service, "CreateFieldIndex", Access.Admin, V1.CreateFieldIndexRequest.Parser, CreateFieldIndexAsync);
        methods.AddUnary(Service, "ListFieldIndexes", Access.Read, V1.ListFieldIndexesRequest.Parser, ListFieldIndexesAsync);
        methods.AddUnary(Service, "DropFieldIndex", Access.Admin, V1.DropFieldIndexRequest.Parser, DropFieldIndexAsync);
        methods.AddUnary(RecordMethods.Service, "GetStats", Access.Read, V1.GetStatsRequest.Parser, GetStatsAsync);
    }

    private static Task<V1.CollectionDescription> CreateAsync(Call call, V1.CreateCollectionRequest request)
    {
        call.Subject = request.Name;
        Database database = call.Server.Database.Database;
        return Task.FromResult(CollectionMapping.Describe(database.CreateCollection(request.Name, CollectionMapping.Read(request))));
    }

    private static Task<V1.ListCollectionsResponse> ListAsync(Call call, V1.ListCollectionsRequest request) =>
        Task.FromResult(new V1.ListCollectionsResponse { Names = { call.Server.Database.Database.ListCollections().Where(call.Caller.Sees) } });

    private static Task<V1.CollectionDescription> DescribeAsync(Call call, V1.DescribeCollectionRequest request) =>
        Task.FromResult(CollectionMapping.Describe(call.ExistingCollection(request.Name)));

    private static Task<V1.DropCollectionResponse> DropAsync(Call call, V1.DropCollectionRequest request)
    {
        call.Admit(request.Name);
        return call.Server.Database.Database.DropCollection(request.Name)
            ? Task.FromResult(new V1.DropCollectionResponse())
            : throw CollectionRoutes.NotFound(request.Name);
    }

    private static Task<V1.CollectionDescription> AlterAsync(Call call, V1.AlterCollectionRequest request)
    {
        Collection collection = call.ExistingCollection(request.Name);
        collection.Alter(CollectionMapping.Read(request));
        return Task.FromResult(CollectionMapping.Describe(collection));
    }

    private static Task<V1.Job> StartAsync(Call call, string name, Func<ServerParts, Collection, JobMessage> start) =>
        Task.FromResult(JobMethods.Write(start(call.Server, call.ExistingCollection(name))));

    private static Task<V1.FieldIndex> CreateFieldIndexAsync(Call call, V1.CreateFieldIndexRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        collection.CreateFieldIndex(request.Field, CollectionMapping.ReadName<FieldIndexType>("type", request.Type));
        return Task.FromResult(CollectionMapping.Describe(FieldIndexRoutes.Find(collection, request.Field)));
    }

    private static Task<V1.ListFieldIndexesResponse> ListFieldIndexesAsync(Call call, V1.ListFieldIndexesRequest request) =>
        Task.FromResult(new V1.ListFieldIndexesResponse { FieldIndexes = { call.Collection(request.Collection).GetStats().FieldIndexes.Select(CollectionMapping.Describe) } });

    private static Task<V1.DropFieldIndexResponse> DropFieldIndexAsync(Call call, V1.DropFieldIndexRequest request) => call.Collection(request.Collection).DropFieldIndex(request.Field)
        ? Task.FromResult(new V1.DropFieldIndexResponse())
        : throw FieldIndexRoutes.NotFound(request.Field);

    private static Task<V1.GetStatsResponse> GetStatsAsync(Call call, V1.GetStatsRequest request) =>
        Task.FromResult(StatsMapping.Write(call.Collection(request.Collection), call.Server));
}
