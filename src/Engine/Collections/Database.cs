using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Hypervex.Collections;
using Hypervex.Storage;

namespace Hypervex;

/// <summary>
/// A vector database inside this process: named collections in one directory, or in memory. Collections open when they are first asked for;
/// one that is damaged does not keep the others from opening. Thread safety: all members may be called from any thread at any time.
/// </summary>
public sealed partial class Database : IDisposable, IAsyncDisposable
{
    private const string MemoryRoot = "/memory";

    private readonly IFileSystem _files;
    private readonly string _root;
    private readonly DatabaseOptions _options;
    private readonly IDisposable _lockFile;
    private readonly Catalog _catalog;
    private readonly Aliases _aliases;
    private readonly IndexingWorkers _workers;
    private readonly Maintenance _maintenance;
    private readonly Scrubbing _scrubbing;
    private readonly HashSet<string> _coming = new(StringComparer.Ordinal);
    private readonly OperationGate _gate = new("The database");
    private readonly Lock _closing = new();
    private readonly Lock _catalogLock = new();
    private readonly OpenCollections _open = new();
    private bool _disposed;

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
            Sweep(root);
            if (options.DiskReserveBytes > 0 && files.IsDurable)
            {
                _options = options with { Reserve = new DiskReserve(files, root, options.DiskReserveBytes, options.TimeProvider) };
            }

            _catalog = Catalog.Open(files, root);
            _aliases = new Aliases(_catalog);
            _workers = new IndexingWorkers(options.IndexingThreads > 0 ? options.IndexingThreads : Environment.ProcessorCount)
            {
                Memory = new MemoryBudget(options.MemoryLimitBytes),
                PendingLimit = options.PendingLimit,
            };
            _maintenance = new Maintenance();
            _scrubbing = new Scrubbing(_options, ScrubCatalog);
        }
        catch
        {
            _lockFile.Dispose();
            throw;
        }
    }

    /// <summary>The data directory, as an absolute path; null in memory.</summary>
    public string? Path { get; }

    /// <summary>
    /// Bytes of memory that the engine holds for this database, writes under way and the working memory of searches included; the system's page cache is
    /// not counted. <see cref="DatabaseOptions.MemoryLimitBytes"/> bounds all but the working memory of searches.
    /// </summary>
    public long MemoryBytes => _workers.Memory.Used + _workers.ScratchPool.Bytes;

    /// <summary>Handles of log segments and row files that are open now; 0 without a disk. <see cref="DatabaseOptions.MaxOpenFiles"/> bounds them.</summary>
    public int OpenFiles => _files is DiskFileSystem disk ? disk.Handles.Open : 0;

    /// <summary>The collections that are open now; none is opened for it.</summary>
    internal IReadOnlyList<Collection> OpenedCollections => _open.Snapshot();

    /// <summary>The settings that it was opened with.</summary>
    internal DatabaseOptions Options => _options;

    /// <summary>Opens or creates the database in a directory. One process at a time: else <see cref="ErrorCode.Locked"/>.</summary>
    public static Database Open(string path, DatabaseOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        return Open(new DiskFileSystem(options?.MaxOpenFiles ?? 0), full, full, options);
    }

    /// <summary>
    /// Looks for damage in the files of a closed database and, when told to, repairs it: rebuilds what is derived from the log, corrects single flipped bits
    /// of the log, and takes out what cannot be read, of which the report lists what it was. Replaced files are copied into <c>quarantine/</c> in the data
    /// directory. Afterwards the database is opened and checked.
    /// </summary>
    /// <param name="path">The data directory.</param>
    /// <param name="apply">Carry the repair out; otherwise nothing is changed.</param>
    public static RepairReport Repair(string path, bool apply)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        return Repair(new DiskFileSystem(), full, apply);
    }

    /// <summary>Creates a database that lives in memory and runs the same code.</summary>
    public static Database CreateInMemory(DatabaseOptions? options = null) => Open(new MemoryFileSystem(), MemoryRoot, null, options);

    /// <summary>The collections' names, in ordinal order.</summary>
    public IReadOnlyList<string> ListCollections()
    {
        _open.ThrowIfClosed();
        lock (_catalogLock)
        {
            return [.. _catalog.Names];
        }
    }

    /// <summary>Creates a collection; <see cref="ErrorCode.CollectionExists"/> when the name is taken.</summary>
    public Collection CreateCollection(string name, CollectionOptions? options = null)
    {
        CheckNew(name, options);
        Collection? created = _open.Change(name, open =>
        {
            Collection? added = open is null ? Create(name, options ?? new CollectionOptions()) : null;
            return new OpenCollections.Outcome<Collection?>(open ?? added, added);
        });
        return created ?? throw new HypervexException(ErrorCode.CollectionExists, $"The collection \"{name}\" exists already.");
    }

    /// <summary>Opens a collection by its name or an alias of it; <see cref="ErrorCode.CollectionNotFound"/> when there is none.</summary>
    public Collection GetCollection(string name) =>
        TryGetCollection(name, out Collection? collection)
            ? collection
            : throw new HypervexException(ErrorCode.CollectionNotFound, $"There is no collection \"{name}\".");

    /// <summary>
    /// Opens a collection, by its name or an alias of it, if there is one. Opening takes as long as reading its checkpoint and replaying what came after it; only those who ask for
    /// the same collection wait for that.
    /// </summary>
    public bool TryGetCollection(string name, [NotNullWhen(true)] out Collection? collection)
    {
        Names.CheckCollection(name);
        while (true)
        {
            object state = _aliases.State;
            string resolved = _aliases.Resolve(name);
            collection = _open.GetOrOpen(resolved, () => OpenExisting(resolved));
            if (collection is not null)
            {
                return true;
            }

            // The alias may have been switched, and what it stood for dropped, in between; and both more than once.
            if (ReferenceEquals(_aliases.State, state))
            {
                return false;
            }
        }
    }

    /// <summary>Opens a collection, or creates it with these options.</summary>
    public Collection GetOrCreateCollection(string name, CollectionOptions? options = null)
    {
        if (TryGetCollection(name, out Collection? collection))
        {
            return collection;
        }

        CheckNew(name, options);
        return _open.Change(name, open => Opened(open ?? OpenExisting(name) ?? Create(name, options ?? new CollectionOptions())));
    }

    /// <summary>
    /// Closes a collection and gives back its memory and file handles at once; its records stay. Calls under way on it are cancelled and awaited, later
    /// ones on its object get <see cref="ErrorCode.Closed"/>; <see cref="GetCollection"/> opens it again. False when it is not open.
    /// </summary>
    public bool CloseCollection(string name)
    {
        Names.CheckCollection(name);
        return _open.Change(_aliases.Resolve(name), open =>
        {
            open?.Close();
            return new OpenCollections.Outcome<bool>(null, open is not null);
        });
    }

    /// <summary>
    /// Removes a collection and its files; false when there is none, or the name is an alias. Calls under way on it end first.
    /// <see cref="ErrorCode.CollectionInUse"/> while an alias stands for it.
    /// </summary>
    public bool DropCollection(string name)
    {
        Names.CheckCollection(name);
        CheckHasNoAlias(name); // before it is closed
        return _open.Change(name, open =>
        {
            open?.Close();
            lock (_catalogLock)
            {
                CheckHasNoAlias(name);
                bool exists = _catalog.TryGet(name, out _);
                if (exists)
                {
                    _catalog.Drop(name);
                }

                return new OpenCollections.Outcome<bool>(null, exists);
            }
        });
    }

    /// <summary>Closes: refuses new calls, cancels and awaits running ones, then frees memory and handles at once.</summary>
    public void Dispose()
    {
        lock (_closing)
        {
            _gate.Close(); // not under a lock that a restore which ends takes
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            using var patience = new CancellationTokenSource(_options.ClosingCheckpointTime, _options.TimeProvider);
            _open.CloseAll(patience.Token);
            _maintenance.Dispose();
            _scrubbing.Dispose();
            _workers.Dispose();
            _lockFile.Dispose();
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    /// <summary>Opens a database on any file system: the door for tests.</summary>
    internal static Database Open(IFileSystem files, string root, string? publicPath, DatabaseOptions? options)
    {
        options ??= new DatabaseOptions();
        if (options.BatchInterval <= TimeSpan.Zero || options.IndexingThreads is < 0 or > 1024 || options.MaxOpenFiles < 0 || options.MemoryLimitBytes < 0 || options.DiskReserveBytes < 0 || !Enum.IsDefined(options.Durability) || !Enum.IsDefined(options.RowAccess))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "The batch interval must be positive, the indexing threads 0 to 1024, the open files, the memory limit and the disk reserve 0 or more, and durability and row access one of their names.");
        }

        if (options.TombstoneRetention < TimeSpan.Zero || options.TombstoneRetention > TimeSpan.FromDays(Limits.MaxTombstoneDays))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"Tombstones are kept for zero to {Limits.MaxTombstoneDays} days.");
        }

        OptionChecks.CheckRange("the pending limit", options.PendingLimit, Limits.MinPendingLimit, Limits.MaxPendingLimit);

        if ((options.ScrubInterval <= TimeSpan.Zero && options.ScrubInterval != Timeout.InfiniteTimeSpan) || options.ScrubBytesPerSecond < 0)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "The scrub interval must be positive (or infinite: no scrubs), and the scrubs' bytes a second 0 (no limit) or more.");
        }

        if (options.ClosingCheckpointTime != Timeout.InfiniteTimeSpan && (options.ClosingCheckpointTime < TimeSpan.Zero || options.ClosingCheckpointTime > TimeSpan.FromDays(1)))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "The time for checkpoints on closing must be zero to a day, or infinite.");
        }

        if (options.CompactionGarbageRatio is not (>= 0.05 and <= 1))
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument,
                string.Create(CultureInfo.InvariantCulture, $"The compaction's garbage ratio is {options.CompactionGarbageRatio}; expected 0.05 to 1 (1 = no compaction in the background)."));
        }

        return new Database(files, root, publicPath, options);
    }

    /// <summary>Repairs a database on any file system: the door for tests.</summary>
    internal static RepairReport Repair(IFileSystem files, string root, bool apply, DatabaseOptions? options = null)
    {
        RepairReport report;
        using (IDisposable locked = files.TryLock(DatabasePaths.Lock(root)) ?? throw new HypervexException(
            ErrorCode.Locked, $"{root} is open in this process or another one. Close it before it is repaired."))
        {
            report = new DatabaseRepair(files, root, apply, TimeProvider.System).Run();
        }

        if (!apply || report.Steps.Count == 0)
        {
            return report;
        }

        List<VerifyFinding> remaining = [];
        using Database database = Open(files, root, null, options);
        foreach (string name in database.ListCollections())
        {
            remaining.AddRange(database.VerifyCollection(name));
        }

        return report with { Remaining = remaining };
    }

    private IReadOnlyList<VerifyFinding> VerifyCollection(string name)
    {
        try
        {
            return GetCollection(name).Verify().Findings;
        }
        catch (HypervexException exception)
        {
            return [new VerifyFinding($"collection {name}", exception.Message)];
        }
    }

    private static OpenCollections.Outcome<Collection> Opened(Collection collection) => new(collection, collection);

    private static void CheckNew(string name, CollectionOptions? options)
    {
        Names.CheckCollection(name);
        OptionChecks.Check(options ?? new CollectionOptions());
    }

    private long ScrubCatalog(ScrubTally tally)
    {
        lock (_catalogLock)
        {
            return _catalog.Scrub(tally);
        }
    }

    private bool TryFind(string name, out ulong id)
    {
        lock (_catalogLock)
        {
            return _catalog.TryGet(name, out id);
        }
    }

    private Collection? OpenExisting(string name)
    {
        if (!TryFind(name, out ulong id))
        {
            return null;
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

        Sweep(directory);
        Sweep(DatabasePaths.Partition(directory, 0));
        return Start(directory, schema with { Name = name });
    }

    private Collection Create(string name, CollectionOptions options)
    {
        ulong id;
        lock (_catalogLock)
        {
            CheckIsNew(name);
            _coming.Add(name);
            id = _catalog.NewId();
        }

        try
        {
            return Create(name, id, options);
        }
        finally
        {
            lock (_catalogLock)
            {
                _coming.Remove(name);
            }
        }
    }

    private Collection Create(string name, ulong id, CollectionOptions options)
    {
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
            lock (_catalogLock)
            {
                _catalog.Add(name, id);
            }
        }
        catch
        {
            collection.Close(); // the catalog on disk may name the directory by now, so it must stay
            throw;
        }

        return collection;
    }

    private void CheckIsNew(string name)
    {
        if (_catalog.TryGet(name, out _) || _coming.Contains(name))
        {
            throw new HypervexException(ErrorCode.CollectionExists, $"The collection \"{name}\" exists already{(_coming.Contains(name) ? ", or will: it is being created, or a snapshot restored into it" : "")}.");
        }

        if (_aliases.Resolve(name) is var stands && stands != name)
        {
            throw new HypervexException(ErrorCode.CollectionExists, $"\"{name}\" is an alias of the collection \"{stands}\", and a name means one thing; choose another name, or drop the alias.");
        }
    }

    private Collection Start(string directory, CollectionSchema schema) =>
        new(_files, directory, Path is null ? null : directory, schema, _catalog.Node, _workers, _maintenance, _scrubbing, _options);

    /// <summary>Removes temporary files that a crash left behind in a directory.</summary>
    private void Sweep(string directory)
    {
        foreach (string name in _files.ListFiles(directory))
        {
            if (name.EndsWith(DatabasePaths.TemporarySuffix, StringComparison.Ordinal))
            {
                _files.DeleteFile(System.IO.Path.Combine(directory, name));
            }
        }
    }
}
