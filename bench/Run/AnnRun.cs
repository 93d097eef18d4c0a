using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.Input;

namespace Hypervex.Bench.Run;

/// <summary>
/// One set of data under all peers: each is built in a process of its own, one after the other; then every repetition goes through the
/// beam widths, and at each through the peers, so that a noisy moment of the machine meets them all.
/// </summary>
internal sealed class AnnRun(Workload workload, BenchOptions options)
{
    // Beyond it a curve says nothing more; the widest beams take the longest.
    private const double EnoughRecall = 0.9995;

    /// <summary>Measures, prints, and returns the result.</summary>
    public JsonObject Run()
    {
        WorkloadData data = WorkloadData.Prepare(workload, BenchPaths.Cache);
        List<Peer> peers = [];
        try
        {
            foreach (QuantizationKind codes in options.Quick ? workload.Codes : options.Codes ?? workload.Codes)
            {
                Note($"building hypervex {Choice.Word(codes)}: {data.Rows} x {data.Dimension}");
                peers.Add(Peer.StartHypervex(workload, data, codes, options.BuildThreads));
            }

            Note("building hnswlib");
            if (Peer.StartHnswlib(workload, data, options.BuildThreads) is { } hnswlib)
            {
                peers.Add(hnswlib);
            }

            List<PeerPoints> points = Measure(peers);
            JsonObject result = ToJson(data, peers, points);
            Peer ours = Best(peers, points);
            result["extras"] = Extras(ours, points[peers.IndexOf(ours)]);
            return result;
        }
        finally
        {
            peers.ForEach(peer => peer.Dispose());
        }
    }

    private List<PeerPoints> Measure(List<Peer> peers)
    {
        List<PeerPoints> all = [.. peers.Select(peer => new PeerPoints(peer.Name))];
        double most = Math.Max(EnoughRecall, workload.Targets.Max(target => target.Recall));
        for (int repetition = 0; repetition < options.Repetitions; repetition++)
        {
            all.ForEach(points => points.BeginRepetition());
            foreach (int ef in workload.Ef)
            {
                for (int i = 0; i < peers.Count; i++)
                {
                    int at = (i + repetition) % peers.Count;
                    if (!(all[at].LastRecall >= most))
                    {
                        JsonObject point = peers[at].Search(ef, options.Seconds, 1);
                        all[at].Add(point);
                        Note(string.Create(CultureInfo.InvariantCulture, $"{repetition + 1}/{options.Repetitions} ef {ef,4} {peers[at].Name,-16} recall {(double)point["recall"]!:0.0000} {(double)point["qps"]!,10:0} queries/s"));
                    }
                }
            }
        }

        return all;
    }

    private JsonObject ToJson(WorkloadData data, List<Peer> peers, List<PeerPoints> points)
    {
        int hnswlib = peers.FindIndex(peer => !peer.IsHypervex);
        JsonArray peerRows = [];
        for (int i = 0; i < peers.Count; i++)
        {
            peerRows.Add(new JsonObject
            {
                ["name"] = peers[i].Name,
                ["build"] = peers[i].Build.DeepClone(),
                ["points"] = points[i].Medians(),
                ["at_recall"] = new JsonArray([.. workload.Targets.Select(target => (JsonNode)points[i].AtRecall(target.Recall))]),
                ["repetitions"] = points[i].ToJson(),
            });
        }

        JsonArray ratios = [];
        for (int i = 0; i < peers.Count && hnswlib >= 0; i++)
        {
            if (i == hnswlib)
            {
                continue;
            }

            foreach (Target target in workload.Targets)
            {
                ratios.Add(PeerPoints.Ratio(points[i], points[hnswlib], target));
            }
        }

        return new JsonObject
        {
            ["workload"] = workload.Id,
            ["set"] = workload.Set,
            ["dataset"] = new JsonObject { ["n"] = data.Rows, ["d"] = data.Dimension, ["queries"] = data.Queries, ["metric"] = Choice.Word(workload.Metric) },
            ["parameters"] = new JsonObject
            {
                ["k"] = Workload.K,
                ["m"] = workload.M,
                ["ef_construction"] = Workload.EfConstruction,
                ["build_threads"] = options.BuildThreads,
                ["search_threads"] = 1,
                ["seconds_per_point"] = options.Seconds,
                ["repetitions"] = options.Repetitions,
                ["hnswlib"] = hnswlib < 0 ? null : Environment.GetEnvironmentVariable("HYPERVEX_BENCH_HNSWLIB_VERSION"),
            },
            ["peers"] = peerRows,
            ["ratios"] = ratios,
            ["machine"] = MachineDescription.ToJson(),
        };
    }

    private Peer Best(List<Peer> peers, List<PeerPoints> points) => peers
        .Where(peer => peer.IsHypervex)
        .MaxBy(peer => points[peers.IndexOf(peer)].Median(workload.Targets[0].Recall).Rate)!;

    private JsonObject Extras(Peer peer, PeerPoints points)
    {
        const int ScalingThreads = 2;
        const int DurableRows = 200_000;
        int ef = points.EfFor(workload.Targets[0].Recall) ?? workload.Ef[^1];
        Note($"scaling, allocation, searches beside inserts: {peer.Name}, ef {ef}");
        double one = (double)peer.Search(ef, options.Seconds, 1)["qps"]!;
        double two = (double)peer.Search(ef, options.Seconds, ScalingThreads)["qps"]!;
        JsonNode? checkpoint = null, durable = null;
        if (workload.Inserts)
        {
            Note("a checkpoint, durable inserts");
            checkpoint = peer.Ask("checkpoint 3")["seconds"]!.DeepClone();
            durable = peer.Ask($"durable {DurableRows}");
        }

        return new JsonObject
        {
            ["peer"] = peer.Name,
            ["ef"] = ef,
            ["qps_with_one_thread"] = one,
            ["qps_with_two_threads"] = two,
            ["scaling"] = Math.Round(two / one, 3),
            ["bytes_per_search"] = peer.Ask($"allocation {ef}")["bytes_per_search"]!.DeepClone(),
            ["checkpoint_seconds"] = checkpoint,
            ["durable"] = durable,
            ["beside_inserts"] = peer.Ask(string.Create(CultureInfo.InvariantCulture, $"inserts {ef} {options.Seconds}")),
        };
    }

    private void Note(string text) => Console.Error.WriteLine($"{workload.Id} {workload.Set}: {text}");
}
