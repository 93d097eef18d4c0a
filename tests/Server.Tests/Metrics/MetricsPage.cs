using System.Globalization;
using System.Text.RegularExpressions;

namespace Hypervex.Server.Tests.Metrics;

/// <summary>A strict reader of Prometheus' text format 0.0.4: what it takes, Prometheus takes; it asks for more than Prometheus does (help and type of everything, in this order, and no sample twice).</summary>
internal sealed partial class MetricsPage
{
    public List<(string Name, string Type, string Help)> Metrics { get; } = [];

    public List<Sample> Samples { get; } = [];

    /// <summary>One line.</summary>
    /// <param name="Metric">The metric that it belongs to.</param>
    /// <param name="Name">Its own name, which in a histogram has an ending.</param>
    /// <param name="Labels">Its labels, in their order.</param>
    /// <param name="Value">Its value.</param>
    public sealed record Sample(string Metric, string Name, Dictionary<string, string> Labels, double Value)
    {
        public string Key => Name + "{" + string.Join(',', Labels.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")) + "}";
    }

    /// <summary>The value of the one sample with this name and these labels.</summary>
    public double Value(string name, params (string Label, string Value)[] labels) =>
        Samples.Single(sample => sample.Name == name && labels.All(pair => sample.Labels.GetValueOrDefault(pair.Label) == pair.Value)).Value;

    /// <exception cref="FormatException">The text is not of the format.</exception>
    public static MetricsPage Parse(string text)
    {
        Require(text.EndsWith('\n'), "the last line has no end");
        var page = new MetricsPage();
        string[] lines = text[..^1].Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith('#'))
            {
                page.ReadHead(lines[i], ++i < lines.Length ? lines[i] : "");
            }
            else
            {
                page.ReadSample(lines[i]);
            }
        }

        Require(page.Samples.Select(sample => sample.Key).Distinct().Count() == page.Samples.Count, "a sample stands twice");
        foreach ((string name, string type, _) in page.Metrics)
        {
            Sample[] samples = [.. page.Samples.Where(sample => sample.Metric == name)];
            Require(type != "counter" || (name.EndsWith("_total", StringComparison.Ordinal) && samples.All(sample => sample.Value >= 0)), $"the counter {name} is misnamed or below zero");
            if (type == "histogram")
            {
                CheckHistogram(name, samples);
            }
        }

        return page;
    }

    private void ReadHead(string help, string type)
    {
        Match first = Help().Match(help);
        Match second = Type().Match(type);
        Require(first.Success && second.Success && first.Groups["name"].Value == second.Groups["name"].Value, $"\"{help}\" and \"{type}\" are no help and type");
        string name = first.Groups["name"].Value;
        Require(Metrics.All(metric => metric.Name != name), $"{name} begins twice");
        Metrics.Add((name, second.Groups["type"].Value, Unescape(first.Groups["help"].Value, quotes: false)));
    }

    private void ReadSample(string line)
    {
        Match match = Line().Match(line);
        Require(match.Success && Metrics.Count > 0, $"\"{line}\" is no sample");
        (string metric, string type, _) = Metrics[^1];
        string name = match.Groups["name"].Value;
        string[] names = type == "histogram" ? [metric + "_bucket", metric + "_sum", metric + "_count"] : [metric];
        Require(names.Contains(name), $"{name} does not belong to {metric}");
        var labels = new Dictionary<string, string>();
        for (int i = 0; i < match.Groups["label"].Captures.Count; i++)
        {
            Require(labels.TryAdd(match.Groups["label"].Captures[i].Value, Unescape(match.Groups["value"].Captures[i].Value, quotes: true)), $"a label stands twice in \"{line}\"");
        }

        Samples.Add(new Sample(metric, name, labels, Number(match.Groups["number"].Value)));
    }

    private static void CheckHistogram(string name, Sample[] samples)
    {
        foreach (IGrouping<string, Sample> series in samples.GroupBy(sample => string.Join(',', sample.Labels.Where(pair => pair.Key != "le").Select(pair => $"{pair.Key}={pair.Value}"))))
        {
            Sample[] buckets = [.. series.Where(sample => sample.Name == name + "_bucket")];
            Require(buckets.Length > 0 && buckets.All(bucket => bucket.Labels.ContainsKey("le")) && buckets[^1].Labels["le"] == "+Inf", $"{name} does not end with +Inf");
            double[] bounds = [.. buckets.Select(bucket => bucket.Labels["le"] == "+Inf" ? double.PositiveInfinity : Number(bucket.Labels["le"]))];
            for (int i = 1; i < buckets.Length; i++)
            {
                Require(bounds[i] > bounds[i - 1] && buckets[i].Value >= buckets[i - 1].Value, $"the buckets of {name} do not rise");
            }

            Require(series.Single(sample => sample.Name == name + "_count").Value == buckets[^1].Value, $"{name} counts something else than its buckets");
            Require(series.Single(sample => sample.Name == name + "_sum").Value >= 0, $"the sum of {name} is below zero");
        }
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : throw new FormatException($"{text} is no number");

    private static string Unescape(string text, bool quotes) => Escape().Replace(text, match => match.Value switch
    {
        @"\\" => @"\",
        @"\n" => "\n",
        "\\\"" when quotes => "\"",
        _ => throw new FormatException($"{match.Value} is no escape"),
    });

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException(otherwise);
        }
    }

    [GeneratedRegex(@"^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<help>.+)$")]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$")]
    private static partial Regex Type();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\]|\\.)*)"(,(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\]|\\.)*)")*\})? (?<number>\S+)$""")]
    private static partial Regex Line();

    [GeneratedRegex(@"\\.?", RegexOptions.Singleline)]
    private static partial Regex Escape();
}
