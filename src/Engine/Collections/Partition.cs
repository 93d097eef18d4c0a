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
    private int _addedSinceCheck;
    private VectorField?[] _fields = [];
    private VectorField[] _started = [];
    private long _applied;
    private long _garbage;
    private LogPosition _position = new(0, new RecordLocation(0, SegmentHeader.Size));

    private Partition(IFileSystem files, string directory, ulong collectionId, IndexingWorkers workers, HybridClock clock, DatabaseOptions options)
    {
        _options = options;
        _files = files;
        _directory = directory;
        _collectionId = collectionId;
        _workers = workers;
        _clock = clock;
        Memory = new MemoryShare(workers.Memory, Measure);
    }

    /// <summary>No slot: slots are dense and end long before.</summary>
    private const uint NoSlot = uint.MaxValue;

    /// <summary>So many frames are applied before others get at what only one may hold.</summary>
    private const int ApplyAtOnce = 64;

    /// <summary>While the partition opens, its memory is looked at after so many records.</summary>
    private const int OpeningStep = 256;

    /// <summary>What a write takes while it is under way, for each byte of its body: the queue's buffer doubles.</summary>
    private const int QueueBytesPerBodyByte = 3;

    /// <summary>Parts of the record table grow in steps; no write causes more of them than this.</summary>
    private const long GrowthSteps = 64 * 1024;

    /// <summary>What the record table takes for a record, and a search's set of visited slots.</summary>
    private const long TableBytesPerRecord = 40 + 1;

    /// <summary>The database's space for a full disk; null when it has none.</summary>
    public DiskReserve? Reserve => _options.Reserve;

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

    /// <summary>Under <see cref="Still"/>.</summary>
    public FreeSlots FreeSlots { get; } = new();

    public Replacements Replacements { get; } = new();

    /// <summary>Changed under <see cref="Still"/>, where a record becomes visible.</summary>
    public FieldIndexes FieldIndexes { get; } = new();

    /// <summary>Whether files outlive the process, so that checkpoints are taken.</summary>
    public bool IsDurable => _files.IsDurable;

    /// <summary>Where full-precision rows are read from.</summary>
    public RowAccess RowAccess => _files.CanMap ? _options.RowAccess : RowAccess.Memory;

    /// <summary>While it is held, nothing is applied. A search takes it as its last resort.</summary>
    public Lock Still { get; } = new();

    /// <summary>While it is held, no batch is applied in part. A snapshot takes it for a moment.</summary>
    public Lock Whole { get; } = new();

    /// <summary>The fields whose dimension is known.</summary>
    public IEnumerable<VectorField> Fields => Volatile.Read(ref _started);

    /// <summary>Bytes of frames that have become garbage since the partition was opened, deletes included.</summary>
    public long Garbage => Volatile.Read(ref _garbage);

    /// <summary>The last sequence whose operation reads and searches see.</summary>
    public ulong AppliedSequence => (ulong)Volatile.Read(ref _applied);

    /// <summary>The latest clock reading of any version that was given or seen.</summary>
    public ulong LastClock => _clock.Last;

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
    public void UseSchema(CollectionSchema schema)
    {
        lock (Still)
        {
            FieldIndexes.Declare(schema.FieldIndexes.Select(index => (index.Field, index.Type)));
        }

        foreach (FieldSchema field in schema.Fields)
        {
            if (field.Options.Dimension is not { } dimension || FieldOf(field.Id) is not null)
            {
                continue;
            }

            var layout = new ChunkLayout(dimension, _options.ChunkBytes, VectorShape.RowType(field.Options.Metric));
            var rows = new ChunkStore(_files, _directory, _collectionId, 0, field.Id, layout, _options.RowAccess);
            var started = new VectorField(field, rows, _workers, seed: field.Id);
            started.Index.Memory = Memory;
            VectorField?[] fields = [.. _fields];
            Array.Resize(ref fields, Math.Max(fields.Length, (int)field.Id + 1));
            fields[field.Id] = started;
            Volatile.Write(ref _fields, fields);
            Volatile.Write(ref _started, [.. fields.OfType<VectorField>()]);
        }
    }

    public VectorField? FieldOf(uint id)
    {
        VectorField?[] fields = Volatile.Read(ref _fields);
        return id < fields.Length ? fields[id] : null;
    }

    /// <summary>Takes the space for the rows of so many more records, before they are promised.</summary>
    public void ReserveRows(int records)
    {
        lock (Still)
        {
            foreach (VectorField field in _started)
            {
                field.Rows.EnsureSpace(Records.SlotCount + (long)records);
            }
        }
    }

    /// <summary>
    /// Reserves the memory of a write, before it is appended: <see cref="ErrorCode.MemoryLimit"/> when there is too little. Slots that can be used again
    /// cost nothing.
    /// </summary>
    /// <param name="rows">Records that will take a slot.</param>
    /// <param name="bodies">Bytes of all bodies.</param>
    /// <param name="records">All records.</param>
    /// <param name="metadata">Bytes of metadata among these.</param>
    /// <returns>What was reserved, to be settled when the write has been applied or has failed.</returns>
    public long ReserveMemory(int rows, long bodies, int records, long metadata)
    {
        if (!TryReserveMemory(rows, bodies, bodies, out long bytes))
        {
            throw _workers.Memory.Exceeded(bytes, $"the write to a collection of {Records.Count} records");
        }

        if (!TryReserveFieldIndexes(records, metadata, out long indexed))
        {
            Memory.Settle(bytes);
            throw _workers.Memory.Exceeded(FieldIndexes.BytesFor(records, metadata), $"the field indexes of a collection of {Records.Count} records");
        }

        return bytes + indexed;
    }

    /// <summary>Reserves the memory that field indexes take for records.</summary>
    public bool TryReserveFieldIndexes(int records, long metadata, out long bytes)
    {
        bytes = FieldIndexes.BytesFor(records, metadata);
        if (Memory.TryReserve(bytes))
        {
            return true;
        }

        bytes = 0;
        return false;
    }

    /// <summary>As <see cref="ReserveMemory"/>, for a write that is done in pieces.</summary>
    /// <param name="rows">Records that will take a slot.</param>
    /// <param name="bodies">Bytes of all bodies.</param>
    /// <param name="queued">Bytes of the bodies that are under way at a time.</param>
    /// <param name="bytes">What was reserved, or would have been needed.</param>
    /// <param name="coming">Schema with the fields that will be there, when these are more than there are now.</param>
    public bool TryReserveMemory(int rows, long bodies, long queued, out long bytes, CollectionSchema? coming = null)
    {
        long queue = (queued * QueueBytesPerBodyByte) + (_files.IsDurable ? 0 : bodies) + MemoryOfComing(coming, rows);
        bytes = queue + RowMemory(rows);
        if (Memory.TryReserve(bytes))
        {
            return true;
        }

        bytes = queue + RowMemory(Math.Max(0, rows - CountReusableSlots()));
        return Memory.TryReserve(bytes);
    }

    /// <summary>The error of a restore for which there is too little memory.</summary>
    public HypervexException NoMemoryForRestore(long bytes, int records) =>
        _workers.Memory.Exceeded(bytes, $"the restore of {records} records");

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

    /// <summary>
    /// Applies one operation of the log: the only place where state changes. An operation that is not newer than the record it finds
    /// changes nothing.
    /// </summary>
    public void Apply(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location)
    {
        foreach (VectorField field in _started)
        {
            field.Index.MakeRoom(1);
        }

        lock (Still)
        {
            Apply(header, body, location, index: true, Records.TagOf(header.Kind, body), NoSlot);
        }
    }

    /// <summary>Greatest piece in which a restore writes to the log.</summary>
    public int PieceBytes => _options.PieceBytes;

    /// <summary>Applies a group that stands in the log, and moves <see cref="Position"/> behind it.</summary>
    public void ApplyGroup(LogGroup group, RecordLocation first)
    {
        lock (Whole)
        {
            ReadOnlySpan<LogGroup.Entry> rest = group.Entries;
            while (rest.Length > 0)
            {
                ReadOnlySpan<LogGroup.Entry> run = rest[..Math.Min(rest.Length, ApplyAtOnce)];
                rest = rest[run.Length..];
                foreach (VectorField field in _started)
                {
                    field.Index.MakeRoom(run.Length); // here, where no search waits for it
                }

                lock (Still)
                {
                    ApplyRun(group, run, first);
                }
            }

            Position = new LogPosition(group.Entries[^1].Header.Sequence, new RecordLocation(first.Segment, first.Offset + group.Length));
        }
    }

    /// <summary>Applies a long batch that stands in the log, and moves <see cref="Position"/> behind it.</summary>
    public void ApplyBatch(LongBatch batch)
    {
        lock (Whole)
        {
            batch.Replay((header, body, location) =>
            {
                KillPoint.Hit(KillPlace.RestoreInsideApply);
                Apply(header, body, location);
            });
            LogSegment last = Log.Segments.Tail;
            Position = new LogPosition(Log.LastSequence, new RecordLocation(last.Ordinal, last.End));
        }
    }

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
        recovery.Replay(ApplyWithoutIndex);
        Finish(null);
    }

    private bool TryOpenCheckpoint(Manifest manifest, CheckpointEntry checkpoint, CollectionSchema schema, out LogRecovery recovery)
    {
        UseSchema(schema);
        Log = LogRecovery.Open(_files, _directory, schema.Id, 0, manifest.Durable, manifest.Compacted, _options.SegmentBytes, out recovery);
        Memory.CheckOpening(TableBytesPerRecord * checkpoint.Slots);
        if (CheckpointLoader.Load(_files, _directory, _collectionId, checkpoint, [.. Fields], Log, atOnce: _workers.Threads > 0 && _files.CanMap, out string? problem) is not { } records)
        {
            CheckpointProblem = problem;
            return false;
        }

        Records = records;
        _clock.Observe(checkpoint.Clock);
        _applied = (long)checkpoint.Sequence;
        FreeDeadSlots();
        if (!recovery.ReplayFrom(checkpoint.Sequence, checkpoint.Segment, checkpoint.Offset, ApplyWithoutIndex))
        {
            CheckpointProblem = $"the log does not hold the checkpoint's position (sequence {checkpoint.Sequence})";
            return false;
        }

        Checkpointer.RemoveOthers(_files, _directory, checkpoint.Number);
        Finish(checkpoint);
        return true;
    }

    private void Finish(CheckpointEntry? checkpoint)
    {
        LogSegment last = Log.Segments.Tail;
        Position = new LogPosition(Log.LastSequence, new RecordLocation(last.Ordinal, last.End));
        Checkpointer = new Checkpointer(_files, _directory, this, checkpoint);
        IndexMissing();
        Memory.CheckOpening();
    }

    private void ApplyWithoutIndex(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location)
    {
        CheckMemoryWhileOpening();
        lock (Still)
        {
            Apply(header, body, location, index: false, Records.TagOf(header.Kind, body), NoSlot);
        }
    }

    private void CheckMemoryWhileOpening()
    {
        if (++_addedSinceCheck == OpeningStep)
        {
            _addedSinceCheck = 0;
            Memory.CheckOpening();
        }
    }

    private long MemoryOfComing(CollectionSchema? coming, long rows) => coming is null ? 0 : coming.Fields
        .Where(field => field.Options.Dimension is not null && FieldOf(field.Id) is null)
        .Sum(field => VectorField.FixedBytes + (rows * VectorField.EstimateBytesPerRow(field.Options, RowAccess)));

    private long RowMemory(long rows)
    {
        if (rows == 0)
        {
            return 0;
        }

        long each = TableBytesPerRecord;
        foreach (VectorField field in _started)
        {
            each += field.MemoryBytesPerRow;
        }

        return GrowthSteps + (rows * each);
    }

    private long Measure()
    {
        long bytes = FieldIndexes.Bytes + Records.SizeBytes + (_files.IsDurable ? 0 : Log?.SizeBytes ?? 0);
        foreach (VectorField field in _started)
        {
            bytes += field.MemoryBytes;
        }

        return bytes;
    }

    private int CountReusableSlots()
    {
        lock (Still)
        {
            CollectFreed();
            return FreeSlots.CountReady(Checkpointer?.Completed ?? 0);
        }
    }

    /// <summary>Applies frames that follow each other. New rows are written together before.</summary>
    private void ApplyRun(LogGroup group, ReadOnlySpan<LogGroup.Entry> run, RecordLocation first)
    {
        uint slot = WriteNewRows(group, run);
        foreach (ref readonly LogGroup.Entry entry in run)
        {
            KillPoint.Hit(KillPlace.InsideApply);
            ReadOnlySpan<byte> body = group.Body(entry);
            bool hasRow = slot != NoSlot && TakesRow(entry.Header, body);
            Apply(entry.Header, body, new RecordLocation(first.Segment, first.Offset + entry.Offset), index: true, entry.Tag, hasRow ? slot : NoSlot);
            slot += hasRow ? 1u : 0;
        }
    }

    /// <summary>
    /// Takes a slot for every record whose vectors are new, and writes its rows there: slots that were never used, so that their rows follow each other and no
    /// reader can hold one of them.
    /// </summary>
    /// <returns>The first of the slots; none when there are slots to be used again.</returns>
    private uint WriteNewRows(LogGroup group, ReadOnlySpan<LogGroup.Entry> run)
    {
        int rows = 0;
        foreach (ref readonly LogGroup.Entry entry in run)
        {
            rows += TakesRow(entry.Header, group.Body(entry)) ? 1 : 0;
        }

        CollectFreed();
        if (rows < 2 || FreeSlots.CountReady(Checkpointer?.Completed ?? 0) > 0)
        {
            return NoSlot;
        }

        uint first = Records.TakeSlots(rows);
        foreach (VectorField field in _started)
        {
            lock (field.Writing)
            {
                uint slot = first;
                foreach (ref readonly LogGroup.Entry entry in run)
                {
                    ReadOnlySpan<byte> body = group.Body(entry);
                    if (TakesRow(entry.Header, body))
                    {
                        PlaceRow(field, slot++, ReadPut(entry.Header, body), rows);
                    }
                }

                field.Rows.Flush();
            }
        }

        return first;
    }

    private static void PlaceRow(VectorField field, uint slot, in RecordBody record, int rows)
    {
        foreach (RecordVector vector in record.Vectors)
        {
            if (vector.Field == field.Schema.Id && field.Holds(vector)) // what no field holds is found while the record is applied
            {
                field.PlaceRow(slot, vector, record.Fixed.VectorsSequence, rows);
            }
        }
    }

    /// <summary>Whether a record was written with vectors that it did not have before.</summary>
    private static bool TakesRow(FrameHeader header, ReadOnlySpan<byte> body) =>
        header.Kind == FrameKind.Put && RecordBody.VectorsSequenceOf(body) == header.Sequence;

    /// <summary>Applies one frame. Under <see cref="Still"/>.</summary>
    private void Apply(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location, bool index, uint tag, uint written)
    {
        switch (header.Kind)
        {
            case FrameKind.Put:
                ApplyPut(header, ReadPut(header, body), location, index, tag, written);
                break;
            case FrameKind.Delete:
                ApplyDelete(header, body, location);
                break;
            default:
                CountDead(location, header);
                break;
        }

        Volatile.Write(ref _applied, (long)header.Sequence);
    }

    /// <param name="header">The frame's header.</param>
    /// <param name="record">The record.</param>
    /// <param name="location">Where the frame stands.</param>
    /// <param name="index">Whether the rows go to their indexes now.</param>
    /// <param name="tag">Hash of the id.</param>
    /// <param name="written">The slot that has been taken for the record, and its rows written there; or none.</param>
    private void ApplyPut(FrameHeader header, in RecordBody record, RecordLocation location, bool index, uint tag, uint written)
    {
        ulong row = record.Fixed.VectorsSequence;
        _clock.Observe(record.Fixed.Clock);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (!TryFind(tag, record.Id, buffer, out RecordTable.Found found, out FrameHeader oldHeader, out RecordBody old))
            {
                bool reused = false;
                uint slot = written != NoSlot ? written : TakeSlot(out reused);
                if (reused)
                {
                    Replacements.Begin(slot); // a search may still hold the slot as that of the record it held before
                }

                CheckVectors(record);
                if (written == NoSlot)
                {
                    WriteRows(slot, record);
                }

                Delays.Here();
                Records.Add(tag, slot, location, (uint)row, record.Fixed.CreatedSequence);
                Delays.Here();
                FieldIndexes.Add(slot, record.Metadata);
                Delays.Here();
                AddToIndex(slot, record, index);
                Replacements.End();
            }
            else if (VersionOf(record.Fixed) > VersionOf(old.Fixed))
            {
                CountDead(found.Location, oldHeader);
                if (old.Fixed.VectorsSequence == row)
                {
                    GiveBack(written);
                    Records.Replace(tag, found.Slot, old.Fixed.CreatedSequence, found.Slot, record.Fixed.CreatedSequence, location, (uint)row);
                    Delays.Here();
                    FieldIndexes.Replace(found.Slot, old.Metadata, found.Slot, record.Metadata);
                    return;
                }

                // The new row is searchable before the old one goes, so that the record is found at every moment.
                uint slot = written != NoSlot ? written : TakeSlot(out _);
                Replacements.Begin(slot);
                CheckVectors(record);
                if (written == NoSlot)
                {
                    WriteRows(slot, record);
                }

                Delays.Here();
                AddToIndex(slot, record, index);
                Delays.Here();
                Records.Replace(tag, found.Slot, old.Fixed.CreatedSequence, slot, record.Fixed.CreatedSequence, location, (uint)row);
                Delays.Here();
                FieldIndexes.Replace(found.Slot, old.Metadata, slot, record.Metadata);
                Delays.Here();
                RemoveFromIndex(found.Slot, old);
                Delays.Here();
                Replacements.End();
            }
            else
            {
                GiveBack(written);
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    private void ApplyDelete(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location)
    {
        TombstoneBody tombstone = ReadDelete(header, body);
        _clock.Observe(tombstone.Clock);
        Log.Segments[location.Segment].CountDelete(header.FrameLength);
        Volatile.Write(ref _garbage, _garbage + header.FrameLength);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (TryFind(tombstone.Id, buffer, out RecordTable.Found found, out FrameHeader oldHeader, out RecordBody old)
                && new RecordVersion(tombstone.Clock, tombstone.Node) > VersionOf(old.Fixed))
            {
                CountDead(found.Location, oldHeader);
                Records.Remove(Records.TagOf(tombstone.Id), found.Slot, old.Fixed.CreatedSequence);
                Delays.Here();
                FieldIndexes.Remove(found.Slot, old.Metadata);
                Delays.Here();
                RemoveFromIndex(found.Slot, old);
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    private void CountDead(RecordLocation location, FrameHeader header)
    {
        Log.Segments[location.Segment].CountDead(header.FrameLength);
        Volatile.Write(ref _garbage, _garbage + header.FrameLength);
    }

    /// <summary>A slot that was taken for a record and is not needed: no index and no checkpoint has heard of it.</summary>
    private void GiveBack(uint written)
    {
        if (written != NoSlot)
        {
            FreeSlots.AddUnknown(written);
        }
    }

    private void CheckVectors(in RecordBody record)
    {
        foreach (RecordVector vector in record.Vectors)
        {
            if (FieldOf(vector.Field) is not { } known || !known.Holds(vector))
            {
                throw new HypervexException(ErrorCode.Damaged, $"A record has a vector of dimension {vector.Dimension} in field {vector.Field}, which the collection's schema does not know.");
            }
        }
    }

    private void WriteRows(uint slot, in RecordBody record)
    {
        foreach (RecordVector vector in record.Vectors)
        {
            FieldOf(vector.Field)!.WriteRow(slot, vector, record.Fixed.VectorsSequence);
        }
    }

    private void AddToIndex(uint slot, in RecordBody record, bool index)
    {
        if (!index)
        {
            return;
        }

        foreach (RecordVector vector in record.Vectors)
        {
            FieldOf(vector.Field)!.Index.Add(slot);
        }
    }

    private void RemoveFromIndex(uint slot, in RecordBody record)
    {
        int indexes = 0;
        foreach (RecordVector vector in record.Vectors)
        {
            if (FieldOf(vector.Field) is { } field && field.Index.Contains(slot)) // not yet while a replay puts off indexing
            {
                field.Index.Remove(slot);
                indexes++;
            }
        }

        FreeSlots.Gone(slot, indexes, Checkpointer?.Started ?? 0);
    }

    /// <summary>The record table of a checkpoint is the authority: what its graphs hold beyond it has gone.</summary>
    private void FreeDeadSlots()
    {
        VectorField[] fields = [.. Fields];
        for (uint slot = Records.SlotCount; slot-- > 0;)
        {
            if (Records.TryGet(slot, out _))
            {
                continue;
            }

            int indexes = 0;
            foreach (VectorField field in fields.Where(field => field.Index.Contains(slot)))
            {
                field.Index.Remove(slot);
                indexes++;
            }

            if (indexes == 0)
            {
                FreeSlots.AddUnknown(slot);
            }
            else
            {
                FreeSlots.Gone(slot, indexes, FreeSlots.BeforeOpening);
            }
        }
    }

    private uint TakeSlot(out bool reused)
    {
        CollectFreed();
        reused = FreeSlots.TryTake(Checkpointer?.Completed ?? 0, out uint slot);
        return reused ? slot : Records.TakeSlot();
    }

    /// <summary>Takes over the slots that indexes have let go of. Under <see cref="Still"/>.</summary>
    public void CollectFreed()
    {
        foreach (VectorField field in _started)
        {
            while (field.Index.TryTakeFreed(out uint freed))
            {
                FreeSlots.LetGo(freed);
            }
        }
    }

    /// <summary>After a replay: what is alive at its end and not in its graphs yet goes there.</summary>
    private void IndexMissing()
    {
        VectorField[] fields = [.. Fields];
        FrameBuffer buffer = FrameBuffer.Rent();
        for (uint slot = 0; slot < Records.SlotCount; slot++)
        {
            if (Records.TryGet(slot, out RecordTable.Found found) && !IsInAll(fields, slot))
            {
                foreach (RecordVector vector in Read(found, buffer, out _).Vectors)
                {
                    if (FieldOf(vector.Field) is { } field && !field.Index.Contains(slot))
                    {
                        CheckMemoryWhileOpening();
                        field.Index.Add(slot);
                    }
                }
            }
        }

        buffer.Return();
    }

    /// <summary>
    /// Moves a live record's row to the lowest slot that may be used again, as if its vectors had been written anew; false when there is none below. Under
    /// <see cref="Still"/>.
    /// </summary>
    public bool TryMoveDown(uint slot)
    {
        if (!Records.TryGet(slot, out RecordTable.Found found) || !FreeSlots.TryTakeBelow(slot, Checkpointer.Completed, out uint lower))
        {
            return false;
        }

        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            RecordBody record = Read(found, buffer, out _);
            Replacements.Begin(lower);
            WriteRows(lower, record);
            AddToIndex(lower, record, index: true);
            Delays.Here();
            ulong created = record.Fixed.CreatedSequence;
            Records.Replace(Records.TagOf(record.Id), slot, created, lower, created, found.Location, found.Row);
            Delays.Here();
            FieldIndexes.Replace(slot, record.Metadata, lower, record.Metadata);
            RemoveFromIndex(slot, record);
            Replacements.End();
            return true;
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Gives up the highest slots that may be used again; false when there are none. While nothing is being committed.</summary>
    public bool GiveUpSlots()
    {
        lock (Still)
        {
            CollectFreed();
            uint slots = FreeSlots.DropHighest(Records.SlotCount, Checkpointer.Completed);
            if (slots == Records.SlotCount)
            {
                return false;
            }

            Records.Shrink(slots);
            foreach (VectorField field in _started)
            {
                field.Rows.GiveUp(slots);
            }

            return true;
        }
    }

    /// <summary>Erases the rows of a slot that holds no record and that no index knows.</summary>
    public void EraseRows(uint slot)
    {
        foreach (VectorField field in _started)
        {
            field.EraseRow(slot);
        }
    }

    private static bool IsInAll(VectorField[] fields, uint slot)
    {
        foreach (VectorField field in fields)
        {
            if (!field.Index.Contains(slot))
            {
                return false;
            }
        }

        return true;
    }

    private static RecordVersion VersionOf(in RecordFixed values) => new(values.Clock, values.Node);
}
