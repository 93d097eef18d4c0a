using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

public sealed class ServeTests : IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _sandbox.Dispose();
    }

    [Fact]
    public async Task One_line_names_the_address_and_the_server_is_ready_then()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);

        using HttpResponseMessage ready = await _http.GetAsync(new Uri(server.Address + "/readyz"));
        ProgramRun end = await server.StopAsync();

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.StartsWith($"Hypervex serves {_sandbox.Data} on http://127.0.0.1:", server.ReadyLine, StringComparison.Ordinal);
        Assert.True(end.ExitCode == 0, end.ToString());
        Assert.Empty(end.Output);
    }

    [Fact]
    public async Task With_json_the_line_is_an_object()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data, "--json");

        Assert.StartsWith("http://127.0.0.1:", (string?)JsonNode.Parse(server.ReadyLine)!["address"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_written_through_the_server_is_there_after_it_has_ended()
    {
        await using (ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data))
        {
            using HttpResponseMessage answer = await _http.PostAsJsonAsync(
                new Uri(server.Address + "/api/v1/vectors"), new { vector_id = "a", vector = new[] { 1.5f, -2f }, document = "kept" });
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        }

        ProgramRun run = await HypervexProcess.RunAsync("get", "a", "--json", "--data", _sandbox.Data);

        Assert.Equal("kept", (string?)run.Json["document"]);
        Assert.Equal([1.5f, -2f], run.Json["vector"]!.AsArray().Select(x => (float)x!));
    }

    [Theory]
    [InlineData("--pending-limit", "64", "63")]
    [InlineData("--memory-limit", "67108864", "0")]
    [InlineData("--scrub-days", "0", "3651")]
    [InlineData("--tombstone-retention-hours", "24", "87601")]
    public async Task A_limit_is_taken_in_its_range_and_refused_beyond_it(string flag, string good, string bad)
    {
        ProgramRun refused = await HypervexProcess.RunAsync("serve", "--data", _sandbox.Data, flag, bad);
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains(flag, refused.Error, StringComparison.Ordinal);
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data, flag, good);
        using HttpResponseMessage ready = await _http.GetAsync(new Uri(server.Address + "/readyz"));
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    [Fact]
    public async Task The_environment_decides_and_flags_win()
    {
        Dictionary<string, string?> environment = new() { ["STORAGE_PATH"] = _sandbox.Data, ["VECTOR_METRIC"] = "dot", ["VECTOR_DIMENSION"] = "3", ["VECTOR_CAPACITY"] = "7" };
        await using ServerProcess server = await ServerProcess.StartAsync(environment, data: null, "--metric", "l2");

        JsonObject stats = (await _http.GetFromJsonAsync<JsonObject>(new Uri(server.Address + "/api/v1/vectors/stats")))!;

        Assert.Equal("l2", (string?)stats["metric"]);
        Assert.Equal(3, (int?)stats["dimension"]);
        Assert.Equal(7, (long?)stats["capacity"]);
        Assert.True(Directory.Exists(_sandbox.Data));
    }

    [Fact]
    public async Task The_settings_are_printed_with_where_they_came_from_and_nothing_is_served()
    {
        string file = _sandbox.Write("settings.json", """{"max_connections": 7, "scrub_days": 1, /* ours */ "pending_limit": 100}""");
        Dictionary<string, string?> environment = new() { ["HYPERVEX_CONFIG"] = file, ["HYPERVEX_SCRUB_DAYS"] = "2", ["HYPERVEX_PENDING_LIMIT"] = "200" };
        string[] command = ["serve", "--data", _sandbox.Data, "--pending-limit", "300", "--max-body-bytes", "4096", "--print-config"];
        ProgramRun text = await HypervexProcess.RunAsync(environment, null, command);
        Assert.True(text.ExitCode == ExitCode.Ok, text.ToString());
        string[][] lines = [.. text.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries))];
        foreach (string[] expected in (string[][])[["data_path", _sandbox.Data, "flag --data"], ["max_connections", "7", "file " + file], ["scrub_days", "2", "environment HYPERVEX_SCRUB_DAYS"], ["pending_limit", "300", "flag --pending-limit"], ["max_body_bytes", "4096", "flag --max-body-bytes"], ["memory_limit", "-", "default"]])
        {
            Assert.Contains(expected, lines);
        }

        JsonArray settings = (await HypervexProcess.RunAsync(environment, null, [.. command, "--json"])).Json["settings"]!.AsArray();
        Assert.Equal(lines.Select(line => line[0]), settings.Select(setting => (string)setting!["key"]!));
        Assert.Equal("file " + file, (string?)settings.Single(setting => (string?)setting!["key"] == "max_connections")!["source"]);
        Assert.False(Directory.Exists(_sandbox.Data));
        ProgramRun refused = await HypervexProcess.RunAsync("serve", "--config", _sandbox.Write("wrong.json", """{"max_conections": 7}"""));
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("max_conections", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--listen 0.0.0.0:0", 2)]
    [InlineData("--listen nonsense", 2)]
    [InlineData("--metric euclid", 2)]
    public async Task What_cannot_be_served_is_refused(string arguments, int exitCode)
    {
        ProgramRun run = await HypervexProcess.RunAsync(["serve", "--data", _sandbox.Data, .. arguments.Split(' ')]);

        Assert.True(run.ExitCode == exitCode, run.ToString());
        Assert.Empty(run.Output);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_open_elsewhere_has_exit_code_4()
    {
        using var database = Database.Open(_sandbox.Data);

        ProgramRun run = await HypervexProcess.RunAsync("serve", "--data", _sandbox.Data, "--listen", "127.0.0.1:0");

        Assert.True(run.ExitCode == 4, run.ToString());
        Assert.Empty(run.Output);
    }
}
