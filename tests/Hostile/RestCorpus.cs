using System.Text;

namespace Hypervex.Hostile.Tests;

/// <summary>Valid requests, at least one for every route.</summary>
internal static class RestCorpus
{
    /// <summary>The collection that requests change. No request names <see cref="KeptData.Collection"/>.</summary>
    public const string Collection = "work";

    private const string V = "/api/v1/vectors";
    private const string C = "/api/v1/collections";

    /// <summary>All of them.</summary>
    /// <param name="snapshot">A snapshot of the collection.</param>
    /// <param name="key">The id of a key that may be rotated and revoked.</param>
    public static List<RestRequest> All(byte[] snapshot, string key)
    {
        var all = new List<RestRequest>();
        foreach ((string route, string path) in new[] { (V, V), (C + "/{collection}/vectors", $"{C}/{Collection}/vectors") })
        {
            AddVectors(all, route, path);
        }

        AddCollections(all);
        AddSnapshots(all, snapshot);
        AddKeys(all, key);
        foreach (string path in new[] { "/", "/stats", "/livez", "/readyz", "/api/v1/health", "/metrics", "/openapi", "/openapi/v1.json", "/openapi/page.js", "/openapi/page.css", "/api/v1/jobs" })
        {
            all.Add(new RestRequest("GET " + path, path) { Weight = path.StartsWith("/openapi", StringComparison.Ordinal) ? 1 : 5 });
        }

        all.Add(Json("POST /insert", "/insert", """{"id":7,"vector":[1,2,3],"metadata":{"a":1},"expires_at":"2999-01-01T00:00:00Z"}"""));
        all.Add(Json("POST /update", "/update", """{"id":7,"vector":[3,2,1],"metadata":{"a":2}}"""));
        all.Add(Json("POST /search", "/search?top_k=2", """{"vector":[1,2,3]}"""));
        all.Add(Json("POST /search", "/search", """{"query_vector":[1,2,3],"k":3,}"""));
        all.Add(Json("POST /delete", "/delete", """{"id":7}"""));
        return all;
    }

    private static void AddVectors(List<RestRequest> all, string route, string path)
    {
        void Post(string end, string body, string query = "") => all.Add(Json($"POST {route}{end}", path + end + query, body));
        void Bytes(string end, string query, byte[] body) => all.Add(new RestRequest($"POST {route}{end}", path + end + query, body) { ContentType = "application/octet-stream" });
        void Get(string end, string sent) => all.Add(new RestRequest($"GET {route}{end}", path + sent));
        Post("", """{"vector_id":"n","vector":[1.5,-2e-3,3],"metadata":{"a":[1,"\u00e9",{"b":null}],"n":12,"at":"2020-01-01T00:00:00Z","place":{"lat":48.1,"lon":11.5}},"document":"text of a record","expires_at":"2999-05-31T23:59:59+02:00"}""", "?durability=os");
        Post("", """{"vector":"AACAPwAAAEAAAEBA","vectors":{},"metadata":{}}""");
        Post("/batch", """{"vectors":[{"vector_id":"a","vector":[1,2,3],"metadata":{"n":1}},{"vectors":{"":[3,2,1]},"created_at":"2020-01-01T00:00:00Z"},{"vector_id":"c","vector":[0.25,0.5,0.75]}],"partial":true}""");
        Bytes("/batch", "", [.. "{\"vector_ids\":[\"a\",\"b\",null],\"metadata\":[{\"n\":1},null,{}],\"documents\":[null,\"text\",\"\"],\"expires_at\":[null,null,\"2999-01-01T00:00:00Z\"]}\n"u8, .. Row, .. Row, .. Row]);
        Post("/get", """{"vector_ids":["0","1","\u00e9"],"include":["metadata","vector"],"vector_format":"base64"}""");
        Post("/delete", """{"vector_ids":["a","12"]}""");
        Post("/delete", """{"filter":{"n":{"$gte":1000000}}}""");
        Post("/count", """{"filter":{"n":{"$lt":2},"x":{"$exists":false},"$or":[{"a":"b"},{"$not":{"n":{"$in":[1,2,3]}}}]}}""");
        Post("/facets", """{"field":"n","filter":{"n":{"$gte":0}},"limit":10}""");
        Post("/sample", """{"limit":3,"filter":{"n":{"$gte":0}},"seed":7,"include":["metadata"],"vector_format":"array"}""");
        Post("/update", """{"filter":{"n":{"$gt":100}},"metadata":{"seen":true,"old":null},"metadata_mode":"merge"}""");
        Post("/search", """{"query_vector":[1.5,-2e-3,3],"top_k":3,"filter":{"n":{"$gte":0},"place":{"$near":{"lat":48,"lon":11,"radius_m":5000}}},"ef":32,"min_score":-1,"include":["metadata","vector","document"],"exact":true,"explain":true,"timeout_ms":10000}""");
        Post("/search", """{"query_vector":"AACAPwAAAEAAAEBA","radius":0.5,"max_distances":100,"oversampling":2,"target_recall":0.9,"using":""}""");
        Post("/search", """{"positive":["0",[1,2,3]],"negative":["1"],"strategy":"best_score","top_k":2}""");
        Post("/search", """{"query_vector":[1,2,3],"mmr":{"lambda":0.5,"candidates":20},"top_k":5}""");
        Post("/search", """{"vector_id":"1","group_by":"n","group_size":2,"top_k":3}""");
        Bytes("/search", "?top_k=2&ef=16&include=metadata,vector&filter=%7B%22n%22%3A%7B%22%24gte%22%3A0%7D%7D&exact=false&timeout_ms=1000", Row);
        Post("/search/batch", """{"searches":[{"query_vector":[1,2,3]},{"vector_id":"1","min_score":0.5,"top_k":4},{"query_vector":[3,2,1],"explain":true}]}""");
        Bytes("/search/batch", "?top_k=2", [.. Row, .. Row]);
        all.Add(new RestRequest($"POST {route}/import", path + "/import?from_line=1&durability=os", Encoding.UTF8.GetBytes("""
            {"vector_id":"i1","vector":[1,2,3],"metadata":{"n":1},"created_at":"2020-01-01T00:00:00Z"}
            {"vector_id":"i2","vector":"AACAPwAAAEAAAEBA","document":"text"}

            {"vector_id":"i3","vector":[1e-3,2,3],"expires_at":"2999-01-01T00:00:00Z"}

            """)) { ContentType = "application/x-ndjson" });
        all.Add(Json($"PUT {route}/{{id}}", path + "/0?durability=os", """{"vector":[1,2,3],"metadata":{"n":null,"x":1e3},"metadata_mode":"merge","document":"other","expires_at":"never"}"""));
        all.Add(new RestRequest($"DELETE {route}/{{id}}", path + "/i1"));
        Get("", "?limit=2&include=metadata,vector&filter=%7B%22n%22%3A%7B%22%24gte%22%3A0%7D%7D");
        Get("", "?order_by=n&order=desc&limit=2&vector_format=base64");
        Get("/{id}", "/0?include=metadata,document");
        Get("/{id}", "/a%2Fb");
        Get("/stats", "/stats");
        Get("/export", "/export?include=vector&vector_format=base64");
    }

    private static void AddCollections(List<RestRequest> all)
    {
        const string F = C + "/{collection}/field-indexes";
        all.Add(Json("POST " + C, C, """{"name":"c","dimension":3,"metric":"l2","index":{"type":"hnsw","m":8,"ef_construction":50,"ef":20},"quantization":"sq8","capacity":10,"field_indexes":{"n":"integer","t":"text"}}"""));
        all.Add(Json("POST " + C, C, """{"name":"h","vectors":{"a":{"dimension":2,"metric":"poincare","curvature":0.5,"project":true},"b":{"metric":"hamming","dimension":12,"index":{"type":"flat"}}}}"""));
        all.Add(new RestRequest("GET " + C, C));
        all.Add(new RestRequest($"GET {C}/{{collection}}", $"{C}/{Collection}"));
        all.Add(new RestRequest($"DELETE {C}/{{collection}}", C + "/c"));
        all.Add(Json($"PATCH {C}/{{collection}}", $"{C}/{Collection}", """{"capacity":100000,"index":{"ef":32},"vectors":{}}"""));
        all.Add(Json("POST " + F, $"{C}/{Collection}/field-indexes", """{"field":"n","type":"integer"}"""));
        all.Add(new RestRequest("GET " + F, $"{C}/{Collection}/field-indexes"));
        all.Add(new RestRequest($"DELETE {F}/{{field}}", $"{C}/{Collection}/field-indexes/n"));
        all.Add(new RestRequest("GET /api/v1/aliases", "/api/v1/aliases"));
        all.Add(Json("POST /api/v1/aliases", "/api/v1/aliases", """{"changes":[{"alias":"live","collection":"work"},{"alias":"next","collection":"default"}]}"""));
        all.Add(Json("PUT /api/v1/aliases/{alias}", "/api/v1/aliases/live", """{"collection":"work"}"""));
        all.Add(new RestRequest("DELETE /api/v1/aliases/{alias}", "/api/v1/aliases/next"));
    }

    private static void AddSnapshots(List<RestRequest> all, byte[] snapshot)
    {
        const string S = C + "/{collection}/snapshots";
        string path = $"{C}/{Collection}/snapshots";
        all.Add(Json("POST " + S, path, "{}") with { Weight = 1 });
        all.Add(new RestRequest("GET " + S, path));
        all.Add(new RestRequest($"GET {S}/{{snapshot}}", path + "/up.hvsnap"));
        all.Add(new RestRequest($"PUT {S}/{{snapshot}}", path + "/up.hvsnap", snapshot) { ContentType = "application/octet-stream" });
        all.Add(new RestRequest($"DELETE {S}/{{snapshot}}", path + "/up.hvsnap"));
        all.Add(Json($"POST {S}/{{snapshot}}/restore", path + "/up.hvsnap/restore", """{"into":"copy","replace":true}""") with { Weight = 1 });
        all.Add(Json($"POST {C}/{{collection}}/compact", $"{C}/{Collection}/compact", "{}") with { Weight = 1 });
        all.Add(Json($"POST {C}/{{collection}}/checkpoint", $"{C}/{Collection}/checkpoint", "{}") with { Weight = 1 });
        all.Add(new RestRequest("GET /api/v1/jobs/{job}", "/api/v1/jobs/5f0c3a9be1d24477"));
        all.Add(new RestRequest("DELETE /api/v1/jobs/{job}", "/api/v1/jobs/5f0c3a9be1d24477"));
    }

    private static void AddKeys(List<RestRequest> all, string key)
    {
        const string K = "/api/v1/keys";
        all.Add(Json("POST " + K, K, """{"name":"reader","scope":"read","collections":["work","default"],"expires_at":"2999-01-01T00:00:00Z"}""") with { Weight = 3 });
        all.Add(new RestRequest("GET " + K, K));
        all.Add(Json($"POST {K}/{{key}}/rotate", $"{K}/{key}/rotate", """{"grace_seconds":60}""") with { Weight = 3 });
        all.Add(new RestRequest($"DELETE {K}/{{key}}", $"{K}/{key}") { Weight = 3 });
    }

    private static RestRequest Json(string route, string path, string body) => new(route, path, Encoding.UTF8.GetBytes(body));

    // 1, 2, 3 as float32, little-endian.
    private static byte[] Row => [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40];
}
