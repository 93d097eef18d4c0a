using Hypervex.Server.Http;
using Hypervex.Server.Jobs;
using Hypervex.Server.Json;
using Hypervex.Server.Keys;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hypervex.Server.Routes;

/// <summary>
/// The snapshots that the server keeps of a collection: create and restore (jobs), list, download, upload, delete. The collection of the path need not exist, but to create one.
/// Thread safety: pure functions.
/// </summary>
internal static class SnapshotRoutes
{
    private const string Path = $"/api/v1/collections/{RouteTable.CollectionSegment}/snapshots";
    private const string One = Path + "/{snapshot}";

    public static void Add(RouteTable routes)
    {
        routes.Add(Access.Admin, "POST", Path, CreateAsync);
        routes.Add(Access.Read, Work.Unlimited, "GET", Path, ListAsync);
        routes.Add(Access.Read, Work.Unlimited, "GET", One, DownloadAsync);
        routes.Add(Access.Admin, "PUT", One, UploadAsync);
        routes.Add(Access.Admin, "POST", One + "/restore", RestoreAsync);
        routes.Add(Access.Admin, "DELETE", One, DeleteAsync);
    }

    private static Task CreateAsync(Exchange exchange)
    {
        Collection collection = exchange.ExistingCollection;
        string name = SnapshotStore.NewName(exchange.Server.Options.Database.TimeProvider.GetUtcNow());
        string path = exchange.Server.Snapshots.PathOfNew(collection.Name, name);
        return JobRoutes.StartAsync(exchange, "snapshot", collection.Name, name, job =>
        {
            SnapshotReport report = collection.Snapshot(path, job, job.Stopping);
            return message => message with { Records = report.Records, Bytes = report.Bytes };
        });
    }

    private static Task ListAsync(Exchange exchange) => exchange.AnswerAsync(
        new SnapshotList { Snapshots = [.. exchange.Server.Snapshots.List(exchange.CollectionName).Select(Describe)] },
        WireJson.Default.SnapshotList);

    private static async Task DownloadAsync(Exchange exchange)
    {
        string name = exchange.LastSegment;
        await using FileStream file = exchange.Server.Snapshots.OpenToRead(exchange.CollectionName, name);
        HttpResponse response = exchange.Context.Response;
        response.ContentType = RequestBody.Bytes;
        response.ContentLength = file.Length;
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        await file.CopyToAsync(response.Body, exchange.Aborted).ConfigureAwait(false);
    }

    private static async Task UploadAsync(Exchange exchange)
    {
        RequestBody.CheckType(exchange.Context.Request, RequestBody.Bytes);
        _ = exchange.Server.Database.Database; // whoever has it open has the directory
        exchange.Context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        FileInfo taken = await exchange.Server.Snapshots.TakeInAsync(exchange.CollectionName, exchange.LastSegment, exchange.Context.Request.Body, exchange.Confirm, exchange.Aborted).ConfigureAwait(false);
        await exchange.AnswerAsync(Describe(taken), WireJson.Default.SnapshotMessage, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static async Task RestoreAsync(Exchange exchange)
    {
        Database database = exchange.Server.Database.Database;
        string name = exchange.LastSegment;
        string path = exchange.Server.Snapshots.PathOf(exchange.CollectionName, name);
        RestoreMessage request = await exchange.ReadAsync(RestoreJson.Read).ConfigureAwait(false);
        string target = exchange.Server.Database.Resolve(request.Into ?? exchange.CollectionName);
        CheckMayRestore(exchange, database, target);
        exchange.Subject = target;
        var options = new RestoreOptions { Collection = target, Replace = request.Replace ?? false };
        await JobRoutes.StartAsync(exchange, "restore", target, name, job =>
        {
            RestoreReport report = database.Restore(path, options with { Progress = job }, job.Stopping);
            return message => message with { Records = report.Records };
        }).ConfigureAwait(false);
    }

    private static Task DeleteAsync(Exchange exchange)
    {
        exchange.Server.Snapshots.Delete(exchange.CollectionName, exchange.LastSegment);
        return exchange.AnswerEmptyAsync();
    }

    // What a restore creates or replaces needs the key that creating or dropping it would need.
    private static void CheckMayRestore(Exchange exchange, Database database, string target)
    {
        bool exists = database.ListCollections().Contains(target);
        if (!(exists ? exchange.Caller.May(KeyScope.Admin, target) : exchange.Caller.RulesServer))
        {
            throw new RefusedException(
                ErrorCodes.Forbidden,
                exists ? "Replacing this collection needs a key of the scope admin for it; the key that was sent is another one." : "Restoring into a new collection needs a key of the scope admin for all collections; the key that was sent is another one.");
        }
    }

    private static SnapshotMessage Describe(FileInfo file) => new() { Name = file.Name, Bytes = file.Length, CreatedAt = file.LastWriteTimeUtc };
}
