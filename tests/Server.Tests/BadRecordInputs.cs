namespace Hypervex.Server.Tests;

/// <summary>Bad input of the routes on records, searches and collections, and for routes that there are not.</summary>
internal static class BadRecordInputs
{
    private const string V = "/api/v1/vectors";
    private const string S = V + "/search";
    private const string C = "/api/v1/collections";

    /// <summary>All of them; each leaves the database as it is.</summary>
    public static List<BadInput> All()
    {
        var rows = new List<BadInput>();
        void Add(string method, string path, string? body, int status, string code, string detail = "") => rows.Add(new BadInput(method, path, body, status, code, detail));
        void Post(string path, string body, string code, string detail = "") => Add("POST", path, body, 400, code, detail);

        // Vectors, at every door.
        foreach ((string vector, string code, string detail) in new[]
        {
            ("[1,NaN,3]", "non_finite_vector", "[1]"), ("[Infinity,2,3]", "non_finite_vector", "[0]"), ("[1,2,-Infinity]", "non_finite_vector", "[2]"),
            ("[1,1e39,3]", "non_finite_vector", "[1]"), ("[1,2,-1e39]", "non_finite_vector", "[2]"), ("[1e400,2,3]", "non_finite_vector", "[0]"),
            ("[1e38,1e38,1e38]", "non_finite_vector", ""), ("[0,0,0]", "zero_norm", ""), ("[0,-0.0,1e-60]", "zero_norm", ""),
            ("[]", "invalid_vector", "empty"), ("[ ]", "invalid_vector", "empty"), ("[1,2]", "dimension_mismatch", ""), ("[1,2,3,4]", "dimension_mismatch", ""),
            ("[1,\"2\",3]", "invalid_vector", "a string"), ("[1,\"NaN\",3]", "invalid_vector", "a string"), ("[[1,2,3]]", "invalid_vector", "an array"),
            ("[1,[2],3]", "invalid_vector", "an array"), ("[1,{},3]", "invalid_vector", "an object"), ("[1,null,3]", "invalid_vector", "null"),
            ("[1,true,3]", "invalid_vector", "a boolean"), ("\"1,2,3\"", "invalid_vector", ""), ("{}", "invalid_vector", ""), ("7", "invalid_vector", ""),
            ("[1,2,]", "invalid_json", "line 1"), ("[1,,3]", "invalid_json", ""), ("[,1]", "invalid_json", ""), ("[1 2 3]", "invalid_json", ""), ("[01,2,3]", "invalid_json", ""),
            ("[+1,2,3]", "invalid_json", ""), ("[.5,2,3]", "invalid_json", ""), ("[1.,2,3]", "invalid_json", ""), ("[1e,2,3]", "invalid_json", ""),
            ("[0x1,2,3]", "invalid_json", ""), ("[1,2,3", "invalid_json", ""), ("[1,2,3}", "invalid_json", ""), ("[nul,2,3]", "invalid_json", ""),
        })
        {
            Post(V, $$"""{"vector_id":"bad","vector":{{vector}}}""", code, detail);
            Post(S, $$"""{"query_vector":{{vector}}}""", code, detail);
        }

        foreach ((string path, string before, string after) in new[]
        {
            (V + "/batch", """{"vectors":[{"vector":[1,2,3]},{"vector":""", "}]}"), (S + "/batch", """{"searches":[{"query_vector":[1,2,3]},{"query_vector":""", "}]}"),
            ("/insert", """{"vector":""", "}"), ("/update", """{"id":"0","vector":""", "}"), ("/search", """{"query_vector":""", "}"), ("/search", """{"vector":""", "}"),
        })
        {
            Post(path, before + "[1,1e39,3]" + after, "non_finite_vector", "[1]");
            Post(path, before + "[1,2]" + after, "dimension_mismatch");
            Post(path, before + "[0,0,0]" + after, "zero_norm");
            Post(path, before + "[]" + after, "invalid_vector");
            Post(path, before + "[1,\"2\",3]" + after, "invalid_vector");
        }

        Add("PUT", V + "/0", """{"vector":[1,2]}""", 400, "dimension_mismatch");
        Add("PUT", V + "/0", """{"vector":[1,NaN,2]}""", 400, "non_finite_vector", "[1]");
        Post(V, """{"vector_id":"bad"}""", "invalid_vector", "no vector");
        Post(V, """{"vector_id":"bad","vector":null}""", "invalid_vector");
        Post(V, """{"vector_id":"bad","vectors":{"title":[1,2,3]}}""", "invalid_argument", "title");
        Post(V, """{"vector_id":"bad","vectors":{"":[1,2,3],"":[1,2,3]}}""", "invalid_json", "more than once");
        Post(V, """{"vector_id":"bad","vectors":{"":null}}""", "invalid_vector");
        Post(V, """{"vector_id":"bad","vector":[1,2,3],"vectors":{"":[1,2,3]}}""", "invalid_vector", "two vectors");
        Post(S, "{}", "invalid_vector", "missing");
        Post(S, """{"query_vector":[1,2,3],"vector_id":"0"}""", "invalid_argument", "exclude");
        Post("/search", "{}", "invalid_vector", "missing");
        Post("/search", """{"query_vector":[1,2,3],"vector":[1,2,3]}""", "invalid_argument", "exclude");
        Post("/insert", """{"id":"bad"}""", "invalid_vector");

        // Numbers with a range.
        foreach (string number in new[] { "0", "-1", "1.5", "\"10\"", "2147483648", "9223372036854775808", "1e3", "-0", "10001" })
        {
            Post(S, $$"""{"query_vector":[1,2,3],"top_k":{{number}}}""", "limit_out_of_range", "$.top_k");
            Post("/search", $$"""{"query_vector":[1,2,3],"k":{{number}}}""", "limit_out_of_range", "$.k");
        }

        foreach (string number in new[] { "0", "-1", "1.5", "\"10\"", "2147483648", "9223372036854775808", "65537" })
        {
            Post(S, $$"""{"query_vector":[1,2,3],"ef":{{number}}}""", "limit_out_of_range", "$.ef");
            Post(C, $$"""{"name":"bad","dimension":{{number}}}""", "limit_out_of_range", "$.dimension");
            Post(C, $$$"""{"name":"bad","index":{"m":{{{number}}}}}""", "limit_out_of_range", "$.index.m");
        }

        foreach (string number in new[] { "0", "-1", "1.5", "%2210%22", "abc", "2147483648", "9223372036854775808", "10001", "", "+5", "%205", "1e3" })
        {
            Add("GET", $"{V}?limit={number}", null, 400, "limit_out_of_range", "limit");
            Add("POST", $"/search?top_k={number}", """{"vector":[1,2,3]}""", 400, "limit_out_of_range", "top_k");
        }

        Post(S + "/batch", """{"searches":[{"query_vector":[1,2,3],"top_k":0}]}""", "limit_out_of_range", "$.searches[0].top_k");
        Post(S + "/batch", $$"""{"searches":[{{string.Join(',', Enumerable.Repeat("""{"query_vector":[1,2,3],"top_k":10000}""", 11))}}]}""", "limit_out_of_range", "100000");
        Post(S + "/batch", $$"""{"searches":[{{string.Join(',', Enumerable.Repeat("""{"query_vector":[1,2,3],"top_k":1}""", 1_001))}}]}""", "limit_out_of_range", "1000");
        Post(V + "/batch", """{"vectors":[]}""", "limit_out_of_range");
        Post(V + "/delete", """{"vector_ids":[]}""", "limit_out_of_range");
        Post(V + "/get", $$"""{"vector_ids":[{{string.Join(',', Enumerable.Repeat("\"a\"", 10_001))}}]}""", "limit_out_of_range", "10000");
        Post(C, """{"name":"bad","capacity":0}""", "limit_out_of_range", "$.capacity");
        Post(C, """{"name":"bad","capacity":-5}""", "limit_out_of_range", "$.capacity");
        Post(C, """{"name":"bad","index":{"ef_construction":4097}}""", "limit_out_of_range", "$.index.ef_construction");
        Post(S, """{"query_vector":[1,2,3],"timeout_ms":0}""", "limit_out_of_range", "$.timeout_ms");
        Post(S, """{"query_vector":[1,2,3],"min_score":1e39}""", "limit_out_of_range", "$.min_score");

        // JSON in the strict sense.
        foreach ((string path, string body, string detail) in new[]
        {
            (V, "", "empty"), (V, " ", ""), (V, "{", ""), (V, "null", "expected an object, found null"), (V, "[]", "expected an object, found an array"), (V, "7", ""), (V, "\"x\"", ""),
            (V, """{"vector":[1,2,3]} x""", ""), (V, """{"vector":[1,2,3]}{}""", ""), (V, """{"vector":[1,2,3]},""", ""), (V, """{"vector":[1,2,3],}""", ""),
            (V, """{"vector":[1,2,3],"vector":[1,2,3]}""", "$: the key \"vector\" appears more than once"), (V, """{"vector":[1,2,3],"v\u0065ctor":[1,2,3]}""", "more than once"),
            (V, """{"vector":[1,2,3],"color":1}""", "\"color\" is not known"), (V, """{"vector":[1,2,3],"Vector":[1,2,3]}""", "not known"), (V, """{"vector":[1,2,3],"":1}""", "not known"),
            (V, """{"vector":[1,2,3],"vector_id":7}""", "$.vector_id: expected a string, found a number"), (V, """{"vector":[1,2,3],"document":{}}""", "$.document"),
            (V, """{"vector":[1,2,3],"metadata":[]}""", "$.metadata"), (V, """{"vector":[1,2,3],"metadata":"x"}""", "$.metadata"), (V, """{"vector":[1,2,3],"version":{}}""", "$.version"),
            (V, """{"vector":[1,2,3],"metadata":{"a":1,"a":2}}""", "$.metadata"), (V, """{"vector":[1,2,3],"metadata":{"a":"\ud800"}}""", "$.metadata.a"),
            (V, """{"vector":[1,2,3],"vector_id":"\ud83d"}""", "$.vector_id"), (V, """{"vector":[1,2,3],"vector_id":"\udc00\ud800"}""", "surrogate"), (V, """{"vector":[1,2,3],"\ud800":1}""", ""),
            (V, """{"vector":[1,2,3],"document":"a\qb"}""", ""), (V, "{\"vector\":[1,2,3],\"document\":\"a\nb\"}", "line 1"), (V, """{'vector':[1,2,3]}""", ""), (V, """{"vector":[1,2,3]/**/}""", ""),
            (V, """{"vector":[1,2,3],"created_at":"2020-01-01T00:00:00\ud800"}""", "$.created_at"), (V, """{"vector":[1,2,3],"updated_at":"\ud800"}""", "$.updated_at"),
            (V, """{"vector":[1,2,3],"updated_at":[1]}""", "$.updated_at"), (S, """{"query_vector":[1,2,3],"exact":1}""", "$.exact: expected true or false, found a number"),
            (S, """{"query_vector":[1,2,3],"exact":"true"}""", "$.exact"), (S, """{"query_vector":[1,2,3],"top_k":true}""", "$.top_k"), (S, """{"query_vector":[1,2,3],"top_k":[]}""", "$.top_k"),
            (S, """{"query_vector":[1,2,3],"include":"metadata"}""", "$.include"), (S, """{"query_vector":[1,2,3],"include":[7]}""", "$.include[0]"), (S, """{"query_vector":[1,2,3],"include":[null]}""", "$.include[0]"),
            (S, """{"query_vector":[1,2,3],"filter":7}""", "$.filter"), (S, """{"query_vector":[1,2,3],"min_score":"0.5"}""", "$.min_score"),
            (S, """{"vector":[1,2,3]}""", "known are query_vector"), (S, """{"vector_id":7}""", "$.vector_id"), (S, """{"query_vector":[1,2,3],"using":1}""", "$.using"),
            (V + "/batch", "{}", "\"vectors\" is missing"), (V + "/batch", """{"vectors":null}""", "$.vectors"), (V + "/batch", """{"vectors":{}}""", "$.vectors"), (V + "/batch", """{"vectors":[7]}""", "$.vectors[0]"),
            (V + "/batch", """{"vectors":[{"vector":[1,2,3]},{"vector":[1,2,3],"x":1}]}""", "$.vectors[1]"), (V + "/batch", """{"vectors":[{"vector":[1,2,3]}],"partial":1}""", "$.partial"),
            (V + "/get", "{}", "\"vector_ids\" is missing"), (V + "/get", """{"vector_ids":"a"}""", "$.vector_ids"), (V + "/get", """{"vector_ids":["a",7]}""", "$.vector_ids[1]"), (V + "/get", """{"vector_ids":["a"],"ids":["a"]}""", "twice"),
            (V + "/delete", """{"vector_ids":[null]}""", "$.vector_ids[0]"), (V + "/delete", """{"vector_ids":["0"],"include":[]}""", "not known"), (V + "/count", """{"where":{}}""", "not known"),
            (S + "/batch", "{}", "\"searches\" is missing"), (S + "/batch", """{"searches":[[]]}""", "$.searches[0]"), (S + "/batch", """{"searches":[{"query_vector":[1,2,3],"x":1}]}""", "$.searches[0]"),
            (C, "{}", "\"name\" is missing"), (C, """{"name":7}""", "$.name"), (C, """{"name":"bad","size":3}""", "not known"), (C, """{"name":"bad","index":"hnsw"}""", "$.index"), (C, """{"name":"bad","index":{"x":1}}""", "$.index"),
            (C, """{"name":"bad","vectors":{"a":7}}""", "$.vectors.a"), (C, """{"name":"bad","vectors":{"a":{},"a":{}}}""", "more than once"), (C, """{"name":"bad","metric":2}""", "$.metric"),
            ("/insert", """{"vector":[1,2,3],"document":"x"}""", "not known"), ("/delete", """{"id":"0","vector":[1]}""", "not known"), ("/delete", """{"id":true}""", "$.id"), ("/search", """{"query_vector":[1,2,3],"top_k":1}""", "not known"),
        })
        {
            Post(path, body, "invalid_json", detail);
        }

        Add("PUT", V + "/0", """{"vektor":[1,2,3]}""", 400, "invalid_json", "not known");
        Add("PUT", V + "/0", "", 400, "invalid_json", "empty");
        string Deep(int levels) => string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels);
        Post(V, $$"""{"vector":[1,2,3],"metadata":{{Deep(9)}}}""", "invalid_metadata", "$.metadata");
        Post(V, $$"""{"vector":[1,2,3],"version":{{new string('[', 10_000)}}}""", "invalid_json");
        Post(V, new string('[', 10_000), "invalid_json");
        Post(V, string.Concat(Enumerable.Repeat("{\"metadata\":", 10_000)), "invalid_json");
        Post(S, $$"""{"query_vector":[1,2,3],"filter":{{string.Concat(Enumerable.Repeat("{\"$not\":", 10_000))}}""", "invalid_json");

        // Contents.
        Post(V, """{"vector_id":"","vector":[1,2,3]}""", "invalid_id");
        Post(V, $$"""{"vector_id":"{{new string('x', 513)}}","vector":[1,2,3]}""", "invalid_id", "512");
        Post(V, $$"""{"vector_id":"{{new string('ä', 257)}}","vector":[1,2,3]}""", "invalid_id", "512");
        Post(V + "/get", """{"vector_ids":[""]}""", "invalid_id");
        Post(V + "/delete", """{"vector_ids":["0",""]}""", "invalid_id");
        Post("/delete", "{}", "invalid_id");
        Post("/update", """{"vector":[1,2,3]}""", "invalid_id");
        Add("GET", V + "/", null, 400, "invalid_id", "empty");
        Add("DELETE", V + "/", null, 400, "invalid_id", "empty");
        Add("GET", V + "/%zz", null, 400, "invalid_id");
        Add("GET", V + "/%2", null, 400, "invalid_id");
        Add("GET", V + "/%FF%FE", null, 400, "invalid_id");
        Add("GET", V + "/%ED%A0%80", null, 400, "invalid_id");
        Add("GET", $"{V}/{new string('x', 513)}", null, 400, "invalid_id", "512");
        Post(V, $$$"""{"vector":[1,2,3],"metadata":{"a":"{{{new string('x', 70_000)}}}"}}""", "invalid_metadata", "$.metadata");
        Post(V, """{"vector":[1,2,3],"metadata":{"a":9223372036854775808}}""", "invalid_metadata", "int64");
        Post(V, """{"vector":[1,2,3],"metadata":{"a":1e999}}""", "invalid_metadata");
        Post(V, $$"""{"vector":[1,2,3],"document":"{{new string('x', (1024 * 1024) + 1)}}"}""", "invalid_document");
        Post(S, """{"query_vector":[1,2,3],"filter":{"n":{"$near_to":1}}}""", "invalid_filter", "$.filter");
        Post(S, """{"query_vector":[1,2,3],"filter":{"$or":7}}""", "invalid_filter", "$.filter");
        Post(S, """{"query_vector":[1,2,3],"filter":{"a":1,"a":2}}""", "invalid_json", "$.filter.a: the key appears more than once");
        Post(S, $$$"""{"query_vector":[1,2,3],"filter":{"$or":[{{{string.Join(',', Enumerable.Repeat("""{"a":1}""", 300))}}}]}}""", "invalid_filter", "256");
        Post(V + "/count", """{"filter":{"n":{"$in":7}}}""", "invalid_filter", "$.filter");
        Post(S, """{"query_vector":[1,2,3],"include":["vektor"]}""", "invalid_argument", "vektor");
        Post(S, """{"query_vector":[1,2,3],"using":"none"}""", "invalid_argument", "none");
        Add("PUT", V + "/0", """{"metadata":{},"metadata_mode":"append"}""", 400, "invalid_argument", "append");
        Add("PUT", V + "/0", """{"vector_id":"1"}""", 400, "invalid_argument", "cannot be changed");
        Post(C, """{"name":"bad","metric":"euclid"}""", "invalid_argument", "cosine");
        Post(C, """{"name":"bad","quantization":"zip"}""", "invalid_argument", "none");
        Post(C, """{"name":"bad","index":{"type":"ivf"}}""", "invalid_argument", "hnsw");
        Post(C, """{"name":"bad","dimension":3,"vectors":{"a":{}}}""", "invalid_argument", "excludes");
        Post(C, """{"name":"bad","vectors":{}}""", "invalid_argument");
        Post(C, """{"name":"bad","vectors":{"../x":{}}}""", "invalid_name");
        foreach (string name in new[] { "", "../x", "/etc/passwd", "..%2f..%2fetc", "a\\u0000b", new string('n', 300), "a b", "ä", ".hidden", "-x" })
        {
            Post(C, $$"""{"name":"{{name}}"}""", "invalid_name");
        }

        Add("GET", V + "?cursor=x", null, 400, "invalid_argument");
        Add("GET", V + "?curser=x", null, 400, "invalid_argument", "curser");
        Add("GET", V + "?limit=1&limit=2", null, 400, "invalid_argument", "more than once");
        Add("GET", V + "/0?include=vektor", null, 400, "invalid_argument", "vektor");
        Add("GET", "/readyz?key=1", null, 400, "invalid_argument", "key");
        Add("POST", "/search?top_k=3", """{"query_vector":[1,2,3]}""", 400, "invalid_argument", "top_k");

        // Records and collections that are not there.
        Add("GET", V + "/none", null, 404, "not_found", "none");
        Add("PUT", V + "/none", "{}", 404, "not_found");
        Add("DELETE", V + "/none", null, 404, "not_found");
        Add("POST", S, """{"vector_id":"none"}""", 404, "not_found");
        Add("POST", "/update", """{"id":"none","vector":[1,2,3]}""", 404, "not_found");
        Add("POST", "/delete", """{"id":"none"}""", 404, "not_found");
        Add("GET", C + "/none", null, 404, "collection_not_found");
        Add("DELETE", C + "/none", null, 404, "collection_not_found");
        Add("POST", C + "/none/vectors", """{"vector":[1,2,3]}""", 404, "collection_not_found");
        Add("POST", C + "/none/vectors/search", """{"query_vector":[1,2,3]}""", 404, "collection_not_found");
        Add("POST", V, """{"vector_id":"0","vector":[1,2,3]}""", 409, "already_exists");
        Add("POST", "/insert", """{"id":"0","vector":[1,2,3]}""", 409, "already_exists");
        Add("POST", C, """{"name":"default"}""", 409, "collection_exists");

        // Routes and methods.
        foreach (string path in new[] { "/api", "/api/v1", "/api/v1/", "/api/v2/vectors", "/api/v1/vector", V + "/a/b", C + "/default/records", "//", "/index.html", "/Livez", "/api/v1/vectors/search/x", "/api/v1/vectors/stats/" })
        {
            Add("GET", path, null, 404, "route_not_found");
        }

        foreach ((string method, string path) in new[]
        {
            ("PATCH", V), ("DELETE", V), ("PUT", V), ("POST", V + "/0"), ("PATCH", V + "/0"), ("GET", S), ("GET", V + "/batch"), ("GET", V + "/get"), ("GET", V + "/count"), ("GET", V + "/import"),
            ("POST", V + "/stats"), ("POST", V + "/export"), ("GET", S + "/batch"), ("DELETE", S + "/batch"), ("PUT", C), ("POST", C + "/default"), ("POST", "/"), ("POST", "/stats"), ("GET", "/search"), ("GET", "/insert"),
            ("PUT", "/update"), ("DELETE", "/delete"), ("POST", "/livez"), ("OPTIONS", V), ("TRACE", "/"), ("FROB", V),
        })
        {
            Add(method, path, null, 405, "method_not_allowed");
        }

        return rows;
    }
}
