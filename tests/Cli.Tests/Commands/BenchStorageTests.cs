using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

public sealed class BenchStorageTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Every_part_has_rows_whose_figures_fit_together()
    {
        ProgramRun run = await HypervexProcess.RunAsync(
            "bench", "storage", "--records", "2000", "--seconds", "0.1", "--dimension", "32", "--collections", "20", "--tails", "0,500",
            "--writers", "1,4", "--batches", "1,100", "--directory", _sandbox.Folder, "--json");

        Assert.True(run.ExitCode == 0, run.ToString());
        JsonObject figures = run.Json;
        Assert.Equal(2_000, (int?)figures["parameters"]!["records"]);
        Assert.Equal("fsync", (string?)figures["parameters"]!["durability"]);
        InsertsAreSane(figures["inserts"]!.AsArray());
        OpeningsLoseNothing(figures["open_after_kill"]!.AsArray());
        LoadIsSane(figures["under_search_load"]!.AsArray());
        DiskIsSane(figures["disk"]!.AsArray());
        JsonNode many = Assert.Single(figures["many_collections"]!.AsArray())!;
        Assert.Equal(20, (int?)many["collections"]);
        Assert.Equal(200, (int?)many["records"]);
        Assert.True((double?)many["opened_ms"] <= (double?)many["all_searched_ms"]);
        Assert.Equal(2_000, (int?)Assert.Single(figures["memory"]!.AsArray())!["records"]);
        FieldIndexesAreSane(figures["open_with_field_indexes"]!.AsArray());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_sandbox.Folder));
    }

    [Fact]
    public async Task Only_the_parts_that_were_asked_for_are_measured_and_the_durability_is_said()
    {
        ProgramRun run = await HypervexProcess.RunAsync(
            "bench", "storage", "--parts", "inserts", "--records", "200", "--seconds", "0.1", "--dimension", "8", "--writers", "2", "--batches", "10",
            "--durability", "batch", "--directory", _sandbox.Folder, "--json");

        Assert.True(run.ExitCode == 0, run.ToString());
        JsonNode row = Assert.Single(run.Json["inserts"]!.AsArray())!;
        Assert.Contains("durable within", (string?)row["measures"], StringComparison.Ordinal);
        Assert.Equal(["parameters", "inserts", "write_and_fdatasync", "machine"], run.Json.Select(part => part.Key).Where(key => OperatingSystem.IsLinux() || key != "write_and_fdatasync"));
    }

    [Fact]
    public async Task Without_json_every_table_is_printed()
    {
        ProgramRun run = await HypervexProcess.RunAsync(
            "bench", "storage", "--parts", "inserts,memory", "--records", "200", "--seconds", "0.1", "--dimension", "8", "--writers", "1", "--batches", "10", "--directory", _sandbox.Folder);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("inserts", run.Output, StringComparison.Ordinal);
        Assert.Contains("records per second", run.Output, StringComparison.Ordinal);
        Assert.Contains("table bytes per record", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_refused_before_anything_is_measured()
    {
        ProgramRun run = await HypervexProcess.RunAsync("bench", "storage", "--directory", _sandbox.File("missing"), "--json");

        Assert.Equal("file_not_found", (string?)run.Json["error"]!["code"]);
    }

    private static void FieldIndexesAreSane(JsonArray rows)
    {
        Assert.Equal(["loaded", "built", "none"], rows.Select(row => (string?)row!["indexes"]));
        Assert.Equal([true, false, false], rows.Select(row => (double?)row!["index_files_mb"] > 0));
        Assert.Equal([true, true, false], rows.Select(row => (double?)row!["index_memory_mb"] > 0));
        Assert.Single(rows.Select(row => (long?)row!["matches"]).Distinct());
    }

    private static void InsertsAreSane(JsonArray rows)
    {
        Assert.Equal([(1, 1), (1, 100), (4, 1), (4, 100)], rows.Select(row => ((int)row!["writers"]!, (int)row["batch"]!)));
        Assert.All(rows, row =>
        {
            Assert.Equal("acknowledged = durable and searchable", (string?)row!["measures"]);
            Assert.InRange((long)row["records"]!, 1, 2_000);
            Assert.True((double?)row["records_per_second"] > 0);
            Assert.True((double?)row["p50_us"] <= (double?)row["p99_us"]);
            Assert.True((double?)row["log_bytes_per_record"] > 32 * sizeof(float));
        });
    }

    private static void OpeningsLoseNothing(JsonArray rows)
    {
        Assert.Equal([null, 0, 500, 500], rows.Select(row => (int?)row!["behind_checkpoint"]));
        Assert.Equal([2_000, 2_000, 2_500, 700], rows.Select(row => (int)row!["records"]!));
        Assert.All(rows, row =>
        {
            Assert.Equal(0, (int?)row!["lost"]);
            Assert.Equal(10, (int?)row["hits"]);
            Assert.Null(row["checkpoint_problem"]);
            Assert.True((double?)row["opened_ms"] <= (double?)row["first_answer_ms"]);
        });
        Assert.Equal([0, 500, 500], rows.Skip(1).Select(row => (int)row!["replayed"]!));
    }

    private static void LoadIsSane(JsonArray rows)
    {
        Assert.Equal(["checkpoint", "compaction"], rows.Select(row => (string?)row!["work"]));
        Assert.All(rows, row =>
        {
            Assert.True((int?)row!["pieces"] >= 1);
            Assert.True((int?)row["searches_before"] > 0);
            Assert.True((double?)row["p50_before_us"] <= (double?)row["p99_before_us"]);
        });
    }

    private static void DiskIsSane(JsonArray rows)
    {
        Assert.Equal(2_000, (int?)rows[0]!["records"]);
        Assert.Equal(1_000, (int?)rows[^1]!["records"]);
        Assert.All(rows, row => Assert.True((double?)row!["bytes_per_record"] > 32 * sizeof(float)));
        JsonNode compacted = Assert.Single(rows, row => row!["ratio_to_fresh"] is not null)!;
        Assert.Equal("compacted", (string?)compacted["state"]);
        Assert.True((long?)rows[2]!["deleted_found"] > 1_000);
        Assert.Equal(0, (long?)compacted["deleted_found"]);
        Assert.True((double?)compacted["allocated_bytes"] < (double?)rows[2]!["allocated_bytes"]);
    }
}
