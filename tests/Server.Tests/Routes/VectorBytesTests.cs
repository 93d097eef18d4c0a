using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

/// <summary>Vectors as base64 in JSON, and as the bytes of a body.</summary>
public sealed class VectorBytesTests
{
    private const string Vectors = "/api/v1/vectors";
    private const string Search = Vectors + "/search";
    private const string Bytes = "application/octet-stream";

    [Fact]
    public async Task Each_route_takes_base64_where_it_takes_numbers_and_stores_the_same_bits()
    {
        await using TestServer server = await TestServer.StartAsync();
        float[] vector = [1.1f, -0f, float.Epsilon, 3.4e38f / 1e30f];
        string text = Base64(vector);
        await Ok(server.PostAsync(Vectors, $$"""{"vector_id":"post","vector":"{{text}}"}"""));
        await Ok(server.PostAsync(Vectors + "/batch", $$"""{"vectors":[{"vector_id":"many","vector":"{{text}}"},{"vector_id":"put","vector":[1,1,1,1]}]}"""));
        await Ok(server.PutAsync(Vectors + "/put", $$"""{"vector":"{{text}}"}"""));
        await Ok(server.SendAsync("POST", Vectors + "/import", $$"""{"vector_id":"imported","vector":"{{text}}"}""", "application/x-ndjson"));
        await Ok(server.PostAsync("/insert", $$"""{"id":"inserted","vector":"{{text}}"}"""));
        await Ok(server.PostAsync("/insert", """{"id":"updated","vector":[1,1,1,1]}"""));
        await Ok(server.PostAsync("/update", $$"""{"id":"updated","vector":"{{text}}"}"""));
        foreach (string id in (string[])["post", "many", "put", "imported", "inserted", "updated"])
        {
            Answer packed = await Ok(server.GetAsync($"{Vectors}/{id}?vector_format=base64"));
            Assert.Equal(text, packed.Json.GetProperty("vector").GetString());
            float[] numbers = (await Ok(server.GetAsync($"{Vectors}/{id}"))).Json.GetProperty("vector").Deserialize<float[]>()!;
            Assert.Equal(vector.Select(BitConverter.SingleToInt32Bits), numbers.Select(BitConverter.SingleToInt32Bits));
        }

        string query = $$"""{"query_vector":"{{text}}","top_k":6,"exact":true}""";
        Answer found = await Ok(server.PostAsync(Search, query));
        Assert.Equal(6, found.Json.GetProperty("count").GetInt32());
        Assert.Equal((await Ok(server.PostAsync(Search, $$"""{"query_vector":{{JsonSerializer.Serialize(vector)}},"top_k":6,"exact":true}"""))).Body, found.Body);
        Assert.Equal(found.Json.GetProperty("results").GetRawText(), (await Ok(server.PostAsync(Search + "/batch", $$"""{"searches":[{{query}}]}"""))).Json.GetProperty("results")[0].GetRawText());
        Assert.Equal((await Ok(server.PostAsync("/search?top_k=6", $$"""{"vector":{{JsonSerializer.Serialize(vector)}}}"""))).Body, (await Ok(server.PostAsync("/search?top_k=6", $$"""{"vector":"{{text}}"}"""))).Body);
    }

    [Fact]
    public async Task Each_answer_with_vectors_writes_them_as_base64_when_asked_to()
    {
        await using TestServer server = await TestServer.StartAsync();
        float[] vector = [0.25f, 1e-20f];
        string text = Base64(vector);
        string record = $$"""{"vector_id":"a","vector":[0.25,1e-20]}""";
        Assert.Equal(text, (await Ok(server.PostAsync(Vectors + "?vector_format=base64", record))).Json.GetProperty("vector").GetString());
        Assert.Equal(text, (await Ok(server.PutAsync(Vectors + "/a?vector_format=base64", """{"document":"d"}"""))).Json.GetProperty("vector").GetString());
        Assert.Equal(text, (await Ok(server.GetAsync(Vectors + "?vector_format=base64"))).Json.GetProperty("vectors")[0].GetProperty("vector").GetString());
        Assert.Equal(text, (await Ok(server.GetAsync(Vectors + "?vector_format=base64&order_by=x"))).Json.GetProperty("vectors")[0].GetProperty("vector").GetString());
        Assert.Equal(text, (await Ok(server.GetAsync(Vectors + "/export?vector_format=base64"))).Json.GetProperty("vector").GetString());
        Assert.Equal(text, (await Ok(server.PostAsync(Vectors + "/get", """{"vector_ids":["a"],"vector_format":"base64"}"""))).Json.GetProperty("vectors")[0].GetProperty("vector").GetString());
        Assert.Equal(text, (await Ok(server.PostAsync(Vectors + "/sample", """{"vector_format":"base64"}"""))).Json.GetProperty("vectors")[0].GetProperty("vector").GetString());
        Assert.Equal(text, (await Ok(server.PostAsync(Search, """{"query_vector":[1,1],"include":["vector"],"vector_format":"base64"}"""))).Json.GetProperty("results")[0].GetProperty("vector").GetString());
        Answer groups = await Ok(server.PostAsync(Search + "/batch", """{"searches":[{"query_vector":[1,1],"include":["vector"],"vector_format":"base64"},{"query_vector":[1,1],"include":["vector"]}]}"""));
        Assert.Equal(text, groups.Json.GetProperty("results")[0][0].GetProperty("vector").GetString());
        Assert.Equal(JsonValueKind.Array, groups.Json.GetProperty("results")[1][0].GetProperty("vector").ValueKind);

        // An export in base64 is imported as it is.
        Answer exported = await Ok(server.GetAsync(Vectors + "/export?vector_format=base64"));
        await using TestServer other = await TestServer.StartAsync();
        await Ok(other.SendAsync("POST", Vectors + "/import", exported.Body, "application/x-ndjson"));
        Assert.Equal(text, (await Ok(other.GetAsync(Vectors + "/a?vector_format=base64"))).Json.GetProperty("vector").GetString());
    }

    [Theory]
    [InlineData("", "invalid_vector")]
    [InlineData("hello", "invalid_vector")]
    [InlineData("AACAPwAAAAA", "invalid_vector")] // no padding
    [InlineData("AACAPwAAAAA =", "invalid_vector")]
    [InlineData("AACA PwAA AAA=", "invalid_vector")]
    [InlineData("AACAPwAAAAB=", "invalid_vector")] // a bit behind the last byte
    [InlineData("AACAPwAA AAA", "invalid_vector")]
    [InlineData("AACAPwAAAAA=AACAPwAAAAA=", "invalid_vector")]
    [InlineData("AACA_wAAAAA=", "invalid_vector")] // the alphabet for URLs
    [InlineData("====", "invalid_vector")]
    [InlineData("AAAA", "invalid_vector")] // three bytes
    [InlineData("AACAPwAAAAAA", "invalid_vector")] // nine bytes
    [InlineData("AACAPw==", "dimension_mismatch")]
    [InlineData("AADAfwAAAAA=", "non_finite_vector")] // NaN
    [InlineData("AACAfwAAAAA=", "non_finite_vector")] // infinity
    [InlineData("AACAPwAAgP8=", "non_finite_vector")]
    [InlineData("AQCAfwAAAAA=", "non_finite_vector")] // a signalling NaN
    [InlineData("AAAAAAAAAAA=", "zero_norm")]
    public async Task Text_that_is_no_vector_is_refused_everywhere_and_writes_nothing(string text, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 0]);
        foreach ((string method, string path, string body) in ((string, string, string)[])[
            ("POST", Vectors, $$"""{"vector_id":"x","vector":"{{text}}"}"""),
            ("POST", Vectors + "/batch", $$"""{"vectors":[{"vector_id":"y","vector":[1,1]},{"vector_id":"x","vector":"{{text}}"}]}"""),
            ("PUT", Vectors + "/0", $$"""{"vector":"{{text}}"}"""),
            ("POST", Search, $$"""{"query_vector":"{{text}}"}"""),
            ("POST", Search + "/batch", $$"""{"searches":[{"query_vector":"{{text}}"}]}"""),
            ("POST", "/search", $$"""{"query_vector":"{{text}}"}"""),
            ("POST", "/insert", $$"""{"id":"x","vector":"{{text}}"}""")])
        {
            Answer refused = await server.SendAsync(method, path, body);
            Assert.True((refused.Status, refused.Code) == (HttpStatusCode.BadRequest, code), $"{path}: {refused.Body}");
        }

        Answer list = await server.GetAsync(Vectors);
        Assert.Equal("[1,0]", Assert.Single(list.Json.GetProperty("vectors").EnumerateArray()).GetProperty("vector").GetRawText());
    }

    [Fact]
    public async Task Escapes_in_the_text_mean_their_characters()
    {
        await using TestServer server = await TestServer.StartAsync();
        float[] vector = [BitConverter.Int32BitsToSingle(0x3bfffb3f), BitConverter.Int32BitsToSingle(0x3ffbfff3)];
        string text = Base64(vector);
        Assert.Contains('/', text);
        string escaped = text.Replace("/", "\\/", StringComparison.Ordinal).Replace("A", "\\u0041", StringComparison.Ordinal);
        await Ok(server.PostAsync(Vectors, $$"""{"vector_id":"a","vector":"{{escaped}}"}"""));
        Assert.Equal(text, (await server.GetAsync(Vectors + "/a?vector_format=base64")).Json.GetProperty("vector").GetString());
        Assert.Equal("invalid_json", (await server.PostAsync(Vectors, """{"vector_id":"b","vector":"\ud800AAA"}""")).Code);
    }

    [Fact]
    public async Task The_field_decides_whether_text_is_floats_or_bits_wherever_it_is_named()
    {
        await using TestServer server = await TestServer.StartAsync();
        const string Both = "/api/v1/collections/both/vectors";
        await Ok(server.PostAsync("/api/v1/collections", """{"name":"both","vectors":{"f":{"dimension":1,"metric":"l2"},"b":{"dimension":32,"metric":"hamming"}}}"""));
        string text = Base64([2f]); // 00 00 00 40
        await Ok(server.PostAsync(Both, $$$"""{"vector_id":"a","vectors":{"f":"{{{text}}}","b":"{{{text}}}"}}"""));
        Answer read = await Ok(server.GetAsync(Both + "/a"));
        Assert.Equal("""{"b":[0,0,0,64],"f":[2]}""", read.Json.GetProperty("vectors").GetRawText());
        Answer packed = await Ok(server.GetAsync(Both + "/a?vector_format=base64"));
        Assert.Equal($$"""{"b":"{{text}}","f":"{{text}}"}""", packed.Json.GetProperty("vectors").GetRawText());
        foreach ((string field, string far, float distance) in ((string, string, float)[])[("f", Base64([5f]), 3f), ("b", "AAAAQQ==", 1f)])
        {
            foreach (string body in (string[])[$$"""{"query_vector":"{{far}}","using":"{{field}}"}""", $$"""{"using":"{{field}}","query_vector":"{{far}}"}"""])
            {
                Answer found = await Ok(server.PostAsync(Both + "/search", body));
                Assert.Equal(distance, found.Json.GetProperty("results")[0].GetProperty("distance").GetSingle());
            }

            Answer raw = await Ok(server.SendAsync("POST", $"{Both}/search?using={field}", Convert.FromBase64String(far), Bytes));
            Assert.Equal(distance, raw.Json.GetProperty("results")[0].GetProperty("distance").GetSingle());
        }
    }

    [Fact]
    public async Task A_body_of_bytes_is_searched_with_the_options_of_the_query_as_json_is()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([.. Enumerable.Range(1, 300).Select(i => new[] { (float)i, 300f - i })]);
        foreach ((string query, string json) in ((string, string)[])[
            ("", ""),
            ("?top_k=3&ef=200&include=metadata,document", ""","top_k":3,"ef":200,"include":["metadata","document"]"""),
            ("?top_k=7&exact=true&min_score=0.9&include=", ""","top_k":7,"exact":true,"min_score":0.9,"include":[]"""),
            ("?radius=0.001&exact=true", ""","radius":0.001,"exact":true"""),
            ("?filter=%7B%22n%22%3A%7B%22%24lt%22%3A5%7D%7D&vector_format=base64&include=vector", ""","filter":{"n":{"$lt":5}},"vector_format":"base64","include":["vector"]"""),
            ("?exact=true&max_distances=64", ""","exact":true,"max_distances":64"""),
            ("?oversampling=2.5&timeout_ms=60000&exact=false", ""","oversampling":2.5,"timeout_ms":60000,"exact":false""")])
        {
            Answer expected = await Ok(server.PostAsync(Search, $$"""{"query_vector":[1,0.5]{{json}}}"""));
            Answer actual = await Ok(server.SendAsync("POST", Search + query, Packed(1, 0.5f), Bytes));
            Assert.Equal(expected.Body, actual.Body);
            Answer batch = await Ok(server.PostAsync(Search + "/batch", $$"""{"searches":[{"query_vector":[1,0.5]{{json}}},{"query_vector":[0,1]{{json}}}]}"""));
            Assert.Equal(batch.Body, (await Ok(server.SendAsync("POST", Search + "/batch" + query, Packed(1, 0.5f, 0, 1), Bytes))).Body);
        }
    }

    [Theory]
    [InlineData("/search", "", 0, "invalid_vector")]
    [InlineData("/search", "", 7, "invalid_vector")]
    [InlineData("/search", "", 4, "dimension_mismatch")]
    [InlineData("/search", "", 16, "dimension_mismatch")]
    [InlineData("/search", "?using=other", 8, "invalid_argument")]
    [InlineData("/search", "?top_k=0", 8, "limit_out_of_range")]
    [InlineData("/search", "?top_k=10001", 8, "limit_out_of_range")]
    [InlineData("/search", "?top_k=1.5", 8, "limit_out_of_range")]
    [InlineData("/search", "?ef=-1", 8, "limit_out_of_range")]
    [InlineData("/search", "?radius=NaN", 8, "limit_out_of_range")]
    [InlineData("/search", "?radius=1e39", 8, "limit_out_of_range")]
    [InlineData("/search", "?min_score=", 8, "limit_out_of_range")]
    [InlineData("/search", "?oversampling=0", 8, "limit_out_of_range")]
    [InlineData("/search", "?timeout_ms=3600001", 8, "limit_out_of_range")]
    [InlineData("/search", "?exact=yes", 8, "invalid_argument")]
    [InlineData("/search", "?vector_format=hex", 8, "invalid_argument")]
    [InlineData("/search", "?include=all", 8, "invalid_argument")]
    [InlineData("/search", "?filter=%7B", 8, "invalid_json")]
    [InlineData("/search", "?group_by=n", 8, "invalid_argument")]
    [InlineData("/search/batch", "", 12, "dimension_mismatch")]
    [InlineData("/search/batch", "?using=other", 8, "invalid_argument")]
    [InlineData("/search/batch", "?top_k=10", 8_008, "limit_out_of_range")]
    [InlineData("/search/batch", "?top_k=10000", 88, "limit_out_of_range")]
    public async Task A_body_of_bytes_that_is_no_search_is_refused(string route, string query, int length, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 0]);
        byte[] body = new byte[length];
        body.AsSpan().Fill(0x3f);
        Answer refused = await server.SendAsync("POST", Vectors + route + query, body, Bytes);
        Assert.True((refused.Status, refused.Code) == (HttpStatusCode.BadRequest, code), refused.Body);
    }

    [Fact]
    public async Task Parameters_of_a_search_go_with_bytes_only_and_bytes_only_where_they_mean_something()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 0]);
        Answer twice = await server.PostAsync(Search + "?top_k=1", """{"query_vector":[1,0]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_argument"), (twice.Status, twice.Code));
        foreach (string path in (string[])[Vectors, Vectors + "/get", Vectors + "/count", "/search"])
        {
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await server.SendAsync("POST", path, Packed(1, 0), Bytes)).Status);
        }

        Answer nan = await server.SendAsync("POST", Search, Packed(1, float.NaN), Bytes);
        Assert.Equal("non_finite_vector", nan.Code);
        Assert.Contains("component 1", nan.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Answer second = await server.SendAsync("POST", Search + "/batch", Packed(1, 0, float.PositiveInfinity, 0), Bytes);
        Assert.Equal("non_finite_vector", second.Code);
        Assert.Contains("query 1", second.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queries_before_the_first_vector_are_told_apart_by_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal("invalid_argument", (await server.SendAsync("POST", Search + "/batch", Packed(1, 0), Bytes)).Code);
        Answer one = await server.SendAsync("POST", Search, Packed(1, 0), Bytes);
        Assert.Equal((await server.PostAsync(Search, """{"query_vector":[1,0]}""")).Status, one.Status);
    }

    [Fact]
    public async Task A_batch_of_bytes_is_written_as_the_same_batch_of_json()
    {
        await using TestServer server = await TestServer.StartAsync();
        const string Header = """{"vector_ids":["a","b","a"],"metadata":[{"n":1},null,{"n":3}],"documents":[null,"text",null],"expires_at":[null,"2999-01-01T00:00:00Z",null]}""";
        Answer written = await Ok(server.SendAsync("POST", Vectors + "/batch?durability=os", Body(Header, 1, 2, 3, 4, 5, 6), Bytes));
        Assert.Equal("""{"upserted":2,"vector_ids":["a","b","a"],"superseded":[0]}""", written.Body);
        JsonElement a = (await Ok(server.GetAsync(Vectors + "/a"))).Json;
        Assert.Equal("""[5,6] {"n":3} """, $"{a.GetProperty("vector").GetRawText()} {a.GetProperty("metadata").GetRawText()} {a.GetProperty("document").GetString()}");
        JsonElement b = (await Ok(server.GetAsync(Vectors + "/b"))).Json;
        Assert.Equal("[3,4] {} text 2999-01-01T00:00:00.000Z", $"{b.GetProperty("vector").GetRawText()} {b.GetProperty("metadata").GetRawText()} {b.GetProperty("document").GetString()} {b.GetProperty("expires_at").GetString()}");

        Answer fresh = await Ok(server.SendAsync("POST", Vectors + "/batch", Body("""{"vector_ids":[null]}""", 7, 8), Bytes));
        Assert.Equal(36, fresh.Json.GetProperty("vector_ids")[0].GetString()!.Length);
        Assert.Equal("limit_out_of_range", (await server.SendAsync("POST", Vectors + "/batch", Body("""{"vector_ids":[]}"""), Bytes)).Code);
    }

    [Fact]
    public async Task A_batch_of_bytes_reaches_named_fields_and_bits()
    {
        await using TestServer server = await TestServer.StartAsync();
        const string Named = "/api/v1/collections/named/vectors";
        await Ok(server.PostAsync("/api/v1/collections", """{"name":"named","vectors":{"title":{"dimension":2},"hash":{"dimension":16,"metric":"hamming"}}}"""));
        await Ok(server.SendAsync("POST", Named + "/batch", Body("""{"using":"title","vector_ids":["a"]}""", 1, 2), Bytes));
        Assert.Equal("""{"title":[1,2]}""", (await server.GetAsync(Named + "/a")).Json.GetProperty("vectors").GetRawText());
        await Ok(server.SendAsync("POST", Named + "/batch", [.. Encoding.UTF8.GetBytes("""{"using":"hash","vector_ids":["b","c"]}""" + "\n"), 255, 1, 10, 0], Bytes));
        Assert.Equal("""{"hash":[10,0]}""", (await server.GetAsync(Named + "/c")).Json.GetProperty("vectors").GetRawText());
        Assert.Equal("invalid_argument", (await server.SendAsync("POST", Named + "/batch", Body("""{"using":"no","vector_ids":["a"]}""", 1, 2), Bytes)).Code);
    }

    [Theory]
    [InlineData("{\"vector_ids\":[\"x\",\"y\"]}", 8, "invalid_json")] // no line feed
    [InlineData("\n", 8, "invalid_json")]
    [InlineData("{}\n", 8, "invalid_json")]
    [InlineData("{\"vector_ids\":null}\n", 8, "invalid_json")]
    [InlineData("{\"vector_ids\":[\"x\"],\"vector_ids\":[\"x\"]}\n", 8, "invalid_json")]
    [InlineData("{\"vector_ids\":[\"x\"],\"vectors\":[]}\n", 8, "invalid_json")]
    [InlineData("{\"vector_ids\":[\"x\"]}{}\n", 8, "invalid_json")]
    [InlineData("{\"vector_ids\":[1]}\n", 8, "invalid_json")]
    [InlineData("{\"vector_ids\":[\"x\"],\"metadata\":[]}\n", 8, "invalid_json")]
    [InlineData("{\"vector_ids\":[\"x\"],\"documents\":[null,null]}\n", 8, "invalid_json")]
    [InlineData("{\"vector_ids\":[\"x\"],\"expires_at\":[\"soon\"]}\n", 8, "invalid_argument")]
    [InlineData("{\"vector_ids\":[\"x\"],\"metadata\":[{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}]}\n", 8, "invalid_metadata")]
    [InlineData("{\"vector_ids\":[\"x\",\"\"]}\n", 16, "invalid_id")]
    [InlineData("{\"vector_ids\":[\"x\"]}\n", 0, "invalid_vector")]
    [InlineData("{\"vector_ids\":[\"x\"]}\n", 7, "invalid_vector")]
    [InlineData("{\"vector_ids\":[\"x\",\"y\"]}\n", 15, "dimension_mismatch")]
    [InlineData("{\"vector_ids\":[\"x\",\"y\"]}\n", 8, "dimension_mismatch")]
    [InlineData("{\"vector_ids\":[\"x\"]}\n", 16, "dimension_mismatch")]
    [InlineData("{\"vector_ids\":[\"x\"]}\n", 262_148, "dimension_mismatch")]
    [InlineData("{\"vector_ids\":[]}\n", 8, "dimension_mismatch")]
    public async Task A_batch_of_bytes_with_a_fault_is_refused_as_a_whole(string header, int bytes, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 0]);
        byte[] rows = new byte[bytes];
        rows.AsSpan().Fill(0x3f);
        Answer refused = await server.SendAsync("POST", Vectors + "/batch", [.. Encoding.UTF8.GetBytes(header), .. rows], Bytes);
        Assert.True((refused.Status, refused.Code) == (HttpStatusCode.BadRequest, code), refused.Body);
        Assert.Equal(1, (await server.GetAsync(Vectors + "/stats")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_vector_of_a_batch_that_is_not_finite_is_named_by_its_record()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer refused = await server.SendAsync("POST", Vectors + "/batch", Body("""{"vector_ids":["x","y"]}""", 1, 2, 3, float.NaN), Bytes);
        Assert.Equal("non_finite_vector", refused.Code);
        Assert.Contains("\"y\": component 1 is NaN", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(Vectors + "/x")).Status);
    }

    [Fact]
    public async Task A_format_that_is_none_is_refused_before_anything_is_written()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal("invalid_argument", (await server.PostAsync(Vectors + "?vector_format=hex", """{"vector_id":"a","vector":[1]}""")).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync(Vectors + "/a")).Status);
        Assert.Equal("invalid_argument", (await server.PostAsync(Vectors + "/get", """{"vector_ids":[],"vector_format":"hex"}""")).Code);
    }

    private static async Task<Answer> Ok(Task<Answer> request)
    {
        Answer answer = await request;
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created, answer.Body);
        return answer;
    }

    private static byte[] Body(string header, params float[] components) => [.. Encoding.UTF8.GetBytes(header + "\n"), .. Packed(components)];

    private static string Base64(float[] vector) => Convert.ToBase64String(Packed(vector));

    // Byte by byte, so that it does not share the server's idea of order.
    private static byte[] Packed(params float[] components)
    {
        byte[] bytes = new byte[components.Length * 4];
        for (int i = 0; i < components.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * 4), components[i]);
        }

        return bytes;
    }
}
