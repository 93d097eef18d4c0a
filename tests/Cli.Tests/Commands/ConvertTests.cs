using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

/// <summary><c>convert</c>: the two models of hyperbolic space.</summary>
public sealed class ConvertTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Points_become_points_of_the_other_model_that_can_be_imported_and_searched_with_the_same_distances()
    {
        string ball = _sandbox.Write(
            "ball.ndjson",
            """
            {"vector_id":"root","vector":[0,0]}
            {"vector_id":"leaf","vector":[1.5,0.5],"metadata":{"depth":2},"document":"a leaf"}
            {"vector_id":"other","vector":[-1.25,1.5]}

            """);
        string sheet = _sandbox.File("sheet.ndjson");
        ProgramRun converted = await HypervexProcess.RunAsync("convert", ball, "--from", "poincare", "--to", "lorentz", "--curvature", "0.25", "--output", sheet, "--json");

        Assert.True(converted.ExitCode == 0, converted.ToString());
        Assert.Equal((3, "poincare", "lorentz", 0.25), ((int)converted.Json["converted"]!, (string)converted.Json["from"]!, (string)converted.Json["to"]!, (double)converted.Json["curvature"]!));
        Assert.InRange((double)converted.Json["greatest_move"]!, 0, 1e-6);
        JsonNode leaf = JsonNode.Parse(File.ReadLines(sheet).ElementAt(1))!;
        Assert.Equal(("leaf", "a leaf", 2), ((string)leaf["vector_id"]!, (string)leaf["document"]!, (int)leaf["metadata"]!["depth"]!));
        Assert.Equal([2 * 1.625 / 0.375, 2 * 1.5 / 0.375, 2 * 0.5 / 0.375], leaf["vector"]!.AsArray().Select(x => (double)x!), (a, b) => Math.Abs(a - b) < 1e-5);

        double[] distances = await DistancesAsync(ball, "poincare", "a");
        Assert.Equal(distances, await DistancesAsync(sheet, "lorentz", "b"), (a, b) => Math.Abs(a - b) <= 1e-6 * a);
        Assert.True(distances[^1] > 1, string.Join(' ', distances));
    }

    [Fact]
    public async Task There_and_back_is_the_same_point()
    {
        string ball = _sandbox.Write("ball.csv", "vector_id,vector\na,\"[0.5,0.25,-0.125]\"\nb,\"[0,0.99,0]\"\n");
        Assert.Equal(0, (await HypervexProcess.RunAsync("convert", ball, "--from", "poincare", "--to", "lorentz", "-o", _sandbox.File("sheet.npy"))).ExitCode);
        ProgramRun back = await HypervexProcess.RunAsync("convert", _sandbox.File("sheet.npy"), "--from", "lorentz", "--to", "poincare", "-o", _sandbox.File("back.ndjson"));

        Assert.True(back.ExitCode == 0, back.ToString());
        Assert.Contains("2 points of poincare", back.Output, StringComparison.Ordinal);
        double[][] points = [.. File.ReadLines(_sandbox.File("back.ndjson")).Select(line => JsonNode.Parse(line)!["vector"]!.AsArray().Select(x => (double)x!).ToArray())];
        Assert.Equal([0.5, 0.25, -0.125], points[0], (a, b) => Math.Abs(a - b) < 1e-7);
        Assert.Equal([0, 0.99, 0], points[1], (a, b) => Math.Abs(a - b) < 1e-7);
    }

    [Theory]
    [InlineData("poincare", "[1,0.5]", "out_of_domain", "row 1")] // outside of the ball
    [InlineData("poincare", "[1,0]", "out_of_domain", "row 1")] // on its boundary
    [InlineData("lorentz", "[1,0.5]", "out_of_domain", "row 1")] // off the hyperboloid
    [InlineData("lorentz", "[-1,0]", "out_of_domain", "row 1")] // the other sheet
    [InlineData("lorentz", "[3e9,3e9]", "out_of_domain", "row 1")] // farther than collections hold
    [InlineData("lorentz", "[1e9,1e9]", "out_of_domain", "In float32")] // the ball has no such float32
    public async Task A_point_that_cannot_be_converted_is_named_and_nothing_is_written(string from, string second, string code, string says)
    {
        string file = _sandbox.Write("points.ndjson", (from == "poincare" ? "{\"vector\":[0.5,0]}" : "{\"vector\":[1,0]}") + $"\n{{\"vector\":{second}}}\n");
        string output = _sandbox.Write("out.ndjson", "what was there before");
        ProgramRun run = await HypervexProcess.RunAsync("convert", file, "--from", from, "--to", from == "poincare" ? "lorentz" : "poincare", "--output", output, "--json");

        Assert.Equal((6, code), (run.ExitCode, (string?)run.Json["error"]!["code"]));
        Assert.Contains("points.ndjson, row 1", run.ToString(), StringComparison.Ordinal);
        Assert.Contains(says, run.ToString(), StringComparison.Ordinal);
        Assert.Equal("what was there before", File.ReadAllText(output));
        Assert.Empty(Directory.GetFiles(_sandbox.Folder, "*.partial"));
    }

    [Fact]
    public async Task A_row_without_a_vector_is_refused()
    {
        string file = _sandbox.Write("points.ndjson", "{\"vector\":[0.5,0]}\n{\"vectors\":{\"title\":[0.1,0]}}\n");
        ProgramRun run = await HypervexProcess.RunAsync("convert", file, "--from", "poincare", "--to", "lorentz", "--output", _sandbox.File("out.npy"), "--json");
        Assert.Equal((6, "bad_data_file"), (run.ExitCode, (string?)run.Json["error"]!["code"]));
        Assert.Contains("row 1", run.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(_sandbox.File("out.npy")));
    }

    [Theory]
    [InlineData("--from poincare --to poincare")]
    [InlineData("--from poincare")]
    [InlineData("--from poincare --to klein")]
    [InlineData("--from poincare --to lorentz --curvature 0")]
    [InlineData("--from poincare --to lorentz --curvature -1")]
    public async Task Wrong_models_and_curvatures_are_refused(string options)
    {
        string file = _sandbox.Write("points.ndjson", "{\"vector\":[0.5,0]}\n");
        ProgramRun run = await HypervexProcess.RunAsync(["convert", file, "--output", _sandbox.File("out.npy"), .. options.Split(' ')]);
        Assert.Equal(2, run.ExitCode);
        Assert.False(File.Exists(_sandbox.File("out.npy")));
    }

    [Fact]
    public async Task A_hyperbolic_collection_shows_its_curvature_and_what_becomes_of_points_outside()
    {
        await HypervexProcess.RunAsync("create", "ball", "--dimension", "2", "--metric", "poincare", "--curvature", "0.25", "--project", "--data", _sandbox.Data);
        await HypervexProcess.RunAsync("create", "flat", "--dimension", "2", "--metric", "l2", "--data", _sandbox.Data);

        ProgramRun ball = await HypervexProcess.RunAsync("collections", "describe", "ball", "--data", _sandbox.Data, "--json");
        Assert.Equal((0.25, true), ((double?)ball.Json["curvature"], (bool?)ball.Json["project"]));
        ProgramRun flat = await HypervexProcess.RunAsync("stats", "--collection", "flat", "--data", _sandbox.Data, "--json");
        Assert.Null(flat.Json["collections"]![0]!["curvature"]);
        ProgramRun text = await HypervexProcess.RunAsync("stats", "--data", _sandbox.Data);
        Assert.Contains("-0.25", text.Output, StringComparison.Ordinal);
        Assert.Contains("are projected", text.Output, StringComparison.Ordinal);
    }

    private async Task<double[]> DistancesAsync(string file, string metric, string collection)
    {
        ProgramRun imported = await HypervexProcess.RunAsync("import", file, "--metric", metric, "--curvature", "0.25", "--collection", collection, "--data", _sandbox.Data);
        Assert.True(imported.ExitCode == 0, imported.ToString());
        ProgramRun found = await HypervexProcess.RunAsync("search", "--id", "leaf", "--k", "3", "--collection", collection, "--data", _sandbox.Data, "--json");
        return [.. found.Json["results"]!.AsArray().Select(hit => (double)hit!["distance"]!)];
    }
}
