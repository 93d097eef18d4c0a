using Hypervex.Server.Http;
using Hypervex.Storage;

namespace Hypervex.Server.Metrics;

/// <summary>
/// How long requests took, from their headers to the end of their answer, by route and class of status.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class RequestMetrics
{
    /// <summary>Stands for the status of an answer that was cut off, or that nobody waited for.</summary>
    public const int Cut = 0;

    /// <summary>Stands for the route of requests that were refused before one was looked for, or that name none.</summary>
    private const string NoRoute = "none";

    // Cut, 1xx to 5xx.
    private const int Classes = 6;
    private readonly IReadOnlyList<Route> _routes;
    private readonly DurationTable _all;

    /// <summary>Counts requests.</summary>
    /// <param name="routes">All routes; none is added any more.</param>
    public RequestMetrics(RouteTable routes)
    {
        _routes = routes.All;
        _all = new DurationTable(_routes.Count + 1, Classes);
    }

    /// <summary>Counts a request.</summary>
    /// <param name="route">Its route; null when it got to none.</param>
    /// <param name="status">The status of the answer, or <see cref="Cut"/>.</param>
    /// <param name="length">How long it took.</param>
    public void Add(Route? route, int status, TimeSpan length) => _all.Add(route?.Number ?? _routes.Count, Math.Clamp(status / 100, 0, Classes - 1), length);

    /// <summary>Writes what was counted; the labels are method, route and status.</summary>
    public void Write(IMetricSink sink)
    {
        foreach ((int number, int status, DurationHistogram durations) in _all.Read())
        {
            Route? route = number < _routes.Count ? _routes[number] : null;
            sink.Add(durations, route?.Method ?? NoRoute, route?.Path ?? NoRoute, status == Cut ? "cut" : $"{status}xx");
        }
    }
}
