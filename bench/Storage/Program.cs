using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Bench.Storage;

// Durable inserts: Hypervex, SQLite and the bare disk, alternating. bench/run storage starts it.
const int Dimension = 128;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string root = Environment.GetEnvironmentVariable("HYPERVEX_BENCH_ROOT") ?? Directory.GetCurrentDirectory();
StorageOptions options;
try
{
    options = StorageOptions.Parse(args);
}
catch (Exception exception) when (exception is ArgumentException or FormatException)
{
    Console.Error.WriteLine($"bench/run storage: {exception.Message}");
    return 2;
}

var hypervex = new HypervexPeer(root, options);
var sqlite = new SqlitePeer(Dimension);
List<Comparison> rows = [];
JsonNode? machine = null;
foreach (int writers in options.Writers)
{
    foreach (int batch in options.Batches)
    {
        Comparison row = new(writers, batch);
        for (int repetition = 0; repetition < options.Repetitions; repetition++)
        {
            JsonObject full = hypervex.Measure(writers, batch);

            // The graph that costs least: what is left is the log, the rows and the tables.
            JsonObject log = hypervex.Measure(writers, batch, "--index", "flat");
            sqlite.WarmUp(options.Directory, writers, batch, options.WarmUp);
            Inserted theirs = sqlite.Measure(options.Directory, writers, batch, options.Records, options.Seconds);
            row.Add(full, log, theirs);
            machine = full["machine"];
            Console.Error.WriteLine($"{writers} writers, batches of {batch}, {repetition + 1}/{options.Repetitions}: {row.Last}");
        }

        rows.Add(row);
    }
}

JsonObject result = new()
{
    ["storage"] = "inserts",
    ["parameters"] = new JsonObject
    {
        ["d"] = Dimension,
        ["repetitions"] = options.Repetitions,
        ["seconds"] = options.Seconds,
        ["warm_up_seconds"] = options.WarmUp,
        ["most_records"] = options.Records,
        ["sqlite"] = SqlitePeer.Version,
        ["measures"] = "durable records: Hypervex's are found by searches too, SQLite's are not indexed by their vectors",
    },
    ["rows"] = new JsonArray([.. rows.Select(row => (JsonNode)row.ToJson())]),
    ["machine"] = machine?.DeepClone(),
};
string file = Path.Combine(root, "artifacts", "bench", options.Quick ? "storage-quick.json" : "storage.json");
Directory.CreateDirectory(Path.GetDirectoryName(file)!);
File.WriteAllText(file, result.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
string table = Table();
Console.WriteLine(table);
Console.WriteLine($"The same figures as JSON: {file}");
if (options is { Document: true, Quick: false })
{
    const string Begin = "<!-- bench/run storage -->", End = "<!-- end -->";
    string path = Path.Combine(root, "docs", "benchmarks.md");
    string page = File.ReadAllText(path);
    int from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
    int to = page.IndexOf(End, from, StringComparison.Ordinal);
    File.WriteAllText(path, $"{page[..from]}\n{table.TrimEnd()}\n{page[to..]}");
}

return 0;

string Table()
{
    StringBuilder text = new();
    string commit = (string?)machine?["commit"] ?? "unknown";
    text.Append($"Durable inserts of {Dimension}-d vectors (fsync), {options.Repetitions} repetitions of at most {options.Seconds} s or {options.Records:N0} records, each rehearsed for {options.WarmUp} s by both, so that their code is compiled; Hypervex with m 16 and ef_construction 200, ")
        .Append($"\"flat\" without a graph (searches scan, as they would have to in SQLite), SQLite {SqlitePeer.Version} (WAL, synchronous=FULL, no index of vectors), and one write and fdatasync of the same bytes. ")
        .Append($"{machine?["cpu"]}, {machine?["cores"]} cores, {machine?["runtime"]}, commit {commit[..Math.Min(8, commit.Length)]}.\n\n")
        .Append("| writers | batch | Hypervex records/s, median (best) | flat | SQLite | write + fdatasync | Hypervex / SQLite, median (best) | flat / SQLite |\n|---|---|---|---|---|---|---|---|\n");
    rows.ForEach(row => text.Append(row.ToMarkdown()).Append('\n'));
    return text.ToString();
}
