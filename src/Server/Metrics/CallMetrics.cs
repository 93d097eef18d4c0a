using System.Text.Json;
using Hypervex.Server.Grpc;
using Hypervex.Storage;
using Hypervex.Wire;

namespace Hypervex.Server.Metrics;

/// <summary>
/// How long calls of gRPC took, from their headers to the end of their answer, by method and status.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class CallMetrics
{
    /// <summary>Stands for the method of calls that name none that there is.</summary>
    private const string NoMethod = "none";

    private static readonly string[] _statuses = [.. Enum.GetValues<GrpcStatusCode>().Order().Select(status => JsonNamingPolicy.SnakeCaseUpper.ConvertName(status.ToString()))];
    private readonly IReadOnlyList<GrpcMethod> _methods;
    private readonly DurationTable _all;

    /// <summary>Counts calls.</summary>
    /// <param name="methods">All methods; none is added any more.</param>
    public CallMetrics(GrpcMethodTable methods)
    {
        _methods = methods.All;
        _all = new DurationTable(_methods.Count + 1, _statuses.Length);
    }

    /// <summary>Counts a call.</summary>
    /// <param name="method">Its method; null when there is no such one.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="length">How long it took.</param>
    public void Add(GrpcMethod? method, GrpcStatusCode status, TimeSpan length) => _all.Add(method?.Number ?? _methods.Count, (int)status, length);

    /// <summary>Writes what was counted; the labels are method and status.</summary>
    public void Write(IMetricSink sink)
    {
        foreach ((int number, int status, DurationHistogram durations) in _all.Read())
        {
            sink.Add(durations, number < _methods.Count ? _methods[number].Path[1..] : NoMethod, _statuses[status]);
        }
    }
}
