using Hypervex.Fields;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The state of one partition: what the log's operations, applied in order, add up to. Holds the log (the records' home), the record table
/// and the vector fields. Thread safety: Apply from one thread at a time; reads from any thread.
/// </summary>
internal sealed class Partition : IDisposable
{
    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly ulong _collectionId;
    private readonly IndexingWorkers _workers;
    private readonly DatabaseOptions _options;
    private readonly HybridClock _clock;
    private VectorField?[] _fields = [];
    private VectorField[] _started = [];
    private LogPosition _position = new(0, new RecordLocation(0, SegmentHeader.Size));

    private Partition(IFileSystem files, string directory, ulong collectionId, IndexingWorkers workers, HybridClock clock, DatabaseOptions options)
    {
        _options = options;
        _clock = clock;
        _files = files;
        _directory = directory;
        _collectionId = collectionId;
        _workers = workers;
        Reservations = new PartitionMemory(this, workers.Memory);
        Memory = new MemoryShare(workers.Memory, Reservations.Measure);
        Rows = new RowPlacement(this);
        Applier = new FrameApplier(this, clock);
    }

    /// <summary>The database's space for a full disk; null when it has none.</summary>
    public DiskReserve? Reserve => _options.Reserve;

    /// <summary>Reserves memory for writes.</summary>
    public PartitionMemory Reservations { get; }

    /// <summary>Hears from background threads that there is more in an index that no checkpoint holds; set once the partition is open.</summary>
    public Action? Progressed { private get; set; }

    /// <summary>What searches have done.</summary>
    public SearchCounts SearchCounts { get; } = new();

    /// <summary>Slots and rows.</summary>
    public RowPlacement Rows { get; }

    /// <summary>Brings the log's operations here.</summary>
    public FrameApplier Applier { get; }

    /// <summary>The partition's part of the database's memory.</summary>
    public MemoryShare Memory { get; }

    public Log Log { get; private set; } = null!;

    public ulong CollectionId => _collectionId;

    /// <summary>Up to where the log has been applied. Set between groups.</summary>
    public LogPosition Position
    {
        get => Volatile.Read(ref _position);
        set => Volatile.Write(ref _position, value);
    }

    /// <summary>The end of the log that the manifest knew when the partition was opened; 0 when it knew none.</summary>
    public ulong RecordedEnd { get; private init; }

    /// <summary>Why a checkpoint was passed over when the partition was opened; null when none was.</summary>
    public string? CheckpointProblem { get; private set; }

    public Checkpointer Checkpointer { get; private set; } = null!;

    public RecordTable Records { get; private set; } = new(Log.NewNonce());

    public Replacements Replacements { get; } = new();

    /// <summary>Changed under <see cref="Still"/>, where a record becomes visible.</summary>
    public FieldIndexes FieldIndexes { get; } = new();

    /// <summary>The latest clock reading of any version that was given or seen.</summary>
    public ulong LastClock => _clock.Last;

    /// <summary>Milliseconds since the Unix epoch: what expires by then is not there any more.</summary>
    public long NowMs => _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Whether files outlive the process, so that checkpoints are taken.</summary>
    public bool IsDurable => _files.IsDurable;

    /// <summary>Where full-precision rows are read from.</summary>
    public RowAccess RowAccess => _files.CanMap ? _options.RowAccess : RowAccess.Memory;

    /// <summary>While it is held, nothing is applied. A search takes it as its last resort.</summary>
    public Lock Still { get; } = new();

    /// <summary>While it is held, no batch is applied in part. A snapshot takes it for a moment.</summary>
    public Lock Whole { get; } = new();

    /// <summary>The fields whose dimension is known.</summary>
    public VectorField[] Fields => Volatile.Read(ref _started);

    /// <summary>The last sequence whose operation reads and searches see.</summary>
    public ulong AppliedSequence => Applier.Sequence;

    /// <summary>
    /// The last sequence that a watch may tell of: applied, so that reads see it; the end of whole batches; and durable, so that no power cut takes it back and gives its sequence to another change.
    /// </summary>
    public ulong SettledSequence => Math.Min(Position.Sequence, Log.DurableSequence);

    /// <summary>Opens the partition in a directory: its last checkpoint, then the log behind it; else the whole log.</summary>
    public static Partition Open(IFileSystem files, string directory, CollectionSchema schema, IndexingWorkers workers, HybridClock clock, DatabaseOptions options, out LogRecovery recovery)
    {
        files.CreateDirectory(directory);
        string? problem = null;
        Manifest? manifest = Manifest.Load(files, directory);
        if (manifest is not null && manifest.CollectionId != schema.Id)
        {
            manifest = null;
        }

        if (manifest?.Checkpoint is { } checkpoint)
        {
            var fast = new Partition(files, directory, schema.Id, workers, clock, options) { RecordedEnd = manifest.Durable };
            try
            {
                if (fast.TryOpenCheckpoint(manifest, checkpoint, schema, out recovery))
                {
                    return fast;
                }
            }
            catch
            {
                fast.Dispose();
                throw;
            }

            problem = fast.CheckpointProblem;
            fast.Dispose();

            // Before the chunks that it names are replaced: it must never match their successors.
            manifest.Forget(files, directory);
        }

        var partition = new Partition(files, directory, schema.Id, workers, clock, options) { CheckpointProblem = problem, RecordedEnd = manifest?.Durable ?? 0 };
        try
        {
            partition.OpenFromLog(schema, manifest, out recovery);
            return partition;
        }
        catch
        {
            partition.Dispose();
            throw;
        }
    }

    /// <summary>Starts the vector fields whose dimension has become known, and the field indexes that are declared; ends those that are not.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="coming">Fields that have been made ahead (<see cref="NewField"/>).</param>
    public void UseSchema(CollectionSchema schema, IReadOnlyList<VectorField>? coming = null)
    {
        lock (Still)
        {
            FieldIndexes.Declare(schema.FieldIndexes.Select(index => (index.Field, index.Type)));
        }

        foreach (FieldSchema field in schema.Fields)
        {
            if (FieldOf(field.Id) is { } live)
            {
                live.UseEf(field.Options.Index.Ef);
                live.UseQuantization(field.Options.Quantization);
                continue;
            }

            if (field.Options.Dimension is null)
            {
                continue;
            }

            VectorField started = coming?.FirstOrDefault(each => each.Schema.Id == field.Id) ?? NewField(field);
            started.UseEf(field.Options.Index.Ef); // one made ahead may be of the schema before
            started.UseQuantization(field.Options.Quantization);
            VectorField?[] fields = [.. _fields];
            Array.Resize(ref fields, Math.Max(fields.Length, (int)field.Id + 1));
            fields[field.Id] = started;
            Volatile.Write(ref _fields, fields);
            Volatile.Write(ref _started, [.. fields.OfType<VectorField>()]);
        }
    }

    /// <summary>A field that nobody knows yet; its dimension is set.</summary>
    public VectorField NewField(FieldSchema field)
    {
        var layout = new ChunkLayout(field.Options.Dimension!.Value, _options.ChunkBytes, VectorShape.RowType(field.Options.Metric));
        var rows = new ChunkStore(_files, _directory, _collectionId, 0, field.Id, layout, _options.RowAccess);
        var made = new VectorField(field, rows, _workers, seed: field.Id);
        made.Index.Memory = Memory;
        made.Index.Progressed = () => Progressed?.Invoke();
        return made;
    }

    public VectorField? FieldOf(uint id)
    {
        VectorField?[] fields = Volatile.Read(ref _fields);
        return id < fields.Length ? fields[id] : null;
    }

    /// <summary>Finds a record by id and reads it.</summary>
    public bool TryFind(ReadOnlySpan<byte> id, FrameBuffer buffer, out RecordTable.Found found, out FrameHeader header, out RecordBody record) =>
        TryFind(Records.TagOf(id), id, buffer, out found, out header, out record);

    /// <summary>Finds a record by id, of which the hash is known, and reads it.</summary>
    public bool TryFind(uint tag, ReadOnlySpan<byte> id, FrameBuffer buffer, out RecordTable.Found found, out FrameHeader header, out RecordBody record)
    {
        bool collided;
        int changes;
        do
        {
            changes = Records.Changes;
            uint from = 0;
            while (Records.TryFind(tag, ref from, out found))
            {
                record = Read(found, buffer, out header);
                if (record.Id.SequenceEqual(id))
                {
                    return true;
                }
            }

            collided = from > 0;
        }
        while (collided && changes != Records.Changes); // the record may have moved to a slot that was passed

        header = default;
        record = default;
        return false;
    }

    /// <summary>Reads the record at a location that the table named; every checksum is checked.</summary>
    public RecordBody Read(RecordTable.Found found, FrameBuffer buffer, out FrameHeader header)
    {
        ReadOnlySpan<byte> frame = Log.Read(found.Location, buffer, out header);
        return ReadPut(header, frame.Slice(FrameHeader.Size, header.BodyLength));
    }

    /// <summary>Greatest piece in which a restore writes to the log.</summary>
    public int PieceBytes => _options.PieceBytes;

    public void Dispose()
    {
        foreach (VectorField field in _started)
        {
            field.Dispose();
        }

        Log?.Dispose();
        FieldIndexes.Dispose();
        Memory.Close();
    }

    internal static RecordBody ReadPut(FrameHeader header, ReadOnlySpan<byte> body) =>
        header.Kind == FrameKind.Put && RecordBody.TryRead(body, out RecordBody record)
            ? record
            : throw new HypervexException(ErrorCode.Damaged, $"The frame of sequence {header.Sequence} checks, but is not a record.");

    internal static TombstoneBody ReadDelete(FrameHeader header, ReadOnlySpan<byte> body) =>
        TombstoneBody.TryRead(body, out TombstoneBody tombstone)
            ? tombstone
            : throw new HypervexException(ErrorCode.Damaged, $"The frame of sequence {header.Sequence} checks, but is not a deletion.");

    /// <summary>Writes a row that does not check anew from the log; false, so that the search that met it is repeated.</summary>
    public bool RepairRow(VectorField field, RecordTable.Found found)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            RecordBody record = Read(found, buffer, out _);
            foreach (RecordVector vector in record.Vectors)
            {
                if (vector.Field == field.Schema.Id)
                {
                    field.WriteRow(found.Slot, vector, record.Fixed.VectorsSequence);
                }
            }

            return false;
        }
        finally
        {
            buffer.Return();
        }
    }

    private void OpenFromLog(CollectionSchema schema, Manifest? manifest, out LogRecovery recovery)
    {
        _files.DeleteDirectory(DatabasePaths.Chunks(_directory)); // derived, and rebuilt below
        UseSchema(schema);
        Log = LogRecovery.Open(_files, _directory, schema.Id, 0, manifest?.Durable ?? 0, manifest?.Compacted ?? [], _options.SegmentBytes, out recovery);
        recovery.Replay(Applier.ApplyWithoutIndex);
        Finish(null);
    }

    private bool TryOpenCheckpoint(Manifest manifest, CheckpointEntry checkpoint, CollectionSchema schema, out LogRecovery recovery)
    {
        UseSchema(schema);
        Log = LogRecovery.Open(_files, _directory, schema.Id, 0, manifest.Durable, manifest.Compacted, _options.SegmentBytes, out recovery);
        Memory.CheckOpening(PartitionMemory.TableBytesPerRecord * checkpoint.Slots);
        if (CheckpointLoader.Load(_files, _directory, _collectionId, checkpoint, Fields, Log, atOnce: _workers.Threads > 0 && _files.CanMap, out List<uint> expiring, out string? problem) is not { } records)
        {
            CheckpointProblem = problem;
            return false;
        }

        Records = records;
        _clock.Observe(checkpoint.Clock);
        LoadExpiries(expiring);
        Applier.StartAt(checkpoint.Sequence);
        Rows.FreeDead();
        new FieldIndexLoader(_files, _directory, checkpoint, this).Run();
        if (!recovery.ReplayFrom(checkpoint.Sequence, checkpoint.Segment, checkpoint.Offset, Applier.ApplyWithoutIndex))
        {
            CheckpointProblem = $"the log does not hold the checkpoint's position (sequence {checkpoint.Sequence})";
            return false;
        }

        Checkpointer.RemoveOthers(_files, _directory, checkpoint.Number);
        Finish(checkpoint);
        return true;
    }

    /// <summary>The times at which the records of a checkpoint expire, out of the records.</summary>
    private void LoadExpiries(List<uint> slots)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        foreach (uint slot in slots)
        {
            Reservations.CheckWhileOpening();
            try
            {
                if (Records.TryGet(slot, out RecordTable.Found found))
                {
                    FieldIndexes.Expect(slot, Read(found, buffer, out _).Fixed.ExpiresAtMs);
                }
            }
            catch (HypervexException exception) when (exception.Code == ErrorCode.Damaged)
            {
                // Whoever reads the record is told, and nothing of it is an answer.
            }
        }

        buffer.Return();
    }

    private void Finish(CheckpointEntry? checkpoint)
    {
        LogSegment last = Log.Segments.Tail;
        Position = new LogPosition(Log.LastSequence, new RecordLocation(last.Ordinal, last.End));
        Checkpointer = new Checkpointer(_files, _directory, this, checkpoint);
        Rows.IndexMissing();
        Reservations.CheckOpening();
    }
}
