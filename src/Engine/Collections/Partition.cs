using System.Runtime.InteropServices;
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
    private readonly HybridClock _clock;
    private VectorField?[] _fields = [];
    private long _applied;

    private Partition(IFileSystem files, string directory, ulong collectionId, IndexingWorkers workers, HybridClock clock)
    {
        _files = files;
        _directory = directory;
        _collectionId = collectionId;
        _workers = workers;
        _clock = clock;
    }

    public Log Log { get; private set; } = null!;

    public RecordTable Records { get; } = new(Log.NewNonce());

    public Replacements Replacements { get; } = new();

    /// <summary>The fields whose dimension is known.</summary>
    public IEnumerable<VectorField> Fields => Volatile.Read(ref _fields).OfType<VectorField>();

    /// <summary>The last sequence whose operation reads and searches see.</summary>
    public ulong AppliedSequence => (ulong)Volatile.Read(ref _applied);

    /// <summary>Opens the partition in a directory by replaying its log.</summary>
    public static Partition Open(IFileSystem files, string directory, CollectionSchema schema, IndexingWorkers workers, HybridClock clock, long segmentBytes, out LogRecovery recovery)
    {
        var partition = new Partition(files, directory, schema.Id, workers, clock);
        try
        {
            files.CreateDirectory(directory);
            files.DeleteDirectory(DatabasePaths.Chunks(directory)); // derived, and rebuilt from the log below
            partition.UseSchema(schema);
            partition.Log = LogRecovery.Open(files, directory, schema.Id, 0, segmentBytes, out recovery);
            recovery.Replay(partition.ApplyWithoutIndex);
            partition.IndexAll();
            return partition;
        }
        catch
        {
            partition.Dispose();
            throw;
        }
    }

    /// <summary>Starts the fields whose dimension has become known.</summary>
    public void UseSchema(CollectionSchema schema)
    {
        foreach (FieldSchema field in schema.Fields)
        {
            if (field.Options.Dimension is not { } dimension || FieldOf(field.Id) is not null)
            {
                continue;
            }

            var rows = new ChunkStore(_files, _directory, _collectionId, 0, field.Id, dimension);
            var started = new VectorField(field, rows, _workers, seed: field.Id);
            VectorField?[] fields = [.. _fields];
            Array.Resize(ref fields, Math.Max(fields.Length, (int)field.Id + 1));
            fields[field.Id] = started;
            Volatile.Write(ref _fields, fields);
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
        foreach (VectorField field in Fields)
        {
            field.Rows.EnsureSpace(Records.SlotCount + (long)records);
        }
    }

    /// <summary>Finds a record by id and reads it.</summary>
    public bool TryFind(ReadOnlySpan<byte> id, FrameBuffer buffer, out RecordTable.Found found, out FrameHeader header, out RecordBody record)
    {
        uint tag = Records.TagOf(id);
        for (int probe = 0; Records.TryFind(tag, ref probe, out found);)
        {
            record = Read(found, buffer, out header);
            if (record.Id.SequenceEqual(id))
            {
                return true;
            }
        }

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
    public void Apply(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location) => Apply(header, body, location, index: true);

    public void Dispose()
    {
        foreach (VectorField field in Fields)
        {
            field.Dispose();
        }

        Log?.Dispose();
    }

    internal static RecordBody ReadPut(FrameHeader header, ReadOnlySpan<byte> body) =>
        header.Kind == FrameKind.Put && RecordBody.TryRead(body, out RecordBody record)
            ? record
            : throw new HypervexException(ErrorCode.Damaged, $"The frame of sequence {header.Sequence} checks, but is not a record.");

    private void ApplyWithoutIndex(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location) => Apply(header, body, location, index: false);

    private void Apply(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location, bool index)
    {
        switch (header.Kind)
        {
            case FrameKind.Put:
                ApplyPut(header, ReadPut(header, body), location, index);
                break;
            case FrameKind.Delete:
                ApplyDelete(header, body, index);
                break;
        }

        Volatile.Write(ref _applied, (long)header.Sequence);
    }

    private void ApplyPut(FrameHeader header, in RecordBody record, RecordLocation location, bool index)
    {
        uint tag = Records.TagOf(record.Id);
        ulong row = record.Fixed.VectorsSequence;
        _clock.Observe(record.Fixed.Clock);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (!TryFind(record.Id, buffer, out RecordTable.Found found, out _, out RecordBody old))
            {
                uint slot = Records.TakeSlot();
                WriteRows(slot, record);
                Records.Add(tag, slot, location, (uint)row, record.Fixed.CreatedSequence);
                AddToIndex(slot, record, index);
            }
            else if (VersionOf(record.Fixed) > VersionOf(old.Fixed))
            {
                if (old.Fixed.VectorsSequence == row)
                {
                    Records.Replace(tag, found.Slot, found.Slot, location, (uint)row);
                    return;
                }

                // The new row is searchable before the old one goes, so that the record is found at every moment.
                uint slot = Records.TakeSlot();
                WriteRows(slot, record);
                Replacements.Begin(slot);
                AddToIndex(slot, record, index);
                Records.Replace(tag, found.Slot, slot, location, (uint)row);
                RemoveFromIndex(found.Slot, old, index);
                Replacements.End();
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    private void ApplyDelete(FrameHeader header, ReadOnlySpan<byte> body, bool index)
    {
        if (!TombstoneBody.TryRead(body, out TombstoneBody tombstone))
        {
            throw new HypervexException(ErrorCode.Damaged, $"The frame of sequence {header.Sequence} checks, but is not a deletion.");
        }

        _clock.Observe(tombstone.Clock);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (TryFind(tombstone.Id, buffer, out RecordTable.Found found, out _, out RecordBody old)
                && new RecordVersion(tombstone.Clock, tombstone.Node) > VersionOf(old.Fixed))
            {
                Records.Remove(Records.TagOf(tombstone.Id), found.Slot);
                RemoveFromIndex(found.Slot, old, index);
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    private void WriteRows(uint slot, in RecordBody record)
    {
        foreach (RecordVector vector in record.Vectors)
        {
            VectorField field = FieldOf(vector.Field) is { } known && known.Dimension == vector.Dimension
                ? known
                : throw new HypervexException(ErrorCode.Damaged, $"A record has a vector of dimension {vector.Dimension} in field {vector.Field}, which the collection's schema does not know.");
            field.WriteRow(slot, MemoryMarshal.Cast<byte, float>(vector.Elements), record.Fixed.VectorsSequence);
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

    private void RemoveFromIndex(uint slot, in RecordBody record, bool index)
    {
        if (!index)
        {
            return;
        }

        foreach (RecordVector vector in record.Vectors)
        {
            FieldOf(vector.Field)!.Index.Remove(slot);
        }
    }

    /// <summary>After a replay: only what is alive at its end goes into the graphs.</summary>
    private void IndexAll()
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        for (uint slot = 0; slot < Records.SlotCount; slot++)
        {
            if (Records.TryGet(slot, out RecordTable.Found found))
            {
                AddToIndex(slot, Read(found, buffer, out _), index: true);
            }
        }

        buffer.Return();
    }

    private static RecordVersion VersionOf(in RecordFixed values) => new(values.Clock, values.Node);
}
