using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.Input;

namespace Hypervex.Bench.Run;

/// <summary>
/// F1: filtered searches of one set, by turns with our search without the filter at equal recall, our exact scan of what matches, and hnswlib that fetches more than is wanted
/// and filters afterwards. Once with an index of the field, once without. Our part runs in this process, hnswlib in its own, idle meanwhile.
/// </summary>
internal sealed class FilteredRun(FilteredSet set, BenchOptions options)
{
    private const string CollectionName = "filtered";
    private const int Overfetch = 10 * Workload.K;
    private static readonly int[] s_efs = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256];

    /// <summary>Measures all cases.</summary>
    public JsonObject Run()
    {
        string files = set.WriteTo(BenchPaths.Cache);
        using TemporaryDirectory directory = new("hypervex-filtered", BenchPaths.Cache);
        using var database = Database.Open(directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem, IndexingThreads = options.BuildThreads });
        Note($"building hypervex and hnswlib: {set.Rows.Length} x {set.Rows[0].Length}");
        Collection collection = Build(database);
        Workload workload = new() { Id = "F1", Set = set.Name, Metric = set.Metric, Targets = [] };
        using Peer? hnswlib = Peer.StartHnswlib(workload, new WorkloadData(files, set.Rows.Length, set.Rows[0].Length, set.Queries.Length), options.BuildThreads);
        JsonArray cases = [];
        foreach (bool indexed in (bool[])[true, false])
        {
            if (!indexed)
            {
                collection.DropFieldIndex(FilteredSet.Field);
            }

            foreach (FilteredCase each in set.Cases)
            {
                cases.Add(Measure(new FilteredSearches(collection, set, each, files), each, indexed, indexed ? hnswlib : null));
            }
        }

        return new JsonObject
        {
            ["workload"] = "F1",
            ["set"] = set.Name + (options.Quick ? "-quick" : ""),
            ["dataset"] = new JsonObject { ["n"] = set.Rows.Length, ["d"] = set.Rows[0].Length, ["metric"] = Choice.Word(set.Metric) },
            ["parameters"] = new JsonObject
            {
                ["k"] = Workload.K,
                ["m"] = workload.M,
                ["ef_construction"] = Workload.EfConstruction,
                ["ef"] = new HnswOptions().Ef,
                ["search_threads"] = 1,
                ["seconds_per_point"] = options.Seconds,
                ["repetitions"] = options.Repetitions,
                ["hnswlib"] = hnswlib is null ? null : Environment.GetEnvironmentVariable("HYPERVEX_BENCH_HNSWLIB_VERSION"),
                ["overfetch"] = Overfetch,
            },
            ["cases"] = cases,
            ["machine"] = MachineDescription.ToJson(),
        };
    }

    private Collection Build(Database database)
    {
        const int Batch = 1_000;
        Collection collection = database.CreateCollection(CollectionName, CollectionOptions.Create(set.Rows[0].Length, set.Metric) with
        {
            FieldIndexes = new Dictionary<string, FieldIndexType> { [FilteredSet.Field] = set.Words is null ? FieldIndexType.Integer : FieldIndexType.Keyword },
        });
        foreach (int[] rows in Enumerable.Range(0, set.Rows.Length).Chunk(Batch))
        {
            collection.UpsertBatch([.. rows.Select(row => new VectorRecord(row.ToString(CultureInfo.InvariantCulture), set.Rows[row]) { Metadata = set.MetadataOf(row) })]);
        }

        collection.WaitForIndex();
        collection.WaitForFieldIndexes();
        return collection;
    }

    private JsonObject Measure(FilteredSearches searches, FilteredCase each, bool indexed, Peer? hnswlib)
    {
        double recall = searches.Judge(filtered: true, new SearchOptions()).Recall;
        int ef = s_efs.FirstOrDefault(ef => searches.Judge(filtered: false, new SearchOptions { Ef = ef }).Recall >= recall, s_efs[^1]);
        Dictionary<string, Func<JsonObject>> ways = new()
        {
            ["filtered"] = () => searches.Measure(filtered: true, new SearchOptions(), options.Seconds),
            ["unfiltered"] = () => searches.Measure(filtered: false, new SearchOptions { Ef = ef }, options.Seconds),
            ["exact"] = () => searches.Measure(filtered: true, new SearchOptions { Exact = true }, options.Seconds),
        };
        if (hnswlib is not null)
        {
            int peerEf = new HnswOptions().Ef;
            ways["hnswlib grown"] = () => hnswlib.Ask(string.Create(CultureInfo.InvariantCulture, $"filtered {each.Name} {Workload.K} 1 {peerEf} {options.Seconds}"));
            ways["hnswlib fixed"] = () => hnswlib.Ask(string.Create(CultureInfo.InvariantCulture, $"filtered {each.Name} {Overfetch} 0 {peerEf} {options.Seconds}"));
        }

        Dictionary<string, List<JsonObject>> points = ways.Keys.ToDictionary(name => name, _ => new List<JsonObject>());
        string[] names = [.. ways.Keys];
        Array.ForEach([.. names.Where(name => !name.StartsWith("hnswlib", StringComparison.Ordinal))], name => ways[name]()); // our code is compiled while it runs
        for (int repetition = 0; repetition < options.Repetitions; repetition++)
        {
            for (int i = 0; i < names.Length; i++)
            {
                string name = names[(i + repetition) % names.Length];
                JsonObject point = ways[name]();
                points[name].Add(point);
                Note(string.Create(CultureInfo.InvariantCulture, $"{each.Name}{(indexed ? "" : " without index")} {repetition + 1}/{options.Repetitions} {name,-13} {point.ToJsonString()}"));
            }
        }

        double[] toBar = [.. Enumerable.Range(0, options.Repetitions).Select(i => P50(points["filtered"][i]) / Bar(points, i)).Order()];
        double[] toBest = [.. Enumerable.Range(0, options.Repetitions).Select(i => P50(points["filtered"][i]) / Best(points, i)).Order()];
        int[] matches = [.. each.Queries.Select(query => set.Matches(each.Ranges[query]))];
        return new JsonObject
        {
            ["case"] = each.Name,
            ["index"] = indexed,
            ["queries"] = each.Queries.Length,
            ["least_matches"] = matches.Min(),
            ["most_matches"] = matches.Max(),
            ["mean_share"] = Math.Round(matches.Average() / set.Rows.Length, 4),
            ["plans"] = searches.Plans(),
            ["unfiltered_ef"] = ef,
            ["ratio_to_better"] = Math.Round(toBest[toBest.Length / 2], 2),
            ["ratio_to_bar"] = Math.Round(toBar[toBar.Length / 2], 2),
            ["reached"] = toBar[toBar.Length / 2] <= 1,
            ["medians"] = new JsonObject(points.Select(way => KeyValuePair.Create<string, JsonNode?>(way.Key, way.Value.OrderBy(P50).ElementAt(way.Value.Count / 2).DeepClone()))),
            ["repetitions"] = new JsonObject(points.Select(way => KeyValuePair.Create<string, JsonNode?>(way.Key, new JsonArray([.. way.Value])))),
        };
    }

    private static double P50(JsonObject point) => (double)point["p50_us"]!;

    private static double Best(Dictionary<string, List<JsonObject>> points, int repetition) => Math.Min(P50(points["unfiltered"][repetition]), P50(points["exact"][repetition]));

    // BENCHMARKS.md: at most 1.5 times the better of the two, plus 30 us.
    private static double Bar(Dictionary<string, List<JsonObject>> points, int repetition) => (1.5 * Best(points, repetition)) + 30;

    private void Note(string text) => Console.Error.WriteLine($"F1 {set.Name}: {text}");
}
