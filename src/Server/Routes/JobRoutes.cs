using Hypervex.Server.Http;
using Hypervex.Server.Jobs;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;

namespace Hypervex.Server.Routes;

/// <summary>
/// Jobs: list, look at, cancel; and those that begin one without a route of their own: compaction and checkpoint.
/// Thread safety: pure functions.
/// </summary>
internal static class JobRoutes
{
    private const string Path = "/api/v1/jobs";
    private const string Collection = $"/api/v1/collections/{RouteTable.CollectionSegment}";

    public static void Add(RouteTable routes)
    {
        routes.Add(Access.AnyKey, "GET", Path, ListAsync);
        routes.Add(Access.AnyKey, "GET", Path + "/{job}", GetAsync);
        routes.Add(Access.AnyKey, "DELETE", Path + "/{job}", CancelAsync);
        routes.Add(Access.Admin, "POST", Collection + "/compact", exchange => StartAsync(exchange, CollectionJobs.Compact));
        routes.Add(Access.Admin, "POST", Collection + "/checkpoint", exchange => StartAsync(exchange, CollectionJobs.Checkpoint));
    }

    /// <summary>Begins a job on the collection of the path and answers 202 with it.</summary>
    public static Task StartAsync(Exchange exchange, Func<ServerParts, Collection, JobMessage> start)
    {
        Collection collection = exchange.ExistingCollection;
        return StartAsync(exchange, () => start(exchange.Server, collection));
    }

    /// <summary>Begins a job and answers 202 with it.</summary>
    public static Task StartAsync(Exchange exchange, Func<JobMessage> start)
    {
        exchange.Confirm(); // the body may have taken long
        JobMessage job = start();
        exchange.Context.Response.Headers.Location = $"{Path}/{job.Id}";
        return exchange.AnswerAsync(job, WireJson.Default.JobMessage, StatusCodes.Status202Accepted);
    }

    private static Task ListAsync(Exchange exchange) =>
        exchange.AnswerAsync(new JobList { Jobs = [.. CollectionJobs.List(exchange.Server, exchange.Caller)] }, WireJson.Default.JobList);

    private static Task GetAsync(Exchange exchange) =>
        exchange.AnswerAsync(CollectionJobs.Find(exchange.Server, exchange.Caller, exchange.LastSegment).Present, WireJson.Default.JobMessage);

    private static Task CancelAsync(Exchange exchange)
    {
        CollectionJobs.Cancel(exchange.Server, exchange.Caller, exchange.LastSegment);
        return exchange.AnswerEmptyAsync();
    }
}
