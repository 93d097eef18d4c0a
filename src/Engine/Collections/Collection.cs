using System.Diagnostics.CodeAnalysis;
using Hypervex.Collections;
using Hypervex.Storage;

namespace Hypervex;

/// <summary>
/// A named set of records with one schema. Reads and searches take no part in each other's way; every write is acknowledged
/// once it has the durability it asked for, and is seen by every read and search that starts afterwards.
/// Thread safety: all members may be called from any thread at any time.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The database owns its collections and closes them.")]
public sealed class Collection
{
    /// <summary>A checkpoint is due after so many operations, or an eighth of the slots where that is more, up to the second number.</summary>
    private const long SmallestCheckpointInterval = 20_000, LargestCheckpointInterval = 200_000;

    /// <summary>Whether a compaction is worth it is looked at after so much new garbage: a part of a segment.</summary>
    private const int LooksInSegment = 8;

    /// <summary>Closing takes a checkpoint when opening would otherwise replay this many operations.</summary>
    private const long ReplayWorthACheckpoint = 1_000;

    /// <summary>Field indexes are built for this long before other maintenance, which may be another collection's, has its turn.</summary>
    private static readonly TimeSpan s_buildingAtOnce = TimeSpan.FromMilliseconds(50);

    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly string? _publicPath;
    private readonly Lock _schemaLock = new();
    private readonly OperationGate _gate;
    private readonly Partition _partition;
    private readonly PartitionWriter _writer;
    private readonly PartitionReader _reader;
    private readonly CollectionSearch _search;
    private readonly BatchSearch _batch;
    private readonly Maintenance _maintenance;
    private readonly Compactor _compactor;
    private readonly DatabaseOptions _databaseOptions;
    private readonly HybridClock _clock;
    private readonly SnapshotTaker _snapshots;
    private readonly FieldIndexBuilder _fieldIndexBuilder;
    private CollectionSchema _schema;
    private int _maintenanceRequested;
    private long _garbageLookedAt;

    internal Collection(IFileSystem files, string directory, string? publicPath, CollectionSchema schema, ulong node, IndexingWorkers workers, Maintenance maintenance, DatabaseOptions options)
    {
        _files = files;
        _directory = directory;
        _publicPath = publicPath;
        _maintenance = maintenance;
        _schema = schema;
        _gate = new OperationGate($"The collection \"{schema.Name}\"");
        _clock = new HybridClock(options.TimeProvider, node);
        long started = options.TimeProvider.GetTimestamp();
        string partition = DatabasePaths.Partition(directory, 0);
        _partition = Partition.Open(files, partition, schema, workers, _clock, options, out LogRecovery recovery);
        _writer = new PartitionWriter(_partition, _clock, options, RequestMaintenance);
        _reader = new PartitionReader(_partition);
        _search = new CollectionSearch(_partition, _reader);
        _databaseOptions = options;
        _compactor = new Compactor(files, partition, _partition, _writer, _gate, options);
        _snapshots = new SnapshotTaker(_partition, () => Schema, options.TimeProvider);
        _batch = new BatchSearch(_search);
        _fieldIndexBuilder = new FieldIndexBuilder(_partition);
        Recovery = new RecoveryReport
        {
            Replayed = recovery.Replayed,
            TornBytes = recovery.TornBytes,
            Rewritten = recovery.Rewritten,
            CheckpointProblem = _partition.CheckpointProblem,
            Elapsed = options.TimeProvider.GetElapsedTime(started),
        };
        if (_fieldIndexBuilder.HasWork)
        {
            RequestMaintenanceNow();
        }
    }

    /// <summary>The collection's name.</summary>
    public string Name => Schema.Name;

    /// <summary>Schema and settings as they are now (a dimension that the first vector decided is filled in).</summary>
    public CollectionOptions Options => Schema.ToOptions();

    /// <summary>Live records.</summary>
    public long Count => _partition.Records.Count;

    /// <summary>What the opening of this collection found and did.</summary>
    public RecoveryReport Recovery { get; }

    internal ulong LastSequence => _partition.AppliedSequence;

    internal CollectionSchema Schema => Volatile.Read(ref _schema);

    internal Compactor Compactor => _compactor;

    internal Partition Partition => _partition;

    /// <summary>Writes a record, whether or not its id exists.</summary>
    public Ack Upsert(VectorRecord record, WriteOptions? options = null) => Write(PutOne(record, options, mustBeNew: false));

    /// <summary>Writes a record with a vector in the default field, whether or not its id exists.</summary>
    public Ack Upsert(string id, ReadOnlySpan<float> vector, MetadataObject? metadata = null, string? document = null) =>
        Upsert(new VectorRecord(id, vector.ToArray()) { Metadata = metadata, Document = document });

    /// <inheritdoc cref="Upsert(VectorRecord, WriteOptions?)"/>
    /// <param name="record">The record.</param>
    /// <param name="options">Conditions and durability.</param>
    /// <param name="cancellationToken">Stops waiting for room in the queue; once the write is in the log it is awaited.</param>
    public ValueTask<Ack> UpsertAsync(VectorRecord record, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(PutOne(record, options, mustBeNew: false), cancellationToken);

    /// <summary>Writes a record whose id must be new: else <see cref="ErrorCode.AlreadyExists"/>.</summary>
    public Ack Insert(VectorRecord record, WriteOptions? options = null) => Write(PutOne(record, options, mustBeNew: true));

    /// <inheritdoc cref="Insert"/>
    public ValueTask<Ack> InsertAsync(VectorRecord record, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(PutOne(record, options, mustBeNew: true), cancellationToken);

    /// <summary>Writes up to 10,000 records in one atomic batch; of records with the same id the last one wins.</summary>
    public BatchAck UpsertBatch(IReadOnlyList<VectorRecord> records, WriteOptions? options = null) => Write(PutMany(records, options));

    /// <inheritdoc cref="UpsertBatch"/>
    public ValueTask<BatchAck> UpsertBatchAsync(IReadOnlyList<VectorRecord> records, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(PutMany(records, options), cancellationToken);

    /// <summary>Changes parts of an existing record: else <see cref="ErrorCode.NotFound"/>.</summary>
    public Ack Update(string id, RecordUpdate update, WriteOptions? options = null) => Write(UpdateOne(id, update, options));

    /// <inheritdoc cref="Update"/>
    public ValueTask<Ack> UpdateAsync(string id, RecordUpdate update, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(UpdateOne(id, update, options), cancellationToken);

    /// <summary>Deletes a record; false when there is none.</summary>
    public bool Delete(string id, WriteOptions? options = null) => Write(DeleteMany([id], options)).Count > 0;

    /// <inheritdoc cref="Delete"/>
    public async ValueTask<bool> DeleteAsync(string id, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        (await WriteAsync(DeleteMany([id], options), cancellationToken).ConfigureAwait(false)).Count > 0;

    /// <summary>Deletes up to 10,000 records in one atomic batch; ids that do not exist are passed over.</summary>
    public BatchAck DeleteBatch(IReadOnlyList<string> ids, WriteOptions? options = null) => Write(DeleteMany(ids, options));

    /// <inheritdoc cref="DeleteBatch"/>
    public ValueTask<BatchAck> DeleteBatchAsync(IReadOnlyList<string> ids, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(DeleteMany(ids, options), cancellationToken);

    /// <summary>Reads a record; null when there is none.</summary>
    public VectorRecord? Get(string id, Include include = Include.All)
    {
        using OperationGate.Pass pass = _gate.Enter();
        return _reader.Get(Names.EncodeId(id), Schema, include);
    }

    /// <summary>Reads a page of records in order of creation.</summary>
    public RecordPage List(ListOptions? options = null)
    {
        using OperationGate.Pass pass = _gate.Enter();
        options ??= new ListOptions();
        OptionChecks.CheckRange("limit", options.Limit, 1, Limits.MaxPage);
        List<VectorRecord> page = _reader.List(ListCursor.Decode(options.Cursor), options.Limit, options.Filter, Schema, options.Include, out ulong? next);
        return new RecordPage(page, next is { } after ? ListCursor.Encode(after) : null);
    }

    /// <summary>Counts the records that match; all of them without a filter.</summary>
    public long CountWhere(Filter? filter, CancellationToken cancellationToken = default)
    {
        using OperationGate.Pass pass = _gate.Enter();
        return _reader.Count(filter, cancellationToken);
    }

    /// <summary>Counts how often the values of a metadata field occur. A keyword index of the field makes it fast; else the records are read.</summary>
    /// <param name="field">The field's name; dots lead into nested objects.</param>
    /// <param name="filter">Only over records that match; null = all.</param>
    /// <param name="limit">Greatest number of values, 1 to 10,000.</param>
    /// <param name="cancellationToken">Stops counting.</param>
    public FacetCounts CountValues(string field, Filter? filter = null, int limit = 100, CancellationToken cancellationToken = default)
    {
        Names.CheckIndexedField(field);
        OptionChecks.CheckRange("limit", limit, 1, Limits.MaxPage);
        return UntilClosing(token => new FacetCounter(_partition).Count(field, filter, limit, token), cancellationToken);
    }

    /// <summary>
    /// Deletes the records that match a filter, in atomic batches of up to 10,000, and says how many. A record that is written meanwhile is deleted only if it
    /// still matches; one that is written without end may stay.
    /// </summary>
    /// <param name="filter">Which records; <c>Filter.Parse("{}")</c> = all.</param>
    /// <param name="options">Durability.</param>
    /// <param name="cancellationToken">Stops between two batches; what was deleted stays deleted.</param>
    public long DeleteWhere(Filter filter, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        RefuseCondition(options);
        return UntilClosing(token => new FilteredDeletion(_partition, _writer, () => Schema).Run(filter, options, token), cancellationToken);
    }

    /// <summary>Finds the k nearest records.</summary>
    /// <param name="query">The query, of the field's dimension.</param>
    /// <param name="k">Number of hits, 1 to 10,000.</param>
    /// <param name="options">Field, filter, beam width and what to return.</param>
    /// <returns>At most k hits, nearest first; equal distances in order of id bytes.</returns>
    public SearchHits Search(ReadOnlySpan<float> query, int k = 10, in SearchOptions options = default)
    {
        using OperationGate.Pass pass = _gate.Enter();
        OptionChecks.CheckRange("k", k, 1, Limits.MaxK);
        return _search.Run(Schema, query, k, options, _gate.ClosingToken);
    }

    /// <summary>
    /// Finds the records nearest to a stored one, which is not among the hits. <see cref="ErrorCode.NotFound"/> when it does not exist.
    /// </summary>
    public SearchHits SearchById(string id, int k = 10, in SearchOptions options = default)
    {
        using OperationGate.Pass pass = _gate.Enter();
        OptionChecks.CheckRange("k", k, 1, Limits.MaxK);
        CollectionSchema schema = Schema;
        return _search.RunById(schema, id, VectorOf(schema, id, options), k, options, _gate.ClosingToken);
    }

    /// <summary>
    /// The search that allocates nothing: finds the <c>hits.Length</c> nearest records, nearest first. Equal distances come in
    /// order of slot here (of id bytes in the comfortable overload).
    /// </summary>
    /// <returns>The number of hits written.</returns>
    public int Search(ReadOnlySpan<float> query, in SearchOptions options, Span<Hit> hits) => Search(query, options, hits, out _);

    /// <inheritdoc cref="Search(ReadOnlySpan{float}, in SearchOptions, Span{Hit})"/>
    /// <param name="query">The query, of the field's dimension.</param>
    /// <param name="options">Field, filter and beam width.</param>
    /// <param name="hits">Receives the hits, 1 to 10,000.</param>
    /// <param name="report">What the search did.</param>
    public int Search(ReadOnlySpan<float> query, in SearchOptions options, Span<Hit> hits, out SearchReport report)
    {
        using OperationGate.Pass pass = _gate.Enter();
        OptionChecks.CheckRange("k (the length of the span)", hits.Length, 1, Limits.MaxK);
        return _search.Run(Schema, query, options, hits, _gate.ClosingToken, out report);
    }

    /// <summary>
    /// Runs several searches on all cores. All are checked before the first one runs; the first that fails ends the batch.
    /// </summary>
    /// <param name="searches">At most 10,000 searches.</param>
    /// <param name="cancellationToken">Stops the batch.</param>
    /// <returns>The hits of each search, in the order of the searches.</returns>
    public IReadOnlyList<SearchHits> SearchBatch(IReadOnlyList<SearchRequest> searches, CancellationToken cancellationToken = default)
    {
        using OperationGate.Pass pass = _gate.Enter();
        ArgumentNullException.ThrowIfNull(searches);
        OptionChecks.CheckRange("the number of searches in the batch", searches.Count, 0, Limits.MaxSearches);
        CollectionSchema schema = Schema;
        var prepared = new BatchSearch.Prepared[searches.Count];
        for (int i = 0; i < prepared.Length; i++)
        {
            SearchRequest search = searches[i];
            prepared[i] = new BatchSearch.Prepared(search, search.Id is { } id ? VectorOf(schema, id, search.Options) : search.Query);
        }

        return _batch.Run(schema, prepared, cancellationToken, _gate.ClosingToken);
    }

    /// <summary>The batch that allocates nothing for each query; equal distances come in order of slot.</summary>
    /// <param name="queries">float32[counts.Length, dimension], one query after the other.</param>
    /// <param name="k">Number of hits of each query, 1 to 10,000.</param>
    /// <param name="options">Options of all searches.</param>
    /// <param name="hits">Hit[counts.Length, k]: query i fills the places from i * k on, nearest first.</param>
    /// <param name="counts">Receives the number of hits of each query; its length, 1 to 10,000, is the number of queries.</param>
    public void SearchBatch(ReadOnlyMemory<float> queries, int k, in SearchOptions options, Memory<Hit> hits, Memory<int> counts)
    {
        using OperationGate.Pass pass = _gate.Enter();
        _batch.Run(Schema, queries, k, options, hits, counts, _gate.ClosingToken);
    }

    /// <summary>Copies a hit's id as UTF-8.</summary>
    /// <param name="hit">A hit of this collection.</param>
    /// <param name="utf8">512 bytes always suffice.</param>
    /// <param name="written">Bytes written.</param>
    /// <returns>False when the record has been deleted, its vector replaced or its row moved by a compaction since, or the span is too small.</returns>
    public bool TryCopyId(in Hit hit, Span<byte> utf8, out int written)
    {
        using OperationGate.Pass pass = _gate.Enter();
        return _reader.TryCopyId(hit.Handle, utf8, out written);
    }

    /// <summary>
    /// Declares an index of a metadata field. It is durable when the call returns, is built in the background, and filters use it as soon as it is ready.
    /// False when the field has an index of this type; one of another type is replaced.
    /// </summary>
    /// <param name="field">The field's name, at most 512 bytes of UTF-8; dots lead into nested objects.</param>
    /// <param name="type">What it takes.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidName"/>; <see cref="ErrorCode.LimitOutOfRange"/>: the collection has 64 field indexes.</exception>
    public bool CreateFieldIndex(string field, FieldIndexType type)
    {
        using OperationGate.Pass pass = _gate.Enter();
        lock (_schemaLock)
        {
            CollectionSchema schema = Schema;
            if (schema.FieldIndexes.Contains(new FieldIndexSchema(field, type)))
            {
                return false;
            }

            FieldIndexSchema[] next = [.. schema.FieldIndexes.Where(index => index.Field != field), new FieldIndexSchema(field, type)];
            OptionChecks.CheckFieldIndexes(next.Select(index => KeyValuePair.Create(index.Field, index.Type)));
            UseSchema(schema.WithFieldIndexes(next));
        }

        RequestMaintenanceNow();
        return true;
    }

    /// <summary>Ends the index of a metadata field and gives its memory back; filters on the field read records then. False when it has none.</summary>
    public bool DropFieldIndex(string field)
    {
        using OperationGate.Pass pass = _gate.Enter();
        lock (_schemaLock)
        {
            CollectionSchema schema = Schema;
            FieldIndexSchema[] next = [.. schema.FieldIndexes.Where(index => index.Field != field)];
            if (next.Length == schema.FieldIndexes.Count)
            {
                return false;
            }

            UseSchema(schema.WithFieldIndexes(next));
            return true;
        }
    }

    /// <summary>Waits until every field index is ready, or cannot be built. The calling thread helps.</summary>
    public void WaitForFieldIndexes(CancellationToken cancellationToken = default) => UntilClosing(
        token =>
        {
            while (_fieldIndexBuilder.BuildSome())
            {
                token.ThrowIfCancellationRequested();
            }

            return true;
        },
        cancellationToken);

    /// <summary>Waits until every acknowledged record is linked into its graphs.</summary>
    public void WaitForIndex(CancellationToken cancellationToken = default)
    {
        using OperationGate.Pass pass = _gate.Enter();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gate.ClosingToken);
        foreach (VectorField field in _partition.Fields)
        {
            field.Index.WaitUntilLinked(linked.Token);
        }
    }

    /// <summary>
    /// Measures now what <see cref="SearchOptions.TargetRecall"/> goes by, for answers of k hits; else it is measured in the
    /// background once a search has asked for a recall, and anew when the data has changed enough. Takes up to seconds.
    /// </summary>
    /// <param name="k">Hits of the searches to come, 1 to 10,000.</param>
    /// <param name="field">The vector field; null = the default field.</param>
    /// <param name="cancellationToken">Stops measuring.</param>
    /// <returns>The curve; null while there are too few vectors, which are scanned exactly.</returns>
    public RecallProfile? Calibrate(int k = 10, string? field = null, CancellationToken cancellationToken = default)
    {
        using OperationGate.Pass pass = _gate.Enter();
        OptionChecks.CheckRange("k", k, 1, Limits.MaxK);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gate.ClosingToken);
        return _partition.FieldOf(VectorChecks.Field(Schema, field).Id)?.Index.MeasureRecall(k, linked.Token);
    }

    /// <summary>Makes everything written so far durable, whatever durability it was written with.</summary>
    public void Flush()
    {
        using OperationGate.Pass pass = _gate.Enter();
        _partition.Log.Sync();
    }

    /// <summary>
    /// Takes a checkpoint, so that opening need not replay the log; false when nothing has changed since the last one. Checkpoints are
    /// also taken in the background. In memory there are none.
    /// </summary>
    public bool Checkpoint(CancellationToken cancellationToken = default)
    {
        using OperationGate.Pass pass = _gate.EnterMaintenance();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gate.ClosingToken);
        return _files.IsDurable && _partition.Checkpointer.Run(linked.Token);
    }

    /// <summary>
    /// Removes what has been overwritten or deleted before the call from every file, and gives its space back; reads, searches and writes go on. Needs as much free
    /// space as the largest segment (64 MB) or three, and the size of a checkpoint. Also done in the background, from
    /// <see cref="DatabaseOptions.CompactionGarbageRatio"/> on. Waits for reads that began before.
    /// </summary>
    /// <param name="cancellationToken">Ends it early: what is done by then stays done, and nothing is lost.</param>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.DiskFull"/>, <see cref="ErrorCode.StorageUnavailable"/>, <see cref="ErrorCode.LogFailed"/> or <see cref="ErrorCode.Damaged"/> (a
    /// segment does not check): the collection is as it was.
    /// </exception>
    public CompactionReport Compact(CancellationToken cancellationToken = default)
    {
        using OperationGate.Pass pass = _gate.EnterMaintenance();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gate.ClosingToken);
        try
        {
            return _compactor.Run(linked.Token);
        }
        catch (OperationCanceledException) when (_gate.ClosingToken.IsCancellationRequested)
        {
            throw new HypervexException(ErrorCode.Closed, $"The collection \"{Name}\" was closed while it was compacted.");
        }
    }

    /// <summary>
    /// Writes a snapshot: one file that holds the collection as it is at one moment, for <see cref="Database.Restore(string, RestoreOptions?, CancellationToken)"/>.
    /// Reads and writes go on. The file gets its name when it is whole and durable; an older one of that name is replaced then.
    /// </summary>
    /// <param name="path">The file, in a directory that exists.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Stops the work; nothing remains of it.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.DiskFull"/>, <see cref="ErrorCode.StorageUnavailable"/>: the file cannot be written;
    /// <see cref="ErrorCode.Damaged"/>: a record cannot be read; <see cref="ErrorCode.LogFailed"/>: what is in the collection cannot be made durable.</exception>
    public SnapshotReport Snapshot(string path, IProgress<SnapshotProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IFileSystem files = _files.IsDurable ? _files : new DiskFileSystem();
        return UntilClosing(token => _snapshots.WriteTo(files, Path.GetFullPath(path), progress, token), cancellationToken);
    }

    /// <summary>Writes a snapshot to a stream. What the stream throws reaches the caller, and the archive then has no end.</summary>
    /// <inheritdoc cref="Snapshot(string, IProgress{SnapshotProgress}?, CancellationToken)"/>
    public SnapshotReport Snapshot(Stream target, IProgress<SnapshotProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        return UntilClosing(token => _snapshots.WriteTo(target, progress, token), cancellationToken);
    }

    /// <summary>The door for the tests' control: a snapshot that does not hold the table at its sequence.</summary>
    internal SnapshotReport Snapshot(Stream target, IProgress<SnapshotProgress>? progress, bool freezesLate)
    {
        using OperationGate.Pass pass = _gate.Enter();
        return new SnapshotTaker(_partition, () => Schema, TimeProvider.System) { FreezesLate = freezesLate }.WriteTo(target, progress, _gate.ClosingToken);
    }

    /// <summary>Counts, sizes and settings.</summary>
    public CollectionStats GetStats()
    {
        using OperationGate.Pass pass = _gate.Enter();
        CollectionSchema schema = Schema;
        return new CollectionStats
        {
            Name = schema.Name,
            Count = _partition.Records.Count,
            Capacity = schema.Capacity,
            Fields = [.. schema.Fields.Select(field => _partition.FieldOf(field.Id)?.Stats() ?? NotStarted(field))],
            StoragePath = _publicPath,
            LogBytes = _partition.Log.SizeBytes,
            GarbageRatio = _partition.Log.GarbageRatio,
            ChunkBytes = _partition.Fields.Sum(field => field.Rows.TakenBytes),
            RowAccess = _partition.RowAccess,
            MemoryBytes = _partition.Memory.Held,
            PendingBytes = _partition.Memory.Reserved,
            RecordTableBytes = _partition.Records.SizeBytes,
            FieldIndexes = _partition.FieldIndexes.States(_partition.Records.SlotCount),
            LastSequence = _partition.AppliedSequence,
        };
    }

    /// <summary>Checks every checksum, cross-reference and graph invariant.</summary>
    public VerifyReport Verify(CancellationToken cancellationToken = default)
    {
        using OperationGate.Pass pass = _gate.Enter();
        return new CollectionVerifier(_partition, Schema, _files, _directory).Run(cancellationToken);
    }

    /// <summary>Fills a collection that is new and that nobody else knows.</summary>
    internal void Fill(SnapshotContents contents, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken) =>
        Restore(contents, restore => restore.Fill(), progress, cancellationToken);

    /// <summary>Replaces the content as one batch; says how many records went.</summary>
    internal long Replace(SnapshotContents contents, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken) =>
        Restore(contents, restore => restore.Replace(), progress, cancellationToken);

    /// <summary>Refuses new calls, cancels and awaits running ones, closes the log, frees memory and handles.</summary>
    internal void Close()
    {
        if (!_gate.Close())
        {
            return;
        }

        try
        {
            if (_files.IsDurable && _partition.Log.Failed is null && Unsaved >= ReplayWorthACheckpoint)
            {
                _partition.Checkpointer.Run(CancellationToken.None);
            }

            bool isEndRecorded = _partition.Log.LastSequence == _partition.RecordedEnd;
            if (_files.IsDurable && !isEndRecorded && _partition.Log.Failed is null)
            {
                _writer.Close();
                _partition.Checkpointer.RecordEnd();
            }
        }
        catch (HypervexException)
        {
            // Closing tells nobody of a failing disk: what was acknowledged is safe, and the next opening checks the log.
        }

        _writer.Dispose();
        _partition.Dispose();
    }

    /// <summary>Looks whether a checkpoint or a compaction is due. Called by the maintenance thread.</summary>
    internal void Maintain()
    {
        Volatile.Write(ref _maintenanceRequested, 0);
        if (!_gate.TryEnterMaintenance(out OperationGate.Pass pass))
        {
            return;
        }

        using (pass)
        {
            try
            {
                if (_fieldIndexBuilder.BuildFor(s_buildingAtOnce, _gate.ClosingToken))
                {
                    RequestMaintenanceNow();
                }

                if (_files.IsDurable && Unsaved >= CheckpointInterval)
                {
                    _partition.Checkpointer.Run(_gate.ClosingToken);
                }

                if (_databaseOptions.CompactionGarbageRatio < 1 && _compactor.RunInBackground(_gate.ClosingToken))
                {
                    RequestMaintenanceNow();
                }
            }
            catch (Exception exception) when (exception is HypervexException or OperationCanceledException)
            {
                // The log holds everything; the next request tries again.
            }
#pragma warning disable CA1031 // A defect in the background must not end the user's process.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _partition.Log.Poison(exception); // what is in memory may not be whole: no write builds on it
            }
        }
    }

    private long Unsaved => (long)(_partition.AppliedSequence - _partition.Checkpointer.Sequence);

    private long CheckpointInterval => Math.Clamp(_partition.Records.SlotCount / 8, SmallestCheckpointInterval, LargestCheckpointInterval);

    private void RequestMaintenance()
    {
        long garbage = _partition.Garbage;
        bool mayCompact = _databaseOptions.CompactionGarbageRatio < 1 && garbage - Volatile.Read(ref _garbageLookedAt) >= _databaseOptions.SegmentBytes / LooksInSegment;
        if (mayCompact)
        {
            Volatile.Write(ref _garbageLookedAt, garbage);
        }

        if (mayCompact || (_files.IsDurable && Unsaved >= CheckpointInterval))
        {
            RequestMaintenanceNow();
        }
    }

    private void RequestMaintenanceNow()
    {
        if (Interlocked.Exchange(ref _maintenanceRequested, 1) == 0)
        {
            _maintenance.Request(this);
        }
    }

    private long Restore(SnapshotContents contents, Func<ContentRestore, long> write, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        contents.CheckFits(Schema);
        long result = UntilClosing(token => _writer.RunAlone(() => RestoreAlone(contents, write, progress, token), token), cancellationToken);
        RequestMaintenance();
        return result;
    }

    private long RestoreAlone(SnapshotContents contents, Func<ContentRestore, long> write, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        CollectionSchema schema = AdoptDimensions(contents.Schema);
        contents.CheckFits(schema); // a write that waits may have decided another dimension
        var restore = new ContentRestore(_partition, _writer, _clock, schema, contents, progress, cancellationToken);
        long written;
        long reserved = restore.Reserve();
        try
        {
            written = write(restore);
        }
        finally
        {
            _partition.Memory.Settle(reserved);
        }

        restore.Compare();
        return written;
    }

    /// <summary>Runs a long call, which closing cancels: its caller is told that it was closing.</summary>
    private T UntilClosing<T>(Func<CancellationToken, T> call, CancellationToken cancellationToken)
    {
        using OperationGate.Pass pass = _gate.Enter();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gate.ClosingToken);
        try
        {
            return call(linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HypervexException(ErrorCode.Closed, $"The collection \"{Name}\" is closed.");
        }
    }

    /// <summary>Makes the dimensions durable that a snapshot is the first to decide.</summary>
    private CollectionSchema AdoptDimensions(CollectionSchema snapshot)
    {
        lock (_schemaLock)
        {
            CollectionSchema next = Schema;
            foreach (FieldSchema field in Schema.Fields)
            {
                if (field.Options.Dimension is null && snapshot.Find(field.Name)?.Options.Dimension is { } dimension)
                {
                    next = next.WithDimension(field.Id, dimension);
                }
            }

            UseSchema(next);
            return next;
        }
    }

    private float[] VectorOf(CollectionSchema schema, string id, in SearchOptions options)
    {
        FieldSchema field = VectorChecks.Field(schema, options.Field);
        return _reader.Vector(Names.EncodeId(id), field.Id, out bool exists) ?? throw (exists
            ? new HypervexException(ErrorCode.InvalidVector, $"The record \"{id}\" has no vector in the field \"{field.Name}\".")
            : NotFound(id));
    }

    private static HypervexException NotFound(string id) => new(ErrorCode.NotFound, $"There is no record \"{id}\".");

    private static VectorFieldStats NotStarted(FieldSchema field) => new()
    {
        Name = field.Name,
        Dimension = null,
        Metric = field.Options.Metric,
        Index = field.Options.Index,
        Quantization = field.Options.Quantization,
        Linked = 0,
        Pending = 0,
        RowBytes = 0,
        IndexBytes = 0,
    };

    private T Write<T>(Func<Attempt<T>> tryOnce)
    {
        using OperationGate.Pass pass = _gate.Enter();
        return _writer.Run(tryOnce);
    }

    private async ValueTask<T> WriteAsync<T>(Func<Attempt<T>> tryOnce, CancellationToken cancellationToken)
    {
        using OperationGate.Pass pass = _gate.Enter();
        return await _writer.RunAsync(tryOnce, cancellationToken).ConfigureAwait(false);
    }

    private Func<Attempt<Ack>> PutOne(VectorRecord record, WriteOptions? options, bool mustBeNew)
    {
        RecordInput[] inputs = new RecordInput[1];
        var acks = new Ack[1];
        CollectionSchema? schema = null;
        return () =>
        {
            if (schema != Schema)
            {
                inputs[0] = Encode(record, options, out schema);
            }

            return Map(_writer.TryPut(inputs, schema, options, mustBeNew, null, acks), acks[0]);
        };
    }

    private Func<Attempt<BatchAck>> PutMany(IReadOnlyList<VectorRecord> records, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(records);
        OptionChecks.CheckRange("the number of records in the batch", records.Count, 1, Limits.MaxBatch);
        RefuseCondition(options);
        IReadOnlyList<int> superseded = [];
        RecordInput[] inputs = [];
        Ack[] acks = [];
        CollectionSchema? schema = null;
        return () =>
        {
            if (schema != Schema)
            {
                inputs = Encode(records, options, out schema, out superseded);
                acks = new Ack[inputs.Length];
            }

            Attempt<ulong> attempt = _writer.TryPut(inputs, schema, options, mustBeNew: false, null, acks);
            return Map(attempt, new BatchAck(attempt.Result, inputs.Length, superseded));
        };
    }

    private Func<Attempt<Ack>> UpdateOne(string id, RecordUpdate update, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(update);
        byte[] utf8 = Names.EncodeId(id);
        var acks = new Ack[1];
        return () =>
        {
            CollectionSchema schema = Schema;
            if (_writer.WhenApplied(utf8) is { } later)
            {
                return Attempt<Ack>.Again(later);
            }

            RecordInput input;
            RecordVersion made;
            FrameBuffer buffer = FrameBuffer.Rent();
            try
            {
                if (!_partition.TryFind(utf8, buffer, out _, out _, out RecordBody old))
                {
                    throw NotFound(id);
                }

                input = RecordInput.Merge(old, update, schema, id);
                made = new RecordVersion(old.Fixed.Clock, old.Fixed.Node);
            }
            finally
            {
                buffer.Return();
            }

            if (DecideDimensions(input, schema))
            {
                return Attempt<Ack>.Again(Task.CompletedTask);
            }

            return Map(_writer.TryPut([input], schema, options, mustBeNew: false, made, acks), acks[0]);
        };
    }

    private Func<Attempt<BatchAck>> DeleteMany(IReadOnlyList<string> ids, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(ids);
        OptionChecks.CheckRange("the number of ids in the batch", ids.Count, 1, Limits.MaxBatch);
        List<byte[]> distinct = [.. ids.Distinct(StringComparer.Ordinal).Select(Names.EncodeId)];
        return () => _writer.TryDelete(distinct, Schema, options);
    }

    private static Attempt<T> Map<T>(Attempt<ulong> attempt, T result) => new(result, attempt.Group, attempt.MustCommit, attempt.RetryAfter);

    private static void RefuseCondition(WriteOptions? options)
    {
        if (options?.IfVersion is not null)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "A version condition belongs to a single record, not to a batch.");
        }
    }

    private RecordInput Encode(VectorRecord record, WriteOptions? options, out CollectionSchema schema)
    {
        while (true)
        {
            schema = Schema;
            RecordInput input = RecordInput.Create(record, schema, options?.KeepCreatedAt ?? false);
            if (!DecideDimensions(input, schema))
            {
                return input;
            }
        }
    }

    /// <summary>Checks all records of a batch before anything is decided; the last of several with the same id stays.</summary>
    private RecordInput[] Encode(IReadOnlyList<VectorRecord> records, WriteOptions? options, out CollectionSchema schema, out IReadOnlyList<int> superseded)
    {
        while (true)
        {
            schema = Schema;
            var lastOf = new Dictionary<string, int>(records.Count, StringComparer.Ordinal);
            var inputs = new RecordInput[records.Count];
            var dropped = new List<int>();
            long bytes = 0;
            for (int i = 0; i < records.Count; i++)
            {
                inputs[i] = RecordInput.Create(records[i], schema, options?.KeepCreatedAt ?? false);
                bytes += inputs[i].Body.Length;
                if (bytes > Limits.MaxBatchBytes)
                {
                    throw new HypervexException(ErrorCode.LimitOutOfRange, $"The batch is larger than {Limits.MaxBatchBytes} bytes; send it in parts.");
                }

                if (lastOf.TryGetValue(records[i].Id, out int earlier))
                {
                    dropped.Add(earlier);
                }

                lastOf[records[i].Id] = i;
            }

            CheckSameDimensions(records, inputs, schema);
            if (DecideDimensions(inputs[0], schema, inputs))
            {
                continue;
            }

            dropped.Sort();
            superseded = dropped;
            return dropped.Count == 0 ? inputs : [.. inputs.Where((_, index) => dropped.BinarySearch(index) < 0)];
        }
    }

    /// <summary>While a dimension is undecided, the first vector of the batch decides it for the rest of the batch too.</summary>
    private static void CheckSameDimensions(IReadOnlyList<VectorRecord> records, RecordInput[] inputs, CollectionSchema schema)
    {
        if (schema.Fields.All(field => field.Options.Dimension is not null))
        {
            return;
        }

        var decided = new Dictionary<uint, int>();
        for (int i = 0; i < inputs.Length; i++)
        {
            foreach ((uint field, int dimension) in inputs[i].Dimensions())
            {
                if (!decided.TryAdd(field, dimension) && decided[field] != dimension)
                {
                    FieldSchema schemaOfField = schema.Fields.First(candidate => candidate.Id == field);
                    throw VectorChecks.Mismatch(schemaOfField with { Options = schemaOfField.Options with { Dimension = decided[field] } }, dimension, records[i].Id);
                }
            }
        }
    }

    /// <summary>Makes the dimensions durable that these vectors are the first to decide; true when the schema has changed.</summary>
    private bool DecideDimensions(RecordInput first, CollectionSchema schema, params ReadOnlySpan<RecordInput> rest)
    {
        if (schema.Fields.All(field => field.Options.Dimension is not null))
        {
            return false;
        }

        lock (_schemaLock)
        {
            CollectionSchema next = Schema;
            foreach (RecordInput input in (ReadOnlySpan<RecordInput>)[first, .. rest])
            {
                foreach ((uint field, int dimension) in input.Dimensions())
                {
                    if (next.Fields.First(candidate => candidate.Id == field).Options.Dimension is null)
                    {
                        next = next.WithDimension(field, dimension);
                    }
                }
            }

            if (ReferenceEquals(next, Schema))
            {
                return !ReferenceEquals(schema, next);
            }

            UseSchema(next);
            return true;
        }
    }

    private void UseSchema(CollectionSchema next)
    {
        if (!ReferenceEquals(next, Schema))
        {
            long memory = VectorField.FixedBytes * next.Fields.Count(field => field.Options.Dimension is not null && _partition.FieldOf(field.Id) is null);
            _partition.Memory.Reserve(memory, "the first vector of a field");
            try
            {
                next.Save(_files, _directory);
                _partition.UseSchema(next);
                Volatile.Write(ref _schema, next);
            }
            finally
            {
                _partition.Memory.Settle(memory);
            }
        }
    }
}
