using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

public sealed class TransferTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("records.ndjson")]
    [InlineData("records.jsonl.gz")]
    public async Task What_is_exported_can_be_imported_again_unchanged(string name)
    {
        _sandbox.FillLine(2_500);
        string file = _sandbox.File(name);
        string other = _sandbox.File("other");

        ProgramRun export = await RunAsync("export", "--output", file, "--json");
        ProgramRun import = await HypervexProcess.RunAsync("import", file, "--metric", "l2", "--json", "--data", other);

        Assert.True(export.ExitCode == 0, export.ToString());
        Assert.True(import.ExitCode == 0, import.ToString());
        Assert.Equal(2_500, (long?)export.Json["exported"]);
        Assert.Equal(2_500, (long?)import.Json["imported"]);
        Assert.Equal(Records(_sandbox.Data), Records(other));
    }

    [Fact]
    public async Task An_export_to_stdout_is_one_record_per_line_and_obeys_its_filter()
    {
        _sandbox.FillLine(5);

        ProgramRun run = await RunAsync("export", "--filter", """{"even": true}""");

        string[] ids = [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string)JsonNode.Parse(line)!["vector_id"]!)];
        Assert.Equal(["0", "2", "4"], ids);
    }

    [Fact]
    public async Task An_import_through_a_server_is_there_afterwards()
    {
        string file = _sandbox.Write("records.ndjson", Lines(2_100));
        await using (ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data))
        {
            ProgramRun import = await HypervexProcess.RunAsync("import", file, "--metric", "l2", "--collection", "docs", "--url", server.Address, "--json");
            Assert.True(import.ExitCode == 0, import.ToString());
            ProgramRun export = await HypervexProcess.RunAsync("export", "--collection", "docs", "--url", server.Address);
            Assert.Equal(2_100, export.Output.Count(c => c == '\n'));
        }

        using var database = Database.Open(_sandbox.Data);
        Assert.Equal(2_100, database.GetCollection("docs").Count);
    }

    [Fact]
    public async Task Raw_rows_get_their_numbers_as_ids()
    {
        File.WriteAllBytes(_sandbox.File("rows.u8"), [1, 2, 3, 4, 5, 6]);

        ProgramRun import = await RunAsync("import", _sandbox.File("rows.u8"), "--dimension", "3", "--metric", "l2");
        ProgramRun get = await RunAsync("get", "1", "--json");

        Assert.True(import.ExitCode == 0, import.ToString());
        Assert.Equal([4f, 5f, 6f], get.Json["vector"]!.AsArray().Select(x => (float)x!));
    }

    [Theory]
    [InlineData("""{"vector_id": "bad", "vector": [1]}""", "bad_data_file,dimension_mismatch")]
    [InlineData("""{"vector_id": "bad", "vector": [1e39, 0]}""", "bad_data_file,non_finite_vector")]
    [InlineData("""{"vector_id": "bad", "vector": [1, """, "bad_data_file")]
    [InlineData("""{"vector_id": "bad", "vector": ["1", 0]}""", "bad_data_file")]
    [InlineData("""{"vector_id": "", "vector": [1, 0]}""", "bad_data_file,invalid_id")]
    [InlineData("not json", "bad_data_file")]
    public async Task A_bad_row_stops_the_import_and_tells_what_is_safe(string badLine, string codes)
    {
        string file = _sandbox.Write("records.ndjson", Lines(1_700) + badLine + "\n" + Lines(3));

        ProgramRun run = await RunAsync("import", file, "--metric", "l2", "--json");

        Assert.True(run.ExitCode == 6, run.ToString());
        Assert.Contains((string?)run.Json["error"]!["code"], codes.Split(','));
        string message = (string)run.Json["error"]!["message"]!;
        Assert.Contains("records.ndjson", message, StringComparison.Ordinal);
        Assert.Contains("170", message, StringComparison.Ordinal);
        Assert.Contains("1,000 records of this run are safe", message, StringComparison.Ordinal);
        Assert.Contains("--skip 1000", message, StringComparison.Ordinal);
        using var database = Database.Open(_sandbox.Data);
        Assert.Equal(1_000, database.GetCollection("default").Count);
    }

    [Fact]
    public async Task An_import_that_stopped_goes_on_behind_what_is_safe()
    {
        string bad = _sandbox.Write("bad.ndjson", Lines(1_500) + "oops\n");
        string good = _sandbox.Write("good.ndjson", Lines(1_600));

        ProgramRun stopped = await RunAsync("import", bad, "--metric", "l2");
        ProgramRun resumed = await RunAsync("import", good, "--skip", "1000", "--json");

        Assert.Equal(6, stopped.ExitCode);
        Assert.Equal(600, (long?)resumed.Json["imported"]);
        using var database = Database.Open(_sandbox.Data);
        Assert.Equal(1_600, database.GetCollection("default").Count);
    }

    [Fact]
    public async Task Packed_bits_are_imported_from_an_npy_of_bytes_and_searched()
    {
        byte[] rows = [255, 0, 254, 1, 0, 255];
        string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }".PadRight(117) + "\n";
        File.WriteAllBytes(_sandbox.File("bits.npy"), [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. rows]);

        ProgramRun import = await RunAsync("import", _sandbox.File("bits.npy"), "--metric", "hamming", "--json");
        ProgramRun described = await RunAsync("collections", "describe", "default", "--json");
        ProgramRun read = await RunAsync("get", "1", "--json");
        ProgramRun search = await RunAsync("search", "--vector", "255,0", "--json");

        Assert.True(import.ExitCode == 0, import.ToString());
        Assert.Equal(("hamming", 16), ((string?)described.Json["metric"], (int?)described.Json["dimension"]));
        Assert.Equal([254, 1], read.Json["vector"]!.AsArray().Select(x => (int)x!));
        Assert.Equal(["0 0", "1 2", "2 16"], search.Json["results"]!.AsArray().Select(hit => $"{(string?)hit!["vector_id"]} {(int)hit["distance"]!}"));
    }

    [Fact]
    public async Task Points_of_hyperbolic_space_are_imported_moved_inside_and_searched()
    {
        File.WriteAllText(_sandbox.File("points.ndjson"), """
            {"vector_id": "origin", "vector": [0, 0]}
            {"vector_id": "outside", "vector": [0, 7]}
            """);

        ProgramRun refused = await RunAsync("import", _sandbox.File("points.ndjson"), "--collection", "strict", "--metric", "poincare", "--json");
        ProgramRun import = await RunAsync("import", _sandbox.File("points.ndjson"), "--metric", "poincare", "--curvature", "0.25", "--project", "--json");
        ProgramRun search = await RunAsync("search", "--vector", "0,0", "--json");

        Assert.Equal("out_of_domain", (string?)refused.Json["error"]!["code"]);
        Assert.True(import.ExitCode == 0, import.ToString());
        Assert.Equal(["origin", "outside"], search.Json["results"]!.AsArray().Select(hit => (string?)hit!["vector_id"]));
        Assert.Equal(4 * Math.Atanh(1 - 1e-5), (double)search.Json["results"]![1]!["distance"]!, 0.01);
    }

    [Fact]
    public async Task A_file_of_another_dimension_than_the_collection_is_refused()
    {
        _sandbox.FillLine(3);
        File.WriteAllBytes(_sandbox.File("rows.u8"), [1, 2, 3, 4, 5, 6]);

        ProgramRun run = await RunAsync("import", _sandbox.File("rows.u8"), "--dimension", "3", "--json");

        Assert.True(run.ExitCode == 6, run.ToString());
        Assert.Equal("dimension_mismatch", (string?)run.Json["error"]!["code"]);
        Assert.Contains("0 records of this run are safe", (string?)run.Json["error"]!["message"], StringComparison.Ordinal);
    }

    private static string Lines(int count)
    {
        StringBuilder lines = new();
        for (int i = 0; i < count; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $$"""{"vector_id": "r{{i}}", "metadata": {"n": {{i}} }, "vector": [{{i}}, 0.5]}""").Append('\n');
        }

        return lines.ToString();
    }

    private static List<string> Records(string data)
    {
        using var database = Database.Open(data);
        RecordPage page = database.GetCollection("default").List(new ListOptions { Limit = Limits.MaxPage });
        return [.. page.Records.Select(record => $"{record.Id} {string.Join(' ', record.Vector!)} {record.Metadata?.ToJson()} {record.Document} {record.CreatedAt:O}")];
    }

    private Task<ProgramRun> RunAsync(params string[] args) => HypervexProcess.RunAsync([.. args, "--data", _sandbox.Data]);
}
