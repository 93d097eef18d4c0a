using System.Text.Json.Serialization.Metadata;
using Hypervex.Server.Http;
using Hypervex.Wire;

namespace Hypervex.Server.OpenApi;

/// <summary>
/// The descriptions of all routes. Their examples work on an empty server in this order, those of DELETE behind all others, the longest path first.
/// Thread safety: immutable.
/// </summary>
internal static class OperationTable
{
    private const string Lines = "application/x-ndjson";
    private const string Vectors = "/api/v1/vectors";
    private const string VectorsOfCollection = $"/api/v1/collections/{RouteTable.CollectionSegment}/vectors";
    private static readonly WireJson _wire = WireJson.Default;

    private static readonly Dictionary<string, Operation> _operations = new(StringComparer.Ordinal)
    {
        ["POST /api/v1/collections"] = Talk("createCollection", "collections", "Creates a collection.", _wire.CollectionMessage, _wire.CollectionDescription, """{"name": "docs", "dimension": 2, "metric": "cosine"}""") with { Status = 201 },
        ["GET /api/v1/collections"] = Ask("listCollections", "collections", "The names of the collections that the key may see.", _wire.CollectionList),
        ["GET /api/v1/collections/{collection}"] = Ask("describeCollection", "collections", "A collection's settings.", _wire.CollectionDescription),
        ["PATCH /api/v1/collections/{collection}"] = Talk("alterCollection", "collections", "Alters settings while the collection is in use; what is absent stays.", _wire.CollectionChangesMessage, _wire.CollectionDescription, """{"capacity": 1000000, "durability": "batch", "quantization": "sq8", "index": {"ef": 128}}"""),
        ["DELETE /api/v1/collections/{collection}"] = End("dropCollection", "collections", "Drops a collection and its records for good."),
        ["POST /api/v1/collections/{collection}/field-indexes"] =
            Talk("createFieldIndex", "field indexes", "Creates the index of a metadata field; it is built in the background.", _wire.FieldIndexMessage, _wire.FieldIndexAnswer, """{"field": "lang", "type": "keyword"}""") with { Status = 201, OtherStatuses = new Dictionary<int, string> { [200] = "The index exists already." } },
        ["GET /api/v1/collections/{collection}/field-indexes"] = Ask("listFieldIndexes", "field indexes", "The indexes of metadata fields, and how far they are built.", _wire.FieldIndexList),
        ["DELETE /api/v1/collections/{collection}/field-indexes/{field}"] = End("dropFieldIndex", "field indexes", "Drops the index of a metadata field; the records stay."),
        ["POST " + Vectors] = Talk(
            "createRecord", "records", "Creates a record; 409 when its id exists.", _wire.RecordMessage, _wire.RecordMessage, """{"vector_id": "oak", "vector": [0.9, 0.1], "metadata": {"kind": "tree"}, "document": "a tree with acorns"}""") with
        { Status = 201 },
        ["GET " + Vectors] = Ask("listRecords", "records", "A page of records, in order of creation or of a metadata field.", _wire.PageAnswer),
        ["GET " + Vectors + "/{id}"] = Ask("readRecord", "records", "Reads a record.", _wire.RecordMessage),
        ["PUT " + Vectors + "/{id}"] = Talk(
            "updateRecord", "records", "Merges metadata (RFC 7396), replaces vector or document; 412 when If-Match names another version.", _wire.UpdateMessage, _wire.RecordMessage, """{"metadata": {"height_m": 30}}"""),
        ["DELETE " + Vectors + "/{id}"] = End("deleteRecord", "records", "Deletes a record; 412 when If-Match names another version."),
        ["POST " + Vectors + "/batch"] = Talk(
            "upsertRecords", "records", "Writes up to 10,000 records, all or none.", _wire.BatchMessage, _wire.BatchAnswer,
            """{"vectors": [{"vector_id": "elm", "vector": [0.8, 0.2], "metadata": {"kind": "tree"}}, {"vector_id": "cat", "vector": "zczMPWZmZj8="}]}""") with
        {
            OtherBodies = Bytes("One line of JSON with the ids (and metadata, documents, expires_at, using), a line feed, and the vectors as little-endian float32, one behind the other."),
        },
        ["POST " + Vectors + "/get"] = Talk("readRecords", "records", "Reads records by their ids.", _wire.IdsMessage, _wire.GetAnswer, """{"vector_ids": ["elm", "yak"], "include": ["vector"], "vector_format": "base64"}"""),
        ["POST " + Vectors + "/delete"] = Talk("deleteRecords", "records", "Deletes records by their ids, or those that match a filter.", _wire.IdsMessage, _wire.DeleteAnswer, """{"vector_ids": ["yak"]}""") with
        {
            Requests = [_wire.IdsMessage, _wire.FilteredDeletionMessage],
        },
        ["POST " + Vectors + "/count"] = Talk("countRecords", "records", "Counts the records that match a filter, or all.", _wire.CountMessage, _wire.CountAnswer, """{"filter": {"kind": "tree"}}"""),
        ["POST " + Vectors + "/facets"] = Talk("countValues", "records", "Counts how often the values of a metadata field occur.", _wire.FacetsMessage, _wire.FacetsAnswer, """{"field": "kind", "limit": 10}"""),
        ["POST " + Vectors + "/update"] = Talk(
            "updateRecords", "records", "Changes the metadata of the records that match a filter.", _wire.FilteredUpdateMessage, _wire.UpdateAnswer, """{"filter": {"kind": "tree"}, "metadata": {"leaves": true}}"""),
        ["POST " + Vectors + "/sample"] = Talk("sampleRecords", "records", "Reads records chosen at random.", _wire.SampleMessage, _wire.SampleAnswer, """{"limit": 2, "seed": 7, "include": ["metadata"]}"""),
        ["POST " + Vectors + "/search"] = Talk(
            "search", "search", "Finds the nearest records; with group_by the answer has groups.", _wire.SearchMessage, _wire.SearchAnswer, """{"query_vector": [1, 0], "top_k": 2, "filter": {"kind": "tree"}, "include": ["metadata"]}""") with
        {
            Answers = [_wire.SearchAnswer, _wire.GroupsAnswer],
            Examples = new Dictionary<string, string>
            {
                ["nearest"] = """{"query_vector": [1, 0], "top_k": 2, "filter": {"kind": "tree"}, "include": ["metadata"]}""",
                ["base64"] = """{"query_vector": "AACAPwAAAAA=", "include": ["vector"], "vector_format": "base64", "explain": true}""",
                ["groups"] = """{"query_vector": [1, 0], "group_by": "kind", "group_size": 2, "top_k": 3}""",
                ["examples"] = """{"positive": ["oak", [1, 0]], "negative": ["cat"], "strategy": "best_score", "top_k": 1}""",
                ["diverse"] = """{"query_vector": [1, 0], "mmr": {"lambda": 0.3}, "top_k": 2}""",
            },
            OtherBodies = Bytes("One query as little-endian float32; the rest of the search are the query parameters, which go with this body only."),
        },
        ["POST " + Vectors + "/search/batch"] = Talk(
            "searchBatch", "search", "Runs up to 1,000 searches at once.", _wire.SearchBatchMessage, _wire.SearchBatchAnswer, """{"searches": [{"query_vector": [0, 1], "top_k": 1}, {"vector_id": "oak", "top_k": 1}]}""") with
        {
            OtherBodies = Bytes("Queries as little-endian float32, one behind the other; the query parameters hold for each and go with this body only."),
        },
        ["GET " + Vectors + "/stats"] = Ask("readStats", "records", "Counts, sizes and settings of a collection.", _wire.StatsAnswer),
        ["POST " + Vectors + "/import"] = Ask("importRecords", "transfer", "Writes records from newline-delimited JSON of any size; a problem says with which line to resume.", _wire.ImportAnswer) with
        {
            OtherBodies = new Dictionary<string, string> { [Lines] = "One record for each line." },
            ExampleType = Lines,
            Examples = new Dictionary<string, string> { ["two records"] = "{\"vector_id\": \"fir\", \"vector\": [0.7, 0.3]}\n{\"vector_id\": \"ant\", \"vector\": [0.3, 0.7]}\n" },
        },
        ["GET " + Vectors + "/export"] = new Operation("exportRecords", "transfer", "All records as newline-delimited JSON, in order of creation.") { AnswerType = Lines },
        ["GET /api/v1/aliases"] = Ask("listAliases", "aliases", "The aliases of the collections that the key may see.", _wire.AliasList),
        ["POST /api/v1/aliases"] = Talk(
            "changeAliases", "aliases", "Changes several aliases as one; null drops one.", _wire.AliasChangesMessage, _wire.AliasList, """{"changes": [{"alias": "live", "collection": "default"}, {"alias": "next", "collection": "default"}]}"""),
        ["PUT /api/v1/aliases/{alias}"] = Talk("setAlias", "aliases", "Lets an alias stand for a collection from now on.", _wire.AliasTargetMessage, _wire.AliasMessage, """{"collection": "default"}"""),
        ["DELETE /api/v1/aliases/{alias}"] = End("dropAlias", "aliases", "Drops an alias; its collection stays."),
        ["POST /api/v1/collections/{collection}/snapshots"] = Work("createSnapshot", "snapshots", "Begins to write a snapshot of the collection into the server's store."),
        ["GET /api/v1/collections/{collection}/snapshots"] = Ask("listSnapshots", "snapshots", "The snapshots of the collection in the server's store.", _wire.SnapshotList),
        ["GET /api/v1/collections/{collection}/snapshots/{snapshot}"] = new Operation("downloadSnapshot", "snapshots", "A snapshot as a file.") { AnswerType = RequestBody.Bytes },
        ["PUT /api/v1/collections/{collection}/snapshots/{snapshot}"] = Ask("uploadSnapshot", "snapshots", "Takes a snapshot in, when all of it checks.", _wire.SnapshotMessage) with { Status = 201, OtherBodies = Bytes("The snapshot's file.") },
        ["POST /api/v1/collections/{collection}/snapshots/{snapshot}/restore"] = Work("restoreSnapshot", "snapshots", "Begins to restore a snapshot, into its collection or another one.") with
        {
            Requests = [_wire.RestoreMessage],
            Examples = new Dictionary<string, string> { ["example"] = """{"replace": true}""" },
        },
        ["DELETE /api/v1/collections/{collection}/snapshots/{snapshot}"] = End("deleteSnapshot", "snapshots", "Deletes a snapshot from the server's store."),
        ["POST /api/v1/collections/{collection}/compact"] = Work("compact", "jobs", "Begins to remove what was overwritten or deleted from every file."),
        ["POST /api/v1/collections/{collection}/checkpoint"] = Work("checkpoint", "jobs", "Begins to take a checkpoint."),
        ["GET /api/v1/jobs"] = Ask("listJobs", "jobs", "The jobs that run or ended lately, the newest first.", _wire.JobList),
        ["GET /api/v1/jobs/{job}"] = Ask("readJob", "jobs", "How far a job is.", _wire.JobMessage),
        ["DELETE /api/v1/jobs/{job}"] = End("cancelJob", "jobs", "Asks a job to stop."),
        ["POST /api/v1/keys"] = Talk("createKey", "keys", "Creates a key; its text is told this once.", _wire.KeyMessage, _wire.KeyAnswer, """{"name": "loader", "scope": "write", "collections": ["docs"]}""") with { Status = 201 },
        ["GET /api/v1/keys"] = Ask("listKeys", "keys", "The keys, without their texts.", _wire.KeyList),
        ["POST /api/v1/keys/{key}/rotate"] = Talk("rotateKey", "keys", "Gives a key a new text; the one before ends after the grace.", _wire.RotationMessage, _wire.KeyAnswer, """{"grace_seconds": 3600}"""),
        ["DELETE /api/v1/keys/{key}"] = End("revokeKey", "keys", "Ends a key."),
        ["GET /livez"] = Ask("isAlive", "health", "Answers as soon as the server listens; no key is needed.", _wire.ProbeAnswer),
        ["GET /readyz"] = Ask("isReady", "health", "Answers 200 when the database is open; no key is needed.", _wire.ProbeAnswer),
        ["GET /api/v1/health"] = Ask("readHealth", "health", "Whether the server is well, and its version.", _wire.HealthAnswer),
        ["GET /metrics"] = new Operation("readMetrics", "health", "Counts and sizes for Prometheus.") { AnswerType = "text/plain" },
        ["GET /openapi/v1.json"] = new Operation("readDescription", "description", "This description."),
        ["GET /openapi"] = Page("openPage", "A page that shows this description and lets people try calls.", "text/html"),
        ["GET /openapi/page.js"] = Page("openPageScript", "The page's program.", "text/javascript"),
        ["GET /openapi/page.css"] = Page("openPageStyle", "The page's style.", "text/css"),
        ["GET /"] = Ask("shortRoot", "short forms", "Whether the server is well, and the number of records of the collection default.", _wire.ShortRoot),
        ["GET /stats"] = Ask("shortStats", "short forms", "Figures of the collection default.", _wire.ShortStats),
        ["POST /insert"] = Short("shortInsert", "Creates a record of the collection default.", """{"id": 7, "vector": [0.6, 0.4], "metadata": {"kind": "tree"}}"""),
        ["POST /update"] = Short("shortUpdate", "Changes a record of the collection default.", """{"id": 7, "vector": [1, 0]}"""),
        ["POST /search"] = Short("shortSearch", "Searches the collection default; the body decides the form of the answer.", """{"query_vector": [2, 0], "k": 2}"""),
        ["POST /delete"] = Short("shortDelete", "Deletes a record of the collection default.", """{"id": 7}"""),
    };

    /// <summary>All that is described, as <c>METHOD /path</c>, in order; routes on vectors stand in it once, without a collection.</summary>
    public static IEnumerable<string> Keys => _operations.Keys;

    /// <summary>The description of a route; null when there is none.</summary>
    public static Operation? Find(Route route) =>
        _operations.TryGetValue(KeyOf(route), out Operation? found) && IsOfCollection(route) ? found with { Id = found.Id + "In" } : found;

    /// <summary>What a route stands under.</summary>
    public static string KeyOf(Route route) => $"{route.Method} {(IsOfCollection(route) ? Vectors + route.Path[VectorsOfCollection.Length..] : route.Path)}";

    private static bool IsOfCollection(Route route) => route.Path.StartsWith(VectorsOfCollection, StringComparison.Ordinal);

    private static Operation Ask(string id, string tag, string summary, JsonTypeInfo answer) => new(id, tag, summary) { Answers = [answer] };

    private static Operation Talk(string id, string tag, string summary, JsonTypeInfo request, JsonTypeInfo answer, string example) =>
        new(id, tag, summary) { Requests = [request], Answers = [answer], Examples = new Dictionary<string, string> { ["example"] = example } };

    private static Operation Work(string id, string tag, string summary) => Ask(id, tag, summary + " The answer is a job.", _wire.JobMessage) with { Status = 202 };

    private static Operation End(string id, string tag, string summary) => new(id, tag, summary) { Status = 204, AnswerType = null };

    private static Operation Page(string id, string summary, string type) => new(id, "description", summary) { AnswerType = type };

    // Their bodies are a few keys of any order, which docs/rest.md shows.
    private static Operation Short(string id, string summary, string example) =>
        new(id, "short forms", summary) { Requests = [_wire.JsonObject], Examples = new Dictionary<string, string> { ["example"] = example } };

    private static Dictionary<string, string> Bytes(string what) => new() { [RequestBody.Bytes] = what };
}
