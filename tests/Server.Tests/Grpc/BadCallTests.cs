using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Hypervex.Server.Http;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>Bad input through gRPC and its exact answer: status and stable code. Nothing may be written. Bytes that are no message are in <see cref="ProtocolTests"/>.</summary>
public sealed class BadCallTests
{
    private const string Records = "/hypervex.v1.Records/";
    private const string Search = "/hypervex.v1.Search/";
    private const string Collections = "/hypervex.v1.Collections/";
    private const string Keys = "/hypervex.v1.Keys/";

    [Fact]
    public async Task More_than_120_bad_calls_get_their_status_and_code_and_change_nothing()
    {
        (string Path, IMessage Message, string Code)[] calls = [.. Vectors(), .. Numbers(), .. Contents(), .. Absent(), .. Administration()];
        Assert.True(calls.Length >= 120, $"only {calls.Length} calls");
        using var data = new TemporaryData();
        await using RawCaller caller = await RawCaller.StartAsync(TestServer.Options with { DataPath = data.Path });
        await BadInputState.FillAsync(caller.Server, data.Path);
        string before = await BadInputState.ReadAsync(caller.Server, data.Path);
        var wrong = new List<string>();
        foreach ((string path, IMessage message, string code) in calls)
        {
            CallEnd end = await caller.SendAsync(path, message);
            string status = ((int)ErrorTable.Of(code).Grpc).ToString(System.Globalization.CultureInfo.InvariantCulture);
            if ((end.Status, end.Code) != (status, code) || end.Body.Length != 0 || end.Message!.Contains("Exception", StringComparison.Ordinal))
            {
                wrong.Add($"{path} {message}, expected {status} {code}: {end.Status} {end.Code} {end.Message}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
        Assert.Equal(before, await BadInputState.ReadAsync(caller.Server, data.Path));
        Assert.Equal(0, caller.Server.Server.Bodies.Taken);
    }

    private static V1.Vector Values(params float[] values) => new() { Values = { values } };

    private static V1.Vector Raw(params byte[] bytes) => new() { Raw = ByteString.CopyFrom(bytes) };

    private static V1.Record Good(string id) => new() { VectorId = id, Vector = Values(1, 2, 3) };

    private static IEnumerable<(string, IMessage, string)> Vectors()
    {
        foreach ((V1.Vector vector, string code) in new[]
        {
            (Values(1, float.NaN, 3), "non_finite_vector"), (Values(float.PositiveInfinity, 2, 3), "non_finite_vector"), (Values(1, 2, float.NegativeInfinity), "non_finite_vector"),
            (Values(1e38f, 1e38f, 1e38f), "non_finite_vector"), (Raw(0, 0, 0xC0, 0x7F, 0, 0, 0, 0, 0, 0, 0x80, 0x3F), "non_finite_vector"), (Raw(0, 0, 0x80, 0xFF, 0, 0, 0, 0, 0, 0, 0x80, 0x3F), "non_finite_vector"),
            (Values(0, 0, 0), "zero_norm"), (Raw(new byte[12]), "zero_norm"), (Values(1, 2), "dimension_mismatch"), (Values(1, 2, 3, 4), "dimension_mismatch"), (Raw(0, 0, 0x80, 0x3F), "dimension_mismatch"),
            (Raw(1, 2, 3), "invalid_vector"), (new V1.Vector { Values = { 1, 2, 3 }, Raw = ByteString.CopyFrom(new byte[12]) }, "invalid_vector"),
        })
        {
            yield return (Records + "Insert", new V1.InsertRequest { Record = new V1.Record { VectorId = "bad", Vector = vector } }, code);
            yield return (Records + "Upsert", new V1.UpsertRequest { Record = new V1.Record { VectorId = "0", Vector = vector } }, code);
            yield return (Records + "Update", new V1.UpdateRequest { VectorId = "0", Vector = vector }, code);
            yield return (Records + "UpsertBatch", new V1.UpsertBatchRequest { Records = { Good("bad"), new V1.Record { VectorId = "0", Vector = vector } } }, code);
            yield return (Search + "Search", new V1.SearchRequest { Search = new V1.SearchQuery { QueryVector = vector } }, code);
            yield return (Search + "SearchBatch", new V1.SearchBatchRequest { Searches = { new V1.SearchQuery { VectorId = "0" }, new V1.SearchQuery { QueryVector = vector } } }, code);
        }

        yield return (Records + "Insert", new V1.InsertRequest { Record = new V1.Record { VectorId = "bad" } }, "invalid_vector");
        yield return (Records + "Insert", new V1.InsertRequest { Record = new V1.Record { VectorId = "bad", Vectors = { ["none"] = Values(1, 2, 3) } } }, "invalid_argument");
        yield return (Records + "Insert", new V1.InsertRequest(), "invalid_vector");
        yield return (Search + "Search", new V1.SearchRequest(), "invalid_vector");
        yield return (Records + "Insert", new V1.InsertRequest { Collection = "bits", Record = new V1.Record { VectorId = "bad", Vector = Raw(255, 16) } }, "invalid_vector");
        yield return (Records + "Insert", new V1.InsertRequest { Collection = "bits", Record = new V1.Record { VectorId = "bad", Vector = Values(0.5f, 1) } }, "invalid_vector");
        yield return (Records + "Insert", new V1.InsertRequest { Collection = "bits", Record = new V1.Record { VectorId = "bad", Vector = Raw(1) } }, "dimension_mismatch");
    }

    private static IEnumerable<(string, IMessage, string)> Numbers()
    {
        V1.SearchQuery Query() => new() { QueryVector = Values(1, 2, 3) };
        V1.SearchQuery With(Action<V1.SearchQuery> change)
        {
            V1.SearchQuery query = Query();
            change(query);
            return query;
        }

        foreach (V1.SearchQuery query in new[]
        {
            With(query => query.TopK = 0), With(query => query.TopK = -1), With(query => query.TopK = 10_001), With(query => query.TopK = int.MaxValue), With(query => query.Ef = 0), With(query => query.Ef = -1),
            With(query => query.Ef = 65_537), With(query => query.TargetRecall = 0), With(query => query.TargetRecall = 1.5f), With(query => query.TargetRecall = float.NaN), With(query => query.Oversampling = 0),
            With(query => query.Oversampling = -1), With(query => query.MaxDistances = 0), With(query => query.MaxDistances = -1),
            With(query => query.MinScore = float.NaN), With(query => query.Radius = float.NaN),
        })
        {
            yield return (Search + "Search", new V1.SearchRequest { Search = query }, "limit_out_of_range");
        }

        yield return (Search + "Search", new V1.SearchRequest { Search = With(query => query.Mmr = new V1.Diversity { Lambda = 2 }) }, "limit_out_of_range");
        yield return (Search + "Search", new V1.SearchRequest { Search = With(query => query.Mmr = new V1.Diversity { Candidates = 0 }) }, "limit_out_of_range");
        yield return (Search + "SearchGroups", new V1.SearchGroupsRequest { Search = Query(), GroupBy = "n", GroupSize = 0 }, "limit_out_of_range");
        yield return (Search + "SearchBatch", new V1.SearchBatchRequest { Searches = { Enumerable.Range(0, 1_001).Select(_ => Query()) } }, "limit_out_of_range");
        yield return (Search + "SearchBatch", new V1.SearchBatchRequest { Searches = { Enumerable.Range(0, 11).Select(_ => With(query => query.TopK = 10_000)) } }, "limit_out_of_range");
        yield return (Records + "List", new V1.ListRequest { Limit = -1 }, "limit_out_of_range");
        yield return (Records + "List", new V1.ListRequest { Limit = 10_001 }, "limit_out_of_range");
        yield return (Records + "Sample", new V1.SampleRequest { Limit = -1 }, "limit_out_of_range");
        yield return (Records + "CountValues", new V1.CountValuesRequest { Field = "n", Limit = 10_001 }, "limit_out_of_range");
        yield return (Records + "UpsertBatch", new V1.UpsertBatchRequest(), "limit_out_of_range");
        yield return (Records + "GetBatch", new V1.GetBatchRequest { VectorIds = { Enumerable.Repeat("a", 10_001) } }, "limit_out_of_range");
        yield return (Records + "Watch", new V1.WatchRequest { HeartbeatSeconds = 3_601 }, "limit_out_of_range");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", Capacity = 0 }, "limit_out_of_range");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", Vectors = { [""] = new V1.VectorFieldOptions { Dimension = 0 } } }, "limit_out_of_range");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", Vectors = { [""] = new V1.VectorFieldOptions { Dimension = 65_537 } } }, "limit_out_of_range");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", Vectors = { [""] = new V1.VectorFieldOptions { Index = new V1.IndexOptions { M = 0 } } } }, "limit_out_of_range");
        yield return (Keys + "Rotate", new V1.RotateKeyRequest { Id = "none", GraceSeconds = -1 }, "limit_out_of_range");
    }

    private static IEnumerable<(string, IMessage, string)> Contents()
    {
        yield return (Records + "Insert", new V1.InsertRequest { Record = Good(new string('x', 513)) }, "invalid_id");
        yield return (Records + "Get", new V1.GetRequest(), "invalid_id");
        yield return (Records + "Get", new V1.GetRequest { VectorId = new string('ä', 257) }, "invalid_id");
        yield return (Records + "Delete", new V1.DeleteRequest(), "invalid_id");
        yield return (Records + "Update", new V1.UpdateRequest(), "invalid_id");
        yield return (Records + "GetBatch", new V1.GetBatchRequest { VectorIds = { "" } }, "invalid_id");
        yield return (Records + "DeleteBatch", new V1.DeleteBatchRequest { VectorIds = { "0", "" } }, "invalid_id");
        yield return (Records + "Insert", new V1.InsertRequest { Record = WithMetadata(new V1.Value { Text = new string('x', 70_000) }) }, "invalid_metadata");
        yield return (Records + "Insert", new V1.InsertRequest { Record = WithMetadata(new V1.Value { Number = double.NaN }) }, "invalid_metadata");
        yield return (Records + "Insert", new V1.InsertRequest { Record = WithMetadata(new V1.Value { Number = double.PositiveInfinity }) }, "invalid_metadata");
        yield return (Records + "Insert", new V1.InsertRequest { Record = WithMetadata(Nested(9)) }, "invalid_metadata");
        yield return (Records + "UpdateWhere", new V1.UpdateWhereRequest { Filter = "{}", Metadata = new V1.Metadata { Fields = { ["a"] = new V1.Value { Number = double.NaN } } } }, "invalid_metadata");
        yield return (Records + "Insert", new V1.InsertRequest { Record = WithDocument(new string('x', (1024 * 1024) + 1)) }, "invalid_document");
        yield return (Records + "Insert", new V1.InsertRequest { Record = Good("bad"), Durability = (V1.Durability)9 }, "invalid_argument");
        yield return (Records + "Update", new V1.UpdateRequest { VectorId = "0", MetadataMode = (V1.MetadataMode)9 }, "invalid_argument");
        yield return (Records + "Insert", new V1.InsertRequest { Record = WithExpiry(new Timestamp { Seconds = long.MaxValue }) }, "invalid_argument");
        yield return (Records + "Insert", new V1.InsertRequest { Record = WithExpiry(new Timestamp { Nanos = -1 }) }, "invalid_argument");
        foreach (string filter in new[] { """{"n":{"$near_to":1}}""", """{"$or":7}""", "7" })
        {
            yield return (Records + "Count", new V1.CountRequest { Filter = filter }, "invalid_filter");
            yield return (Records + "DeleteBatch", new V1.DeleteBatchRequest { Filter = filter }, "invalid_filter");
            yield return (Search + "Search", new V1.SearchRequest { Search = new V1.SearchQuery { VectorId = "0", Filter = filter } }, "invalid_filter");
        }

        foreach (string filter in new[] { "{", """{"a":1,"a":2}""" })
        {
            yield return (Records + "Count", new V1.CountRequest { Filter = filter }, "invalid_json");
            yield return (Search + "Search", new V1.SearchRequest { Search = new V1.SearchQuery { VectorId = "0", Filter = filter } }, "invalid_json");
        }

        yield return (Records + "DeleteBatch", new V1.DeleteBatchRequest { VectorIds = { "0" }, Filter = "{}" }, "invalid_argument");
        yield return (Records + "List", new V1.ListRequest { Cursor = "x" }, "invalid_argument");
        yield return (Records + "Watch", new V1.WatchRequest { Position = "x" }, "invalid_argument");
        yield return (Records + "Watch", new V1.WatchRequest { Position = "x", FromNow = true }, "invalid_argument");
        yield return (Search + "Search", new V1.SearchRequest { Search = new V1.SearchQuery { VectorId = "0", Using = "none" } }, "invalid_argument");
        yield return (Search + "Search", new V1.SearchRequest { Search = new V1.SearchQuery { Examples = new V1.Examples() } }, "invalid_argument");
    }

    private static IEnumerable<(string, IMessage, string)> Absent()
    {
        yield return (Records + "Get", new V1.GetRequest { VectorId = "none" }, "not_found");
        yield return (Records + "Update", new V1.UpdateRequest { VectorId = "none" }, "not_found");
        yield return (Records + "Delete", new V1.DeleteRequest { VectorId = "none" }, "not_found");
        yield return (Search + "Search", new V1.SearchRequest { Search = new V1.SearchQuery { VectorId = "none" } }, "not_found");
        yield return (Records + "Insert", new V1.InsertRequest { Record = Good("0") }, "already_exists");
        yield return (Records + "Upsert", new V1.UpsertRequest { Record = Good("0"), IfVersion = "9" }, "version_mismatch");
        yield return (Records + "Delete", new V1.DeleteRequest { VectorId = "0", IfVersion = "9" }, "version_mismatch");
        yield return (Records + "Count", new V1.CountRequest { Collection = "none" }, "collection_not_found");

        yield return (Records + "Insert", new V1.InsertRequest { Collection = "none", Record = Good("x") }, "collection_not_found");
        yield return (Records + "Export", new V1.ExportRequest { Collection = "none" }, "collection_not_found");
        yield return (Records + "GetStats", new V1.GetStatsRequest { Collection = "none" }, "collection_not_found");
        yield return (Collections + "Describe", new V1.DescribeCollectionRequest { Name = "none" }, "collection_not_found");
        yield return (Collections + "Drop", new V1.DropCollectionRequest { Name = "none" }, "collection_not_found");
        yield return (Records + "Fly", new V1.CountRequest(), "route_not_found");
    }

    private static IEnumerable<(string, IMessage, string)> Administration()
    {
        foreach (string name in new[] { "", "../x", "/etc/passwd", "..%2f..%2fetc", "a\0b", new string('n', 300), "a b", "ä", ".hidden", "-x" })
        {
            yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = name }, "invalid_name");
        }

        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "default" }, "collection_exists");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", Vectors = { [""] = new V1.VectorFieldOptions { Metric = "far" } } }, "invalid_argument");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", Vectors = { [""] = new V1.VectorFieldOptions { Quantization = "zip" } } }, "invalid_argument");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", Vectors = { [""] = new V1.VectorFieldOptions { Index = new V1.IndexOptions { Type = "ivf" } } } }, "invalid_argument");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", FieldIndexes = { ["x"] = "btree" } }, "invalid_argument");
        yield return (Collections + "Create", new V1.CreateCollectionRequest { Name = "bad", Vectors = { ["../x"] = new V1.VectorFieldOptions() } }, "invalid_name");
        yield return (Collections + "CreateFieldIndex", new V1.CreateFieldIndexRequest { Collection = "bits", Field = "x", Type = "btree" }, "invalid_argument");
        yield return (Collections + "DropFieldIndex", new V1.DropFieldIndexRequest { Collection = "bits", Field = "none" }, "not_found");
        yield return (Collections + "Drop", new V1.DropCollectionRequest { Name = "bits" }, "collection_in_use");
        yield return (Keys + "Create", new V1.CreateKeyRequest { Name = "a", Scope = "root" }, "invalid_argument");
        yield return (Keys + "Create", new V1.CreateKeyRequest { Name = "", Scope = "read" }, "invalid_name");
        yield return (Keys + "Rotate", new V1.RotateKeyRequest { Id = "none" }, "not_found");
        yield return (Keys + "Revoke", new V1.RevokeKeyRequest { Id = "none" }, "not_found");
    }

    private static V1.Record WithMetadata(V1.Value value) => new() { VectorId = "bad", Vector = Values(1, 2, 3), Metadata = new V1.Metadata { Fields = { ["a"] = value } } };

    private static V1.Record WithDocument(string document) => new() { VectorId = "bad", Vector = Values(1, 2, 3), Document = document };

    private static V1.Record WithExpiry(Timestamp time) => new() { VectorId = "bad", Vector = Values(1, 2, 3), ExpiresAt = time };

    private static V1.Value Nested(int levels) => levels == 0 ? new V1.Value { Integer = 1 } : new V1.Value { Object = new V1.Metadata { Fields = { ["a"] = Nested(levels - 1) } } };
}
