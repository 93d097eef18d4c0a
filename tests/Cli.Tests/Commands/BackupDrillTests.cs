using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hypervex.Cli.Tests.Commands;

/// <summary>The backup script and the drill of docs/operating.md, run as they stand there against a server with a key.</summary>
public sealed partial class BackupDrillTests : IDisposable
{
    private const string Key = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
    private const string Query = """{"query_vector":[7.2,0.5],"top_k":5,"filter":{"n":{"$gte":3}},"include":["metadata","document","vector"]}""";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task What_the_script_saved_is_restored_by_the_drill_with_the_same_count_and_answers()
    {
        await using ServerProcess server = await StartAsync(_sandbox.Data);
        using HttpClient http = await FillAsync(server.Address);
        string found = await SearchAsync(http);
        string backups = Directory.CreateDirectory(_sandbox.File("backups")).FullName;

        (int exitCode, string output) = await RunScriptAsync(backups, server.Address, Key, "docs");
        Assert.True(exitCode == 0, output);
        string backup = Path.GetFileName(Assert.Single(Directory.GetFiles(backups)))!;
        Assert.Matches(@"^docs-\d{8}\.hvsnap$", backup);
        Assert.Equal("""{"snapshots":[]}""", await http.GetStringAsync(new Uri("/api/v1/collections/docs/snapshots", UriKind.Relative)));

        string[] drill = Block("hypervex restore").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, drill.Length);
        var runs = new List<ProgramRun>();
        foreach (string line in drill)
        {
            string[] words = BackupName().Replace(line, backup).Split(' ');
            Assert.Equal("hypervex", words[0]);
            ProgramRun run = await HypervexProcess.RunAsync(new Dictionary<string, string?>(), backups, words[1..]);
            Assert.True(run.ExitCode == 0, run.ToString());
            runs.Add(run);
        }

        Assert.Equal(40, (int)runs[^1].Json["collections"]![0]!["count"]!);
        await using ServerProcess drilled = await StartAsync(Path.Combine(backups, "drill"));
        using HttpClient other = Client(drilled.Address);
        Assert.Equal(found, await SearchAsync(other));
    }

    [Fact]
    public async Task A_backup_that_fails_says_so_and_leaves_no_file_that_looks_whole()
    {
        await using ServerProcess server = await StartAsync(_sandbox.Data);
        using HttpClient http = await FillAsync(server.Address);
        string backups = Directory.CreateDirectory(_sandbox.File("backups")).FullName;
        Assert.NotEqual(0, (await RunScriptAsync(backups, server.Address, "wrong", "docs")).ExitCode);
        Assert.NotEqual(0, (await RunScriptAsync(backups, server.Address, Key, "none")).ExitCode);
        Assert.Empty(Directory.GetFiles(backups));
    }

    private static string Block(string beginning)
    {
        string page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "operating.md"));
        return ShellBlocks().Matches(page).Select(block => block.Groups[1].Value).Single(block => block.StartsWith(beginning, StringComparison.Ordinal));
    }

    private static async Task<string> SearchAsync(HttpClient http)
    {
        using HttpResponseMessage answer = await http.PostAsync(new Uri("/api/v1/collections/docs/vectors/search", UriKind.Relative), new StringContent(Query, null, "application/json"));
        Assert.True(answer.IsSuccessStatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static HttpClient Client(string address)
    {
        var http = new HttpClient { BaseAddress = new Uri(address) };
        http.DefaultRequestHeaders.Add("x-api-key", Key);
        return http;
    }

    private static async Task<HttpClient> FillAsync(string address)
    {
        HttpClient http = Client(address);
        Assert.True((await http.PostAsJsonAsync("/api/v1/collections", new JsonObject { ["name"] = "docs", ["metric"] = "l2" })).IsSuccessStatusCode);
        JsonArray records = [.. Enumerable.Range(0, 40).Select(i => new JsonObject { ["vector_id"] = $"{i}", ["vector"] = new JsonArray(i, 1), ["metadata"] = new JsonObject { ["n"] = i }, ["document"] = $"text {i}" })];
        Assert.True((await http.PostAsJsonAsync("/api/v1/collections/docs/vectors/batch", new JsonObject { ["vectors"] = records })).IsSuccessStatusCode);
        return http;
    }

    private Task<ServerProcess> StartAsync(string data)
    {
        string keyFile = _sandbox.Write("admin.key", Key);
        return ServerProcess.StartAsync(data, "--admin-key-file", keyFile);
    }

    private async Task<(int ExitCode, string Output)> RunScriptAsync(string folder, string address, string key, string collection)
    {
        string script = _sandbox.Write("backup.sh", Block("#!/bin/sh"));
        var start = new ProcessStartInfo("sh", ["-eu", script, collection]) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["HYPERVEX_URL"] = address;
        start.Environment["HYPERVEX_API_KEY"] = key;
        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var time = new CancellationTokenSource(s_patience);
        await process.WaitForExitAsync(time.Token);
        return (process.ExitCode, await output + await error);
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlocks();

    [GeneratedRegex(@"docs-\d{8}\.hvsnap")]
    private static partial Regex BackupName();
}
