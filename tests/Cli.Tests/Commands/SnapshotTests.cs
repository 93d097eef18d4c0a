namespace Hypervex.Cli.Tests.Commands;

public sealed class SnapshotTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_snapshot_is_restored_into_another_directory()
    {
        _sandbox.FillLine(20);
        string file = _sandbox.File("line.hvx");

        ProgramRun save = await HypervexProcess.RunAsync("snapshot", file, "--data", _sandbox.Data, "--json");
        ProgramRun restore = await HypervexProcess.RunAsync("restore", file, "--data", _sandbox.File("other"), "--json");
        ProgramRun get = await HypervexProcess.RunAsync("get", "7", "--data", _sandbox.File("other"), "--json");

        Assert.Equal(20, (long?)save.Json["records"]);
        Assert.Equal(new FileInfo(file).Length, (long?)save.Json["bytes"]);
        Assert.True((bool?)restore.Json["created"]);
        Assert.Equal(20, (long?)restore.Json["records"]);
        Assert.Equal("default", (string?)restore.Json["collection"]);
        Assert.Equal("point 7", (string?)get.Json["document"]);
    }

    [Fact]
    public async Task A_collection_that_exists_is_replaced_only_with_the_flag()
    {
        _sandbox.FillLine(5);
        string file = _sandbox.File("line.hvx");
        await HypervexProcess.RunAsync("snapshot", file, "--data", _sandbox.Data);
        await HypervexProcess.RunAsync("delete", "3", "--data", _sandbox.Data);

        ProgramRun refused = await HypervexProcess.RunAsync("restore", file, "--data", _sandbox.Data);
        ProgramRun replaced = await HypervexProcess.RunAsync("restore", file, "--data", _sandbox.Data, "--replace");
        ProgramRun beside = await HypervexProcess.RunAsync("restore", file, "--data", _sandbox.Data, "--collection", "copy", "--json");

        Assert.Equal(7, refused.ExitCode);
        Assert.Contains("--replace", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, replaced.ExitCode);
        Assert.Contains("Restored 5 records", replaced.Output, StringComparison.Ordinal);
        Assert.Equal("copy", (string?)beside.Json["collection"]);
    }

    [Fact]
    public async Task A_restore_that_is_refused_leaves_no_directory_behind_that_was_not_there()
    {
        string file = _sandbox.Write("notes.txt", "not a snapshot");
        string missing = _sandbox.File("missing");
        Directory.CreateDirectory(_sandbox.File("empty"));

        Assert.Equal(6, (await HypervexProcess.RunAsync("restore", file, "--data", missing, "--json")).ExitCode);
        Assert.Equal(6, (await HypervexProcess.RunAsync("restore", file, "--data", _sandbox.File("empty"), "--json")).ExitCode);

        Assert.False(Directory.Exists(missing));
        Assert.True(Directory.Exists(_sandbox.File("empty"))); // the user's own
    }

    [Fact]
    public async Task A_file_that_is_no_snapshot_or_not_there_is_refused()
    {
        string file = _sandbox.Write("notes.txt", "not a snapshot");

        ProgramRun bad = await HypervexProcess.RunAsync("restore", file, "--data", _sandbox.Data, "--json");
        ProgramRun missing = await HypervexProcess.RunAsync("restore", _sandbox.File("none.hvx"), "--data", _sandbox.Data, "--json");
        ProgramRun nothing = await HypervexProcess.RunAsync("snapshot", _sandbox.File("a.hvx"), "--collection", "none", "--data", _sandbox.Data, "--json");

        Assert.Equal(6, bad.ExitCode);
        Assert.Equal("bad_snapshot", (string?)bad.Json["error"]!["code"]);
        Assert.Equal(3, missing.ExitCode);
        Assert.Equal(3, nothing.ExitCode);
        Assert.False(File.Exists(_sandbox.File("a.hvx")));
    }
}
