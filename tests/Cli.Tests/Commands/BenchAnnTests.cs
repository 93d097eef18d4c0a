using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

public sealed class BenchAnnTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Recall_rises_to_one_and_the_figures_have_the_documented_shape()
    {
        await GenerateAsync();
        string json = _sandbox.File("result.json");

        ProgramRun run = await BenchAsync("--truth", _sandbox.File("rows.truth.ivecs"), "--ef", "10,400", "--json", json);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("recall@10", run.Output, StringComparison.Ordinal);
        JsonNode figures = JsonNode.Parse(await File.ReadAllTextAsync(json))!;
        Assert.Equal("""{"n":3000,"d":16,"queries":50,"metric":"l2"}""", figures["dataset"]!.ToJsonString());
        Assert.True((double?)figures["build"]!["seconds"] > 0);
        Assert.Equal(2, (int?)figures["build"]!["threads"]);
        Assert.True((double?)figures["build"]!["rss_mb"] >= (double?)figures["build"]!["anon_rss_mb"]);
        JsonArray results = figures["results"]!.AsArray();
        Assert.Equal([10, 400], results.Select(point => (int?)point!["ef"]));
        Assert.True((double?)results[0]!["recall"] > 0.5);
        Assert.Equal(1, (double?)results[1]!["recall"]);
        Assert.All(results, point =>
        {
            Assert.True((double?)point!["qps"] > 0);
            Assert.True((double?)point["p50_us"] <= (double?)point["p95_us"]);
            Assert.True((double?)point["p95_us"] <= (double?)point["p99_us"]);
        });
    }

    [Fact]
    public async Task Without_a_file_the_json_goes_to_stdout_and_exact_search_is_the_truth()
    {
        await GenerateAsync();

        ProgramRun run = await BenchAsync("--ef", "400", "--threads", "2", "--json");

        Assert.Equal("exact search of this run", (string?)run.Json["parameters"]!["truth"]);
        Assert.Equal(1, (double?)run.Json["results"]![0]!["recall"]);
    }

    [Fact]
    public async Task A_wrong_ground_truth_is_seen_in_the_recall()
    {
        await GenerateAsync();
        byte[] truth = await File.ReadAllBytesAsync(_sandbox.File("rows.truth.ivecs"));
        const int RowBytes = (1 + 100) * 4;
        byte[] shifted = [.. truth[RowBytes..], .. truth[..RowBytes]];
        await File.WriteAllBytesAsync(_sandbox.File("wrong.ivecs"), shifted);

        ProgramRun run = await BenchAsync("--truth", _sandbox.File("wrong.ivecs"), "--json");

        JsonArray results = run.Json["results"]!.AsArray();
        Assert.Equal([10, 16, 24, 32, 48, 64, 96, 128, 192], results.Select(point => (int?)point!["ef"]));
        Assert.All(results, point => Assert.True((double?)point!["recall"] < 0.5, run.ToString()));
    }

    [Theory]
    [InlineData("--truth", "rows.fvecs", 6)]
    [InlineData("--truth", "missing.ivecs", 3)]
    [InlineData("--queries", "other.fvecs", 6)]
    [InlineData("--k", "101", 6)]
    public async Task Files_that_do_not_fit_together_are_refused(string option, string value, int exitCode)
    {
        await GenerateAsync();
        await HypervexProcess.RunAsync("generate", "--count", "10", "--dimension", "3", "--output", _sandbox.File("other.fvecs"));
        string[] truth = option == "--truth" ? [] : ["--truth", _sandbox.File("rows.truth.ivecs")];
        string[] queries = option == "--queries" ? [] : ["--queries", _sandbox.File("rows.query.fvecs")];
        string argument = option == "--k" ? value : _sandbox.File(value);

        ProgramRun run = await HypervexProcess.RunAsync(
            ["bench", "ann", "--base", _sandbox.File("rows.fvecs"), .. queries, .. truth, option, argument, "--json"]);

        Assert.True(run.ExitCode == exitCode, run.ToString());
    }

    private async Task GenerateAsync()
    {
        ProgramRun run = await HypervexProcess.RunAsync(
            "generate", "--count", "3000", "--dimension", "16", "--output", _sandbox.File("rows.fvecs"), "--queries", "50");
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    private Task<ProgramRun> BenchAsync(params string[] args) => HypervexProcess.RunAsync(
        ["bench", "ann", "--base", _sandbox.File("rows.fvecs"), "--queries", _sandbox.File("rows.query.fvecs"), "--seconds", "0.05", .. args]);
}
