using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

/// <summary>Every data command answers the same through <c>--url</c> as on the directory itself.</summary>
public sealed class RemoteDatabaseTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    // Each command line finds what the ones before it have left, here and there.
    private static readonly string[] s_commandLines =
    [
        "search --vector 41.2,0 --k 3",
        "search --vector 41.2,0 --k 3 --exact --ef 200",
        "search --vector 41.2,0 --k 3 --with-vectors",
        "search --id 41 --k 3",
        "search --vector 41.2,0 --k 3 --filter {\"even\":true}",
        "search --vector 41.2,0 --k 3 --min-score 0.5",
        "search --vector 41.2,0 --radius 2.5",
        "search --vector 41.2,0 --radius 20 --k 4",
        "search --vector 41.2,0 --target-recall 0.9 --oversampling 3",
        "search --vector 41.2,0 --exact --max-distances 1",
        "search --vector 41.2,0 --target-recall 2",
        "search --vector 41.2,0 --target-recall 0.9 --ef 10",
        "search --vector 41.2,0 --using nowhere",
        "search --vector 1,2,3",
        "search --vector 41.2,0 --group-by even --group-size 2 --k 3",
        "search --id 41 --group-by nothing",
        "search --like 41 43 --unlike 60 --k 3",
        "search --like 41 43 --unlike 42 --strategy best_score --k 3",
        "search --like nobody",
        "search --like 41 --group-by even",
        "search --vector 41.2,0 --diversity 0.7 --k 4",
        "search --vector 41.2,0 --diversity 2",
        "search --id nobody",
        "get 17",
        "get nobody",
        "get 17 --collection nothing",
        "collections list",
        "collections describe nothing",
        "collections drop nothing",
        "create default",
        "list --limit 3",
        "list --order-by number --desc --limit 4",
        "list --order-by number --limit 3 --filter {\"even\":true}",
        "list --order-by $number",
        "list --desc",
        "list --cursor nonsense",
        "sample --limit 200 --seed 5 --filter {\"even\":true}",
        "sample --limit 0",
        "update --filter {\"number\":{\"$lt\":5}} --metadata {\"small\":true,\"even\":null}",
        "update --filter {\"small\":true} --metadata {\"number\":1} --replace",
        "update --filter {} --metadata []",
        "update --filter {\"a\":{\"$is\":1}} --metadata {}",
        "list --filter {\"number\":1}",
        "delete 98 99 nobody",
        "collections alter nothing --capacity 5",
        "collections alter default",
        "collections alter default --capacity 0",
        "collections alter default --quantization sq8 --durability batch --capacity 5000 --default-ef 99",
        "stats",
        "create again --dimension 5 --metric manhattan --m 7 --ef-construction 30 --default-ef 20 --capacity 4",
        "collections drop again",
        "create bent --metric l2 --curvature 2",
        "create bent --metric l2 --project",
        "create bent --dimension 2 --metric poincare --curvature 0.25 --project",
        "collections drop bent",
    ];

    [Fact]
    public async Task A_server_answers_like_the_directory()
    {
        _sandbox.FillLine(100);
        string copy = _sandbox.File("copy");
        CopyData(_sandbox.Data, copy);
        await using ServerProcess server = await ServerProcess.StartAsync(copy);
        foreach (string commandLine in s_commandLines)
        {
            string[] args = [.. commandLine.Split(' '), "--json"];

            ProgramRun remote = await HypervexProcess.RunAsync([.. args, "--url", server.Address]);
            ProgramRun local = await HypervexProcess.RunAsync([.. args, "--data", _sandbox.Data]);

            Assert.True(remote.ExitCode == local.ExitCode, $"{commandLine}\n{remote}\n\n{local}");
            Assert.Equal(Comparable(local.Json), Comparable(remote.Json));
        }
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
        string[] volatileKeys =
        [
            "milliseconds", "message", "location", "version", "created_at", "updated_at", "storage_path", "log_bytes", "row_bytes", "index_bytes", "code_bytes", "graph_bytes", "record_table_bytes",
            "row_memory_bytes", "pending_bytes", "memory_bytes", "bytes_per_vector", "chunk_bytes", "garbage_ratio", "open_files", "linked", "pending",
        ];
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
