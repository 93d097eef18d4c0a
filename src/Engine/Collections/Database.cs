using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Hypervex.Collections;
using Hypervex.Storage;

namespace Hypervex;

/// <summary>
/// A vector database inside this process: named collections in one directory, or in memory. Collections open when they are first asked for;
/// one that is damaged does not keep the others from opening. Thread safety: all members may be called from any thread at any time.
/// </summary>
public sealed class Database : IDisposable, IAsyncDisposable
{
    private const string MemoryRoot = "/memory";

    private readonly IFileSystem _files;
    private readonly string _root;
    private readonly DatabaseOptions _options;
    private readonly IDisposable _lockFile;
    private readonly Catalog _catalog;
    private readonly IndexingWorkers _workers;
    private readonly Maintenance _maintenance;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Collection> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _restoring = new(StringComparer.Ordinal);
    private readonly OperationGate _restores = new("The database");
    private readonly Lock _closing = new();
    private bool _closed;

    private Database(IFileSystem files, string root, string? publicPath, DatabaseOptions options)
    {
        _files = files;
        _root = root;
        Path = publicPath;
        _options = options;
        files.CreateDirectory(root);
        _lockFile = files.TryLock(DatabasePaths.Lock(root)) ?? throw new HypervexException(
            ErrorCode.Locked,
            $"{root} is open already, in this process or another one. A database has one owner: close the other one, or ask it over the network.");
        try
        {
            Sweep();
            _catalog = Catalog.Open(files, root);
            _workers = new IndexingWorkers(options.IndexingThreads > 0 ? options.IndexingThreads : Environment.ProcessorCount);
            _maintenance = new Maintenance();
        }
        catch
        {
            _lockFile.Dispose();
            throw;
        }
    }

    /// <summary>The data directory, as an absolute path; null in memory.</summary>
    public string? Path { get; }

    /// <summary>Opens or creates the database in a directory. One process at a time: else <see cref="ErrorCode.Locked"/>.</summary>
    public static Database Open(string path, DatabaseOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        return Open(new DiskFileSystem(), full, full, options);
    }

    /// <summary>Creates a database that lives in memory and runs the same code.</summary>
    public static Database CreateInMemory(DatabaseOptions? options = null) => Open(new MemoryFileSystem(), MemoryRoot, null, options);

    /// <summary>The collections' names, in ordinal order.</summary>
    public IReadOnlyList<string> ListCollections()
    {
        lock (_lock)
        {
            ThrowIfClosed();
            return [.. _catalog.Names];
        }
    }

    /// <summary>Creates a collection; <see cref="ErrorCode.CollectionExists"/> when the name is taken.</summary>
    public Collection CreateCollection(string name, CollectionOptions? options = null)
    {
        lock (_lock)
        {
            ThrowIfClosed();
            return Create(name, options ?? new CollectionOptions());
        }
    }

    /// <summary>Opens a collection; <see cref="ErrorCode.CollectionNotFound"/> when there is none.</summary>
    public Collection GetCollection(string name) =>
        TryGetCollection(name, out Collection? collection)
            ? collection
            : throw new HypervexException(ErrorCode.CollectionNotFound, $"There is no collection \"{name}\".");

    /// <summary>Opens a collection if there is one.</summary>
    public bool TryGetCollection(string name, [NotNullWhen(true)] out Collection? collection)
    {
        Names.CheckCollection(name);
        lock (_lock)
        {
            ThrowIfClosed();
            return TryOpen(name, out collection);
        }
    }

    /// <summary>Opens a collection, or creates it with these options.</summary>
    public Collection GetOrCreateCollection(string name, CollectionOptions? options = null)
    {
        Names.CheckCollection(name);
        lock (_lock)
        {
            ThrowIfClosed();
            return TryOpen(name, out Collection? collection) ? collection : Create(name, options ?? new CollectionOptions());
        }
    }

    /// <summary>Removes a collection and its files; false when there is none. Calls under way on it end first.</summary>
    public bool DropCollection(string name)
    {
        Names.CheckCollection(name);
        lock (_lock)
        {
            ThrowIfClosed();
            if (!_catalog.TryGet(name, out _))
            {
                return false;
            }

            if (_open.Remove(name, out Collection? collection))
            {
                collection.Close();
            }

            _catalog.Drop(name);
            return true;
        }
    }

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

    /// <summary>Closes: refuses new calls, cancels and awaits running ones, then frees memory and handles at once.</summary>
    public void Dispose()
    {
        lock (_closing)
        {
            _restores.Close(); // not under the other lock, which a restore that ends takes
            CloseAll();
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    /// <summary>Opens a database on any file system: the door for tests.</summary>
    internal static Database Open(IFileSystem files, string root, string? publicPath, DatabaseOptions? options)
    {
        options ??= new DatabaseOptions();
        if (options.BatchInterval <= TimeSpan.Zero || options.IndexingThreads is < 0 or > 1024 || !Enum.IsDefined(options.Durability))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "The batch interval must be positive, the indexing threads 0 to 1024, and the durability one of its names.");
        }

        if (options.CompactionGarbageRatio is not (>= 0.05 and <= 1))
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument,
                string.Create(CultureInfo.InvariantCulture, $"The compaction's garbage ratio is {options.CompactionGarbageRatio}; expected 0.05 to 1 (1 = no compaction in the background)."));
        }

        return new Database(files, root, publicPath, options);
    }

    private bool TryOpen(string name, [NotNullWhen(true)] out Collection? collection)
    {
        if (_open.TryGetValue(name, out collection))
        {
            return true;
        }

        if (!_catalog.TryGet(name, out ulong id))
        {
            return false;
        }

        string directory = DatabasePaths.Collection(_root, id);
        CollectionSchema schema = CollectionSchema.Load(_files, directory)
            ?? throw StorageErrors.Damaged(DatabasePaths.CollectionFile(directory), 0, "the file is missing. Restore it from a backup.");
        if (schema.Id != id)
        {
            throw StorageErrors.Damaged(DatabasePaths.CollectionFile(directory), 0, $"the file describes the collection {DatabasePaths.Hex(schema.Id)}, expected {DatabasePaths.Hex(id)}.");
        }

        string log = DatabasePaths.Logs(DatabasePaths.Partition(directory, 0));
        if (!_files.DirectoryExists(log))
        {
            throw StorageErrors.Damaged(log, 0, "the log is missing. Restore it from a backup.");
        }

        collection = Start(directory, schema with { Name = name });
        _open.Add(name, collection);
        return true;
    }

    private Collection Create(string name, CollectionOptions options)
    {
        Names.CheckCollection(name);
        OptionChecks.Check(options);
        CheckIsNew(name);
        ulong id = _catalog.NewId();
        string directory = DatabasePaths.Collection(_root, id);
        Collection? collection = null;
        try
        {
            _files.CreateDirectory(DatabasePaths.Partition(directory, 0));
            CollectionSchema schema = CollectionSchema.Create(name, id, options);
            schema.Save(_files, directory);
            KillPoint.Hit(KillPlace.CreateAfterSchema);
            collection = Start(directory, schema);
            _files.SyncDirectory(DatabasePaths.Partitions(directory));
            _files.SyncDirectory(directory);
            _files.SyncDirectory(DatabasePaths.Collections(_root));
            KillPoint.Hit(KillPlace.CreateBeforeCatalog);
        }
        catch
        {
            collection?.Close();
            _files.DeleteDirectory(directory);
            throw;
        }

        try
        {
            _catalog.Add(name, id);
        }
        catch
        {
            collection.Close(); // the catalog on disk may name the directory by now, so it must stay
            throw;
        }

        _open.Add(name, collection);
        return collection;
    }

    private void CloseAll()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            foreach (Collection collection in _open.Values)
            {
                collection.Close();
            }

            _open.Clear();
            _maintenance.Dispose();
            _workers.Dispose();
            _lockFile.Dispose();
        }
    }

    private RestoreReport Restore(Stream archive, string name, RestoreOptions options, CancellationToken cancellationToken)
    {
        using OperationGate.Pass pass = _restores.Enter();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _restores.ClosingToken);
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
        Collection? existing;
        lock (_lock)
        {
            ThrowIfClosed();
            if (!options.Replace || !TryOpen(target, out existing))
            {
                CheckIsNew(target);
                existing = null;
                _restoring.Add(target);
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
                lock (_lock)
                {
                    _restoring.Remove(target);
                }
            }
        }

        return new RestoreReport
        {
            Collection = target,
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
        lock (_lock)
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
            collection?.Close();
            _files.DeleteDirectory(directory);
            throw;
        }

        lock (_lock)
        {
            try
            {
                _catalog.Add(name, id);
            }
            catch
            {
                collection.Close(); // the catalog on disk may name the directory by now, so it must stay
                throw;
            }

            _open.Add(name, collection);
            KillPoint.Hit(KillPlace.RestoreAfterCatalog);
            _catalog.EndRestore(id);
        }

        return collection;
    }

    private void CheckIsNew(string name)
    {
        if (_catalog.TryGet(name, out _) || _restoring.Contains(name))
        {
            throw new HypervexException(ErrorCode.CollectionExists, $"The collection \"{name}\" exists already{(_restoring.Contains(name) ? ", or will: a snapshot is being restored into it" : "")}.");
        }
    }

    private Collection Start(string directory, CollectionSchema schema) =>
        new(_files, directory, Path is null ? null : directory, schema, _catalog.Node, _workers, _maintenance, _options);

    /// <summary>Removes temporary files of the root that a crash left behind.</summary>
    private void Sweep()
    {
        foreach (string name in _files.ListFiles(_root))
        {
            if (name.EndsWith(DatabasePaths.TemporarySuffix, StringComparison.Ordinal))
            {
                _files.DeleteFile(System.IO.Path.Combine(_root, name));
            }
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed)
        {
            throw new HypervexException(ErrorCode.Closed, "The database is closed.");
        }
    }
}
