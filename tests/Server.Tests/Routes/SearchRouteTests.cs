using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class SearchRouteTests
{
    private const string Vectors = "/api/v1/vectors";
    private const string Search = Vectors + "/search";

    [Fact]
    public async Task Results_come_nearest_first_with_score_distance_and_metadata()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f], [1f, 1f]);
        Answer answer = await server.PostAsync(Search, """{"query_vector":[2,0.1],"top_k":10}""");

        Assert.Equal(["results", "count"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(3, answer.Json.GetProperty("count").GetInt32());
        JsonElement[] results = [.. answer.Json.GetProperty("results").EnumerateArray()];
        Assert.Equal(["0", "2", "1"], results.Select(result => result.GetProperty("vector_id").GetString()));
        Assert.All(results, result => Assert.Equal(["vector_id", "score", "distance", "metadata"], result.EnumerateObject().Select(member => member.Name)));
        Assert.Equal("""{"n":0}""", results[0].GetProperty("metadata").GetRawText());
        double cosine = 2 / Math.Sqrt(4 + 0.01);
        Assert.Equal(cosine, results[0].GetProperty("score").GetDouble(), 1e-6);
        Assert.Equal(1 - cosine, results[0].GetProperty("distance").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task Distances_are_those_of_a_plain_loop()
    {
        const int Seed = 20_260_101;
        var random = new Random(Seed);
        float[][] vectors = [.. Enumerable.Range(0, 300).Select(_ => Enumerable.Range(0, 7).Select(_ => (random.NextSingle() * 2) - 1).ToArray())];
        float[] query = [.. Enumerable.Range(0, 7).Select(_ => random.NextSingle())];
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Metric = Metric.L2 } });
        await server.FillAsync(vectors);
        Answer answer = await server.PostAsync(Search, $$"""{"query_vector":{{JsonSerializer.Serialize(query)}},"top_k":25,"exact":true}""");

        double[] expected = [.. vectors.Select(vector => Math.Sqrt(vector.Zip(query, (a, b) => ((double)a - b) * ((double)a - b)).Sum())).Order().Take(25)];
        double[] actual = [.. answer.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("distance").GetDouble())];
        Assert.Equal(25, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public async Task Include_chooses_what_comes_with_a_result()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f]);
        async Task<IEnumerable<string>> Members(string include) =>
            (await server.PostAsync(Search, $$"""{"query_vector":[1,0],"include":{{include}}}""")).Json.GetProperty("results")[0].EnumerateObject().Select(member => member.Name);

        Assert.Equal(["vector_id", "score", "distance"], await Members("[]"));
        Assert.Equal(["vector_id", "score", "distance", "vector"], await Members("""["vector"]"""));
        Assert.Equal(["vector_id", "score", "distance", "document"], await Members("""["document"]"""));
        Assert.Equal(["vector_id", "score", "distance", "vector", "metadata", "document"], await Members("""["document","metadata","vector"]"""));
        Assert.Equal(["vector_id", "score", "distance", "metadata"], await Members("null"));
    }

    [Fact]
    public async Task A_filter_and_a_least_score_leave_only_what_fits()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f], [1f, 1f], [-1f, 0f]);
        async Task<IEnumerable<string?>> Ids(string rest) =>
            (await server.PostAsync(Search, $$"""{"query_vector":[1,0],{{rest}}}""")).Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("vector_id").GetString());

        Assert.Equal(["2", "1", "3"], await Ids(""" "filter":{"n":{"$gte":1}} """));
        Assert.Equal(["0", "2"], await Ids("\"min_score\":0.5"));
        Assert.Equal(["0", "2", "1", "3"], await Ids("\"min_score\":null,\"filter\":null,\"ef\":null,\"exact\":null,\"top_k\":null"));
    }

    [Fact]
    public async Task A_search_by_id_uses_that_records_vector_and_leaves_it_out()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f], [1f, 1f]);
        Answer answer = await server.PostAsync(Search, """{"vector_id":"0","top_k":2}""");
        Assert.Equal(["2", "1"], answer.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("vector_id").GetString()));
        Assert.Equal("not_found", (await server.PostAsync(Search, """{"vector_id":"none"}""")).Code);
    }

    [Fact]
    public async Task A_radius_brings_all_within_and_says_when_there_may_be_more()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Metric = Metric.L2 } });
        await server.FillAsync([.. Enumerable.Range(0, 30).Select(i => new[] { (float)i, 0f })]);
        Answer within = await server.PostAsync(Search, """{"query_vector":[0,0],"radius":20,"include":[]}""");
        Assert.Equal(21, within.Json.GetProperty("count").GetInt32());
        Assert.False(within.Json.TryGetProperty("limited_by", out _));
        Answer some = await server.PostAsync(Search, """{"query_vector":[0,0],"radius":20,"top_k":5,"include":[]}""");
        Assert.Equal((5, "top_k"), (some.Json.GetProperty("count").GetInt32(), some.Json.GetProperty("limited_by").GetString()));
        Assert.Equal(0, (await server.PostAsync(Search, """{"query_vector":[0,7],"radius":1}""")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_limit_on_work_is_told_in_single_and_batch_answers()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([.. Enumerable.Range(1, 300).Select(i => new[] { (float)i, 300f - i })]);
        Answer cut = await server.PostAsync(Search, """{"query_vector":[1,0],"exact":true,"max_distances":64,"include":[]}""");
        Assert.Equal("max_distances", cut.Json.GetProperty("limited_by").GetString());
        Answer batch = await server.PostAsync(Search + "/batch", """{"searches":[{"query_vector":[1,0]},{"query_vector":[1,0],"exact":true,"max_distances":64}]}""");
        Assert.Equal("""[null,"max_distances"]""", batch.Json.GetProperty("limited_by").GetRawText());
        Assert.False((await server.PostAsync(Search, """{"query_vector":[1,0],"max_distances":1000000}""")).Json.TryGetProperty("limited_by", out _));
    }

    [Fact]
    public async Task Bit_vectors_come_as_base64_or_as_bytes_and_go_as_bytes()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/v1/collections", """{"name":"bits","dimension":12,"metric":"hamming"}""")).Status);
        const string Bits = "/api/v1/collections/bits/vectors";
        Answer created = await server.PostAsync(Bits, """{"vector_id":"a","vector":"/w8="}""");
        Assert.Equal("[255,15]", created.Json.GetProperty("vector").GetRawText());
        await server.PostAsync(Bits, """{"vector_id":"b","vector":[0,1]}""");
        Answer imported = await server.SendAsync("POST", Bits + "/import", "{\"vector_id\":\"c\",\"vector\":\"AAA=\"}", "application/x-ndjson");
        Assert.Equal(HttpStatusCode.OK, imported.Status);
        foreach (string query in (string[])["\"/w8=\"", "[255,15]"])
        {
            Answer found = await server.PostAsync(Bits + "/search", $$"""{"query_vector":{{query}},"include":[]}""");
            Assert.Equal(["a 0", "b 11", "c 12"], found.Json.GetProperty("results").EnumerateArray().Select(hit => $"{hit.GetProperty("vector_id")} {hit.GetProperty("distance")}"));
        }

        foreach ((string vector, string code) in ((string, string)[])[
            ("\"/w8\"", "invalid_vector"), ("\"?\"", "invalid_vector"), ("\"\"", "invalid_vector"), ("[0,16]", "invalid_vector"), ("[0,256]", "invalid_vector"), ("[0,-1]", "invalid_vector"),
            ("[0,0.5]", "invalid_vector"), ("[0,1e39]", "non_finite_vector"), ("[0]", "dimension_mismatch"), ("\"AAAA\"", "dimension_mismatch"), ("\"//8=\"", "invalid_vector")])
        {
            foreach ((string path, string key) in ((string, string)[])[(Bits, "vector"), (Bits + "/search", "query_vector")])
            {
                Answer refused = await server.PostAsync(path, $$"""{"{{key}}":{{vector}}}""");
                Assert.Equal((HttpStatusCode.BadRequest, code), (refused.Status, refused.Code));
            }
        }
    }

    [Fact]
    public async Task Hyperbolic_points_are_found_by_geodesic_distance_and_kept_inside()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer created = await server.PostAsync("/api/v1/collections", """{"name":"ball","dimension":2,"metric":"poincare","curvature":0.25}""");
        Assert.Equal((0.25, false), (created.Json.GetProperty("curvature").GetDouble(), created.Json.GetProperty("project").GetBoolean()));
        const string Ball = "/api/v1/collections/ball/vectors";
        await server.PostAsync(Ball, """{"vector_id":"origin","vector":[0,0]}""");
        await server.PostAsync(Ball, """{"vector_id":"far","vector":[1.8,0]}""");
        Answer found = await server.PostAsync(Ball + "/search", """{"query_vector":[0,0]}""");
        Assert.Equal(4 * Math.Atanh(0.9), found.Json.GetProperty("results")[1].GetProperty("distance").GetDouble(), 1e-5);
        Assert.Equal("out_of_domain", (await server.PostAsync(Ball, """{"vector":[2,0]}""")).Code);
        Answer stats = await server.GetAsync(Ball + "/stats");
        Assert.Equal((0.25, false), (stats.Json.GetProperty("curvature").GetDouble(), stats.Json.GetProperty("project").GetBoolean()));
        Assert.Equal("out_of_domain", (await server.PostAsync(Ball + "/search", """{"query_vector":[0,-2.5]}""")).Code);

        await server.PostAsync("/api/v1/collections", """{"name":"sheet","vectors":{"":{"dimension":3,"metric":"lorentz","project":true}}}""");
        await server.PostAsync("/api/v1/collections/sheet/vectors", """{"vector_id":"a","vector":[0,0,0.75]}""");
        Answer moved = await server.GetAsync("/api/v1/collections/sheet/vectors/a");
        Assert.Equal((1, true), ((await server.GetAsync("/api/v1/collections/sheet/vectors/stats")).Json is var sheet ? (sheet.GetProperty("curvature").GetDouble(), sheet.GetProperty("project").GetBoolean()) : default));
        Assert.Equal("[1.25,0,0.75]", moved.Json.GetProperty("vector").GetRawText());
        foreach ((string setting, string code) in ((string, string)[])[
            ("\"curvature\":0", "limit_out_of_range"), ("\"curvature\":-1", "limit_out_of_range"), ("\"curvature\":1e400", "limit_out_of_range"), ("\"curvature\":\"1\"", "invalid_json"),
            ("\"project\":1", "invalid_json"), ("\"quantization\":\"sq3\"", "invalid_argument")])
        {
            Assert.Equal(code, (await server.PostAsync("/api/v1/collections", $$"""{"name":"x","dimension":2,"metric":"poincare",{{setting}}}""")).Code);
        }

        Assert.Equal("limit_out_of_range", (await server.PostAsync("/api/v1/collections", """{"name":"x","metric":"l2","curvature":2}""")).Code);
        Assert.Equal("invalid_argument", (await server.PostAsync("/api/v1/collections", """{"name":"x","metric":"l2","project":true}""")).Code);
    }

    [Fact]
    public async Task Base64_belongs_to_fields_of_bits_only()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync("/api/v1/collections", """{"name":"two","vectors":{"":{"dimension":2,"metric":"l2"},"bits":{"dimension":16,"metric":"hamming"}}}""");
        const string Two = "/api/v1/collections/two/vectors";
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync(Two, """{"vector_id":"a","vector":[1,2],"vectors":{"bits":"AQI="}}""")).Status);
        Assert.Equal("invalid_vector", (await server.PostAsync(Two, """{"vector":"AQI="}""")).Code);
        Assert.Equal("invalid_vector", (await server.PostAsync(Two + "/search", """{"query_vector":"AQI="}""")).Code);
        Answer found = await server.PostAsync(Two + "/search", """{"query_vector":"AQI=","using":"bits"}""");
        Assert.Equal(0, found.Json.GetProperty("results")[0].GetProperty("distance").GetInt32());
        Assert.Equal("invalid_argument", (await server.PostAsync("/api/v1/collections", """{"name":"x","metric":"hamming","quantization":"sq8"}""")).Code);
    }

    [Fact]
    public async Task A_flat_collection_says_so_and_searches_exactly()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer created = await server.PostAsync("/api/v1/collections", """{"name":"small","dimension":2,"metric":"l2","index":{"type":"flat"}}""");
        Assert.Equal("""{"type":"flat"}""", created.Json.GetProperty("index").GetRawText());
        const string Small = "/api/v1/collections/small/vectors";
        await server.PostAsync(Small + "/batch", """{"vectors":[{"vector_id":"a","vector":[1,0]},{"vector_id":"b","vector":[3,0]}]}""");
        Answer found = await server.PostAsync(Small + "/search", """{"query_vector":[0,0],"include":[]}""");
        Assert.Equal(["a 1", "b 3"], found.Json.GetProperty("results").EnumerateArray().Select(hit => $"{hit.GetProperty("vector_id")} {hit.GetProperty("distance")}"));
        Assert.Equal("flat", (await server.GetAsync(Small + "/stats")).Json.GetProperty("index").GetProperty("type").GetString());
        Assert.Equal("invalid_argument", (await server.PostAsync("/api/v1/collections", """{"name":"x","index":{"type":"tree"}}""")).Code);
        Assert.Equal("invalid_argument", (await server.PostAsync("/api/v1/collections", """{"name":"x","index":{"type":"flat"},"quantization":"sq4"}""")).Code);
    }

    [Fact]
    public async Task A_target_recall_is_answered_with_the_beam_it_led_to()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f]);
        Answer answer = await server.PostAsync(Search, """{"query_vector":[1,0],"target_recall":0.95,"oversampling":3}""");
        Assert.Equal((2, 0), (answer.Json.GetProperty("count").GetInt32(), answer.Json.GetProperty("ef").GetInt32())); // so few are scanned
        Answer batch = await server.PostAsync(Search + "/batch", """{"searches":[{"query_vector":[1,0],"target_recall":0.9},{"query_vector":[1,0]}]}""");
        Assert.Equal("[0,0]", batch.Json.GetProperty("ef").GetRawText());
        Assert.Equal("invalid_argument", (await server.PostAsync(Search, """{"query_vector":[1,0],"target_recall":0.95,"ef":10}""")).Code);
    }

    [Theory]
    [InlineData("\"radius\":-1")]
    [InlineData("\"radius\":1e39")]
    [InlineData("\"oversampling\":0")]
    [InlineData("\"oversampling\":0.5")]
    [InlineData("\"oversampling\":101")]
    [InlineData("\"target_recall\":0")]
    [InlineData("\"target_recall\":1")]
    [InlineData("\"target_recall\":-0.5")]
    [InlineData("\"max_distances\":0")]
    [InlineData("\"max_distances\":-1")]
    [InlineData("\"max_distances\":1.5")]
    [InlineData("\"max_distances\":9223372036854775808")]
    [InlineData("\"top_k\":10001")]
    public async Task An_option_out_of_range_is_a_bad_request(string option)
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Metric = Metric.L2 } });
        await server.FillAsync([1f, 0f]);
        Answer refused = await server.PostAsync(Search, $$"""{"query_vector":[1,0],{{option}}}""");
        Assert.Equal((HttpStatusCode.BadRequest, "limit_out_of_range"), (refused.Status, refused.Code));
        Answer batch = await server.PostAsync(Search + "/batch", $$"""{"searches":[{"query_vector":[1,0]},{"query_vector":[1,0],{{option}}}]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "limit_out_of_range"), (batch.Status, batch.Code));
    }

    [Fact]
    public async Task A_batch_of_searches_answers_each_in_order()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f], [0f, 1f]);
        Answer answer = await server.PostAsync(Search + "/batch", """{"searches":[{"query_vector":[1,0],"top_k":1},{"query_vector":[0,1],"include":[]},{"vector_id":"1","top_k":1}]}""");
        Assert.Equal(["results"], answer.Json.EnumerateObject().Select(member => member.Name));
        JsonElement[] lists = [.. answer.Json.GetProperty("results").EnumerateArray()];
        Assert.Equal(["0", "1 0", "0"], lists.Select(list => string.Join(' ', list.EnumerateArray().Select(result => result.GetProperty("vector_id").GetString()))));
        Assert.Equal("""{"results":[]}""", (await server.PostAsync(Search + "/batch", """{"searches":[]}""")).Body);
    }

    [Fact]
    public async Task An_empty_collection_finds_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Search, """{"query_vector":[1,0],"top_k":10000}""");
        Assert.Equal("""{"results":[],"count":0}""", answer.Body);
    }

    [Fact]
    public async Task Named_fields_are_searched_with_using()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.PostAsync("/api/v1/collections", """{"name":"two","vectors":{"":{"dimension":2,"metric":"l2"},"title":{"dimension":3,"metric":"l2"}}}""");
        const string Two = "/api/v1/collections/two/vectors";
        Answer created = await server.PostAsync(Two, """{"vector_id":"a","vector":[1,2],"vectors":{"title":[1,2,3]}}""");
        Assert.Equal("""{"title":[1,2,3]}""", created.Json.GetProperty("vectors").GetRawText());
        await server.PostAsync(Two, """{"vector_id":"b","vectors":{"title":[4,5,6]}}""");

        Answer found = await server.PostAsync(Two + "/search", """{"query_vector":[4,5,6],"using":"title","include":["vectors"]}""");
        Assert.Equal(["b", "a"], found.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("vector_id").GetString()));
        Assert.Equal("""{"title":[4,5,6]}""", found.Json.GetProperty("results")[0].GetProperty("vectors").GetRawText());
        Assert.Equal("invalid_argument", (await server.PostAsync(Two + "/search", """{"query_vector":[4,5,6],"using":"none"}""")).Code);
        Assert.Equal("dimension_mismatch", (await server.PostAsync(Two + "/search", """{"query_vector":[4,5,6]}""")).Code);
        Answer stats = await server.GetAsync(Two + "/stats");
        Assert.Equal(3, stats.Json.GetProperty("vectors").GetProperty("title").GetProperty("dimension").GetInt32());
    }

    [Fact]
    public async Task An_answer_with_too_many_vector_components_is_refused_before_the_search()
    {
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxAnswerComponents = 9 } });
        await server.FillAsync([1f, 0f], [0f, 1f], [1f, 1f], [2f, 1f], [3f, 1f]);
        Answer refused = await server.PostAsync(Search, """{"query_vector":[1,0],"top_k":5,"include":["vector"]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "limit_out_of_range"), (refused.Status, refused.Code));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Search, """{"query_vector":[1,0],"top_k":4,"include":["vector"]}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Search, """{"query_vector":[1,0],"top_k":5}""")).Status);
    }

    [Fact]
    public async Task A_deadline_that_is_far_away_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1f, 0f]);
        Assert.Equal(1, (await server.PostAsync(Search, """{"query_vector":[1,0],"timeout_ms":60000}""")).Json.GetProperty("count").GetInt32());
    }
}
