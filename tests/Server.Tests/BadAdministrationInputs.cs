namespace Hypervex.Server.Tests;

/// <summary>Bad input of the routes that administer, transfer, change and choose many records, and bodies that are no JSON.</summary>
internal static class BadAdministrationInputs
{
    private const string V = "/api/v1/vectors";
    private const string C = "/api/v1/collections";
    private const string Bytes = "application/octet-stream";
    private const string Lines = "application/x-ndjson";

    /// <summary>All of them; each leaves a database of <see cref="BadInputState"/> as it is.</summary>
    public static List<BadInput> All()
    {
        var rows = new List<BadInput>();
        void Add(string method, string path, string? body, int status, string code, string detail = "", string type = "application/json") =>
            rows.Add(new BadInput(method, path, body, status, code, detail) { ContentType = type });

        Aliases(Add);
        Snapshots(Add);
        Keys(Add);
        FieldIndexes(Add);
        Altering(Add);
        Choosing(Add);
        Transfer(Add);
        PlainBytes(Add);
        return rows;
    }

    private delegate void AddRow(string method, string path, string? body, int status, string code, string detail = "", string type = "application/json");

    private static void Aliases(AddRow add)
    {
        const string A = "/api/v1/aliases";
        foreach ((string body, string code) in new[]
        {
            ("{}", "invalid_json"), ("[]", "invalid_json"), ("""{"changes":{}}""", "invalid_json"), ("""{"changes":[7]}""", "invalid_json"), ("""{"changes":[{"alias":"x"}]}""", "invalid_json"),
            ("""{"changes":[{"collection":"bits"}]}""", "invalid_json"), ("""{"changes":[{"alias":"x","collection":"bits","x":1}]}""", "invalid_json"), ("""{"changes":[{"alias":7,"collection":"bits"}]}""", "invalid_json"),
            ("""{"changes":[{"alias":"x","collection":"bits"},{"alias":"x","collection":"default"}]}""", "invalid_argument"), ("""{"changes":[{"alias":"../x","collection":"bits"}]}""", "invalid_name"),
        })
        {
            add("POST", A, body, 400, code);
        }

        add("POST", A, """{"changes":[{"alias":"x","collection":"bits"},{"alias":"y","collection":"none"}]}""", 404, "collection_not_found");
        add("POST", A, """{"changes":[{"alias":"x","collection":"bits"},{"alias":"none","collection":null}]}""", 404, "not_found");
        add("POST", A, """{"changes":[{"alias":"default","collection":"bits"}]}""", 409, "collection_exists");
        add("PUT", A + "/x", "{}", 400, "invalid_json", "\"collection\" is missing");
        add("PUT", A + "/x", """{"collection":7}""", 400, "invalid_json", "$.collection");
        add("PUT", A + "/x", """{"collection":"none"}""", 404, "collection_not_found");
        add("PUT", A + "/x", """{"collection":"live"}""", 404, "collection_not_found");
        add("PUT", A + "/bits", """{"collection":"default"}""", 409, "collection_exists");
        add("PUT", A + "/..%2fx", """{"collection":"bits"}""", 400, "invalid_name");
        add("DELETE", A + "/none", null, 404, "not_found");
        add("POST", C, """{"name":"live"}""", 409, "collection_exists");
        add("DELETE", C + "/bits", null, 409, "collection_in_use");
    }

    private static void Snapshots(AddRow add)
    {
        const string Own = C + "/default/snapshots";
        add("GET", Own + "/none.hvsnap", null, 404, "not_found");
        add("DELETE", Own + "/none.hvsnap", null, 404, "not_found");
        foreach (string name in new[] { "..%2fkept.hvsnap", "..%2f..%2fkeys.json", "%2fetc%2fpasswd", "kept", "kept.tmp", ".hvsnap", "-x.hvsnap", "k%C3%A4pt.hvsnap", new string('n', 300) + ".hvsnap" })
        {
            add("GET", $"{Own}/{name}", null, 400, "invalid_name");
            add("DELETE", $"{Own}/{name}", null, 400, "invalid_name");
            add("PUT", $"{Own}/{name}", "x", 400, "invalid_name", type: Bytes);
            add("POST", $"{Own}/{name}/restore", "{}", 400, "invalid_name");
        }

        add("GET", C + "/..%2fdefault/snapshots", null, 400, "invalid_name");
        add("PUT", Own + "/new.hvsnap", "", 422, "bad_snapshot", type: Bytes);
        add("PUT", Own + "/new.hvsnap", "no snapshot", 422, "bad_snapshot", type: Bytes);
        add("PUT", Own + "/new.hvsnap", new string('\0', 100_000), 422, "bad_snapshot", type: Bytes);
        add("PUT", Own + "/kept.hvsnap", "x", 409, "already_exists", type: Bytes);
        add("PUT", Own + "/new.hvsnap", "{}", 415, "unsupported_media_type");
        add("POST", C + "/none/snapshots", "{}", 404, "collection_not_found");
        add("POST", Own + "/none.hvsnap/restore", "{}", 404, "not_found");
        add("POST", Own + "/kept.hvsnap/restore", """{"into":7}""", 400, "invalid_json", "$.into");
        add("POST", Own + "/kept.hvsnap/restore", """{"replace":"yes"}""", 400, "invalid_json", "$.replace");
        add("POST", Own + "/kept.hvsnap/restore", """{"onto":"x"}""", 400, "invalid_json", "not known");
        foreach (string job in new[] { "none", "..%2f1", new string('0', 300) })
        {
            add("GET", "/api/v1/jobs/" + job, null, 404, "not_found");
            add("DELETE", "/api/v1/jobs/" + job, null, 404, "not_found");
        }

        add("POST", C + "/none/compact", "{}", 404, "collection_not_found");
        add("POST", C + "/none/checkpoint", "{}", 404, "collection_not_found");
    }

    private static void Keys(AddRow add)
    {
        const string K = "/api/v1/keys";
        add("POST", K, "{}", 400, "invalid_json", "\"name\" is missing");
        add("POST", K, """{"name":"a"}""", 400, "invalid_json", "\"scope\" is missing");
        add("POST", K, """{"name":"a","scope":"root"}""", 400, "invalid_argument", "root");
        add("POST", K, """{"name":"","scope":"read"}""", 400, "invalid_name");
        add("POST", K, """{"name":"a\u0000","scope":"read"}""", 400, "invalid_name");
        add("POST", K, $$"""{"name":"{{new string('n', 129)}}","scope":"read"}""", 400, "invalid_name");
        add("POST", K, """{"name":"a","scope":"read","collections":[]}""", 400, "invalid_argument");
        add("POST", K, """{"name":"a","scope":"read","collections":["../x"]}""", 400, "invalid_name");
        add("POST", K, """{"name":"a","scope":"read","collections":[null]}""", 400, "invalid_json");
        add("POST", K, """{"name":"a","scope":"read","expires_at":"soon"}""", 400, "invalid_argument");
        add("POST", K + "/none/rotate", "{}", 404, "not_found");
        add("POST", K + "/none/rotate", """{"grace_seconds":-1}""", 400, "limit_out_of_range", "$.grace_seconds");
        add("POST", K + "/none/rotate", """{"grace_seconds":604801}""", 400, "limit_out_of_range", "$.grace_seconds");
        add("DELETE", K + "/none", null, 404, "not_found");
    }

    private static void FieldIndexes(AddRow add)
    {
        const string F = C + "/bits/field-indexes";
        add("POST", F, "{}", 400, "invalid_json", "\"field\" is missing");
        add("POST", F, """{"field":"x"}""", 400, "invalid_json", "\"type\" is missing");
        add("POST", F, """{"field":"x","type":"btree"}""", 400, "invalid_argument", "btree");
        add("POST", F, """{"field":7,"type":"keyword"}""", 400, "invalid_json", "$.field");
        add("POST", C + "/none/field-indexes", """{"field":"x","type":"keyword"}""", 404, "collection_not_found");
        add("GET", C + "/none/field-indexes", null, 404, "collection_not_found");
        add("DELETE", F + "/none", null, 404, "not_found");
        add("POST", C, """{"name":"bad","field_indexes":{"x":"btree"}}""", 400, "invalid_argument", "btree");
        add("POST", C, """{"name":"bad","field_indexes":{"x":"keyword","x":"keyword"}}""", 400, "invalid_json", "more than once");
        add("POST", C, """{"name":"bad","metric":"poincare","curvature":-1}""", 400, "limit_out_of_range");
        add("POST", C, """{"name":"bad","metric":"poincare","curvature":1e39}""", 400, "limit_out_of_range");
    }

    private static void Altering(AddRow add)
    {
        const string D = C + "/default";
        foreach ((string body, string code) in new[]
        {
            ("{}", "invalid_json"), ("""{"dimension":4}""", "invalid_json"), ("""{"metric":"l2"}""", "invalid_json"), ("""{"capacity":0}""", "limit_out_of_range"), ("""{"capacity":"10"}""", "limit_out_of_range"),
            ("""{"capacity":1.5}""", "limit_out_of_range"), ("""{"index":{"ef":0}}""", "limit_out_of_range"), ("""{"index":{"ef":65537}}""", "limit_out_of_range"), ("""{"index":{"m":8}}""", "invalid_json"),
            ("""{"vectors":{"none":{"index":{"ef":8}}}}""", "invalid_argument"), ("""{"index":{"ef":8},"vectors":{"":{"index":{"ef":9}}}}""", "invalid_argument"), ("""{"vectors":{"":{"index":7}}}""", "invalid_json"),
        })
        {
            add("PATCH", D, body, 400, code);
        }

        add("PATCH", C + "/none", """{"capacity":1}""", 404, "collection_not_found");
        add("POST", C + "/bits/vectors", """{"vector":[255,16]}""", 400, "invalid_vector");
        add("POST", C + "/bits/vectors", """{"vector":[256,1]}""", 400, "invalid_vector");
        add("POST", C + "/bits/vectors", """{"vector":[1]}""", 400, "dimension_mismatch");
        add("POST", C + "/bits/vectors", """{"vector":"/w8"}""", 400, "invalid_vector");
        add("POST", C + "/live/vectors", """{"vector":[0.5,1]}""", 400, "invalid_vector");
    }

    private static void Choosing(AddRow add)
    {
        void Post(string end, string body, string code, string detail = "") => add("POST", V + end, body, 400, code, detail);
        Post("/update", "{}", "invalid_json", "\"filter\" is missing");
        Post("/update", """{"filter":{}}""", "invalid_json", "\"metadata\" is missing");
        Post("/update", """{"filter":{},"metadata":[]}""", "invalid_json", "$.metadata");
        Post("/update", """{"filter":{"$or":7},"metadata":{"x":1}}""", "invalid_filter", "$.filter");
        Post("/update", """{"filter":{},"metadata":{"x":1},"metadata_mode":"add"}""", "invalid_argument", "add");
        Post("/update", """{"filter":{},"metadata":{"x":1e999}}""", "invalid_metadata");
        Post("/facets", "{}", "invalid_json", "\"field\" is missing");
        Post("/facets", """{"field":7}""", "invalid_json", "$.field");
        Post("/facets", """{"field":"n","limit":0}""", "limit_out_of_range", "$.limit");
        Post("/facets", """{"field":"n","limit":10001}""", "limit_out_of_range", "$.limit");
        Post("/sample", """{"limit":0}""", "limit_out_of_range", "$.limit");
        Post("/sample", """{"seed":2147483648}""", "limit_out_of_range", "$.seed");
        Post("/sample", """{"vector_format":"hex"}""", "invalid_argument", "hex");
        Post("/sample", """{"include":["vektor"]}""", "invalid_argument", "vektor");
        Post("/delete", """{"vector_ids":["0"],"filter":{}}""", "invalid_argument");
        Post("/delete", """{"filter":{"n":{"$in":7}}}""", "invalid_filter");
        Post("/search", """{"query_vector":[1,2,3],"group_size":2}""", "invalid_argument", "group_by");
        Post("/search", """{"query_vector":[1,2,3],"positive":["0"]}""", "invalid_argument", "exclude");
        Post("/search", """{"positive":[]}""", "invalid_argument", "at least one");
        Post("/search", """{"positive":["0"],"strategy":"mean"}""", "invalid_argument", "mean");
        Post("/search", """{"query_vector":[1,2,3],"negative":["0"]}""", "invalid_argument");
        Post("/search", """{"query_vector":[1,2,3],"mmr":{"lambda":2}}""", "limit_out_of_range");
        Post("/search", """{"query_vector":[1,2,3],"mmr":{"candidates":0}}""", "limit_out_of_range", "candidates");
        Post("/search", """{"query_vector":[1,2,3],"mmr":{},"group_by":"n"}""", "invalid_argument", "exclude");
        Post("/search", """{"query_vector":[1,2,3],"target_recall":0}""", "limit_out_of_range");
        Post("/search", """{"query_vector":[1,2,3],"target_recall":1.5}""", "limit_out_of_range");
        Post("/search", """{"query_vector":[1,2,3],"oversampling":0}""", "limit_out_of_range");
        Post("/search", """{"query_vector":[1,2,3],"max_distances":0}""", "limit_out_of_range", "$.max_distances");
        Post("/search", """{"query_vector":[1,2,3],"radius":1e39}""", "limit_out_of_range", "$.radius");
        Post("/search", """{"query_vector":"AACAPwAAAEA"}""", "invalid_vector", "base64");
        Post("/search", """{"query_vector":"AACAPwAAAEA="}""", "dimension_mismatch");
        Post("/search/batch", """{"searches":[{"query_vector":[1,2,3],"mmr":{}}]}""", "invalid_argument", "alone");
        add("POST", V + "/search", """{"positive":["none"]}""", 404, "not_found");
        foreach (string query in new[] { "order=down&order_by=n", "order=desc", "vector_format=hex", "include=x", "cursor=%00" })
        {
            add("GET", $"{V}?{query}", null, 400, "invalid_argument");
        }

        add("GET", V + "?filter=%7B", null, 400, "invalid_json");
        add("GET", V + "?filter=%5B%5D", null, 400, "invalid_filter", "an array");
    }

    private static void Transfer(AddRow add)
    {
        void Import(string lines, string code, string detail = "", string query = "", int status = 400) => add("POST", V + "/import" + query, lines, status, code, detail, Lines);
        Import("x\n", "invalid_json");
        Import("7\n", "invalid_json");
        Import("{}\n", "invalid_vector");
        Import("""{"vector_id":"bad","vector":[1,2]}""", "dimension_mismatch");
        Import("""{"vector_id":"bad","vector":[1,1e39,2]}""", "non_finite_vector");
        Import("""{"vector_id":"bad","vector":[1,2,3],"x":1}""", "invalid_json", "not known");
        Import("""{"vector_id":"bad","vector":[1,2,3],"created_at":"\ud800"}""", "invalid_json", "surrogate");
        Import("""{"vector_id":"bad","vector":[1,2,3]""", "invalid_json");
        Import("", "limit_out_of_range", "from_line", "?from_line=0");
        Import("", "invalid_argument", "durability", "?durability=none");
        Import("", "invalid_argument", "form_line", "?form_line=1");
        add("POST", C + "/none/vectors/import", "", 404, "collection_not_found", type: Lines);
        add("GET", V + "/export?include=vektor", null, 400, "invalid_argument", "vektor");
        add("GET", V + "/export?limit=1", null, 400, "invalid_argument", "limit");
        add("GET", C + "/none/vectors/export", null, 404, "collection_not_found");
        add("GET", C + "/none/vectors/stats", null, 404, "collection_not_found");
    }

    private static void PlainBytes(AddRow add)
    {
        void Send(string end, string body, string code, string detail = "") => add("POST", V + end, body, 400, code, detail, Bytes);
        const string Row = "\0\0\0?\0\0\0?\0\0\0?"; // three times 0.5
        Send("/search", "", "invalid_vector", "empty");
        Send("/search", "abc", "invalid_vector", "3 bytes");
        Send("/search", "\0\0\0?", "dimension_mismatch");
        Send("/search", new string('\0', 12), "zero_norm");
        Send("/search?top_k=0", Row, "limit_out_of_range", "top_k");
        Send("/search?ef=65537", Row, "limit_out_of_range", "ef");
        Send("/search?exact=yes", Row, "invalid_argument", "exact");
        Send("/search?filter=%7B", Row, "invalid_json");
        Send("/search?group_by=n", Row, "invalid_argument", "group_by");
        Send("/search/batch", Row + "\0", "dimension_mismatch");
        Send("/batch", "", "invalid_json", "no line feed");
        Send("/batch", """{"vector_ids":["x"]}""" + Row, "invalid_json", "no line feed");
        Send("/batch", "{}\n" + Row, "invalid_json", "\"vector_ids\" is missing");
        Send("/batch", "{\"vector_ids\":[\"x\",\"y\"]}\n" + Row + "\0", "dimension_mismatch");
        Send("/batch", "{\"vector_ids\":[\"x\"],\"metadata\":[]}\n" + Row, "invalid_json", "0 items");
        Send("/batch", "{\"vector_ids\":[\"x\"]}\n" + new string('\0', 12), "zero_norm");
        Send("/batch", "{\"vector_ids\":[\"\"]}\n" + Row, "invalid_id");
        add("POST", V, "x", 415, "unsupported_media_type", type: Bytes);
        add("POST", V + "/get", "x", 415, "unsupported_media_type", type: Bytes);
        add("POST", V + "/search", """{"query_vector":[1,2,3]}""", 415, "unsupported_media_type", type: "application/json; charset=latin1");
    }
}
