using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

/// <summary><c>demo hyperbolic</c> and <c>embed-hierarchy</c>.</summary>
public sealed class HyperbolicTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task The_demo_reconstructs_mammals_finds_dogs_and_draws()
    {
        ProgramRun run = await HypervexProcess.RunAsync("demo", "hyperbolic", "--data", _sandbox.Data, "--json");

        Assert.True(run.ExitCode == 0, run.ToString());
        JsonObject figures = run.Json;
        Assert.Equal((1_182, 6_542), ((int)figures["nodes"]!, (int)figures["pairs"]!));
        Assert.True((double)figures["poincare"]!["mean_average_precision"]! >= 0.9, run.ToString());
        Assert.True((double)figures["euclidean"]!["mean_average_precision"]! < 0.5, run.ToString());
        Assert.True((double)figures["recall_at_10"]! >= 0.97, run.ToString());
        Assert.Contains(figures["searches"]![0]!["hits"]!.AsArray(), hit => (string?)hit!["id"] == "canine.n.02");
        Assert.StartsWith("<svg", File.ReadAllText((string)figures["picture"]!), StringComparison.Ordinal);

        using var database = Database.Open(_sandbox.Data);
        Assert.Equal((1_182, Metric.Poincare), (database.GetCollection("mammals").Count, database.GetCollection("mammals").Options.Vectors[""].Metric));
    }

    [Fact]
    public async Task A_list_of_edges_becomes_points_that_can_be_imported_and_searched()
    {
        string edges = _sandbox.File("animals.tsv"), points = _sandbox.File("animals.ndjson"), picture = _sandbox.File("animals.svg");
        File.WriteAllText(edges, "pug\tdog\nbeagle\tdog\ndog\tcanine\nwolf\tcanine\ncanine\tmammal\ncat\tfeline\nlion\tfeline\nfeline\tmammal\n");

        ProgramRun trained = await HypervexProcess.RunAsync("embed-hierarchy", edges, "--dimension", "2", "--epochs", "100", "--output", points, "--picture", picture, "--json");
        ProgramRun imported = await HypervexProcess.RunAsync("import", points, "--metric", "poincare", "--data", _sandbox.Data, "--json");
        ProgramRun found = await HypervexProcess.RunAsync("search", "--id", "pug", "--k", "3", "--data", _sandbox.Data, "--json");

        Assert.Equal((9, 16), ((int)trained.Json["nodes"]!, (int)trained.Json["pairs"]!)); // pairs of the closure
        Assert.True((double)trained.Json["mean_average_precision"]! > 0.9, trained.ToString());
        Assert.Equal(9, (int?)imported.Json["imported"]);
        Assert.Contains(found.Json["results"]!.AsArray(), hit => (string?)hit!["vector_id"] == "dog");
        Assert.True(File.Exists(picture));
    }

    [Theory]
    [InlineData("a\ta", "invalid_argument")]
    [InlineData("a b", "invalid_argument")]
    [InlineData("a\tb\nb\ta", "invalid_argument")]
    public async Task A_list_that_is_no_hierarchy_is_refused_and_leaves_no_file(string text, string code)
    {
        File.WriteAllText(_sandbox.File("bad.tsv"), text);
        ProgramRun run = await HypervexProcess.RunAsync("embed-hierarchy", _sandbox.File("bad.tsv"), "--output", _sandbox.File("bad.ndjson"), "--json");
        Assert.Equal(code, (string?)run.Json["error"]!["code"]);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_sandbox.File("bad.tsv"))!, "bad.ndjson*"));
    }

    [Fact]
    public async Task A_picture_needs_two_dimensions()
    {
        File.WriteAllText(_sandbox.File("edges.tsv"), "a\tb");
        ProgramRun run = await HypervexProcess.RunAsync("embed-hierarchy", _sandbox.File("edges.tsv"), "--output", _sandbox.File("x.ndjson"), "--picture", _sandbox.File("x.svg"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--dimension 2", run.ToString(), StringComparison.Ordinal);
    }
}
