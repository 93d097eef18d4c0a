using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks;
using Hypervex.Engine.Tests.Distances;

namespace Hypervex.Bench.Run;

/// <summary>
/// The relative error of the distances that collections of hyperbolic space answer, against arithmetic with 480 digits on the float32 points that are stored (tests/Engine.Tests/Distances/Exact.cs),
/// by the norm of one of the two points in the ball and by how the answer came about.
/// </summary>
internal static class AccuracyRun
{
    private const int Queries = 12;
    private static readonly (string Name, IndexType Index, QuantizationKind Codes, SearchOptions Options)[] s_modes =
    [
        ("graph", IndexType.Hnsw, QuantizationKind.None, new SearchOptions { Ef = 400 }),
        ("exact", IndexType.Hnsw, QuantizationKind.None, new SearchOptions { Exact = true }),
        ("flat", IndexType.Flat, QuantizationKind.None, default),
        ("radius", IndexType.Hnsw, QuantizationKind.None, new SearchOptions { Ef = 400, Radius = 1e6f }),
        ("codes auto", IndexType.Hnsw, QuantizationKind.Auto, new SearchOptions { Ef = 400 }),
    ];

    private static readonly double[] s_gaps = [1, 0.5, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9];

    /// <summary>Measures all bands.</summary>
    public static JsonObject Run(bool quick)
    {
        JsonArray bands = [];
        foreach (Metric metric in new[] { Metric.Poincare, Metric.Lorentz })
        {
            for (int band = 1; band < s_gaps.Length; band++)
            {
                bands.Add(Measure(metric, s_gaps[band], s_gaps[band - 1], quick));
            }
        }

        return new JsonObject
        {
            ["workload"] = "accuracy",
            ["set"] = quick ? "hyperbolic-quick" : "hyperbolic",
            ["bands"] = bands,
            ["refused"] = new JsonArray([.. new[] { QuantizationKind.Sq8, QuantizationKind.Sq4, QuantizationKind.Binary }.Where(IsRefused).Select(codes => (JsonNode)codes.ToString().ToLowerInvariant())]),
            ["machine"] = MachineDescription.ToJson(),
        };
    }

    private static JsonObject Measure(Metric metric, double least, double most, bool quick)
    {
        double[] worst = new double[s_modes.Length];
        double worstOfFunctions = 0;
        long pairs = 0, answers = 0;
        foreach ((int dimension, double curvature) in quick ? [(8, 1)] : new (int, double)[] { (3, 1), (8, 1), (64, 1), (8, 0.3) })
        {
            List<float[]> points = new AccuracyPoints(metric, dimension, curvature, seed: dimension).Draw(least, most);
            double[][] distances = [.. Enumerable.Range(0, Queries).Select(query => points.Select(point => Distance(metric, points[5 * query], point, curvature)).ToArray())];
            pairs += Queries * (points.Count - 1);
            for (int query = 0; query < Queries; query++)
            {
                for (int i = 0; i < points.Count; i++)
                {
                    worstOfFunctions = Math.Max(worstOfFunctions, Error(Function(metric, points[5 * query], points[i], curvature), distances[query][i]));
                }
            }

            for (int mode = 0; mode < s_modes.Length; mode++)
            {
                answers += Ask(metric, curvature, points, mode, distances, ref worst[mode]);
            }
        }

        JsonObject errors = [];
        for (int mode = 0; mode < s_modes.Length; mode++)
        {
            errors[s_modes[mode].Name] = worst[mode];
        }

        errors["float64 functions"] = worstOfFunctions;
        return new JsonObject { ["metric"] = metric.ToString().ToLowerInvariant(), ["from"] = most, ["to"] = least, ["pairs"] = pairs, ["answers"] = answers, ["errors"] = errors };
    }

    private static long Ask(Metric metric, double curvature, List<float[]> points, int mode, double[][] distances, ref double worst)
    {
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("points", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                [""] = new() { Dimension = points[0].Length, Metric = metric, Curvature = curvature, Quantization = s_modes[mode].Codes, Index = new HnswOptions { Type = s_modes[mode].Index } },
            },
        });
        collection.UpsertBatch([.. points.Select((point, number) => new VectorRecord(number.ToString(CultureInfo.InvariantCulture), point))]);
        collection.WaitForIndex();
        long answers = 0;
        for (int query = 0; query < distances.Length; query++)
        {
            foreach (SearchHit hit in collection.Search(points[5 * query], points.Count, s_modes[mode].Options))
            {
                answers++;
                worst = Math.Max(worst, Error(hit.Distance, distances[query][int.Parse(hit.Id, CultureInfo.InvariantCulture)]));
            }
        }

        return answers;
    }

    // A distance of a point to itself that is not 0 is an infinite error.
    private static double Error(double answer, double distance) => answer == distance ? 0 : Math.Abs(answer - distance) / distance;

    private static double Distance(Metric metric, float[] u, float[] v, double curvature) =>
        (metric == Metric.Poincare ? Exact.PoincareRank(u, v, curvature) : Exact.LorentzRank(u, v, curvature)).Distance(curvature).ToDouble();

    private static double Function(Metric metric, float[] u, float[] v, double curvature)
    {
        double[] x = [.. u.Select(component => (double)component)], y = [.. v.Select(component => (double)component)];
        return metric == Metric.Poincare ? Hyperbolic.PoincareDistance(x, y, curvature) : Hyperbolic.LorentzDistance(x, y, curvature);
    }

    private static bool IsRefused(QuantizationKind codes)
    {
        try
        {
            using var database = Database.CreateInMemory();
            database.CreateCollection("points", new CollectionOptions { Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Metric = Metric.Poincare, Quantization = codes } } });
            return false;
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.InvalidArgument)
        {
            return true;
        }
    }
}
