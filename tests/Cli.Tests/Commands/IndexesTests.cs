namespace Hypervex.Cli.Tests.Commands;

public sealed class IndexesTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task An_index_is_created_listed_used_and_dropped_in_a_directory()
    {
        _sandbox.FillLine(100);

        ProgramRun create = await RunAsync("indexes", "create", "number", "--type", "integer", "--json");
        Assert.True(create.ExitCode == 0, create.ToString());
        Assert.True((bool?)create.Json["created"]!["ready"]);
        Assert.Equal(100, (int?)create.Json["created"]!["records"]);

        ProgramRun list = await RunAsync("indexes", "list", "--json");
        Assert.Equal("number", (string?)list.Json["field_indexes"]![0]!["field"]);
        Assert.Contains("number: integer, ready, 100 records", (await RunAsync("indexes", "list")).Output, StringComparison.Ordinal);

        ProgramRun indexed = await RunAsync("search", "--vector", "41.2,0", "--filter", "{\"number\":{\"$gt\":50}}", "--explain", "--json");
        Assert.Equal((49, 0), ((int?)indexed.Json["explain"]!["matches"], (int?)indexed.Json["explain"]!["records_read"]));
        Assert.Empty(indexed.Json["explain"]!["warnings"]!.AsArray());
        ProgramRun unindexed = await RunAsync("search", "--vector", "41.2,0", "--filter", "{\"even\":true}", "--explain");
        Assert.Contains("warning: The field \"even\" has no index", unindexed.Output, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("indexes", "drop", "number")).ExitCode);
        ProgramRun again = await RunAsync("indexes", "drop", "number", "--json");
        Assert.Equal((3, "not_found"), (again.ExitCode, (string?)again.Json["error"]!["code"]));
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) => HypervexProcess.RunAsync([.. arguments, "--data", _sandbox.Data]);
}
