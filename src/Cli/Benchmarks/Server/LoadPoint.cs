using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>One point: an operation over so many connections.</summary>
internal sealed record LoadPoint
{
    /// <summary>What was asked.</summary>
    public required LoadOperation Operation { get; init; }

    /// <summary>Over how many connections.</summary>
    public required int Connections { get; init; }

    /// <summary>Answers a second when each connection asks again as soon as it has its answer; null where the rate was given.</summary>
    public double? GreatestPerSecond { get; init; }

    /// <summary>Requests due a second.</summary>
    public required double OfferedPerSecond { get; init; }

    /// <summary>Answers a second, by the clock that runs until the last of them.</summary>
    public required double AnsweredPerSecond { get; init; }

    /// <summary>Requests that the server had too much to do for.</summary>
    public required long Refused { get; init; }

    /// <summary>Requests that failed in another way.</summary>
    public required long Failed { get; init; }

    /// <summary>The first of those failures; null without one.</summary>
    public string? Failure { get; init; }

    /// <summary>Recall at k of the searches, each query asked once on the same collection; null for operations without searches.</summary>
    public double? Recall { get; init; }

    /// <summary>Latencies of requests that succeeded, from the moments at which they were due.</summary>
    public required LatencySamples Latencies { get; init; }

    /// <summary>Latencies of requests of one connection that asks again as soon as it has its answer, from the sending; null where the rate was given.</summary>
    public LatencySamples? ServiceTimes { get; init; }

    /// <summary>The JSON form; latencies in microseconds.</summary>
    public JsonObject ToJson() => new()
    {
        ["operation"] = Input.Choice.Word(Operation),
        ["connections"] = Connections,
        ["recall"] = Recall is { } recall ? Math.Round(recall, 6) : null,
        ["greatest_per_second"] = GreatestPerSecond is { } greatest ? Math.Round(greatest, 1) : null,
        ["offered_per_second"] = Math.Round(OfferedPerSecond, 1),
        ["answered_per_second"] = Math.Round(AnsweredPerSecond, 1),
        ["requests"] = Latencies.Count,
        ["refused"] = Refused,
        ["failed"] = Failed,
        ["failure"] = Failure,
        ["latency_us"] = Percentiles(Latencies),
        ["service_us"] = ServiceTimes is null ? null : Percentiles(ServiceTimes),
    };

    private static JsonObject? Percentiles(LatencySamples samples) => samples.Count == 0 ? null : new JsonObject
    {
        ["p50"] = Math.Round(samples.PercentileMicroseconds(0.5), 1),
        ["p90"] = Math.Round(samples.PercentileMicroseconds(0.9), 1),
        ["p95"] = Math.Round(samples.PercentileMicroseconds(0.95), 1),
        ["p99"] = Math.Round(samples.PercentileMicroseconds(0.99), 1),
        ["p999"] = Math.Round(samples.PercentileMicroseconds(0.999), 1),
        ["max"] = Math.Round(samples.PercentileMicroseconds(1), 1),
    };
}
