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
public sealed partial class Collection
{
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
    private readonly CollectionMaintenance _maintenance;
    private readonly Compactor _compactor;
    private readonly HybridClock _clock;
    private readonly SnapshotTaker _snapshots;
    private readonly IndexingWorkers _workers;
    private readonly Scrubber? _scrubber;
    private readonly FieldIndexBuilder _fieldIndexBuilder;
    private readonly DatabaseOptions _options;
    private CollectionSchema _schema;
    private TaskCompletionSource? _adopting;

    internal Collection(IFileSystem files, string directory, string? publicPath, CollectionSchema schema, ulong node, IndexingWorkers workers, Maintenance maintenance, Scrubbing scrubbing, DatabaseOptions options)
    {
        _files = files;
        _directory = directory;
        _publicPath = publicPath;
        _workers = workers;
        _options = options;
        _schema = schema;
        _gate = new OperationGate($"The collection \"{schema.Name}\"");
        _clock = new HybridClock(options.TimeProvider, node);
        long started = options.TimeProvider.GetTimestamp();
        string partition = DatabasePaths.Partition(directory, 0);
        _partition = Partition.Open(files, partition, schema, workers, _clock, options, out LogRecovery recovery);
        _writer = new PartitionWriter(_partition, _clock, options, () => _maintenance!.RequestIfDue());
        _writer.UseDurability(schema.Durability);
        _reader = new PartitionReader(_partition);
        _search = new CollectionSearch(_partition, _reader);
        _compactor = new Compactor(files, partition, _partition, _writer, _gate, options);
        _fieldIndexBuilder = new FieldIndexBuilder(_partition);
        _maintenance = new CollectionMaintenance(_partition, _writer, _compactor, _fieldIndexBuilder, new ExpirySweep(_partition, _writer, () => Schema), _gate, maintenance, options);
        _snapshots = new SnapshotTaker(_partition, () => Schema, options.TimeProvider);
        _batch = new BatchSearch(_search);
        _scrubber = files.IsDurable && options.ScrubInterval != Timeout.InfiniteTimeSpan ? new Scrubber(files, partition, _partition, ScrubSchema, _gate, scrubbing, options) : null;
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
            _maintenance.Request();
        }

        _maintenance.RequestIfDue();
        _partition.Progressed = _maintenance.RequestCheckpointIfDue;
    }

    /// <summary>The collection's name.</summary>
    public string Name => Schema.Name;

    /// <summary>Schema and settings as they are now (a dimension that the first vector decided is filled in).</summary>
    public CollectionOptions Options => Schema.ToOptions();

    /// <summary>Records, those that have expired not counted.</summary>
    public long Count => _reader.Count();

    /// <summary>What the opening of this collection found and did.</summary>
    public RecoveryReport Recovery { get; }

    internal ulong LastSequence => _partition.AppliedSequence;

    internal CollectionSchema Schema => Volatile.Read(ref _schema);

    internal Compactor Compactor => _compactor;

    internal Partition Partition => _partition;

    internal PartitionWriter Writer => _writer;

    /// <summary>Writes a record, whether or not its id exists.</summary>
    public Ack Upsert(VectorRecord record, WriteOptions? options = null) => Put(record, options, mustBeNew: false);

    /// <summary>Writes a record with a vector in the default field, whether or not its id exists.</summary>
    public Ack Upsert(string id, ReadOnlySpan<float> vector, MetadataObject? metadata = null, string? document = null) =>
        Upsert(new VectorRecord(id, vector.ToArray()) { Metadata = metadata, Document = document });

    /// <inheritdoc cref="Upsert(VectorRecord, WriteOptions?)"/>
    /// <param name="record">The record.</param>
    /// <param name="options">Conditions and durability.</param>
    /// <param name="cancellationToken">Stops waiting for room in the queue; once the write is in the log it is awaited.</param>
    public ValueTask<Ack> UpsertAsync(VectorRecord record, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        PutAsync(record, options, mustBeNew: false, cancellationToken);

    /// <summary>Writes a record whose id must be new: else <see cref="ErrorCode.AlreadyExists"/>.</summary>
    public Ack Insert(VectorRecord record, WriteOptions? options = null) => Put(record, options, mustBeNew: true);

    /// <inheritdoc cref="Insert"/>
    public ValueTask<Ack> InsertAsync(VectorRecord record, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        PutAsync(record, options, mustBeNew: true, cancellationToken);

    /// <summary>Writes up to 10,000 records in one atomic batch; of records with the same id the last one wins.</summary>
    public BatchAck UpsertBatch(IReadOnlyList<VectorRecord> records, WriteOptions? options = null)
    {
        using RecordPut batch = Batch(records, options);
        return Write(batch.TryBatch);
    }

    /// <inheritdoc cref="UpsertBatch"/>
    public ValueTask<BatchAck> UpsertBatchAsync(IReadOnlyList<VectorRecord> records, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        PutAsync(Batch(records, options), cancellationToken);

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

        _maintenance.Request();
        return true;
    }

    /// <summary>
    /// Alters settings while the collection is in use. All changes are made at once, and durable when the call returns; searches and writes that run keep what they began with. New codes are trained
    /// in the background: <see cref="WaitForIndex"/> waits for them.
    /// </summary>
    /// <param name="changes">What is altered; the rest stays.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.LimitOutOfRange"/> or <see cref="ErrorCode.InvalidArgument"/>; <see cref="ErrorCode.MemoryLimit"/>: there is no room for new codes beside
    /// the old ones. Nothing has been altered then.</exception>
    public void Alter(CollectionChanges changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        using OperationGate.Pass pass = _gate.Enter();
        lock (_schemaLock)
        {
            OptionChecks.Check(changes, Schema);
            UseSchema(Schema.With(changes));
        }
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

    /// <summary>Waits until every acknowledged record is linked into its graphs, and the codes are those that the settings ask for.</summary>
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
    /// <see cref="DatabaseOptions.CompactionGarbageRatio"/> on. Waits for calls that began before, as long as they take (a snapshot that is streamed to somebody slow, for example), and
    /// checkpoints of this collection wait with it; cancel it to end that. In the background the wait is one second.
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
            Count = _reader.Count(),
            Capacity = schema.Capacity,
            Durability = schema.Durability ?? _options.Durability,
            Fields = [.. schema.Fields.Select(field => _partition.FieldOf(field.Id)?.Stats() ?? NotStarted(field))],
            StoragePath = _publicPath,
            LogBytes = _partition.Log.SizeBytes,
            GarbageRatio = _partition.Log.GarbageRatio,
            ChunkBytes = _partition.Fields.Sum(field => field.Rows.TakenBytes),
            RowAccess = _partition.RowAccess,
            MemoryBytes = _partition.Memory.Held,
            PendingBytes = _partition.Memory.Reserved,
            RecordTableBytes = _partition.Records.SizeBytes,
            Scrub = _scrubber?.Stats,
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
        Restore(contents, (restore, _) => restore.Fill(), progress, cancellationToken);

    /// <summary>Replaces the content as one batch; says how many records went.</summary>
    internal long Replace(SnapshotContents contents, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken) =>
        Restore(contents, (restore, coming) => restore.Replace(batch => Commit(batch, contents, coming)), progress, cancellationToken);

    /// <summary>Refuses new calls, cancels and awaits running ones, closes the log, frees memory and handles.</summary>
    /// <param name="patience">Ends when there is no more time for a last checkpoint.</param>
    internal void Close(CancellationToken patience = default)
    {
        if (!_gate.Close())
        {
            return;
        }

        _scrubber?.Dispose();
        _maintenance.Dispose();
        _maintenance.Close(patience);
        _writer.Dispose();
        _partition.Dispose();
    }

    private long Restore(SnapshotContents contents, Func<ContentRestore, ComingFields, long> write, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        contents.CheckFits(Schema);
        long result = UntilClosing(token => _writer.RunAlone(() => RestoreAlone(contents, write, progress, token), token), cancellationToken);
        _maintenance.RequestIfDue();
        return result;
    }

    private long RestoreAlone(SnapshotContents contents, Func<ContentRestore, ComingFields, long> write, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        CollectionSchema schema = BeginAdopting(contents);
        try
        {
            var restore = new ContentRestore(_partition, _writer, _clock, schema, contents, progress, cancellationToken);
            long written;
            long reserved = restore.Reserve();
            try
            {
                using var coming = new ComingFields(_files, DatabasePaths.Partition(_directory, 0), _partition, schema, contents.Count);
                written = write(restore, coming);
            }
            finally
            {
                _partition.Memory.Settle(reserved);
            }

            restore.Compare();
            return written;
        }
        finally
        {
            EndAdopting();
        }
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

    /// <summary>The schema with the dimensions that a snapshot is the first to decide. From now on no write decides one, until <see cref="EndAdopting"/>.</summary>
    private CollectionSchema BeginAdopting(SnapshotContents contents)
    {
        lock (_schemaLock)
        {
            CollectionSchema next = WithDimensions(Schema, contents.Schema);
            contents.CheckFits(next); // a write that waits may have decided another dimension
            _adopting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return next;
        }
    }

    private void EndAdopting()
    {
        lock (_schemaLock)
        {
            _adopting?.SetResult();
            _adopting = null;
        }
    }

    /// <summary>
    /// Commits a restore's batch. The dimensions that it is the first to decide are made durable right before, since opening reads the log in their terms; what fails
    /// before the batch is written takes them back.
    /// </summary>
    private void Commit(LongBatch batch, SnapshotContents contents, ComingFields coming)
    {
        lock (_schemaLock)
        {
            CollectionSchema before = Schema;
            CollectionSchema next = WithDimensions(before, contents.Schema); // a field index may have been declared meanwhile
            if (ReferenceEquals(next, before))
            {
                batch.Commit();
                return;
            }

            try
            {
                next.Save(_files, _directory);
                KillPoint.Hit(KillPlace.RestoreAfterSchema);
                batch.Commit();
            }
            catch
            {
                if (batch.TryAbandon())
                {
                    TrySave(before);
                }

                throw;
            }

            _partition.UseSchema(next, coming.Fields);
            Volatile.Write(ref _schema, next);
        }
    }

    private void TrySave(CollectionSchema schema)
    {
        try
        {
            schema.Save(_files, _directory);
        }
        catch (HypervexException)
        {
            // The caller hears of the first failure. Memory has the old schema, and the next change of it makes that durable.
        }
    }

    private static CollectionSchema WithDimensions(CollectionSchema schema, CollectionSchema snapshot)
    {
        CollectionSchema next = schema;
        foreach (FieldSchema field in schema.Fields)
        {
            if (field.Options.Dimension is null && snapshot.Find(field.Name)?.Options.Dimension is { } dimension)
            {
                next = next.WithDimension(field.Id, dimension);
            }
        }

        return next;
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
        _workers.BeginWrite();
        try
        {
            return _writer.Run(tryOnce);
        }
        finally
        {
            _workers.EndWrite();
        }
    }

    private async ValueTask<T> WriteAsync<T>(Func<Attempt<T>> tryOnce, CancellationToken cancellationToken)
    {
        using OperationGate.Pass pass = _gate.Enter();
        _workers.BeginWrite();
        try
        {
            return await _writer.RunAsync(tryOnce, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _workers.EndWrite();
        }
    }

    private Ack Put(VectorRecord record, WriteOptions? options, bool mustBeNew)
    {
        using RecordPut put = new(this, _writer, [record], options, mustBeNew);
        return Write(put.TryOne);
    }

    private async ValueTask<Ack> PutAsync(VectorRecord record, WriteOptions? options, bool mustBeNew, CancellationToken cancellationToken)
    {
        using RecordPut put = new(this, _writer, [record], options, mustBeNew);
        return await WriteAsync(put.TryOne, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<BatchAck> PutAsync(RecordPut batch, CancellationToken cancellationToken)
    {
        using (batch)
        {
            return await WriteAsync(batch.TryBatch, cancellationToken).ConfigureAwait(false);
        }
    }

    private RecordPut Batch(IReadOnlyList<VectorRecord> records, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(records);
        OptionChecks.CheckRange("the number of records in the batch", records.Count, 1, Limits.MaxBatch);
        RefuseCondition(options);
        return new RecordPut(this, _writer, records, options, mustBeNew: false);
    }

    private Func<Attempt<Ack>> UpdateOne(string id, RecordUpdate update, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(update);
        byte[] utf8 = Names.EncodeId(id);
        return () =>
        {
            CollectionSchema schema = Schema;
            if (_writer.WhenApplied(utf8) is { } later)
            {
                return Attempt<Ack>.Again(later);
            }

            using var updated = new EncodedRecords(1, _partition.Records);
            RecordVersion made;
            FrameBuffer buffer = FrameBuffer.Rent();
            try
            {
                if (!_partition.TryFind(utf8, buffer, out _, out _, out RecordBody old) || old.Fixed.HasExpired(_partition.NowMs))
                {
                    throw NotFound(id);
                }

                updated.AddMerged(old, update, schema, id);
                made = new RecordVersion(old.Fixed.Clock, old.Fixed.Node);
            }
            finally
            {
                buffer.Return();
            }

            if (DecideDimensions(updated, schema) is { } decided)
            {
                return Attempt<Ack>.Again(decided);
            }

            return _writer.TryPut(updated, schema, options, mustBeNew: false, made, out Ack ack).With(ack);
        };
    }

    private Func<Attempt<BatchAck>> DeleteMany(IReadOnlyList<string> ids, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(ids);
        OptionChecks.CheckRange("the number of ids in the batch", ids.Count, 1, Limits.MaxBatch);
        List<byte[]> distinct = [.. ids.Distinct(StringComparer.Ordinal).Select(Names.EncodeId)];
        return () => _writer.TryDelete(distinct, Schema, options);
    }

    private static void RefuseCondition(WriteOptions? options)
    {
        if (options?.IfVersion is not null)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "A version condition belongs to a single record, not to a batch.");
        }
    }

    /// <summary>
    /// Makes the dimensions durable that these vectors are the first to decide. Null when the schema is the given one; else the records have to be made anew when
    /// the task has ended: at once, or when a restore has, which may decide them first.
    /// </summary>
    internal Task? DecideDimensions(EncodedRecords records, CollectionSchema schema)
    {
        if (schema.HasAllDimensions)
        {
            return null;
        }

        lock (_schemaLock)
        {
            CollectionSchema next = Schema;
            for (int i = 0; i < records.Count; i++)
            {
                foreach ((uint field, int dimension) in records.Dimensions(i))
                {
                    if (next.Fields.First(candidate => candidate.Id == field).Options.Dimension is null)
                    {
                        next = next.WithDimension(field, dimension);
                    }
                }
            }

            if (ReferenceEquals(next, Schema))
            {
                return ReferenceEquals(schema, next) ? null : Task.CompletedTask;
            }

            if (_adopting is { } restore)
            {
                return restore.Task;
            }

            UseSchema(next);
            return Task.CompletedTask;
        }
    }

    private long ScrubSchema(ScrubTally tally)
    {
        lock (_schemaLock)
        {
            return Schema.Scrub(_files, _directory, tally);
        }
    }

    private void UseSchema(CollectionSchema next)
    {
        if (!ReferenceEquals(next, Schema))
        {
            long memory = VectorField.FixedBytes * next.Fields.Count(field => field.Options.Dimension is not null && _partition.FieldOf(field.Id) is null);
            long codes = next.Fields.Sum(field => _partition.FieldOf(field.Id)?.Index.BytesToUse(field.Options.Quantization) ?? 0);
            memory += codes;
            _partition.Memory.Reserve(memory, codes > 0 ? "the codes of another quantization, beside those there are until they are replaced," : "the first vector of a field");
            try
            {
                next.Save(_files, _directory);
                KillPoint.Hit(KillPlace.AlterAfterSchema);
                _partition.UseSchema(next);
                _writer.UseDurability(next.Durability);
                Volatile.Write(ref _schema, next);
            }
            finally
            {
                _partition.Memory.Settle(memory);
            }
        }
    }
}
