using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

public sealed class DemoTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task The_demo_has_the_promised_recall_and_figures()
    {
        ProgramRun run = await DemoAsync("--json");

        Assert.True(run.ExitCode == 0, run.ToString());
        JsonObject figures = run.Json;
        Assert.True((double?)figures["recall_at_10"] >= 0.98, run.ToString());
        Assert.True((double?)figures["quality"]!["recall_against_bundled_truth"] >= 0.98, run.ToString());
        Assert.Equal(1, (double?)figures["quality"]!["exact_search_against_bundled_truth"]);
        Assert.Equal(8_000, (int?)figures["import"]!["records"]);
        double acknowledged = (double)figures["import"]!["acknowledged"]!["seconds"]!;
        double durable = (double)figures["import"]!["durable"]!["seconds"]!;
        double searchable = (double)figures["import"]!["searchable"]!["seconds"]!;
        Assert.True(0 < acknowledged && acknowledged <= durable && durable <= searchable, run.ToString());
        Assert.True((double?)figures["p50_us"] <= (double?)figures["p99_us"]);
        Assert.All(figures["files"]!.AsArray(), file => Assert.Equal(new FileInfo(Path.Combine(_sandbox.Data, (string)file!["path"]!)).Length, (long?)file["bytes"]));
    }

    [Fact]
    public async Task The_filtered_search_shows_verbs_only()
    {
        JsonArray searches = (await DemoAsync("--json")).Json["searches"]!.AsArray();

        Assert.Equal(4, searches.Count);
        JsonNode filtered = searches[^1]!;
        Assert.NotNull(filtered["filter"]);
        Assert.Equal(5, filtered["results"]!.AsArray().Count);
        Assert.All(filtered["results"]!.AsArray(), hit => Assert.Equal("verb", (string?)hit!["metadata"]!["part_of_speech"]));
        Assert.Contains(searches[0]!["results"]!.AsArray(), hit => (string?)hit!["metadata"]!["part_of_speech"] != "verb");
    }

    [Fact]
    public async Task A_second_demo_replaces_the_first()
    {
        await DemoAsync("--json");
        ProgramRun second = await DemoAsync("--json");

        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal(8_000, (int?)second.Json["collection"]!["count"]);
    }

    [Fact]
    public async Task The_demo_leaves_the_data_of_others_alone()
    {
        _sandbox.FillLine(3);

        ProgramRun run = await DemoAsync("--json");

        Assert.Equal(7, run.ExitCode);
        using var database = Database.Open(_sandbox.Data);
        Assert.Equal(3, database.GetCollection("default").Count);
    }

    [Fact]
    public async Task The_lines_that_the_demo_prints_at_the_end_work()
    {
        JsonArray next = (await DemoAsync("--json")).Json["next"]!.AsArray();
        string[] search = Words((string)next[0]!);
        string serve = (string)next[1]!;
        string[] curl = Words((string)next[2]!);

        ProgramRun found = await HypervexProcess.RunAsync([.. search[1..], "--json"]);
        Assert.Equal(10, (int?)found.Json["count"]);
        Assert.Equal($"hypervex serve --data {_sandbox.Data}", serve);
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);
        // The line names the default port, which may be taken on this machine.
        string answer = await CurlAsync([.. curl[1..].Select(word => word.Replace("http://127.0.0.1:8080", server.Address, StringComparison.Ordinal))]);
        JsonArray results = JsonNode.Parse(answer)!["results"]!.AsArray();
        Assert.Equal(3, results.Count);
        Assert.All(results, hit => Assert.NotEmpty((string?)hit!["document"] ?? ""));
    }

    [Fact]
    public async Task As_text_the_demo_shows_tables_and_what_to_try_next()
    {
        ProgramRun run = await DemoAsync();

        Assert.True(run.ExitCode == 0, run.ToString());
        foreach (string part in (string[])["Imported 8,000", "acknowledged", "durable", "searchable", "definition", "recall@10", "P99", "Files in", "Try next", "hypervex serve"])
        {
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain('\u001b', run.Output);
    }

    private Task<ProgramRun> DemoAsync(params string[] args) => HypervexProcess.RunAsync(["demo", "--data", _sandbox.Data, .. args]);

    private static async Task<string> CurlAsync(string[] args)
    {
        ProcessStartInfo start = new("curl", args) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    // The printed lines use single quotes only.
    private static string[] Words(string line) =>
        [.. line.Split('\'').SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
}
