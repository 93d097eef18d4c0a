using Google.Protobuf.WellKnownTypes;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Server.Routes;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// One record: insert, upsert, read, update, delete.
/// Thread safety: pure functions.
/// </summary>
internal static class RecordMethods
{
    /// <summary>The full name of the service.</summary>
    public const string Service = "hypervex.v1.Records";

    public static void Add(GrpcMethodTable methods)
    {
        methods.AddUnary(Service, "Insert", Access.Write, V1.InsertRequest.Parser, InsertAsync);
        methods.AddUnary(Service, "Upsert", Access.Write, V1.UpsertRequest.Parser, UpsertAsync);
        methods.AddUnary(Service, "Get", Access.Read, V1.GetRequest.Parser, GetAsync);
        methods.AddUnary(Service, "Update", Access.Write, V1.UpdateRequest.Parser, UpdateAsync);
        methods.AddUnary(Service, "Delete", Access.Write, V1.DeleteRequest.Parser, DeleteAsync);
    }

    private static async Task<V1.WriteResponse> InsertAsync(Call call, V1.InsertRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        VectorRecord record = new RecordMapping(collection).Read(request.Record);
        WriteOptions options = RecordMapping.ReadOptions(request.Durability, version: "");
        return Written(record.Id, await collection.InsertAsync(record, options, call.Ended).ConfigureAwait(false));
    }

    private static async Task<V1.WriteResponse> UpsertAsync(Call call, V1.UpsertRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        VectorRecord record = new RecordMapping(collection).Read(request.Record);
        WriteOptions options = RecordMapping.ReadOptions(request.Durability, request.IfVersion);
        return Written(record.Id, await collection.UpsertAsync(record, options, call.Ended).ConfigureAwait(false));
    }

    private static Task<V1.Record> GetAsync(Call call, V1.GetRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        var view = RecordView.Of(request.Include, RecordParts.All);
        VectorRecord record = collection.Get(request.VectorId, view.Parts.ToInclude()) ?? throw RecordRoutes.NotFound(request.VectorId);
        return Task.FromResult(new RecordMapping(collection).Write(record, view));
    }

    private static async Task<V1.WriteResponse> UpdateAsync(Call call, V1.UpdateRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        var mapping = new RecordMapping(collection);
        var update = new RecordUpdate
        {
            Vector = mapping.ReadVector(request.Vector, ""),
            Vectors = mapping.ReadVectors(request.Vectors),
            Metadata = MetadataMapping.Read(request.Metadata),
            MetadataMode = ReadMode(request.MetadataMode),
            Document = request.HasDocument ? request.Document : null,
            ExpiresAt = RecordMapping.ReadTime(request.ExpiresAt, "expires_at"),
            NeverExpires = request is { ExpiryCase: V1.UpdateRequest.ExpiryOneofCase.NeverExpires, NeverExpires: true },
        };
        WriteOptions options = RecordMapping.ReadOptions(request.Durability, request.IfVersion);
        return Written(request.VectorId, await collection.UpdateAsync(request.VectorId, update, options, call.Ended).ConfigureAwait(false));
    }

    private static async Task<V1.DeleteResponse> DeleteAsync(Call call, V1.DeleteRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        WriteOptions options = RecordMapping.ReadOptions(request.Durability, request.IfVersion);
        return await collection.DeleteAsync(request.VectorId, options, call.Ended).ConfigureAwait(false)
            ? new V1.DeleteResponse()
            : throw RecordRoutes.NotFound(request.VectorId);
    }

    /// <summary>The engine's mode.</summary>
    public static MetadataMode ReadMode(V1.MetadataMode mode) => mode switch
    {
        V1.MetadataMode.Unspecified or V1.MetadataMode.Merge => MetadataMode.Merge,
        V1.MetadataMode.Replace => MetadataMode.Replace,
        _ => throw new HypervexException(ErrorCode.InvalidArgument, "metadata_mode is none that this server knows."),
    };

    private static V1.WriteResponse Written(string id, Ack ack) => new()
    {
        VectorId = id,
        CreatedAt = Timestamp.FromDateTimeOffset(ack.CreatedAt),
        UpdatedAt = Timestamp.FromDateTimeOffset(ack.UpdatedAt),
        Version = ack.Version.ToString(),
        Created = ack.Created,
    };
}
