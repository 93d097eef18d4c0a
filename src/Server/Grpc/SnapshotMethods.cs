using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Hypervex.Server.Http;
using Hypervex.Server.Jobs;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// The snapshots that the server keeps of a collection: create and restore (jobs), list, download, upload, delete. The collection need not exist, but to create one.
/// Thread safety: pure functions.
/// </summary>
internal static class SnapshotMethods
{
    private const string Service = "hypervex.v1.Snapshots";

    // Clients accept messages of 4 MB unless told otherwise.
    private const int PartBytes = 256 * 1024;

    public static void Add(GrpcMethodTable methods)
    {
        methods.AddUnary(Service, "Create", Access.Admin, V1.CreateSnapshotRequest.Parser, CreateAsync);
        methods.AddUnary(Service, "List", Access.Read, V1.ListSnapshotsRequest.Parser, ListAsync);
        methods.AddPages(Service, "Download", Access.Read, V1.DownloadSnapshotRequest.Parser, (call, request) => DownloadAsync(call, request));
        methods.AddClientStream(Service, "Upload", Access.Admin, V1.UploadSnapshotRequest.Parser, UploadAsync);
        methods.AddUnary(Service, "Restore", Access.Admin, V1.RestoreSnapshotRequest.Parser, RestoreAsync);
        methods.AddUnary(Service, "Delete", Access.Admin, V1.DeleteSnapshotRequest.Parser, DeleteAsync);
    }

    private static Task<V1.Job> CreateAsync(Call call, V1.CreateSnapshotRequest request) =>
        Task.FromResult(JobMethods.Write(CollectionJobs.Snapshot(call.Server, call.ExistingCollection(request.Collection))));

    private static Task<V1.ListSnapshotsResponse> ListAsync(Call call, V1.ListSnapshotsRequest request) =>
        Task.FromResult(new V1.ListSnapshotsResponse { Snapshots = { call.Server.Snapshots.List(Admitted(call, request.Collection)).Select(Write) } });

    private static async IAsyncEnumerable<V1.DownloadSnapshotResponse> DownloadAsync(
        Call call, V1.DownloadSnapshotRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using FileStream file = call.Server.Snapshots.OpenToRead(Admitted(call, request.Collection), request.Name);
        byte[] part = new byte[PartBytes];
        for (bool isFirst = true; ; isFirst = false)
        {
            if (!isFirst)
            {
                await call.EnterAsync().ConfigureAwait(false);
            }

            int read = await file.ReadAtLeastAsync(part, part.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (read == 0 && !isFirst)
            {
                break;
            }

            yield return new V1.DownloadSnapshotResponse { Content = ByteString.CopyFrom(part, 0, read), Bytes = file.Length };
        }
    }

    private static async Task<V1.Snapshot> UploadAsync(Call call, IAsyncEnumerable<V1.UploadSnapshotRequest> requests)
    {
        _ = call.Server.Database.Database; // whoever has it open has the directory
        IAsyncEnumerator<V1.UploadSnapshotRequest> parts = requests.GetAsyncEnumerator(call.Aborted);
        await using (parts.ConfigureAwait(false))
        {
            bool hasFirst = await parts.MoveNextAsync().ConfigureAwait(false);
            V1.UploadSnapshotRequest first = hasFirst ? parts.Current : new V1.UploadSnapshotRequest();
            string collection = Admitted(call, first.Collection);
            await using var content = new PartStream(first.Content, parts);
            return Write(await call.Server.Snapshots.TakeInAsync(collection, first.Name, content, call.Confirm, call.Aborted).ConfigureAwait(false));
        }
    }

    private static Task<V1.Job> RestoreAsync(Call call, V1.RestoreSnapshotRequest request)
    {
        string path = call.Server.Snapshots.PathOf(Admitted(call, request.Collection), request.Name);
        string target = call.Server.Database.Resolve(request.Into.Length == 0 ? request.Collection : request.Into);
        CollectionJobs.CheckMayRestore(call.Server.Database.Database, call.Caller, target);
        call.Subject = target;
        return Task.FromResult(JobMethods.Write(CollectionJobs.Restore(call.Server, path, target, request.Replace)));
    }

    private static Task<V1.DeleteSnapshotResponse> DeleteAsync(Call call, V1.DeleteSnapshotRequest request)
    {
        call.Server.Snapshots.Delete(Admitted(call, request.Collection), request.Name);
        return Task.FromResult(new V1.DeleteSnapshotResponse());
    }

    // The name of the collection whose snapshots the call is about.
    private static string Admitted(Call call, string collection)
    {
        string name = call.Server.Database.Resolve(collection);
        call.Admit(name);
        return name;
    }

    private static V1.Snapshot Write(StoredSnapshot snapshot) => new() { Name = snapshot.Name, Bytes = snapshot.Bytes, CreatedAt = Timestamp.FromDateTime(snapshot.CreatedAt) };
}
