using Hypervex.Server.Http;
using Hypervex.Server.Keys;
using Hypervex.Wire;

namespace Hypervex.Server.Jobs;

/// <summary>
/// The jobs that there are, however they are asked for: compaction, checkpoint, snapshot, restore.
/// Thread safety: all members from any thread.
/// </summary>
internal static class CollectionJobs
{
    /// <summary>Begins to remove what was overwritten or deleted.</summary>
    public static JobMessage Compact(ServerParts server, Collection collection) => server.Jobs.Start("compact", collection.Name, snapshot: null, job =>
    {
        CompactionReport report = collection.Compact(job.Stopping);
        return message => message with { Records = report.RecordsMoved, Bytes = report.BytesAfter };
    });

    /// <summary>Begins a checkpoint.</summary>
    public static JobMessage Checkpoint(ServerParts server, Collection collection) => server.Jobs.Start("checkpoint", collection.Name, snapshot: null, job =>
    {
        collection.Checkpoint(job.Stopping);
        return message => message;
    });

    /// <summary>Begins to write a snapshot into the server's store.</summary>
    public static JobMessage Snapshot(ServerParts server, Collection collection)
    {
        string name = SnapshotStore.NewName(server.Options.Database.TimeProvider.GetUtcNow());
        string path = server.Snapshots.PathOfNew(collection.Name, name);
        return server.Jobs.Start("snapshot", collection.Name, name, job =>
        {
            SnapshotReport report = collection.Snapshot(path, job, job.Stopping);
            return message => message with { Records = report.Records, Bytes = report.Bytes };
        });
    }

    /// <summary>Begins to restore a snapshot of the server's store.</summary>
    /// <param name="server">The server.</param>
    /// <param name="path">The snapshot's file.</param>
    /// <param name="target">The name of the collection that it is restored into.</param>
    /// <param name="replace">Whether the content of a collection that exists may be replaced.</param>
    public static JobMessage Restore(ServerParts server, string path, string target, bool replace)
    {
        Database database = server.Database.Database;
        var options = new RestoreOptions { Collection = target, Replace = replace };
        return server.Jobs.Start("restore", target, Path.GetFileName(path), job =>
        {
            RestoreReport report = database.Restore(path, options with { Progress = job }, job.Stopping);
            return message => message with { Records = report.Records };
        });
    }

    /// <summary>Checks that a caller may restore into a collection: what that creates or replaces needs the key that creating or dropping it would need.</summary>
    /// <exception cref="RefusedException">The caller may not.</exception>
    public static void CheckMayRestore(Database database, Caller caller, string target)
    {
        bool exists = database.ListCollections().Contains(target);
        if (!(exists ? caller.May(KeyScope.Admin, target) : caller.RulesServer))
        {
            throw new RefusedException(
                ErrorCodes.Forbidden,
                exists ? "Replacing this collection needs a key of the scope admin for it; the key that was sent is another one." : "Restoring into a new collection needs a key of the scope admin for all collections; the key that was sent is another one.");
        }
    }

    /// <summary>A job that a caller may look at; another's is as good as none.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.NotFound"/>.</exception>
    public static Job Find(ServerParts server, Caller caller, string id) => server.Jobs.Find(id) is { } job && caller.Sees(job.Present.Collection)
        ? job
        : throw new HypervexException(ErrorCode.NotFound, $"There is no job {Json.JsonPath.Quote(id)}; those that ended long ago, or before the server was started, are forgotten.");

    /// <summary>The jobs that a caller may look at, the newest first.</summary>
    public static IEnumerable<JobMessage> List(ServerParts server, Caller caller) => server.Jobs.List().Select(job => job.Present).Where(job => caller.Sees(job.Collection));

    /// <summary>Asks a job to stop.</summary>
    /// <exception cref="RefusedException">The caller may not administer its collection.</exception>
    public static void Cancel(ServerParts server, Caller caller, string id)
    {
        Job job = Find(server, caller, id);
        if (!caller.May(KeyScope.Admin, job.Present.Collection))
        {
            throw new RefusedException(ErrorCodes.Forbidden, "This needs a key of the scope admin for the job's collection; the key that was sent is another one.");
        }

        job.Cancel();
    }
}
