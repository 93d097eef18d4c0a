using Hypervex.Collections;
using Hypervex.Storage;

namespace Hypervex;

public sealed partial class Database
{
    /// <summary>
    /// Restores a snapshot that <see cref="Collection.Snapshot(string, IProgress{SnapshotProgress}?, CancellationToken)"/> wrote, on this or any other machine: into a new collection, or
    /// in place of the content of one that exists. The archive is checked completely before anything is changed. After a crash the new collection is
    /// whole or not there; an existing one has the old content or the new. Restored records keep <see cref="VectorRecord.CreatedAt"/> and get new versions.
    /// Writers of an existing collection wait meanwhile; readers may see the change progress.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The collection, and whether it may be replaced.</param>
    /// <param name="cancellationToken">Stops the work; nothing remains of it, once the content of an existing collection has been replaced all of it.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.BadSnapshot"/>: the file is not a whole snapshot, or does not fit the collection;
    /// <see cref="ErrorCode.CollectionExists"/>; <see cref="ErrorCode.CapacityExceeded"/>; <see cref="ErrorCode.DiskFull"/>.</exception>
    public RestoreReport Restore(string path, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IFileSystem files = _files.IsDurable ? _files : new DiskFileSystem();
        string full = System.IO.Path.GetFullPath(path);
        using IFile file = files.Open(full, OpenMode.Read);
        return Restore(new FileContent(file), full, options ?? new RestoreOptions(), cancellationToken);
    }

    /// <summary>Restores a snapshot from a stream that can seek, from its present position to its end. It is read three times.</summary>
    /// <inheritdoc cref="Restore(string, RestoreOptions?, CancellationToken)"/>
    public RestoreReport Restore(Stream archive, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(archive);
        return archive.CanSeek
            ? Restore(archive, "The snapshot", options ?? new RestoreOptions(), cancellationToken)
            : throw new HypervexException(ErrorCode.InvalidArgument, "A snapshot is read more than once, so the stream must be able to seek; keep it in a file.");
    }

    private RestoreReport Restore(Stream archive, string name, RestoreOptions options, CancellationToken cancellationToken)
    {
        using OperationGate.Pass pass = _gate.Enter();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gate.ClosingToken);
        try
        {
            return RestoreUntilClosing(archive, name, options, linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HypervexException(ErrorCode.Closed, "The database is closed.");
        }
    }

    private RestoreReport RestoreUntilClosing(Stream archive, string name, RestoreOptions options, CancellationToken cancellationToken)
    {
        SnapshotContents contents = SnapshotContents.Check(archive, name, options.Progress, cancellationToken);
        string target = options.Collection ?? contents.Schema.Name;
        Names.CheckCollection(target);
        Collection? existing = null;
        if (!options.Replace || !TryGetCollection(target, out existing))
        {
            lock (_catalogLock)
            {
                CheckIsNew(target);
                _coming.Add(target);
            }
        }

        long deleted = 0;
        Collection collection;
        if (existing is not null)
        {
            collection = existing;
            deleted = existing.Replace(contents, options.Progress, cancellationToken);
        }
        else
        {
            try
            {
                collection = CreateFrom(contents, target, options.Progress, cancellationToken);
            }
            finally
            {
                lock (_catalogLock)
                {
                    _coming.Remove(target);
                }
            }
        }

        return new RestoreReport
        {
            Collection = collection.Name,
            Created = existing is null,
            Records = contents.Count,
            Deleted = deleted,
            Sequence = collection.LastSequence,
            TakenAt = DateTimeOffset.FromUnixTimeMilliseconds(contents.Header.TakenAtMs),
        };
    }

    private Collection CreateFrom(SnapshotContents contents, string name, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        ulong id;
        lock (_catalogLock)
        {
            id = _catalog.NewId();
        }

        string directory = DatabasePaths.Collection(_root, id);
        Collection? collection = null;
        try
        {
            _catalog.BeginRestore(id);
            KillPoint.Hit(KillPlace.RestoreAfterMarker);
            _files.CreateDirectory(DatabasePaths.Partition(directory, 0));
            CollectionSchema schema = CollectionSchema.Create(name, id, contents.Schema.ToOptions());
            schema.Save(_files, directory);
            collection = Start(directory, schema);
            collection.Fill(contents, progress, cancellationToken);
            _files.SyncDirectory(DatabasePaths.Partitions(directory));
            _files.SyncDirectory(directory);
            KillPoint.Hit(KillPlace.RestoreBeforeCatalog);
        }
        catch
        {
            collection?.Close(CancellationToken.None);
            _files.DeleteDirectory(directory);
            throw;
        }

        try
        {
            return _open.Change(name, _ =>
            {
                lock (_catalogLock)
                {
                    _catalog.Add(name, id);
                    KillPoint.Hit(KillPlace.RestoreAfterCatalog);
                    _catalog.EndRestore(id);
                }

                return Opened(collection);
            });
        }
        catch
        {
            collection.Close(CancellationToken.None); // the catalog on disk may name the directory by now, so it must stay
            throw;
        }
    }
}
