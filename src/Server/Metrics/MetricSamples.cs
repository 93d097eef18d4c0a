using System.Diagnostics.Metrics;
using System.Globalization;
using Hypervex.Storage;

namespace Hypervex.Server.Metrics;

/// <summary>
/// The samples of all metrics at one moment, by the name of their series: a histogram is three, as in Prometheus' text: <c>.._bucket</c> with the label <c>le</c>, <c>.._sum</c> and <c>.._count</c>.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class MetricSamples : IMetricSink
{
    /// <summary>What the three series of a histogram are called behind its name.</summary>
    public static readonly string[] OfHistogram = ["_bucket", "_sum", "_count"];

    private readonly Dictionary<string, List<Measurement<double>>> _all = new(StringComparer.Ordinal);
    private MetricDescription? _current;

    /// <summary>The samples of a series; empty where there are none.</summary>
    public IReadOnlyList<Measurement<double>> Of(string series) => _all.GetValueOrDefault(series) ?? [];

    /// <inheritdoc/>
    public void Begin(MetricDescription metric) => _current = metric;

    /// <inheritdoc/>
    public void Add(double value, params ReadOnlySpan<string> labels) => Add("", value, Tags(labels));

    /// <inheritdoc/>
    public void Add(DurationHistogram durations, params ReadOnlySpan<string> labels)
    {
        KeyValuePair<string, object?>[] tags = Tags(labels);
        TimeSpan sum = durations.Sum;
        long[] counts = durations.Counts();
        long below = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            below += counts[i];
            string bound = i < DurationHistogram.Bounds.Count ? DurationHistogram.Bounds[i].TotalSeconds.ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            Add(OfHistogram[0], below, [.. tags, new("le", bound)]);
        }

        Add(OfHistogram[1], sum.TotalSeconds, tags);
        Add(OfHistogram[2], below, tags);
    }

    private void Add(string suffix, double value, KeyValuePair<string, object?>[] tags)
    {
        string series = _current!.Name + suffix;
        if (!_all.TryGetValue(series, out List<Measurement<double>>? samples))
        {
            _all.Add(series, samples = []);
        }

        samples.Add(new Measurement<double>(value, tags));
    }

    private KeyValuePair<string, object?>[] Tags(ReadOnlySpan<string> labels)
    {
        var tags = new KeyValuePair<string, object?>[labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            tags[i] = new(_current!.Labels[i], labels[i]);
        }

        return tags;
    }
}
