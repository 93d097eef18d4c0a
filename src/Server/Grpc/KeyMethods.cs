using Google.Protobuf.WellKnownTypes;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Server.Keys;
using Hypervex.Server.Routes;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Keys: create, list, rotate, revoke.
/// Thread safety: pure functions.
/// </summary>
internal static class KeyMethods
{
    private const string Service = "hypervex.v1.Keys";

    public static void Add(GrpcMethodTable methods)
    {
        methods.AddUnary(Service, "Create", Access.ServerAdmin, V1.CreateKeyRequest.Parser, CreateAsync);
        methods.AddUnary(Service, "List", Access.ServerAdmin, V1.ListKeysRequest.Parser, ListAsync);
        methods.AddUnary(Service, "Rotate", Access.ServerAdmin, V1.RotateKeyRequest.Parser, RotateAsync);
        methods.AddUnary(Service, "Revoke", Access.ServerAdmin, V1.RevokeKeyRequest.Parser, RevokeAsync);
    }

    private static Task<V1.Key> CreateAsync(Call call, V1.CreateKeyRequest request)
    {
        KeyStore keys = KeysOf(call);
        IReadOnlyList<string>? collections = request.Collections?.Names;
        KeyJson.Check(request.Name, collections);
        (ApiKey key, string text) = keys.Create(request.Name, CollectionMapping.ReadName<KeyScope>("scope", request.Scope), collections?.ToArray(), call.Confirm);
        call.Subject = key.Id;
        return Task.FromResult(Describe(key, text));
    }

    private static Task<V1.ListKeysResponse> ListAsync(Call call, V1.ListKeysRequest request) =>
        Task.FromResult(new V1.ListKeysResponse { Keys = { KeysOf(call).List().Select(key => Describe(key, text: "")) } });

    private static Task<V1.Key> RotateAsync(Call call, V1.RotateKeyRequest request)
    {
        call.Subject = request.Id;
        KeyStore keys = KeysOf(call);
        var grace = TimeSpan.FromSeconds(Range.Check("grace_seconds", request.GraceSeconds, 0, KeyStore.MaxGraceSeconds));
        (ApiKey key, string text) = keys.Rotate(request.Id, grace, call.Confirm) ?? throw KeyRoutes.NotFound(request.Id);
        return Task.FromResult(Describe(key, text));
    }

    private static Task<V1.RevokeKeyResponse> RevokeAsync(Call call, V1.RevokeKeyRequest request)
    {
        call.Subject = request.Id;
        return KeysOf(call).Revoke(request.Id, call.Confirm) ? Task.FromResult(new V1.RevokeKeyResponse()) : throw KeyRoutes.NotFound(request.Id);
    }

    // Only whoever has the database open has the lock that changes of the keys need.
    private static KeyStore KeysOf(Call call)
    {
        _ = call.Server.Database.Database;
        return call.Server.Keys;
    }

    private static V1.Key Describe(ApiKey key, string text) => new()
    {
        Id = key.Id,
        Name = key.Name,
        Scope = WireName<KeyScope>.Of(key.Scope),
        Collections = key.Collections is { } names ? new V1.CollectionNames { Names = { names } } : null,
        CreatedAt = Timestamp.FromDateTimeOffset(key.CreatedAt),
        PreviousUntil = key.PreviousUntil is { } time ? Timestamp.FromDateTimeOffset(time) : null,
        Key_ = text,
    };
}
