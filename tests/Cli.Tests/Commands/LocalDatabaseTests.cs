using System.Globalization;

namespace Hypervex.Cli.Tests.Commands;

public sealed class LocalDatabaseTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_collection_is_created_listed_described_and_dropped()
    {
        Assert.Equal(0, (await RunAsync("create", "docs", "--dimension", "3", "--metric", "manhattan", "--m", "8", "--capacity", "5")).ExitCode);

        ProgramRun list = await RunAsync("collections", "list", "--json");
        ProgramRun describe = await RunAsync("collections", "describe", "docs", "--json");
        ProgramRun again = await RunAsync("create", "docs", "--json");
        ProgramRun drop = await RunAsync("collections", "drop", "docs");
        ProgramRun dropAgain = await RunAsync("collections", "drop", "docs", "--json");

        Assert.Equal(["docs"], list.Json["collections"]!.AsArray().Select(name => (string?)name));
        Assert.Equal(3, (int?)describe.Json["dimension"]);
        Assert.Equal("manhattan", (string?)describe.Json["metric"]);
        Assert.Equal(8, (int?)describe.Json["index"]!["m"]);
        Assert.Equal(5, (long?)describe.Json["capacity"]);
        Assert.Equal(7, again.ExitCode);
        Assert.Equal("collection_exists", (string?)again.Json["error"]!["code"]);
        Assert.Equal(0, drop.ExitCode);
        Assert.Equal(3, dropAgain.ExitCode);
        Assert.Equal("collection_not_found", (string?)dropAgain.Json["error"]!["code"]);
    }

    [Fact]
    public async Task Durability_and_codes_are_set_at_creation_and_altered()
    {
        Assert.Equal(0, (await RunAsync("create", "docs", "--dimension", "2", "--metric", "l2", "--durability", "os", "--quantization", "sq8")).ExitCode);
        Assert.Equal("os", (string?)(await RunAsync("collections", "describe", "docs", "--json")).Json["durability"]);
        ProgramRun altered = await RunAsync("collections", "alter", "docs", "--durability", "batch", "--quantization", "binary", "--default-ef", "77", "--capacity", "9", "--json");
        Assert.True(altered.ExitCode == 0, altered.ToString());
        Assert.Equal("batch", (string?)altered.Json["altered"]!["durability"]);
        Assert.Equal(77, (int?)altered.Json["altered"]!["index"]!["ef"]);
        Assert.Equal(9, (int?)altered.Json["altered"]!["capacity"]);
        ProgramRun back = await RunAsync("collections", "alter", "docs", "--no-durability", "--no-capacity", "--json");
        Assert.Equal("fsync", (string?)back.Json["altered"]!["durability"]);
        Assert.Null((int?)back.Json["altered"]!["capacity"]);
        Assert.Equal(2, (await RunAsync("collections", "alter", "docs")).ExitCode);
        Assert.Equal(2, (await RunAsync("collections", "alter", "docs", "--quantization", "sq2")).ExitCode);
        Assert.Equal(3, (await RunAsync("collections", "alter", "nothing", "--capacity", "9")).ExitCode);
    }

    [Fact]
    public async Task A_flat_collection_is_created_and_described_as_one()
    {
        ProgramRun created = await RunAsync("create", "small", "--index", "flat");
        Assert.True(created.ExitCode == 0, created.ToString());
        Assert.Equal("flat", (string?)(await RunAsync("collections", "describe", "small", "--json")).Json["index"]!["type"]);
        Assert.Equal(2, (await RunAsync("create", "other", "--index", "flat", "--quantization", "sq8")).ExitCode); // a bad command line
    }

    [Fact]
    public async Task A_record_is_read_as_json_and_as_text()
    {
        _sandbox.FillLine(10);

        ProgramRun json = await RunAsync("get", "7", "--json");
        ProgramRun text = await RunAsync("get", "7");

        Assert.Equal("7", (string?)json.Json["vector_id"]);
        Assert.Equal([7f, 0f], json.Json["vector"]!.AsArray().Select(x => (float)x!));
        Assert.Equal(7, (int?)json.Json["metadata"]!["number"]);
        Assert.Equal("point 7", (string?)json.Json["document"]);
        Assert.True(DateTimeOffset.TryParse((string?)json.Json["created_at"], CultureInfo.InvariantCulture, out _));
        Assert.Contains("point 7", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_does_not_exist_has_exit_code_3()
    {
        _sandbox.FillLine(1);

        ProgramRun run = await RunAsync("get", "8", "--json");

        Assert.Equal(3, run.ExitCode);
        Assert.Equal("not_found", (string?)run.Json["error"]!["code"]);
    }

    [Theory]
    [InlineData("--vector 41.2,0", "41 42 40")]
    [InlineData("--vector [41.2,0]", "41 42 40")]
    [InlineData("--vector 41.2,0 --exact", "41 42 40")]
    [InlineData("--id 41", "40 42 39")]
    [InlineData("--vector 41.2,0 --filter {\"even\":true}", "42 40 44")]
    [InlineData("--vector 41.2,0 --min-score 0.5", "41 42")]
    public async Task A_search_finds_the_nearest(string arguments, string expected)
    {
        _sandbox.FillLine(100);

        ProgramRun run = await RunAsync(["search", .. arguments.Split(' '), "--k", "3", "--json"]);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(expected.Split(' '), run.Json["results"]!.AsArray().Select(hit => (string?)hit!["vector_id"]));
        Assert.All(run.Json["results"]!.AsArray(), hit => Assert.StartsWith("point ", (string?)hit!["document"]));
    }

    [Fact]
    public async Task A_query_comes_from_a_file()
    {
        _sandbox.FillLine(100);
        string file = _sandbox.Write("query.json", "[12.1, 0]\n");

        ProgramRun run = await RunAsync("search", "--vector", $"@{file}", "--k", "1", "--json");

        Assert.Equal("12", (string?)run.Json["results"]![0]!["vector_id"]);
    }

    [Theory]
    [InlineData("1,2,3", "dimension_mismatch")]
    [InlineData("1e39,0", "non_finite_vector")]
    public async Task An_unfit_query_has_exit_code_2(string vector, string code)
    {
        _sandbox.FillLine(3);

        ProgramRun run = await RunAsync("search", "--vector", vector, "--json");

        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.Equal(code, (string?)run.Json["error"]!["code"]);
    }

    [Fact]
    public async Task Deleted_records_are_gone_and_missing_ones_are_told()
    {
        _sandbox.FillLine(5);

        ProgramRun first = await RunAsync("delete", "2", "3", "--json");
        ProgramRun second = await RunAsync("delete", "3", "4", "--json");
        ProgramRun get = await RunAsync("get", "2");
        ProgramRun stats = await RunAsync("stats", "--json");

        Assert.Equal(0, first.ExitCode);
        Assert.Equal(2, (int?)first.Json["deleted"]);
        Assert.Equal(3, second.ExitCode);
        Assert.Equal(["3"], second.Json["missing"]!.AsArray().Select(id => (string?)id));
        Assert.Equal(3, get.ExitCode);
        Assert.Equal(2, (int?)stats.Json["collections"]![0]!["count"]);
    }

    [Fact]
    public async Task A_data_directory_that_is_open_elsewhere_is_told_with_its_process()
    {
        _sandbox.FillLine(1);
        using var database = Database.Open(_sandbox.Data);

        ProgramRun run = await RunAsync("stats", "--json");

        Assert.Equal(4, run.ExitCode);
        string message = (string)run.Json["error"]!["message"]!;
        Assert.Contains("--url", message, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains($"process {Environment.ProcessId} (", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_environment_names_the_data_directory_and_a_flag_wins_over_it()
    {
        _sandbox.FillLine(4);
        Dictionary<string, string?> right = new() { ["STORAGE_PATH"] = _sandbox.Data };
        Dictionary<string, string?> wrong = new() { ["STORAGE_PATH"] = _sandbox.File("nothing") };

        ProgramRun byEnvironment = await HypervexProcess.RunAsync(right, null, "stats", "--json");
        ProgramRun byFlag = await HypervexProcess.RunAsync(wrong, null, "stats", "--json", "--data", _sandbox.Data);
        ProgramRun missing = await HypervexProcess.RunAsync(wrong, null, "stats", "--json");

        Assert.Equal(4, (int?)byEnvironment.Json["collections"]![0]!["count"]);
        Assert.Equal(4, (int?)byFlag.Json["collections"]![0]!["count"]);
        Assert.Equal(3, missing.ExitCode);
    }

    [Fact]
    public async Task Verify_finds_a_sound_database_sound()
    {
        _sandbox.FillLine(50);

        ProgramRun run = await RunAsync("verify", "--json");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.True((bool?)run.Json["ok"]);
        Assert.True((long?)run.Json["collections"]![0]!["frames"] >= 50);
    }

    [Fact]
    public async Task Compact_gives_back_the_space_of_deleted_records()
    {
        _sandbox.FillLine(500);
        using (var database = Database.Open(_sandbox.Data))
        {
            database.GetCollection("default").DeleteBatch([.. Enumerable.Range(0, 450).Select(i => $"{i}")]);
        }

        ProgramRun run = await RunAsync("compact", "--json");
        ProgramRun again = await RunAsync("compact");
        ProgramRun verify = await RunAsync("verify", "--json");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.True((long?)run.Json["collections"]![0]!["bytes_after"] < (long?)run.Json["collections"]![0]!["bytes_before"], run.ToString());
        Assert.True((long?)run.Json["collections"]![0]!["records_moved"] >= 50, run.ToString());
        Assert.Contains("0 records moved", again.Output, StringComparison.Ordinal);
        Assert.True((bool?)verify.Json["ok"], verify.ToString());
    }

    [Fact]
    public async Task Checkpoint_says_whether_anything_had_changed()
    {
        _sandbox.FillLine(50);

        ProgramRun first = await RunAsync("checkpoint", "--json");
        ProgramRun missing = await RunAsync("checkpoint", "--collection", "nothing");

        Assert.True((bool?)first.Json["collections"]![0]!["taken"], first.ToString());
        Assert.Equal(3, missing.ExitCode);
    }

    [Fact]
    public async Task Verify_finds_a_flipped_bit()
    {
        _sandbox.FillLine(50);
        string log = Directory.EnumerateFiles(_sandbox.Data, "*.log", SearchOption.AllDirectories).Single();
        Flip(log, "point 20");

        ProgramRun run = await RunAsync("verify", "--json");

        Assert.True(run.ExitCode == 5, run.ToString());
    }

    [Fact]
    public async Task Control_characters_of_a_document_do_not_reach_the_terminal()
    {
        using (var database = Database.Open(_sandbox.Data))
        {
            database.CreateCollection("default", CollectionOptions.Create(1, Metric.L2)).Upsert("a", [1], document: "\u001b[31mred\u0007");
        }

        ProgramRun get = await RunAsync("get", "a");
        ProgramRun search = await RunAsync("search", "--vector", "1");

        Assert.DoesNotContain('\u001b', get.Output + search.Output);
        Assert.DoesNotContain('\u0007', get.Output + search.Output);
        Assert.Contains("red", get.Output, StringComparison.Ordinal);
    }

    private Task<ProgramRun> RunAsync(params string[] args) => HypervexProcess.RunAsync([.. args, "--data", _sandbox.Data]);

    private static void Flip(string file, string text)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int at = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text));
        Assert.True(at >= 0, $"{file} does not hold \"{text}\".");
        bytes[at] ^= 1;
        File.WriteAllBytes(file, bytes);
    }
}
