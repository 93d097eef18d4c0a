using System.Net;
using Google.Protobuf;
using Hypervex.Server.Grpc;
using Hypervex.Server.Http;
using Hypervex.Server.Tests.Keys;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>Every method of the running server: beside the routes of REST, and against keys of every kind.</summary>
public sealed class EveryMethodTests
{
    private const string Foreign = "hvx_0123456789abcdef_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Collections = "/hypervex.v1.Collections/";
    private const string Records = "/hypervex.v1.Records/";
    private const string Aliases = "/hypervex.v1.Aliases/";
    private const string Jobs = "/hypervex.v1.Jobs/";
    private const string Snapshots = "/hypervex.v1.Snapshots/";

    // The method of each route; null where there shall be none.
    private static readonly Dictionary<string, string?> _methodsOfRoutes = new()
    {
        ["POST /api/v1/vectors"] = Records + "Insert",
        ["GET /api/v1/vectors"] = Records + "List",
        ["GET /api/v1/vectors/{id}"] = Records + "Get",
        ["PUT /api/v1/vectors/{id}"] = Records + "Update",
        ["DELETE /api/v1/vectors/{id}"] = Records + "Delete",
        ["POST /api/v1/vectors/batch"] = Records + "UpsertBatch",
        ["POST /api/v1/vectors/get"] = Records + "GetBatch",
        ["POST /api/v1/vectors/delete"] = Records + "DeleteBatch",
        ["POST /api/v1/vectors/update"] = Records + "UpdateWhere",
        ["POST /api/v1/vectors/count"] = Records + "Count",
        ["POST /api/v1/vectors/facets"] = Records + "CountValues",
        ["POST /api/v1/vectors/sample"] = Records + "Sample",
        ["GET /api/v1/vectors/stats"] = Records + "GetStats",
        ["POST /api/v1/vectors/import"] = Records + "Import",
        ["GET /api/v1/vectors/export"] = Records + "Export",
        ["POST /api/v1/vectors/search"] = "/hypervex.v1.Search/Search",
        ["POST /api/v1/vectors/search/batch"] = "/hypervex.v1.Search/SearchBatch",
        ["POST /api/v1/collections"] = Collections + "Create",
        ["GET /api/v1/collections"] = Collections + "List",
        ["GET /api/v1/collections/{collection}"] = Collections + "Describe",
        ["DELETE /api/v1/collections/{collection}"] = Collections + "Drop",
        ["POST /api/v1/collections/{collection}/field-indexes"] = Collections + "CreateFieldIndex",
        ["GET /api/v1/collections/{collection}/field-indexes"] = Collections + "ListFieldIndexes",
        ["DELETE /api/v1/collections/{collection}/field-indexes/{field}"] = Collections + "DropFieldIndex",
        ["POST /api/v1/keys"] = "/hypervex.v1.Keys/Create",
        ["GET /api/v1/keys"] = "/hypervex.v1.Keys/List",
        ["POST /api/v1/keys/{key}/rotate"] = "/hypervex.v1.Keys/Rotate",
        ["DELETE /api/v1/keys/{key}"] = "/hypervex.v1.Keys/Revoke",
        ["GET /livez"] = "/grpc.health.v1.Health/Check",
        ["GET /readyz"] = "/grpc.health.v1.Health/Check",
        ["GET /api/v1/health"] = "/grpc.health.v1.Health/Check",

        // Prometheus speaks HTTP.
        ["GET /metrics"] = null,

        // It describes REST.
        ["GET /openapi"] = null,
        ["GET /openapi/page.css"] = null,
        ["GET /openapi/page.js"] = null,
        ["GET /openapi/v1.json"] = null,

        ["GET /api/v1/aliases"] = Aliases + "List",
        ["POST /api/v1/aliases"] = Aliases + "Change",
        ["PUT /api/v1/aliases/{alias}"] = Aliases + "Set",
        ["DELETE /api/v1/aliases/{alias}"] = Aliases + "Drop",
        ["PATCH /api/v1/collections/{collection}"] = Collections + "Alter",
        ["POST /api/v1/collections/{collection}/compact"] = Collections + "Compact",
        ["POST /api/v1/collections/{collection}/checkpoint"] = Collections + "Checkpoint",
        ["POST /api/v1/collections/{collection}/snapshots"] = Snapshots + "Create",
        ["GET /api/v1/collections/{collection}/snapshots"] = Snapshots + "List",
        ["GET /api/v1/collections/{collection}/snapshots/{snapshot}"] = Snapshots + "Download",
        ["PUT /api/v1/collections/{collection}/snapshots/{snapshot}"] = Snapshots + "Upload",
        ["POST /api/v1/collections/{collection}/snapshots/{snapshot}/restore"] = Snapshots + "Restore",
        ["DELETE /api/v1/collections/{collection}/snapshots/{snapshot}"] = Snapshots + "Delete",
        ["GET /api/v1/jobs"] = Jobs + "List",
        ["GET /api/v1/jobs/{job}"] = Jobs + "Get",
        ["DELETE /api/v1/jobs/{job}"] = Jobs + "Cancel",

        // Short forms of others.
        ["GET /"] = null,
        ["GET /stats"] = null,
        ["POST /search"] = null,
        ["POST /insert"] = null,
        ["POST /update"] = null,
        ["POST /delete"] = null,
    };

    [Fact]
    public async Task Every_route_of_REST_has_its_method_for_the_same_callers()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        string[] routes = [.. caller.Server.Server.Table.All.Select(NameOf).Distinct()];
        Assert.Empty(_methodsOfRoutes.Keys.Except(routes));
        foreach (Route route in caller.Server.Server.Table.All)
        {
            Assert.True(_methodsOfRoutes.TryGetValue(NameOf(route), out string? path), $"the route {NameOf(route)} has no method, and is not named as one that needs none");
            if (path is not null)
            {
                GrpcMethod? method = caller.Server.Server.Calls.Find(path);
                Assert.True(method is not null, $"{NameOf(route)}: there is no {path}");
                Assert.True(method.Access == route.Access || route.Path == "/api/v1/health", $"{NameOf(route)} is for {route.Access}, {path} for {method.Access}");
            }
        }
    }

    [Fact]
    public async Task Each_method_but_health_refuses_a_missing_and_a_wrong_key_in_the_same_words()
    {
        (KeyServer server, RawCaller caller) = await StartAsync();
        await using KeyServer _ = server;
        string revoked = await server.CreateAsync("admin", null, server.Admin);
        Assert.Equal(HttpStatusCode.NoContent, (await server.SendAsync("DELETE", "/api/v1/keys/" + KeyServer.IdOf(revoked), null, server.Admin)).Status);
        string?[] wrong = [null, Foreign, server.Admin[..^1] + (server.Admin[^1] == '0' ? '1' : '0'), revoked, "x", server.Admin + "0"];
        foreach (GrpcMethod method in Methods(caller))
        {
            foreach (string? key in wrong)
            {
                CallEnd end = await SendAsync(caller, method, key);
                Assert.True((end.Code == "unauthorized") == (method.Access != Access.Open), $"{method.Path} with {key}: {end.Status} {end.Code}");
                Assert.True(end.Code != "unauthorized" || (end.Status == "16" && end.Message!.Contains("needs a valid key", StringComparison.Ordinal) && end.Body.Length == 0));
            }

            // The control: with a key the same call is not refused for want of one.
            Assert.NotEqual("unauthorized", (await SendAsync(caller, method, server.Admin)).Code);
        }
    }

    [Fact]
    public async Task Each_method_admits_exactly_the_keys_of_its_scope_and_collection()
    {
        (KeyServer server, RawCaller caller) = await StartAsync();
        await using KeyServer _ = server;
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("POST", "/api/v1/collections", """{"name": "mine"}""", server.Admin)).Status);
        var keys = new List<(string Scope, string? Collection, string Key)>();
        foreach (string scope in new[] { "read", "write", "admin" })
        {
            foreach (string? collection in new[] { null, "mine", "default", "other" })
            {
                keys.Add((scope, collection, await server.CreateAsync(scope, collection is null ? null : [collection], server.Admin)));
            }
        }

        (int admitted, int refused) = (0, 0);
        foreach (GrpcMethod method in Methods(caller).Where(method => method.Access != Access.Open))
        {
            foreach ((string scope, string? collection, string key) in keys)
            {
                bool mayIt = Expected(method.Path, scope, collection);
                CallEnd end = await SendAsync(caller, method, key);
                Assert.True((end.Code == "forbidden") == !mayIt, $"{method.Path} with {scope} on {collection ?? "all"}: {end.Status} {end.Code} {end.Message}");
                Assert.Equal(!mayIt, end.Status == "7");
                (admitted, refused) = mayIt ? (admitted + 1, refused) : (admitted, refused + 1);
                if (method.Path == Collections + "Drop" && mayIt)
                {
                    await server.SendAsync("POST", "/api/v1/collections", """{"name": "mine"}""", server.Admin);
                }
            }
        }

        Assert.True(admitted > 100 && refused > 100, $"{admitted} admitted, {refused} refused");
    }

    // Written beside the table, not read from it: a method whose access is changed fails here.
    private static bool Expected(string path, string scope, string? collection)
    {
        bool isAdmin = scope == "admin";
        bool sees = collection is null || collection == (IsAboutMine(path) ? "mine" : "default");
        string[] writing = ["Insert", "Upsert", "Update", "Delete", "UpsertBatch", "DeleteBatch", "UpdateWhere", "UpsertStream", "Import"];
        return path switch
        {
            Collections + "List" => true,
            Collections + "Create" => isAdmin && collection is null,
            Collections + "Drop" or Collections + "CreateFieldIndex" or Collections + "DropFieldIndex" or Collections + "Alter" or Collections + "Compact" or Collections + "Checkpoint" => isAdmin && sees,
            Aliases + "List" => true,
            _ when path.StartsWith(Aliases, StringComparison.Ordinal) => isAdmin && collection is null,
            _ when path.StartsWith(Jobs, StringComparison.Ordinal) => true, // a job is looked for among those of the caller's collections
            Snapshots + "List" or Snapshots + "Download" => sees,
            _ when path.StartsWith(Snapshots, StringComparison.Ordinal) => isAdmin && sees,
            _ when path.StartsWith("/hypervex.v1.Keys/", StringComparison.Ordinal) => isAdmin && collection is null,
            _ when path.StartsWith("/grpc.reflection.", StringComparison.Ordinal) => true,
            _ when writing.Any(name => path == Records + name) => scope != "read" && sees,
            _ => sees,
        };
    }

    private static bool IsAboutMine(string path) => path.StartsWith(Collections, StringComparison.Ordinal) || path.StartsWith(Snapshots, StringComparison.Ordinal);

    private static string NameOf(Route route) => $"{route.Method} {route.Path.Replace("/collections/{collection}/vectors", "/vectors", StringComparison.Ordinal)}";

    private static GrpcMethod[] Methods(RawCaller caller)
    {
        // A watch does not end by itself.
        GrpcMethod[] methods = [.. caller.Server.Server.Calls.All.Where(method => !method.Path.EndsWith("/Watch", StringComparison.Ordinal))];
        Assert.True(methods.Length >= 35, $"only {methods.Length} methods were found");
        return methods;
    }

    private static Task<CallEnd> SendAsync(RawCaller caller, GrpcMethod method, string? key)
    {
        IMessage message = method.Path switch
        {
            Collections + "Describe" => new V1.DescribeCollectionRequest { Name = "mine" },
            Collections + "Drop" => new V1.DropCollectionRequest { Name = "mine" },
            Collections + "Alter" => new V1.AlterCollectionRequest { Name = "mine" },
            Collections + "Compact" => new V1.CompactCollectionRequest { Name = "mine" },
            Collections + "Checkpoint" => new V1.CheckpointCollectionRequest { Name = "mine" },
            Snapshots + "Create" => new V1.CreateSnapshotRequest { Collection = "mine" },
            Snapshots + "List" => new V1.ListSnapshotsRequest { Collection = "mine" },
            Snapshots + "Download" => new V1.DownloadSnapshotRequest { Collection = "mine" },
            Snapshots + "Upload" => new V1.UploadSnapshotRequest { Collection = "mine" },
            Snapshots + "Restore" => new V1.RestoreSnapshotRequest { Collection = "mine" },
            Snapshots + "Delete" => new V1.DeleteSnapshotRequest { Collection = "mine" },
            Collections + "CreateFieldIndex" => new V1.CreateFieldIndexRequest { Collection = "mine" },
            Collections + "ListFieldIndexes" => new V1.ListFieldIndexesRequest { Collection = "mine" },
            Collections + "DropFieldIndex" => new V1.DropFieldIndexRequest { Collection = "mine" },
            _ => new V1.CountRequest(), // nothing at all
        };
        return key is null ? caller.SendAsync(method.Path, message) : caller.SendAsync(method.Path, message, ("x-api-key", key));
    }

    private static async Task<(KeyServer Server, RawCaller Caller)> StartAsync()
    {
        KeyServer server = await KeyServer.StartAsync(TestServer.Options with { GrpcListen = "127.0.0.1:0" });
        return (server, new RawCaller(server.Test));
    }
}
