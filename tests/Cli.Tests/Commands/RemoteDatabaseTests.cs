using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

/// <summary>Every data command answers the same through <c>--url</c> as on the directory itself.</summary>
public sealed class RemoteDatabaseTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("search --vector 41.2,0 --k 3")]
    [InlineData("search --vector 41.2,0 --k 3 --exact --ef 200")]
    [InlineData("search --vector 41.2,0 --k 3 --with-vectors")]
    [InlineData("search --id 41 --k 3")]
    [InlineData("search --vector 41.2,0 --k 3 --filter {\"even\":true}")]
    [InlineData("search --vector 41.2,0 --k 3 --min-score 0.5")]
    [InlineData("search --vector 1,2,3")]
    [InlineData("search --id nobody")]
    [InlineData("get 17")]
    [InlineData("get nobody")]
    [InlineData("get 17 --collection nothing")]
    [InlineData("collections list")]
    [InlineData("collections describe nothing")]
    [InlineData("collections drop nothing")]
    [InlineData("delete 98 99 nobody")]
    [InlineData("create default")]
    [InlineData("create again --dimension 5 --metric manhattan --m 7 --ef-construction 30 --default-ef 20 --capacity 4")]
    public async Task A_server_answers_like_the_directory(string commandLine)
    {
        _sandbox.FillLine(100);
        string[] args = [.. commandLine.Split(' '), "--json"];
        ProgramRun remote;
        string copy = _sandbox.File("copy");
        CopyData(_sandbox.Data, copy);
        await using (ServerProcess server = await ServerProcess.StartAsync(copy))
        {
            remote = await HypervexProcess.RunAsync([.. args, "--url", server.Address]);
        }

        ProgramRun local = await HypervexProcess.RunAsync([.. args, "--data", _sandbox.Data]);

        Assert.True(remote.ExitCode == local.ExitCode, $"{remote}\n\n{local}");
        Assert.Equal(Comparable(local.Json), Comparable(remote.Json));
    }

    [Fact]
    public async Task Sizes_and_settings_come_through_a_server()
    {
        _sandbox.FillLine(100);
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);

        JsonNode stats = (await HypervexProcess.RunAsync("stats", "--json", "--url", server.Address)).Json["collections"]![0]!;

        Assert.Equal(100, (long?)stats["count"]);
        Assert.Equal(2, (int?)stats["dimension"]);
        Assert.Equal("l2", (string?)stats["metric"]);
        Assert.Equal(16, (int?)stats["index"]!["m"]);
        Assert.True((long?)stats["log_bytes"] > 0);
    }

    [Fact]
    public async Task A_server_that_is_not_there_has_exit_code_8()
    {
        ProgramRun run = await HypervexProcess.RunAsync("stats", "--json", "--url", "http://127.0.0.1:1");

        Assert.Equal(8, run.ExitCode);
        Assert.Equal("unreachable", (string?)run.Json["error"]!["code"]);
    }

    // Messages name where they come from, and versions and times differ between two runs; everything else is the same.
    private static string Comparable(JsonObject json)
    {
        string[] volatileKeys = ["milliseconds", "message", "location", "version", "created_at", "updated_at", "storage_path", "log_bytes", "row_bytes", "index_bytes"];
        Strip(json);
        return json.ToJsonString();

        void Strip(JsonNode? node)
        {
            if (node is JsonObject members)
            {
                foreach (string key in volatileKeys)
                {
                    members.Remove(key);
                }

                foreach ((_, JsonNode? value) in members)
                {
                    Strip(value);
                }
            }
            else if (node is JsonArray items)
            {
                foreach (JsonNode? item in items)
                {
                    Strip(item);
                }
            }
        }
    }

    private static void CopyData(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
