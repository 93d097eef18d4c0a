using System.Net;
using Google.Protobuf;
using Hypervex.Server.Tests.Keys;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>Collections, field indexes, statistics and keys over gRPC, compared with what REST says of them.</summary>
public sealed class AdministrationTests
{
    private const string Collections = "/hypervex.v1.Collections/";
    private const string Keys = "/hypervex.v1.Keys/";

    [Fact]
    public async Task A_collection_is_created_described_listed_and_dropped()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        var request = new V1.CreateCollectionRequest
        {
            Name = "docs",
            Capacity = 1_000,
            Vectors =
            {
                [""] = new V1.VectorFieldOptions { Dimension = 3, Metric = "l2", Index = new V1.IndexOptions { M = 8, EfConstruction = 50, Ef = 20 }, Quantization = "sq8" },
                ["tree"] = new V1.VectorFieldOptions { Metric = "poincare", Curvature = 0.5, Project = true, Index = new V1.IndexOptions { Type = "flat" } },
            },
            FieldIndexes = { ["lang"] = "keyword" },
        };
        V1.CollectionDescription created = await caller.CallAsync(Collections + "Create", request, V1.CollectionDescription.Parser);
        Assert.Equal(("docs", 1_000L, 0L, "keyword"), (created.Name, created.Capacity, created.Count, created.FieldIndexes["lang"]));
        Assert.Equal(new V1.VectorFieldOptions { Dimension = 3, Metric = "l2", Index = new V1.IndexOptions { Type = "hnsw", M = 8, EfConstruction = 50, Ef = 20 }, Quantization = "sq8" }, created.Vectors[""]);
        Assert.Equal(new V1.VectorFieldOptions { Metric = "poincare", Curvature = 0.5, Project = true, Index = new V1.IndexOptions { Type = "flat" }, Quantization = "none" }, created.Vectors["tree"]);
        Assert.Equal(created, await caller.CallAsync(Collections + "Describe", new V1.DescribeCollectionRequest { Name = "docs" }, V1.CollectionDescription.Parser));
        System.Text.Json.JsonElement rest = (await caller.Server.GetAsync("/api/v1/collections/docs")).Json;
        Assert.Equal("""{"dimension":3,"metric":"l2","index":{"type":"hnsw","m":8,"ef_construction":50,"ef":20},"quantization":"sq8"}""", rest.GetProperty("vectors").GetProperty("").GetRawText());

        await caller.CallAsync(Collections + "Create", new V1.CreateCollectionRequest { Name = "plain" }, V1.CollectionDescription.Parser);
        Assert.Equal(["docs", "plain"], (await caller.CallAsync(Collections + "List", new V1.ListCollectionsRequest(), V1.ListCollectionsResponse.Parser)).Names.Order());
        await caller.CallAsync(Collections + "Drop", new V1.DropCollectionRequest { Name = "docs" }, V1.DropCollectionResponse.Parser);
        Assert.Equal(HttpStatusCode.NotFound, (await caller.Server.GetAsync("/api/v1/collections/docs")).Status);
        await AssertFailsAsync(caller, "Drop", new V1.DropCollectionRequest { Name = "docs" }, "5", "collection_not_found");
        await AssertFailsAsync(caller, "Describe", new V1.DescribeCollectionRequest { Name = "docs" }, "5", "collection_not_found");
        await AssertFailsAsync(caller, "Create", new V1.CreateCollectionRequest { Name = "plain" }, "6", "collection_exists");
    }

    [Fact]
    public async Task What_is_not_acceptable_in_a_collection_is_refused()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        Task Refuses(V1.VectorFieldOptions field, string code) => AssertFailsAsync(caller, "Create", new V1.CreateCollectionRequest { Name = "x", Vectors = { [""] = field } }, "3", code);

        await Refuses(new V1.VectorFieldOptions { Metric = "cosinus" }, "invalid_argument");
        await Refuses(new V1.VectorFieldOptions { Quantization = "sq9" }, "invalid_argument");
        await Refuses(new V1.VectorFieldOptions { Dimension = 0 }, "limit_out_of_range");
        await Refuses(new V1.VectorFieldOptions { Dimension = -3 }, "limit_out_of_range");
        await Refuses(new V1.VectorFieldOptions { Index = new V1.IndexOptions { M = 1 } }, "limit_out_of_range");
        await Refuses(new V1.VectorFieldOptions { Index = new V1.IndexOptions { EfConstruction = 0 } }, "limit_out_of_range");
        await Refuses(new V1.VectorFieldOptions { Index = new V1.IndexOptions { Ef = 0 } }, "limit_out_of_range");
        await Refuses(new V1.VectorFieldOptions { Index = new V1.IndexOptions { Type = "tree" } }, "invalid_argument");
        await Refuses(new V1.VectorFieldOptions { Metric = "poincare", Curvature = double.NaN }, "limit_out_of_range");
        await AssertFailsAsync(caller, "Create", new V1.CreateCollectionRequest(), "3", "invalid_name");
        await AssertFailsAsync(caller, "Create", new V1.CreateCollectionRequest { Name = "../x" }, "3", "invalid_name");
        await AssertFailsAsync(caller, "Create", new V1.CreateCollectionRequest { Name = "x", Capacity = 0 }, "3", "limit_out_of_range");
        await AssertFailsAsync(caller, "Create", new V1.CreateCollectionRequest { Name = "x", FieldIndexes = { ["a"] = "word" } }, "3", "invalid_argument");
        var many = new V1.CreateCollectionRequest { Name = "x" };
        for (int i = 0; i <= Limits.MaxVectorFields; i++)
        {
            many.Vectors[$"f{i}"] = new V1.VectorFieldOptions();
        }

        await AssertFailsAsync(caller, "Create", many, "3", "invalid_argument");
        Assert.Empty((await caller.CallAsync(Collections + "List", new V1.ListCollectionsRequest(), V1.ListCollectionsResponse.Parser)).Names);
    }

    [Fact]
    public async Task The_default_collection_is_neither_described_nor_dropped_without_its_name()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await caller.Server.FillAsync([1f, 2f]);
        foreach (string method in new[] { "Describe", "Drop" })
        {
            CallEnd end = await caller.SendAsync(Collections + method, RawCaller.Frame([]));
            Assert.True(end.Code is "invalid_name" or "collection_not_found", end.Code);
        }

        Assert.Equal(1, (await caller.CallAsync(Collections + "Describe", new V1.DescribeCollectionRequest { Name = "default" }, V1.CollectionDescription.Parser)).Count);
    }

    [Fact]
    public async Task A_field_index_is_created_once_listed_and_dropped()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await caller.Server.FillAsync([1f, 2f], [2f, 1f]);
        for (int i = 0; i < 2; i++)
        {
            V1.FieldIndex created = await caller.CallAsync(Collections + "CreateFieldIndex", new V1.CreateFieldIndexRequest { Field = "n", Type = "integer" }, V1.FieldIndex.Parser);
            Assert.Equal(("n", "integer"), (created.Field, created.Type));
        }

        V1.FieldIndex listed = (await caller.CallAsync(Collections + "ListFieldIndexes", new V1.ListFieldIndexesRequest(), V1.ListFieldIndexesResponse.Parser)).FieldIndexes.Single();
        Assert.Equal(("n", "integer", ""), (listed.Field, listed.Type, listed.Problem));
        await AssertFailsAsync(caller, "CreateFieldIndex", new V1.CreateFieldIndexRequest { Field = "n", Type = "number" }, "3", "invalid_argument");
        await caller.CallAsync(Collections + "DropFieldIndex", new V1.DropFieldIndexRequest { Field = "n" }, V1.DropFieldIndexResponse.Parser);
        await AssertFailsAsync(caller, "DropFieldIndex", new V1.DropFieldIndexRequest { Field = "n" }, "5", "not_found");
        Assert.Empty((await caller.CallAsync(Collections + "ListFieldIndexes", new V1.ListFieldIndexesRequest(), V1.ListFieldIndexesResponse.Parser)).FieldIndexes);
    }

    [Fact]
    public async Task Statistics_are_those_of_REST()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await caller.Server.FillAsync([1f, 2f], [2f, 1f]);
        V1.GetStatsResponse stats = await caller.CallAsync("/hypervex.v1.Records/GetStats", new V1.GetStatsRequest(), V1.GetStatsResponse.Parser);
        System.Text.Json.JsonElement rest = (await caller.Server.GetAsync("/api/v1/vectors/stats")).Json;
        Assert.Equal((2, rest.GetProperty("last_sequence").GetUInt64(), rest.GetProperty("log_bytes").GetInt64()), (stats.Count, stats.LastSequence, stats.LogBytes));
        Assert.Equal(rest.GetProperty("row_access").GetString(), stats.RowAccess);
        Assert.Equal(rest.GetProperty("memory").GetProperty("record_table_bytes").GetInt64(), stats.RecordTableBytes);
        V1.FieldStats field = Assert.Single(stats.Fields);
        Assert.Equal(("", 2, "cosine", "hnsw", 16), (field.Name, field.Dimension, field.Metric, field.IndexType, field.M));
        Assert.Equal(2, field.Linked + field.Pending);
        Assert.False(stats.HasCapacity);
        Assert.False(stats.HasDatabaseMemoryLimit);
        await AssertFailsAsync(caller, "Describe", new V1.DescribeCollectionRequest { Name = "nowhere" }, "5", "collection_not_found");
    }

    [Fact]
    public async Task A_key_is_created_listed_rotated_and_revoked_and_the_audit_log_says_who_did_what()
    {
        await using KeyServer server = await KeyServer.StartAsync(TestServer.Options with { GrpcListen = "127.0.0.1:0" });
        var caller = new RawCaller(server.Test);
        (string, string) admin = ("x-api-key", server.Admin);
        var create = new V1.CreateKeyRequest { Name = "reader", Scope = "read", Collections = new V1.CollectionNames { Names = { "docs" } } };
        V1.Key created = await caller.CallAsync(Keys + "Create", create, V1.Key.Parser, admin);
        Assert.Equal(("reader", "read", "docs"), (created.Name, created.Scope, created.Collections.Names.Single()));
        Assert.StartsWith("hvx_" + created.Id, created.Key_, StringComparison.Ordinal);
        Assert.Equal(["admin key", "reader"], (await caller.CallAsync(Keys + "List", new V1.ListKeysRequest(), V1.ListKeysResponse.Parser, admin)).Keys.Select(key => key.Name));
        Assert.All((await caller.CallAsync(Keys + "List", new V1.ListKeysRequest(), V1.ListKeysResponse.Parser, admin)).Keys, key => Assert.Equal("", key.Key_));
        V1.Key rotated = await caller.CallAsync(Keys + "Rotate", new V1.RotateKeyRequest { Id = created.Id, GraceSeconds = 3_600 }, V1.Key.Parser, admin);
        Assert.NotEqual(created.Key_, rotated.Key_);
        Assert.NotNull(rotated.PreviousUntil);
        Assert.Equal("0", (await caller.SendAsync(Collections + "List", new V1.ListCollectionsRequest(), ("x-api-key", created.Key_))).Status);
        await caller.CallAsync(Keys + "Revoke", new V1.RevokeKeyRequest { Id = created.Id }, V1.RevokeKeyResponse.Parser, admin);
        Assert.Equal("16", (await caller.SendAsync(Collections + "List", new V1.ListCollectionsRequest(), ("x-api-key", rotated.Key_))).Status);

        foreach ((string method, IMessage bad, string status, string code) in new (string, IMessage, string, string)[]
        {
            ("Create", new V1.CreateKeyRequest { Scope = "read" }, "3", "invalid_name"),
            ("Create", new V1.CreateKeyRequest { Name = "x", Scope = "all" }, "3", "invalid_argument"),
            ("Create", new V1.CreateKeyRequest { Name = "x", Scope = "read", Collections = new V1.CollectionNames() }, "3", "invalid_argument"),
            ("Rotate", new V1.RotateKeyRequest { Id = KeyServer.IdOf(server.Admin), GraceSeconds = -1 }, "3", "limit_out_of_range"),
            ("Rotate", new V1.RotateKeyRequest { Id = "none" }, "5", "not_found"),
            ("Revoke", new V1.RevokeKeyRequest { Id = "no\nne" }, "5", "not_found"),
            ("Revoke", new V1.RevokeKeyRequest { Id = rotated.Key_ }, "5", "not_found"),
            ("Revoke", new V1.RevokeKeyRequest { Id = KeyServer.IdOf(server.Admin) }, "3", "invalid_argument"),
        })
        {
            CallEnd end = await caller.SendAsync(Keys + method, bad, admin);
            Assert.True((end.Status, end.Code) == (status, code), $"{method} {bad}: {end.Status} {end.Code} {end.Message}");
        }

        string by = $"key {KeyServer.IdOf(server.Admin)}";
        Assert.Contains($"Administered: POST /hypervex.v1.Keys/Create subject {created.Id} {by}", server.Log, StringComparison.Ordinal);
        Assert.Contains($"Administered: POST /hypervex.v1.Keys/Revoke subject {created.Id} {by}", server.Log, StringComparison.Ordinal);
        Assert.Contains("/hypervex.v1.Keys/Revoke subject no?ne ", server.Log, StringComparison.Ordinal);
        Assert.Matches("/hypervex.v1.Keys/Rotate subject none .*: not_found", server.Log);
        Assert.DoesNotContain(created.Key_.Split('_')[2], server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(rotated.Key_.Split('_')[2], server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_administers_a_collection_is_in_the_audit_log_and_what_reads_it_is_not()
    {
        await using KeyServer server = await KeyServer.StartAsync(TestServer.Options with { GrpcListen = "127.0.0.1:0" });
        var caller = new RawCaller(server.Test);
        (string, string) admin = ("x-api-key", server.Admin);
        (string, string) reader = ("x-api-key", await server.CreateAsync("read", null, server.Admin));
        await caller.CallAsync(Collections + "Create", new V1.CreateCollectionRequest { Name = "docs" }, V1.CollectionDescription.Parser, admin);
        await caller.CallAsync(Collections + "Describe", new V1.DescribeCollectionRequest { Name = "docs" }, V1.CollectionDescription.Parser, admin);
        await caller.CallAsync(Collections + "CreateFieldIndex", new V1.CreateFieldIndexRequest { Collection = "docs", Field = "n", Type = "integer" }, V1.FieldIndex.Parser, admin);
        Assert.Equal("7", (await caller.SendAsync(Collections + "Drop", new V1.DropCollectionRequest { Name = "docs" }, reader)).Status);
        await caller.CallAsync(Collections + "Drop", new V1.DropCollectionRequest { Name = "docs" }, V1.DropCollectionResponse.Parser, admin);
        Assert.Equal("5", (await caller.SendAsync(Collections + "Drop", new V1.DropCollectionRequest { Name = "docs" }, admin)).Status);
        string[] lines = [.. server.Log.Split('\n').Where(line => line.Contains("/hypervex.v1.Collections/", StringComparison.Ordinal)).Select(line => line[..line.IndexOf(" key ", StringComparison.Ordinal)] + line[line.LastIndexOf(' ')..])];
        string Line(string method, string result) => $"Administered: POST {Collections}{method} subject docs {result}";
        Assert.Equal(
            [Line("Create", "ok"), Line("CreateFieldIndex", "ok"), Line("Drop", "ok"), Line("Drop", "collection_not_found")],
            lines.Where(line => line.StartsWith("Administered", StringComparison.Ordinal)));
        Assert.StartsWith("Refused: forbidden POST /hypervex.v1.Collections/Drop", lines.Single(line => line.StartsWith("Refused", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static async Task AssertFailsAsync(RawCaller caller, string method, IMessage message, string status, string code)
    {
        CallEnd end = await caller.SendAsync(Collections + method, message);
        Assert.True((end.Status, end.Code) == (status, code), $"{method} {message}: {end.Status} {end.Code} {end.Message}");
    }
}
