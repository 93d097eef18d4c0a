using System.Net;
using System.Text.Json;
using Hypervex.Server.Jobs;
using Hypervex.Server.Tests.Keys;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypervex.Server.Tests.Routes;

/// <summary>Snapshots, compactions and checkpoints as jobs; settings that are altered.</summary>
public sealed class JobRouteTests : IDisposable
{
    private const string Docs = "/api/v1/collections/docs";
    private const string Snapshots = Docs + "/snapshots";
    private const string Bytes = "application/octet-stream";
    private readonly TemporaryData _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_snapshot_is_created_listed_downloaded_deleted_uploaded_and_restored()
    {
        await using TestServer server = await StartAsync();
        await FillAsync(server, 50);
        JsonElement job = await DoneAsync(server, await server.PostAsync(Snapshots, "{}"));
        Assert.Equal(("snapshot", "docs", 50L), (job.GetProperty("kind").GetString(), job.GetProperty("collection").GetString(), job.GetProperty("records").GetInt64()));
        string name = job.GetProperty("snapshot").GetString()!;
        JsonElement listed = Assert.Single((await server.GetAsync(Snapshots)).Json.GetProperty("snapshots").EnumerateArray());
        Assert.Equal((name, job.GetProperty("bytes").GetInt64()), (listed.GetProperty("name").GetString(), listed.GetProperty("bytes").GetInt64()));

        byte[] file = await DownloadAsync(server, $"{Snapshots}/{name}");
        Assert.Equal(listed.GetProperty("bytes").GetInt64(), file.Length);
        Assert.Equal(HttpStatusCode.NoContent, (await server.DeleteAsync($"{Snapshots}/{name}")).Status);
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await OutcomeAsync(server.GetAsync($"{Snapshots}/{name}")));

        Answer uploaded = await server.SendAsync("PUT", Snapshots + "/back.hvsnap", file, Bytes);
        Assert.Equal((HttpStatusCode.Created, "back.hvsnap"), (uploaded.Status, uploaded.Json.GetProperty("name").GetString()));
        Assert.Equal((HttpStatusCode.Conflict, "already_exists"), await OutcomeAsync(server.SendAsync("PUT", Snapshots + "/back.hvsnap", file, Bytes)));

        await server.DeleteAsync(Docs + "/vectors/7");
        JsonElement restored = await DoneAsync(server, await server.PostAsync(Snapshots + "/back.hvsnap/restore", """{"replace":true}"""));
        Assert.Equal(("restore", 50L), (restored.GetProperty("kind").GetString(), restored.GetProperty("records").GetInt64()));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(Docs + "/vectors/7")).Status);

        await DoneAsync(server, await server.PostAsync(Snapshots + "/back.hvsnap/restore", """{"into":"copy"}"""));
        Assert.Equal(50, (await server.GetAsync("/api/v1/collections/copy")).Json.GetProperty("count").GetInt32());

        // Snapshots outlive their collection, and bring it back.
        await server.DeleteAsync(Docs);
        Assert.Single((await server.GetAsync(Snapshots)).Json.GetProperty("snapshots").EnumerateArray());
        await DoneAsync(server, await server.PostAsync(Snapshots + "/back.hvsnap/restore", "{}"));
        Assert.Equal(50, (await server.GetAsync(Docs)).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_job_that_fails_says_why_and_the_collection_is_what_it_was()
    {
        await using TestServer server = await StartAsync();
        await FillAsync(server, 3);
        JsonElement snapshot = await DoneAsync(server, await server.PostAsync(Snapshots, "{}"));
        JsonElement failed = await EndAsync(server, await server.PostAsync($"{Snapshots}/{snapshot.GetProperty("snapshot").GetString()}/restore", "{}"));
        Assert.Equal(("failed", "collection_exists"), (failed.GetProperty("state").GetString(), failed.GetProperty("problem").GetProperty("code").GetString()));
        Assert.Equal(3, (await server.GetAsync(Docs)).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task An_upload_that_is_no_whole_snapshot_leaves_nothing_behind()
    {
        await using TestServer server = await StartAsync();
        await FillAsync(server, 20);
        JsonElement job = await DoneAsync(server, await server.PostAsync(Snapshots, "{}"));
        byte[] file = await DownloadAsync(server, $"{Snapshots}/{job.GetProperty("snapshot").GetString()}");
        byte[] flipped = [.. file];
        flipped[file.Length / 2] ^= 4;
        foreach (byte[] bad in (byte[][])[[], [1, 2, 3], file[..^1], [.. file, 0], flipped])
        {
            Assert.Equal(((HttpStatusCode)422, "bad_snapshot"), await OutcomeAsync(server.SendAsync("PUT", Snapshots + "/bad.hvsnap", bad, Bytes)));
        }

        Assert.Single(Directory.GetFiles(Path.Combine(_data.Path, "snapshots"), "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("..%2f..%2fetc%2fpasswd.hvsnap", "invalid_name")]
    [InlineData("..hvsnap", "invalid_name")]
    [InlineData(".hvsnap", "invalid_name")]
    [InlineData("a", "invalid_name")]
    [InlineData("a.tmp", "invalid_name")]
    [InlineData("a%2fb.hvsnap", "invalid_name")]
    [InlineData("a.hvsnap.upload.tmp", "invalid_name")]
    [InlineData("none.hvsnap", "not_found")]
    public async Task Names_that_are_none_touch_no_file(string name, string code)
    {
        await using TestServer server = await StartAsync();
        await FillAsync(server, 1);
        Assert.Equal(code, (await server.GetAsync($"{Snapshots}/{name}")).Code);
        Assert.Equal(code, (await server.DeleteAsync($"{Snapshots}/{name}")).Code);
        Assert.Equal(code, (await server.PostAsync($"{Snapshots}/{name}/restore", "{}")).Code);
        Assert.Equal(code == "not_found" ? "bad_snapshot" : code, (await server.SendAsync("PUT", $"{Snapshots}/{name}", "x"u8.ToArray(), Bytes)).Code);
        Assert.Empty(Directory.Exists(Path.Combine(_data.Path, "snapshots")) ? Directory.GetFiles(Path.Combine(_data.Path, "snapshots"), "*", SearchOption.AllDirectories) : []);
    }

    [Fact]
    public async Task A_database_in_memory_keeps_no_snapshots()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FillAsync(server, 1);
        Assert.Equal("invalid_argument", (await server.PostAsync(Snapshots, "{}")).Code);
        Assert.Equal("invalid_argument", (await server.GetAsync(Snapshots)).Code);
    }

    [Fact]
    public async Task What_a_crash_left_of_an_upload_goes_before_the_next_snapshot()
    {
        string left = Path.Combine(_data.Path, "snapshots", "docs", "a.hvsnap.0123.upload.tmp");
        Directory.CreateDirectory(Path.GetDirectoryName(left)!);
        await File.WriteAllTextAsync(left, "half");
        await using TestServer server = await StartAsync();
        await FillAsync(server, 1);
        Assert.Empty((await server.GetAsync(Snapshots)).Json.GetProperty("snapshots").EnumerateArray());
        await DoneAsync(server, await server.PostAsync(Snapshots, "{}"));
        Assert.False(File.Exists(left));
    }

    [Fact]
    public async Task Compaction_and_checkpoint_are_jobs_too_and_are_remembered()
    {
        await using TestServer server = await StartAsync();
        await FillAsync(server, 20);
        Assert.Equal("compact", (await DoneAsync(server, await server.PostAsync(Docs + "/compact", "{}"))).GetProperty("kind").GetString());
        Answer begun = await server.PostAsync(Docs + "/checkpoint", "{}");
        Assert.Equal("/api/v1/jobs/" + begun.Json.GetProperty("id").GetString(), begun.Header("Location"));
        await DoneAsync(server, begun);
        Assert.Equal(["checkpoint", "compact"], (await server.GetAsync("/api/v1/jobs")).Json.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("kind").GetString()));
        Assert.Equal("not_found", (await server.GetAsync("/api/v1/jobs/none")).Code);
        Assert.Equal("not_found", (await server.DeleteAsync("/api/v1/jobs/none")).Code);
        Assert.Equal("collection_not_found", (await server.PostAsync("/api/v1/collections/none/compact", "{}")).Code);
    }

    [Fact]
    public async Task Keys_begin_see_and_cancel_only_jobs_of_their_collections()
    {
        await using KeyServer server = await KeyServer.StartAsync(TestServer.Options with { DataPath = _data.Path });
        await server.SendAsync("POST", "/api/v1/collections", """{"name":"docs","dimension":2}""", server.Admin);
        string admin = await server.CreateAsync("admin", ["docs"], server.Admin);
        string writer = await server.CreateAsync("write", ["docs"], server.Admin);
        string other = await server.CreateAsync("admin", ["other"], server.Admin);
        Assert.Equal("forbidden", (await server.SendAsync("POST", Docs + "/checkpoint", "{}", writer)).Code);
        Answer begun = await server.SendAsync("POST", Snapshots, "{}", admin);
        Assert.Equal(HttpStatusCode.Accepted, begun.Status);
        string job = "/api/v1/jobs/" + begun.Json.GetProperty("id").GetString();
        Assert.Equal("not_found", (await server.SendAsync("GET", job, null, other)).Code);
        Assert.Equal("not_found", (await server.SendAsync("DELETE", job, null, other)).Code);
        Assert.Equal("forbidden", (await server.SendAsync("DELETE", job, null, writer)).Code);
        Assert.Empty((await server.SendAsync("GET", "/api/v1/jobs", null, other)).Json.GetProperty("jobs").EnumerateArray());
        JsonElement ended;
        do
        {
            ended = (await server.SendAsync("GET", job, null, writer)).Json;
        }
        while (ended.GetProperty("state").GetString() == "running");
        Assert.Equal("done", ended.GetProperty("state").GetString());

        // A key for one collection makes no other, and replaces none.
        string restore = $"{Snapshots}/{ended.GetProperty("snapshot").GetString()}/restore";
        Assert.Equal("forbidden", (await server.SendAsync("POST", restore, """{"into":"fresh"}""", admin)).Code);
        await server.SendAsync("POST", "/api/v1/collections", """{"name":"foreign","dimension":2}""", server.Admin);
        Assert.Equal("forbidden", (await server.SendAsync("POST", restore, """{"into":"foreign","replace":true}""", admin)).Code);
        Assert.Equal(HttpStatusCode.Accepted, (await server.SendAsync("POST", restore, """{"replace":true}""", admin)).Status);
    }

    [Fact]
    public async Task One_job_works_on_a_collection_and_a_few_at_once_and_a_cancelled_one_says_so()
    {
        var runner = new JobRunner(TimeProvider.System, NullLogger.Instance);
        static Func<Wire.JobMessage, Wire.JobMessage> Wait(Job job)
        {
            job.Stopping.WaitHandle.WaitOne();
            throw new OperationCanceledException();
        }

        string first = runner.Start("snapshot", "c0", null, Wait).Id;
        Assert.Equal(ErrorCode.Overloaded, Assert.Throws<HypervexException>(() => runner.Start("compact", "c0", null, Wait)).Code);
        for (int i = 1; i < JobRunner.MostRunning; i++)
        {
            runner.Start("snapshot", $"c{i}", null, Wait);
        }

        Assert.Equal(ErrorCode.Overloaded, Assert.Throws<HypervexException>(() => runner.Start("compact", "more", null, Wait)).Code);
        Job cancelled = runner.Find(first)!;
        cancelled.Cancel();
        SpinWait.SpinUntil(() => !cancelled.IsRunning);
        Assert.Equal("cancelled", cancelled.Present.State);
        cancelled.Cancel();
        for (int i = 0; i < JobRunner.MostFinished + 20; i++)
        {
            Job quick = runner.Find(runner.Start("checkpoint", "quick", null, job => message => message with { Records = 1 }).Id)!;
            SpinWait.SpinUntil(() => !quick.IsRunning);
            Assert.Equal(("done", 1L), (quick.Present.State, quick.Present.Records));
        }

        Assert.InRange(runner.List().Count, JobRunner.MostFinished, JobRunner.MostFinished + JobRunner.MostRunning);
        Assert.Null(runner.Find(first));
        string broken = runner.Start("compact", "broken", null, _ => throw new InvalidOperationException("a defect")).Id;
        SpinWait.SpinUntil(() => !runner.Find(broken)!.IsRunning);
        Assert.Equal(("failed", "internal_error"), (runner.Find(broken)!.Present.State, runner.Find(broken)!.Present.Problem!.Code));
        await runner.StopAsync();
        Assert.All(runner.List(), job => Assert.False(job.IsRunning));
        Assert.Equal(ErrorCode.Closed, Assert.Throws<HypervexException>(() => runner.Start("compact", "late", null, Wait)).Code);
    }

    [Fact]
    public async Task A_server_stops_while_jobs_run_and_starts_again_with_what_they_finished()
    {
        await using (TestServer server = await StartAsync())
        {
            await FillAsync(server, 2_000);
            Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync(Snapshots, "{}")).Status);
        }

        await using TestServer again = await StartAsync();
        Assert.Equal(2_000, (await again.GetAsync(Docs)).Json.GetProperty("count").GetInt32());
        foreach (JsonElement snapshot in (await again.GetAsync(Snapshots)).Json.GetProperty("snapshots").EnumerateArray())
        {
            await DoneAsync(again, await again.PostAsync($"{Snapshots}/{snapshot.GetProperty("name").GetString()}/restore", """{"replace":true}"""));
        }

        Assert.Equal(2_000, (await again.GetAsync(Docs)).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Capacity_and_ef_are_altered_at_run_time_and_stay_altered()
    {
        await using (TestServer server = await StartAsync())
        {
            await FillAsync(server, 3);
            Answer altered = await server.SendAsync("PATCH", Docs, """{"capacity":3,"index":{"ef":321}}""");
            Assert.Equal((3, 321), (altered.Json.GetProperty("capacity").GetInt32(), altered.Json.GetProperty("index").GetProperty("ef").GetInt32()));
            Assert.Equal("capacity_exceeded", (await server.PostAsync(Docs + "/vectors", """{"vector":[1,1]}""")).Code);
            Assert.Equal(321, (await server.GetAsync(Docs + "/vectors/stats")).Json.GetProperty("index").GetProperty("ef").GetInt32());
        }

        await using TestServer again = await StartAsync();
        JsonElement described = (await again.GetAsync(Docs)).Json;
        Assert.Equal((3, 321), (described.GetProperty("capacity").GetInt32(), described.GetProperty("index").GetProperty("ef").GetInt32()));
        Answer unlimited = await again.SendAsync("PATCH", Docs, """{"capacity":null}""");
        Assert.Equal(JsonValueKind.Null, unlimited.Json.GetProperty("capacity").ValueKind);
        Assert.Equal(HttpStatusCode.Created, (await again.PostAsync(Docs + "/vectors", """{"vector":[1,1]}""")).Status);
    }

    [Fact]
    public async Task Durability_and_codes_are_altered_at_run_time_and_stay_altered()
    {
        await using (TestServer server = await StartAsync())
        {
            await FillAsync(server, 1500);
            JsonElement stats = (await server.GetAsync(Docs + "/vectors/stats")).Json;
            Assert.Equal(("fsync", "none"), (stats.GetProperty("durability").GetString(), stats.GetProperty("index").GetProperty("codes").GetProperty("kind").GetString()));
            Answer altered = await server.SendAsync("PATCH", Docs, """{"durability":"os","quantization":"sq4"}""");
            Assert.True(altered.Status == HttpStatusCode.OK, altered.Body);
            Assert.Equal(("os", "sq4"), (altered.Json.GetProperty("durability").GetString(), altered.Json.GetProperty("quantization").GetString()));
            do
            {
                stats = (await server.GetAsync(Docs + "/vectors/stats")).Json;
            }
            while (stats.GetProperty("index").GetProperty("codes").GetProperty("state").GetString() != "ready");
            Assert.Equal(("os", "sq4"), (stats.GetProperty("durability").GetString(), stats.GetProperty("index").GetProperty("codes").GetProperty("kind").GetString()));
            Answer named = await server.SendAsync("PATCH", Docs, """{"durability":null,"vectors":{"":{"quantization":"auto","index":{"ef":99}}}}""");
            Assert.Equal("auto", named.Json.GetProperty("quantization").GetString());
            Assert.Equal(99, named.Json.GetProperty("index").GetProperty("ef").GetInt32());
            Assert.False(named.Json.TryGetProperty("durability", out _));
        }

        await using TestServer again = await StartAsync();
        Assert.Equal("auto", (await again.GetAsync(Docs)).Json.GetProperty("quantization").GetString());
        Answer created = await again.PostAsync("/api/v1/collections", """{"name":"logs","durability":"batch"}""");
        Assert.Equal("batch", created.Json.GetProperty("durability").GetString());
    }

    [Theory]
    [InlineData("{}", "invalid_json")]
    [InlineData("""{"capacity":9,"durability":"never"}""", "invalid_argument")]
    [InlineData("""{"capacity":9,"durability":1}""", "invalid_json")]
    [InlineData("""{"capacity":9,"quantization":"sq2"}""", "invalid_argument")]
    [InlineData("""{"capacity":9,"quantization":8}""", "invalid_json")]
    [InlineData("""{"capacity":9,"vectors":{"none":{"quantization":"sq8"}}}""", "invalid_argument")]
    [InlineData("""{"quantization":"sq8","vectors":{"":{"quantization":"sq4"}}}""", "invalid_argument")]
    [InlineData("""{"capacity":0}""", "limit_out_of_range")]
    [InlineData("""{"index":{"ef":0}}""", "limit_out_of_range")]
    [InlineData("""{"index":{"ef":65537}}""", "limit_out_of_range")]
    [InlineData("""{"index":{"m":8}}""", "invalid_json")]
    [InlineData("""{"metric":"l2"}""", "invalid_json")]
    [InlineData("""{"capacity":9,"vectors":{"none":{"index":{"ef":9}}}}""", "invalid_argument")]
    [InlineData("""{"index":{"ef":9},"vectors":{"":{"index":{"ef":9}}}}""", "invalid_argument")]
    public async Task An_alteration_that_is_not_right_alters_nothing(string body, string code)
    {
        await using TestServer server = await TestServer.StartAsync();
        await FillAsync(server, 1);
        string before = (await server.GetAsync(Docs)).Body;
        Answer refused = await server.SendAsync("PATCH", Docs, body);
        Assert.True(refused.Code == code, refused.Body);
        Assert.Equal(before, (await server.GetAsync(Docs)).Body);
    }

    private static async Task FillAsync(TestServer server, int count)
    {
        await server.PostAsync("/api/v1/collections", """{"name":"docs","dimension":2}""");
        string records = string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"vector_id":"{{i}}","vector":[{{i + 1}},1]}"""));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Docs + "/vectors/batch", $$"""{"vectors":[{{records}}]}""")).Status);
    }

    private static async Task<JsonElement> EndAsync(TestServer server, Answer begun)
    {
        Assert.True(begun.Status == HttpStatusCode.Accepted, begun.Body);
        JsonElement job;
        do
        {
            job = (await server.GetAsync("/api/v1/jobs/" + begun.Json.GetProperty("id").GetString())).Json;
        }
        while (job.GetProperty("state").GetString() == "running");
        return job;
    }

    private static async Task<JsonElement> DoneAsync(TestServer server, Answer begun)
    {
        JsonElement job = await EndAsync(server, begun);
        Assert.True(job.GetProperty("state").GetString() == "done", job.ToString());
        return job;
    }

    private static async Task<byte[]> DownloadAsync(TestServer server, string path)
    {
        using var http = new HttpClient();
        return await http.GetByteArrayAsync(new Uri(server.Address, path));
    }

    private static async Task<(HttpStatusCode Status, string? Code)> OutcomeAsync(Task<Answer> request)
    {
        Answer answer = await request;
        return (answer.Status, answer.Code);
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(TestServer.Options with { DataPath = _data.Path });
}
