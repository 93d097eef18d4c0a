using Hypervex.Server.Http;
using Hypervex.Server.Jobs;
using Hypervex.Server.Json;
using Hypervex.Server.Keys;
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
        routes.Add(Access.Admin, "POST", Collection + "/compact", CompactAsync);
        routes.Add(Access.Admin, "POST", Collection + "/checkpoint", CheckpointAsync);
    }

    /// <summary>Begins a job and answers 202 with it.</summary>
    public static Task StartAsync(Exchange exchange, string kind, string collection, string? snapshot, Func<Job, Func<JobMessage, JobMessage>> work)
    {
        exchange.Confirm(); // the body may have taken long
        JobMessage job = exchange.Server.Jobs.Start(kind, collection, snapshot, work);
        exchange.Context.Response.Headers.Location = $"{Path}/{job.Id}";
        return exchange.AnswerAsync(job, WireJson.Default.JobMessage, StatusCodes.Status202Accepted);
    }

    private static Task ListAsync(Exchange exchange) => exchange.AnswerAsync(
        new JobList { Jobs = [.. exchange.Server.Jobs.List().Select(job => job.Present).Where(job => exchange.Caller.Sees(job.Collection))] },
        WireJson.Default.JobList);

    private static Task GetAsync(Exchange exchange) => exchange.AnswerAsync(Find(exchange).Present, WireJson.Default.JobMessage);

    private static Task CancelAsync(Exchange exchange)
    {
        Job job = Find(exchange);
        if (!exchange.Caller.May(KeyScope.Admin, job.Present.Collection))
        {
            throw new RefusedException(ErrorCodes.Forbidden, "This needs a key of the scope admin for the job's collection; the key that was sent is another one.");
        }

        job.Cancel();
        return exchange.AnswerEmptyAsync();
    }

    private static Task CompactAsync(Exchange exchange)
    {
        Collection collection = exchange.ExistingCollection;
        return StartAsync(exchange, "compact", collection.Name, snapshot: null, job =>
        {
            CompactionReport report = collection.Compact(job.Stopping);
            return message => message with { Records = report.RecordsMoved, Bytes = report.BytesAfter };
        });
    }

    private static Task CheckpointAsync(Exchange exchange)
    {
        Collection collection = exchange.ExistingCollection;
        return StartAsync(exchange, "checkpoint", collection.Name, snapshot: null, job =>
        {
            collection.Checkpoint(job.Stopping);
            return message => message;
        });
    }

    // Another's job is as good as none.
    private static Job Find(Exchange exchange)
    {
        string id = exchange.LastSegment;
        return exchange.Server.Jobs.Find(id) is { } job && exchange.Caller.Sees(job.Present.Collection)
            ? job
            : throw new HypervexException(ErrorCode.NotFound, $"There is no job {JsonPath.Quote(id)}; those that ended long ago, or before the server was started, are forgotten.");
    }
}
