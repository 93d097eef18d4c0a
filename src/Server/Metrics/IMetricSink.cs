using Hypervex.Storage;

namespace Hypervex.Server.Metrics;

/// <summary>Takes metrics, one after the other: <see cref="PrometheusText"/> writes them, <see cref="MetricSamples"/> keeps them for OpenTelemetry.</summary>
internal interface IMetricSink
{
    /// <summary>Begins a metric; its samples follow.</summary>
    void Begin(MetricDescription metric);

    /// <summary>A sample of the metric that was begun.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="labels">The values of the metric's labels, in their order.</param>
    void Add(double value, params ReadOnlySpan<string> labels);

    /// <summary>A histogram of the metric that was begun, in seconds.</summary>
    /// <param name="durations">The histogram.</param>
    /// <param name="labels">The values of the metric's labels, in their order.</param>
    void Add(DurationHistogram durations, params ReadOnlySpan<string> labels);
}
