using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

public sealed class KeysTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Keys_are_made_on_the_directory_and_changed_on_the_running_server()
    {
        ProgramRun none = await HypervexProcess.RunAsync("keys", "list", "--data", _sandbox.Data);
        Assert.True(none.ExitCode == ExitCode.NotFound, none.ToString());
        ProgramRun first = await HypervexProcess.RunAsync("keys", "create", "operator", "--scope", "admin", "--data", _sandbox.Data);
        Assert.True(first.ExitCode == ExitCode.Ok, first.ToString());
        string admin = Assert.Single(first.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("hvx_", admin, StringComparison.Ordinal);

        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);
        string url = server.Address;
        Dictionary<string, string?> key = new() { ["HYPERVEX_API_KEY"] = admin };
        ProgramRun refused = await HypervexProcess.RunAsync("collections", "list", "--json", "--url", url);
        Assert.Equal("unauthorized", (string?)refused.Json["error"]!["code"]);
        Assert.Equal(ExitCode.Ok, (await HypervexProcess.RunAsync("collections", "list", "--url", url, "--api-key", admin)).ExitCode);
        Assert.Equal(ExitCode.Locked, (await HypervexProcess.RunAsync("keys", "list", "--data", _sandbox.Data)).ExitCode);

        ProgramRun created = await HypervexProcess.RunAsync(key, null, "keys", "create", "loader", "--scope", "read", "-c", "docs", "--json", "--url", url);
        (string id, string text) = ((string)created.Json["id"]!, (string)created.Json["key"]!);
        Assert.Equal(["docs"], created.Json["collections"]!.AsArray().Select(name => (string)name!));
        ProgramRun rotated = await HypervexProcess.RunAsync(key, null, "keys", "rotate", id, "--json", "--url", url);
        Assert.NotEqual(text, (string?)rotated.Json["key"]);
        Assert.Equal("unauthorized", (string?)(await HypervexProcess.RunAsync("collections", "list", "--json", "--url", url, "--api-key", text)).Json["error"]!["code"]);
        JsonArray listed = (await HypervexProcess.RunAsync(key, null, "keys", "list", "--json", "--url", url)).Json["keys"]!.AsArray();
        Assert.Equal(["operator", "loader"], listed.Select(one => (string)one!["name"]!));
        ProgramRun mistaken = await HypervexProcess.RunAsync(key, null, "keys", "revoke", (string)rotated.Json["key"]!, "--url", url);
        Assert.Equal(ExitCode.Usage, mistaken.ExitCode);
        Assert.Contains(id, mistaken.Error, StringComparison.Ordinal);
        Assert.DoesNotContain((string)rotated.Json["key"]!, mistaken.Error, StringComparison.Ordinal);
        Assert.Equal(id, (string?)(await HypervexProcess.RunAsync(key, null, "keys", "revoke", id, "--json", "--url", url)).Json["revoked"]);
        Assert.Equal(ExitCode.NotFound, (await HypervexProcess.RunAsync(key, null, "keys", "revoke", id, "--url", url)).ExitCode);
    }
}
