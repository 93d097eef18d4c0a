using Hypervex.Server.Http;
using Hypervex.Server.Jobs;
using Hypervex.Server.Json;
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
        routes.Add(Access.Admin, "POST", Path, exchange => JobRoutes.StartAsync(exchange, CollectionJobs.Snapshot));
        routes.Add(Access.Read, Work.Unlimited, "GET", Path, ListAsync);
        routes.Add(Access.Read, Work.Unlimited, "GET", One, DownloadAsync);
        routes.Add(Access.Admin, "PUT", One, UploadAsync);
        routes.Add(Access.Admin, "POST", One + "/restore", RestoreAsync);
        routes.Add(Access.Admin, "DELETE", One, DeleteAsync);
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
        StoredSnapshot taken = await exchange.Server.Snapshots.TakeInAsync(exchange.CollectionName, exchange.LastSegment, exchange.Context.Request.Body, exchange.Confirm, exchange.Aborted).ConfigureAwait(false);
        await exchange.AnswerAsync(Describe(taken), WireJson.Default.SnapshotMessage, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static async Task RestoreAsync(Exchange exchange)
    {
        Database database = exchange.Server.Database.Database;
        string path = exchange.Server.Snapshots.PathOf(exchange.CollectionName, exchange.LastSegment);
        RestoreMessage request = await exchange.ReadAsync(RestoreJson.Read).ConfigureAwait(false);
        string target = exchange.Server.Database.Resolve(request.Into ?? exchange.CollectionName);
        CollectionJobs.CheckMayRestore(database, exchange.Caller, target);
        exchange.Subject = target;
        await JobRoutes.StartAsync(exchange, () => CollectionJobs.Restore(exchange.Server, path, target, request.Replace ?? false)).ConfigureAwait(false);
    }

    private static Task DeleteAsync(Exchange exchange)
    {
        exchange.Server.Snapshots.Delete(exchange.CollectionName, exchange.LastSegment);
        return exchange.AnswerEmptyAsync();
    }

    private static SnapshotMessage Describe(StoredSnapshot snapshot) => new() { Name = snapshot.Name, Bytes = snapshot.Bytes, CreatedAt = snapshot.CreatedAt };
}
