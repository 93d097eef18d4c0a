using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Alpha = Hypervex.Wire.ServerReflectionAlpha;
using Health = Hypervex.Wire.Health;
using Reflected = Hypervex.Wire.ServerReflection;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Hostile.Tests;

/// <summary>A valid call: the messages that it sends.</summary>
/// <param name="Path">Its method, <c>/package.Service/Method</c>.</param>
/// <param name="Messages">The messages, one unless the method takes a stream.</param>
internal sealed record GrpcRequest(string Path, params IReadOnlyList<byte[]> Messages)
{
    /// <summary>Whether the answer goes on until the deadline passes.</summary>
    public bool NeverEnds { get; init; }

    /// <summary>How often it is chosen, beside the others.</summary>
    public int Weight { get; init; } = 10;
}

/// <summary>Valid calls, at least one for every method.</summary>
internal static class GrpcCorpus
{
    private const string Records = "/hypervex.v1.Records/";
    private const string Search = "/hypervex.v1.Search/";
    private const string Collections = "/hypervex.v1.Collections/";
    private const string Aliases = "/hypervex.v1.Aliases/";
    private const string Jobs = "/hypervex.v1.Jobs/";
    private const string Snapshots = "/hypervex.v1.Snapshots/";
    private const string Keys = "/hypervex.v1.Keys/";
    private const string Work = RestCorpus.Collection;

    /// <summary>Paths of all methods that the files of proto/ describe.</summary>
    public static IEnumerable<string> AllMethods() =>
        new[]
        {
            V1.RecordsReflection.Descriptor, V1.SearchReflection.Descriptor, V1.CollectionsReflection.Descriptor, V1.KeysReflection.Descriptor, V1.AliasesReflection.Descriptor,
            V1.JobsReflection.Descriptor, V1.SnapshotsReflection.Descriptor,
            Health.HealthReflection.Descriptor, Reflected.ReflectionReflection.Descriptor, Alpha.ReflectionReflection.Descriptor,
        }.SelectMany(file => file.Services).SelectMany(service => service.Methods).Select((MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}");

    /// <summary>All of them.</summary>
    /// <param name="snapshot">A snapshot of the collection.</param>
    /// <param name="key">The id of a key that may be rotated and revoked.</param>
    public static List<GrpcRequest> All(byte[] snapshot, string key)
    {
        var all = new List<GrpcRequest>();
        void Add(string path, params IMessage[] messages) => all.Add(new GrpcRequest(path, [.. messages.Select(message => message.ToByteArray())]));
        AddRecords(Add);
        AddSearches(Add);
        AddCollections(Add);
        AddAliasesAndJobs(Add);
        AddSnapshots(Add, snapshot);
        all.Add(new GrpcRequest(Snapshots + "Restore", [new V1.RestoreSnapshotRequest { Collection = Work, Name = "up.hvsnap", Into = "copy", Replace = true }.ToByteArray()]) { Weight = 1 });
        Add(Keys + "Create", new V1.CreateKeyRequest { Name = "reader", Scope = "read", Collections = new V1.CollectionNames { Names = { Work, "default" } } });
        Add(Keys + "List", new V1.ListKeysRequest());
        Add(Keys + "Rotate", new V1.RotateKeyRequest { Id = key, GraceSeconds = 60 });
        Add(Keys + "Revoke", new V1.RevokeKeyRequest { Id = key });
        Add("/grpc.health.v1.Health/Check", new Health.HealthCheckRequest { Service = "hypervex.v1.Records" });
        all.Add(new GrpcRequest("/grpc.health.v1.Health/Watch", new Health.HealthCheckRequest { Service = "" }.ToByteArray()) { NeverEnds = true, Weight = 1 });
        all.Add(new GrpcRequest(Records + "Watch", new V1.WatchRequest { Collection = Work, HeartbeatSeconds = 5, Include = new V1.Include { Metadata = true } }.ToByteArray()) { NeverEnds = true, Weight = 1 });
        Add("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", new Reflected.ServerReflectionRequest { FileContainingSymbol = "hypervex.v1.Records" }, new Reflected.ServerReflectionRequest { FileByFilename = "hypervex/v1/keys.proto" });
        Add("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", new Alpha.ServerReflectionRequest { FileContainingSymbol = "hypervex.v1.Search.Search" });
        return all;
    }

    private static V1.Record Record(string id) => new()
    {
        VectorId = id,
        Vector = new V1.Vector { Values = { 1, 2, 3 } },
        Metadata = new V1.Metadata
        {
            Fields =
            {
                ["n"] = new V1.Value { Integer = 12 },
                ["x"] = new V1.Value { Number = 1.5 },
                ["t"] = new V1.Value { Text = "é" },
                ["l"] = new V1.Value { List = new V1.ValueList { Items = { new V1.Value { Boolean = true }, new V1.Value { Null = true } } } },
                ["o"] = new V1.Value { Object = new V1.Metadata { Fields = { ["a"] = new V1.Value { Integer = -1 } } } },
            },
        },
        Document = "text of a record",
        ExpiresAt = new Timestamp { Seconds = 32_000_000_000 },
        CreatedAt = new Timestamp { Seconds = 1_600_000_000, Nanos = 5_000_000 },
    };

    private static V1.Record RawRecord(string id) => new() { VectorId = id, Vector = new V1.Vector { Raw = ByteString.CopyFrom(0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40) } };

    private static void AddRecords(Action<string, IMessage[]> add)
    {
        void Add(string method, params IMessage[] messages) => add(Records + method, messages);
        var everything = new V1.Include { Metadata = true, Document = true, Vector = true, Vectors = true, VectorForm = V1.VectorForm.Raw };
        Add("Insert", new V1.InsertRequest { Record = Record("n"), Durability = V1.Durability.Os });
        Add("Upsert", new V1.UpsertRequest { Collection = Work, Record = Record("u"), Durability = V1.Durability.Batch });
        Add("Upsert", new V1.UpsertRequest { Record = RawRecord("u"), IfVersion = "1" });
        Add("Get", new V1.GetRequest { VectorId = "0", Include = everything });
        Add("Update", new V1.UpdateRequest { VectorId = "0", Vector = RawRecord("").Vector, Metadata = Record("").Metadata, MetadataMode = V1.MetadataMode.Replace, Document = "other", NeverExpires = true });
        Add("Delete", new V1.DeleteRequest { Collection = Work, VectorId = "u" });
        Add("UpsertBatch", new V1.UpsertBatchRequest { Records = { Record("a"), RawRecord("b"), Record("") }, Partial = true });
        Add("GetBatch", new V1.GetBatchRequest { VectorIds = { "0", "1", "none" }, Include = everything });
        Add("DeleteBatch", new V1.DeleteBatchRequest { VectorIds = { "a", "b" } });
        Add("DeleteBatch", new V1.DeleteBatchRequest { Filter = """{"n":{"$gte":1000000}}""" });
        Add("UpdateWhere", new V1.UpdateWhereRequest { Filter = """{"n":{"$gt":100}}""", Metadata = Record("").Metadata });
        Add("List", new V1.ListRequest { Limit = 2, Filter = """{"n":{"$gte":0}}""", OrderBy = "n", Descending = true, Include = everything });
        Add("Count", new V1.CountRequest { Filter = """{"$or":[{"n":{"$in":[1,2]}},{"x":{"$exists":false}}]}""" });
        Add("CountValues", new V1.CountValuesRequest { Field = "n", Limit = 10, Filter = "{}" });
        Add("Sample", new V1.SampleRequest { Limit = 3, Seed = 7, Include = everything });
        Add("UpsertStream", new V1.UpsertStreamRequest { Collection = Work, Tag = 1, KeepCreatedAt = true, Records = { Record("s1") } }, new V1.UpsertStreamRequest { Tag = 2, Records = { RawRecord("s2"), RawRecord("s3") } });
        Add("Import", new V1.ImportRequest { Durability = V1.Durability.Os, Records = { Record("i1"), RawRecord("i2") } }, new V1.ImportRequest { Records = { Record("i3") } });
        Add("Export", new V1.ExportRequest { Collection = Work, Include = everything });
        Add("GetStats", new V1.GetStatsRequest { Collection = Work });
    }

    private static void AddSearches(Action<string, IMessage[]> add)
    {
        void Add(string method, IMessage message) => add(Search + method, [message]);
        var query = new V1.SearchQuery { QueryVector = new V1.Vector { Values = { 1, 2, 3 } }, TopK = 3, Ef = 32, MinScore = -1, Filter = """{"n":{"$gte":0}}""", Explain = true, Oversampling = 2, MaxDistances = 1_000 };
        var byId = new V1.SearchQuery { VectorId = "1", TopK = 4, Exact = true, Include = new V1.Include { Vector = true, VectorForm = V1.VectorForm.Raw } };
        var byExamples = new V1.SearchQuery
        {
            Examples = new V1.Examples { Positive = { new V1.Example { VectorId = "0" }, new V1.Example { Vector = RawRecord("").Vector } }, Negative = { new V1.Example { VectorId = "1" } }, Strategy = V1.RecommendStrategy.BestScore },
        };
        Add("Search", new V1.SearchRequest { Search = query });
        Add("Search", new V1.SearchRequest { Search = byId });
        Add("Search", new V1.SearchRequest { Search = byExamples });
        Add("Search", new V1.SearchRequest { Search = new V1.SearchQuery { QueryVector = RawRecord("").Vector, Radius = 0.5f, TargetRecall = 0.9f, Mmr = new V1.Diversity { Lambda = 0.5, Candidates = 20 } } });
        Add("SearchGroups", new V1.SearchGroupsRequest { Search = new V1.SearchQuery { VectorId = "1", TopK = 2 }, GroupBy = "n", GroupSize = 2 });
        Add("SearchBatch", new V1.SearchBatchRequest { Searches = { query, byId } });
        Add("SearchBatchStream", new V1.SearchBatchRequest { Collection = Work, Searches = { query, query } });
    }

    private static void AddCollections(Action<string, IMessage[]> add)
    {
        void Add(string method, IMessage message) => add(Collections + method, [message]);
        var field = new V1.VectorFieldOptions { Dimension = 3, Metric = "l2", Index = new V1.IndexOptions { Type = "hnsw", M = 8, EfConstruction = 50, Ef = 20 }, Quantization = "sq8" };
        Add("Create", new V1.CreateCollectionRequest { Name = "g", Vectors = { ["a"] = field, ["b"] = new V1.VectorFieldOptions { Metric = "poincare", Curvature = 0.5, Project = true } }, Capacity = 10, FieldIndexes = { ["n"] = "integer" } });
        Add("List", new V1.ListCollectionsRequest());
        Add("Describe", new V1.DescribeCollectionRequest { Name = Work });
        Add("Drop", new V1.DropCollectionRequest { Name = "g" });
        Add("Alter", new V1.AlterCollectionRequest { Name = Work, Capacity = 100_000, Durability = "batch", Ef = { [""] = 40 }, Quantization = { [""] = "sq8" } });
        Add("Alter", new V1.AlterCollectionRequest { Name = Work, Unlimited = true, DurabilityOfServer = true, Quantization = { [""] = "none" } });
        Add("Compact", new V1.CompactCollectionRequest { Name = Work });
        Add("Checkpoint", new V1.CheckpointCollectionRequest { Name = Work });
        Add("CreateFieldIndex", new V1.CreateFieldIndexRequest { Collection = Work, Field = "t", Type = "keyword" });
        Add("ListFieldIndexes", new V1.ListFieldIndexesRequest { Collection = Work });
        Add("DropFieldIndex", new V1.DropFieldIndexRequest { Collection = Work, Field = "t" });
    }

    private static void AddAliasesAndJobs(Action<string, IMessage[]> add)
    {
        void Add(string method, IMessage message) => add(Aliases + method, [message]);
        Add("List", new V1.ListAliasesRequest());
        Add("Set", new V1.SetAliasRequest { Alias = "live", Collection = Work });
        Add("Change", new V1.ChangeAliasesRequest { Changes = { new V1.AliasChange { Alias = "live", Collection = Work }, new V1.AliasChange { Alias = "next", Drop = true } } });
        Add("Drop", new V1.DropAliasRequest { Alias = "next" });
        add(Jobs + "List", [new V1.ListJobsRequest()]);
        add(Jobs + "Get", [new V1.GetJobRequest { Id = "5f0c3a9be1d24477" }]);
        add(Jobs + "Cancel", [new V1.CancelJobRequest { Id = "5f0c3a9be1d24477" }]);
    }

    private static void AddSnapshots(Action<string, IMessage[]> add, byte[] snapshot)
    {
        void Add(string method, params IMessage[] messages) => add(Snapshots + method, messages);
        int half = snapshot.Length / 2;
        Add("Create", new V1.CreateSnapshotRequest { Collection = Work });
        Add("List", new V1.ListSnapshotsRequest { Collection = Work });
        Add("Download", new V1.DownloadSnapshotRequest { Collection = Work, Name = "up.hvsnap" });
        Add(
            "Upload",
            new V1.UploadSnapshotRequest { Collection = Work, Name = "up.hvsnap", Content = ByteString.CopyFrom(snapshot, 0, half) },
            new V1.UploadSnapshotRequest { Content = ByteString.CopyFrom(snapshot, half, snapshot.Length - half) });
        Add("Delete", new V1.DeleteSnapshotRequest { Collection = Work, Name = "up.hvsnap" });
    }
}
