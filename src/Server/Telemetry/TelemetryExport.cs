using System.Diagnostics.Metrics;
using Hypervex.Server.Http;
using Hypervex.Server.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hypervex.Server.Telemetry;

/// <summary>
/// Sends spans and metrics to a collector of OpenTelemetry by OTLP. A collector that is away costs what it would have been told, and nothing else. Thread safety: <see cref="Dispose"/> once; all else happens on the exporters' threads.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    private const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string DisabledVariable = "OTEL_SDK_DISABLED";
    private const int StopMs = 2000;

    private static readonly string[] _endpointVariables = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    private readonly Meter _meter;
    private readonly MeterProvider _metrics;
    private readonly TracerProvider _spans;
    private readonly ServerParts _server;
    private readonly Lock _reading = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private MetricSamples _samples = new();

    private TelemetryExport(ServerParts server)
    {
        _server = server;
        _meter = new Meter(RequestSpan.SourceName, server.Version);
        foreach (MetricDescription metric in MetricList.All)
        {
            Observe(metric);
        }

        ResourceBuilder resource = ResourceBuilder.CreateEmpty().AddService("hypervex", serviceVersion: server.Version).AddTelemetrySdk().AddEnvironmentVariableDetector();
        _spans = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(RequestSpan.SourceName)
            .AddOtlpExporter(exporter => Configure(exporter, "v1/traces"))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(_meter.Name)
            .AddOtlpExporter(exporter => Configure(exporter, "v1/metrics"))
            .Build();
    }

    /// <summary>Begins to send; null where neither the setting <c>otlp_endpoint</c> nor a variable of OpenTelemetry names a collector.</summary>
    public static TelemetryExport? Start(ServerParts server)
    {
        bool isWanted = server.Options.OtlpEndpoint is not null || _endpointVariables.Any(name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)));
        bool isDisabled = string.Equals(Environment.GetEnvironmentVariable(DisabledVariable), "true", StringComparison.OrdinalIgnoreCase);
        return isWanted && !isDisabled ? new TelemetryExport(server) : null;
    }

    /// <summary>The collector that a text names; null when it is none: an absolute URL of http or https without a query.</summary>
    public static Uri? EndpointOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https" && endpoint is { Query: "", Fragment: "", UserInfo: "" } ? endpoint : null;

    /// <summary>Sends what is left, for at most some seconds. While the database is still open.</summary>
    public void Dispose()
    {
        _spans.Shutdown(StopMs);
        _metrics.Shutdown(StopMs);
        _spans.Dispose();
        _metrics.Dispose();
        _meter.Dispose();
    }

    private void Configure(OtlpExporterOptions exporter, string path)
    {
        bool isGrpc = Environment.GetEnvironmentVariable(ProtocolVariable) == "grpc";
        exporter.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        if (_server.Options.OtlpEndpoint is { } endpoint)
        {
            exporter.Endpoint = isGrpc ? endpoint : new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/{path}");
        }
    }

    private void Observe(MetricDescription metric)
    {
        switch (metric.Type)
        {
            case "gauge":
                _meter.CreateObservableGauge<double>(metric.Name, () => Read(metric.Name), description: metric.Help);
                break;
            case "counter":
                _meter.CreateObservableCounter<double>(metric.Name, () => Read(metric.Name), description: metric.Help);
                break;
            default:
                foreach (string suffix in MetricSamples.OfHistogram)
                {
                    _meter.CreateObservableCounter<double>(metric.Name + suffix, () => Read(metric.Name + suffix), description: metric.Help);
                }

                break;
        }
    }

    // All series of one export are of one moment: whoever asks for a series a second time begins the next export.
    private IReadOnlyList<Measurement<double>> Read(string series)
    {
        lock (_reading)
        {
            if (_told.Count == 0 || !_told.Add(series))
            {
                _told.Clear();
                _told.Add(series);
                _samples = new MetricSamples();
                ServerMetrics.Write(_samples, _server);
            }

            return _samples.Of(series);
        }
    }
}
