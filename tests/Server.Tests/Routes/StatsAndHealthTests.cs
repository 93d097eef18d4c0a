using System.Net;
using System.Text.Json;

namespace Hypervex.Server.Tests.Routes;

public sealed class StatsAndHealthTests
{
    private const string Stats = "/api/v1/vectors/stats";

    [Fact]
    public async Task Stats_say_null_until_the_first_vector_decides_the_dimension()
    {
        await using TestServer server = await TestServer.StartAsync();
        JsonElement before = (await server.GetAsync(Stats)).Json;
        Assert.Equal(
            ["count", "capacity", "dimension", "metric", "durability", "storage_path", "index", "memory", "log_bytes", "garbage_ratio", "chunk_bytes", "row_access", "scrub", "database", "last_sequence"],
            before.EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Null, before.GetProperty("dimension").ValueKind);
        Assert.Equal(JsonValueKind.Null, before.GetProperty("capacity").ValueKind);
        Assert.Equal("cosine", before.GetProperty("metric").GetString());

        await server.FillAsync([1f, 2f, 3f], [1f, 2f, 4f]);
        JsonElement after = (await server.GetAsync(Stats)).Json;
        Assert.Equal(3, after.GetProperty("dimension").GetInt32());
        Assert.Equal(2, after.GetProperty("count").GetInt64());
        JsonElement index = after.GetProperty("index");
        Assert.Equal(["type", "m", "ef_construction", "ef", "linked", "pending", "codes"], index.EnumerateObject().Select(member => member.Name));
        Assert.True(after.GetProperty("log_bytes").GetInt64() > 0);
        Assert.Equal("dimension_mismatch", (await server.PostAsync("/api/v1/vectors", """{"vector":[1,2]}""")).Code);
    }

    [Fact]
    public async Task Memory_is_shown_by_part_and_the_parts_add_up()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal(JsonValueKind.Null, (await server.GetAsync(Stats)).Json.GetProperty("memory").GetProperty("bytes_per_vector").ValueKind);
        await server.FillAsync([1f, 2f, 3f], [1f, 2f, 4f]);
        JsonElement stats = (await server.GetAsync(Stats)).Json;
        JsonElement memory = stats.GetProperty("memory");
        Assert.Equal(
            ["row_bytes", "index_bytes", "graph_bytes", "code_bytes", "record_table_bytes", "row_memory_bytes", "pending_bytes", "total_bytes", "bytes_per_vector"],
            memory.EnumerateObject().Select(member => member.Name));
        long Part(string name) => memory.GetProperty(name).GetInt64();
        Assert.Equal(Part("index_bytes"), Part("graph_bytes") + Part("code_bytes"));
        Assert.True(Part("graph_bytes") > 0);
        Assert.True(Part("total_bytes") >= Part("graph_bytes") + Part("record_table_bytes") + Part("row_memory_bytes"));
        Assert.Equal(Part("total_bytes") / 2.0, memory.GetProperty("bytes_per_vector").GetDouble());
        Assert.True(Part("row_memory_bytes") > 0); // without a disk
        Assert.Equal("memory", stats.GetProperty("row_access").GetString());
        Assert.Equal(0, stats.GetProperty("garbage_ratio").GetDouble());
        JsonElement database = stats.GetProperty("database");
        Assert.Equal(["memory_bytes", "memory_limit", "open_files"], database.EnumerateObject().Select(member => member.Name));
        Assert.True(database.GetProperty("memory_bytes").GetInt64() >= Part("total_bytes"));
    }

    [Fact]
    public async Task Settings_rule_the_default_collection()
    {
        await using TestServer server = await TestServer.StartAsync(
            TestServer.Options with { DefaultCollection = new DefaultCollectionOptions { Dimension = 2, Capacity = 5, Metric = Metric.Manhattan } });
        JsonElement stats = (await server.GetAsync(Stats)).Json;
        Assert.Equal(2, stats.GetProperty("dimension").GetInt32());
        Assert.Equal(5, stats.GetProperty("capacity").GetInt64());
        Assert.Equal("manhattan", stats.GetProperty("metric").GetString());
        Assert.Equal("dimension_mismatch", (await server.PostAsync("/api/v1/vectors", """{"vector":[1,2,3]}""")).Code);
    }

    [Fact]
    public async Task Health_and_probes_have_their_shapes()
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer health = await server.GetAsync("/api/v1/health");
        Assert.Equal(["status", "version"], health.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("healthy", health.Json.GetProperty("status").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+$", health.Json.GetProperty("version").GetString());
        Assert.Equal("""{"status":"ok"}""", (await server.GetAsync("/livez")).Body);
        Assert.Equal("""{"status":"ok"}""", (await server.GetAsync("/readyz")).Body);
    }

    [Fact]
    public async Task While_the_database_opens_every_route_that_needs_it_answers_503()
    {
        using var mayOpen = new ManualResetEventSlim();
        await using TestServer server = await TestServer.StartAsync(() =>
        {
            mayOpen.Wait();
            return Database.CreateInMemory();
        });
        try
        {
            Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/livez")).Status);
            foreach (string path in new[] { "/readyz", "/", "/stats", "/api/v1/health", "/api/v1/vectors", "/api/v1/vectors/a", Stats, "/api/v1/collections", "/api/v1/collections/a" })
            {
                Answer answer = await server.GetAsync(path);
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "opening"), (answer.Status, answer.Code));
                Assert.Equal("1", answer.Header("Retry-After"));
            }

            Answer search = await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1]}""");
            Assert.Equal("opening", search.Code);
        }
        finally
        {
            mayOpen.Set();
        }

        await server.Server.Ready;
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/readyz")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Stats)).Status);
    }

    [Fact]
    public async Task A_database_that_does_not_open_is_told_without_the_exceptions_text()
    {
        await using TestServer server = await TestServer.StartAsync(() => throw new IOException("secret detail"));
        await Assert.ThrowsAsync<IOException>(() => server.Server.Ready);
        Answer answer = await server.GetAsync("/readyz");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "storage_unavailable"), (answer.Status, answer.Code));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
    }
}
