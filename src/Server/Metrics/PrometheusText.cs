using System.Globalization;
using System.Text;
using Hypervex.Storage;

namespace Hypervex.Server.Metrics;

/// <summary>
/// Writes metrics as Prometheus reads them (text format 0.0.4): each metric's help and type once, and its samples behind them.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class PrometheusText : IMetricSink
{
    /// <summary>The content type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private MetricDescription? _current;

    /// <summary>Begins a metric; its samples follow.</summary>
    public void Begin(MetricDescription metric)
    {
        _current = metric;
        _text.Append("# HELP ").Append(metric.Name).Append(' ').Append(metric.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(metric.Name).Append(' ').Append(metric.Type).Append('\n');
    }

    /// <summary>A sample of the metric that was begun.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="labels">The values of the metric's labels, in their order.</param>
    public void Add(double value, params ReadOnlySpan<string> labels) => Line("", labels, null, value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>A histogram of the metric that was begun, in seconds.</summary>
    /// <param name="durations">The histogram.</param>
    /// <param name="labels">The values of the metric's labels, in their order.</param>
    public void Add(DurationHistogram durations, params ReadOnlySpan<string> labels)
    {
        TimeSpan sum = durations.Sum;
        long[] counts = durations.Counts();
        long below = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            below += counts[i];
            string bound = i < DurationHistogram.Bounds.Count ? DurationHistogram.Bounds[i].TotalSeconds.ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            Line("_bucket", labels, bound, below.ToString(CultureInfo.InvariantCulture));
        }

        Line("_sum", labels, null, sum.TotalSeconds.ToString("R", CultureInfo.InvariantCulture));
        Line("_count", labels, null, below.ToString(CultureInfo.InvariantCulture));
    }

    public override string ToString() => _text.ToString();

    private void Line(string suffix, ReadOnlySpan<string> labels, string? bound, string value)
    {
        _text.Append(_current!.Name).Append(suffix);
        char before = '{';
        for (int i = 0; i < labels.Length; i++)
        {
            Label(before, _current.Labels[i], labels[i]);
            before = ',';
        }

        if (bound is not null)
        {
            Label(before, "le", bound);
            before = ',';
        }

        _text.Append(before == '{' ? "" : "}").Append(' ').Append(value).Append('\n');
    }

    private void Label(char before, string name, string value)
    {
        _text.Append(before).Append(name).Append("=\"");
        foreach (char unit in value)
        {
            _ = unit switch
            {
                '\\' => _text.Append("\\\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(unit),
            };
        }

        _text.Append('"');
    }
}
