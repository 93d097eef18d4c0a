using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks;

namespace Hypervex.Bench.Run;

/// <summary>What one peer showed, by repetition and beam width; and the figures that follow: best and median at a recall, ratios.</summary>
internal sealed class PeerPoints(string name)
{
    private readonly string _name = name;
    private readonly List<List<JsonObject>> _repetitions = [];

    /// <summary>The recall of the last point of this repetition; NaN without one.</summary>
    public double LastRecall => _repetitions[^1].Count == 0 ? double.NaN : (double)_repetitions[^1][^1]["recall"]!;

    /// <summary>Starts the next repetition.</summary>
    public void BeginRepetition() => _repetitions.Add([]);

    /// <summary>Adds a point to it.</summary>
    public void Add(JsonObject point) => _repetitions[^1].Add(point);

    /// <summary>The median rate over the repetitions at a recall.</summary>
    public (double Rate, CurveReach Reach) Median(double recall)
    {
        List<(double Rate, CurveReach Reach)> rates = [.. Rates(recall).OrderBy(rate => rate.Rate)];
        return rates[rates.Count / 2];
    }

    /// <summary>The narrowest beam with so much recall; null when none has it.</summary>
    public int? EfFor(double recall) =>
        _repetitions[0].Where(point => (double)point["recall"]! >= recall).Select(point => (int?)point["ef"]).FirstOrDefault();

    /// <summary>Best and median rate at a recall.</summary>
    public JsonObject AtRecall(double recall)
    {
        (double rate, CurveReach reach) = Median(recall);
        return new JsonObject
        {
            ["recall"] = recall,
            ["median"] = reach == CurveReach.NotReached ? null : Math.Round(rate, 1),
            ["best"] = reach == CurveReach.NotReached ? null : Math.Round(Rates(recall).Max(each => each.Rate), 1),
            ["reach"] = reach.ToString(),
            ["ef"] = EfFor(recall),
        };
    }

    /// <summary>One peer's rate over another's: in each repetition, then the median and the best of these.</summary>
    public static JsonObject Ratio(PeerPoints ours, PeerPoints theirs, Target target)
    {
        double[] ratios =
        [
            .. ours.Rates(target.Recall).Zip(theirs.Rates(target.Recall))
                .Where(pair => pair.First.Reach != CurveReach.NotReached && pair.Second.Reach != CurveReach.NotReached)
                .Select(pair => pair.First.Rate / pair.Second.Rate).Order(),
        ];
        double? median = ratios.Length == 0 ? null : ratios[ratios.Length / 2];
        return new JsonObject
        {
            ["peer"] = ours._name,
            ["against"] = theirs._name,
            ["recall"] = target.Recall,
            ["median"] = median is { } middle ? Math.Round(middle, 2) : null,
            ["best"] = ratios.Length == 0 ? null : Math.Round(ratios[^1], 2),
            ["bar"] = target.Bar,
            ["reached"] = median is { } value && target.Bar is { } bar ? value >= bar : null,
        };
    }

    /// <summary>The median of every point over the repetitions, by beam width.</summary>
    public JsonArray Medians() => new([.. _repetitions.SelectMany(points => points)
        .GroupBy(point => (int)point["ef"]!)
        .OrderBy(group => group.Key)
        .Select(group => (JsonNode)group.OrderBy(point => (double)point["qps"]!).ElementAt(group.Count() / 2).DeepClone())]);

    /// <summary>Every point of every repetition.</summary>
    public JsonArray ToJson() => new([.. _repetitions.Select(points => (JsonNode)new JsonArray([.. points.Select(point => point.DeepClone())]))]);

    private IEnumerable<(double Rate, CurveReach Reach)> Rates(double recall) =>
        _repetitions.Select(points => new RecallCurve(points.Select(point => ((double)point["recall"]!, (double)point["qps"]!))).At(recall));
}
