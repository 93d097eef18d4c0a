namespace Hypervex.Cli.Tests.Commands;

public sealed class AliasesTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task An_alias_is_set_used_listed_switched_and_dropped()
    {
        Assert.Equal(0, (await RunAsync("create", "blue")).ExitCode);
        Assert.Equal(0, (await RunAsync("create", "green")).ExitCode);
        ProgramRun set = await RunAsync("aliases", "set", "live", "blue");
        Assert.True(set.ExitCode == 0, set.ToString());
        Assert.Contains("\"live\" stands for the collection \"blue\"", set.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("stats", "--collection", "live")).ExitCode);
        ProgramRun inUse = await RunAsync("collections", "drop", "blue", "--json");
        Assert.Equal((7, "collection_in_use"), (inUse.ExitCode, (string?)inUse.Json["error"]!["code"]));

        Assert.Equal("green", (string?)(await RunAsync("aliases", "set", "live", "green", "--json")).Json["collection"]);
        Assert.Equal("green", (string?)(await RunAsync("aliases", "list", "--json")).Json["aliases"]!["live"]);
        Assert.Contains("live -> green", (await RunAsync("aliases", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("collections", "drop", "blue")).ExitCode);

        Assert.Equal("live", (string?)(await RunAsync("aliases", "drop", "live", "--json")).Json["dropped"]);
        ProgramRun again = await RunAsync("aliases", "drop", "live", "--json");
        Assert.Equal((3, "not_found"), (again.ExitCode, (string?)again.Json["error"]!["code"]));
        ProgramRun nowhere = await RunAsync("aliases", "set", "live", "red", "--json");
        Assert.Equal((3, "collection_not_found"), (nowhere.ExitCode, (string?)nowhere.Json["error"]!["code"]));
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) => HypervexProcess.RunAsync([.. arguments, "--data", _sandbox.Data]);
}
