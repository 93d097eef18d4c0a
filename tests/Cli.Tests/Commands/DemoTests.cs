using System.Diagnostics;
using System.Text.Json.Nodes;
using Hypervex.Cli.Demonstration;

namespace Hypervex.Cli.Tests.Commands;

public sealed class DemoTests(DemoRunFixture demo) : IClassFixture<DemoRunFixture>
{
    [Fact]
    public void The_demo_has_the_promised_recall_and_figures()
    {
        JsonObject figures = demo.Figures;

        Assert.True((double?)figures["recall_at_10"] >= 0.98, demo.Output);
        Assert.True((double?)figures["quality"]!["recall_against_bundled_truth"] >= 0.98, demo.Output);
        Assert.Equal(1, (double?)figures["quality"]!["exact_search_against_bundled_truth"]);
        Assert.Equal(8_000, (int?)figures["import"]!["records"]);
        double acknowledged = (double)figures["import"]!["acknowledged"]!["seconds"]!;
        double durable = (double)figures["import"]!["durable"]!["seconds"]!;
        double searchable = (double)figures["import"]!["searchable"]!["seconds"]!;
        Assert.True(0 < acknowledged && acknowledged <= durable && durable <= searchable, demo.Output);
        Assert.True((double?)figures["p50_us"] <= (double?)figures["p99_us"]);
        string[] files = [.. figures["files"]!.AsArray().Select(file => (string)file!["path"]!)];
        Assert.Contains("database.json", files);
        Assert.Contains(files, file => file.EndsWith(".log", StringComparison.Ordinal));
    }

    [Fact]
    public void The_filtered_search_shows_verbs_only()
    {
        JsonArray searches = demo.Figures["searches"]!.AsArray();

        Assert.Equal(4, searches.Count);
        JsonNode filtered = searches[^1]!;
        Assert.NotNull(filtered["filter"]);
        Assert.Equal(5, filtered["results"]!.AsArray().Count);
        Assert.All(filtered["results"]!.AsArray(), hit => Assert.Equal("verb", (string?)hit!["metadata"]!["part_of_speech"]));
        Assert.Contains(searches[0]!["results"]!.AsArray(), hit => (string?)hit!["metadata"]!["part_of_speech"] != "verb");
    }

    [Fact]
    public async Task The_lines_that_the_demo_prints_at_the_end_work()
    {
        JsonArray next = demo.Figures["next"]!.AsArray();
        string[] search = Words((string)next[0]!);
        string serve = (string)next[1]!;
        string[] curl = Words((string)next[2]!);

        ProgramRun found = await HypervexProcess.RunAsync([.. search[1..], "--json"]);
        Assert.Equal(10, (int?)found.Json["count"]);
        Assert.Equal($"hypervex serve --data {demo.Data}", serve);
        await using ServerProcess server = await ServerProcess.StartAsync(demo.Data);
        // The line names the default port, which may be taken on this machine.
        string answer = await CurlAsync([.. curl[1..].Select(word => word.Replace("http://127.0.0.1:8080", server.Address, StringComparison.Ordinal))]);
        JsonArray results = JsonNode.Parse(answer)!["results"]!.AsArray();
        Assert.Equal(3, results.Count);
        Assert.All(results, hit => Assert.NotEmpty((string?)hit!["document"] ?? ""));
    }

    [Fact]
    public async Task As_text_the_demo_shows_tables_and_replaces_what_an_earlier_one_left()
    {
        using Sandbox sandbox = new();
        WordNetSample sample = WordNetSample.Load();
        using (var database = Database.Open(sandbox.Data))
        {
            database.CreateCollection("default", CollectionOptions.Create(256)).UpsertBatch([.. sample.Records.Take(7)]);
        }

        ProgramRun run = await HypervexProcess.RunAsync("demo", "--data", sandbox.Data);

        Assert.True(run.ExitCode == 0, run.ToString());
        foreach (string part in (string[])["Imported 8,000", "acknowledged", "durable", "searchable", "definition", "recall@10", "P99", "Files in", "Try next", "hypervex serve"])
        {
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain('\u001b', run.Output);
        string readme = (await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "README.md"))).ReplaceLineEndings("\n");
        string[] promised = readme[readme.IndexOf("```text\n", StringComparison.Ordinal)..].Split('\n').Skip(1).TakeWhile(line => line != "```").ToArray();
        Assert.True(promised.Length > 10, "README.md shows no output of the demo.");
        Assert.All(promised, line => Assert.Contains(line, run.Output, StringComparison.Ordinal));
        using var after = Database.Open(sandbox.Data);
        Assert.Equal(8_000, after.GetCollection("default").Count);
    }

    [Fact]
    public async Task The_demo_leaves_the_data_of_others_alone()
    {
        using Sandbox sandbox = new();
        sandbox.FillLine(3);

        ProgramRun run = await HypervexProcess.RunAsync("demo", "--data", sandbox.Data, "--json");

        Assert.Equal(7, run.ExitCode);
        using var database = Database.Open(sandbox.Data);
        Assert.Equal(3, database.GetCollection("default").Count);
    }

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
