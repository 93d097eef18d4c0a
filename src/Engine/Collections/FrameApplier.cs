using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Applies the log's frames to a partition: the only place where its state changes, whoever brings them (a live write, recovery, a restore).
/// Thread safety: one thread at a time applies; the properties from any thread.
/// </summary>
internal sealed class FrameApplier(Partition partition, HybridClock clock)
{
    /// <summary>So many frames are applied before others get at what only one may hold.</summary>
    private const int ApplyAtOnce = 64;

    private readonly RowPlacement _rows = partition.Rows;
    private long _applied;
    private long _garbage;

    /// <summary>Bytes of frames that have become garbage since the partition was opened, deletes included.</summary>
    public long Garbage => Volatile.Read(ref _garbage);

    /// <summary>The last sequence whose operation reads and searches see.</summary>
    public ulong Sequence => (ulong)Volatile.Read(ref _applied);

    /// <summary>Begins behind a checkpoint. Before any other call.</summary>
    public void StartAt(ulong sequence) => _applied = (long)sequence;

    /// <summary>
    /// Applies one operation of the log: the only place where state changes. An operation that is not newer than the record it finds
    /// changes nothing.
    /// </summary>
    public void Apply(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location)
    {
        foreach (VectorField field in partition.Fields)
        {
            field.Index.MakeRoom(1);
        }

        lock (partition.Still)
        {
            Apply(header, body, location, index: true, partition.Records.TagOf(header.Kind, body), RowPlacement.NoSlot);
        }
    }

    /// <summary>Applies a group that stands in the log, and moves <see cref="Partition.Position"/> behind it.</summary>
    /// <param name="group">The group.</param>
    /// <param name="first">Where it stands.</param>
    /// <param name="rows">The slots that were taken for it; null = each record takes its own.</param>
    public void ApplyGroup(LogGroup group, RecordLocation first, GroupRows? rows)
    {
        rows?.Wait();
        uint slot = rows?.First ?? RowPlacement.NoSlot;
        lock (partition.Whole)
        {
            ReadOnlySpan<LogGroup.Entry> rest = group.Entries;
            while (rest.Length > 0)
            {
                ReadOnlySpan<LogGroup.Entry> run = rest[..Math.Min(rest.Length, ApplyAtOnce)];
                rest = rest[run.Length..];
                foreach (VectorField field in partition.Fields)
                {
                    field.Index.MakeRoom(run.Length); // here, where no search waits for it
                }

                lock (partition.Still)
                {
                    ApplyRun(group, run, first, ref slot);
                }
            }

            partition.Position = new LogPosition(group.Entries[^1].Header.Sequence, new RecordLocation(first.Segment, first.Offset + group.Length));
        }

        partition.Log.Changes.Pulse();
    }

    /// <summary>Applies a long batch that stands in the log, and moves <see cref="Partition.Position"/> behind it.</summary>
    public void ApplyBatch(LongBatch batch)
    {
        lock (partition.Whole)
        {
            batch.Replay((header, body, location) =>
            {
                KillPoint.Hit(KillPlace.RestoreInsideApply);
                Apply(header, body, location);
            });
            LogSegment last = partition.Log.Segments.Tail;
            partition.Position = new LogPosition(partition.Log.LastSequence, new RecordLocation(last.Ordinal, last.End));
        }

        partition.Log.Changes.Pulse();
    }

    /// <summary>Applies one operation while the partition opens: what is alive in the end goes to the indexes then (<see cref="RowPlacement.IndexMissing"/>).</summary>
    public void ApplyWithoutIndex(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location)
    {
        partition.Reservations.CheckWhileOpening();
        lock (partition.Still)
        {
            Apply(header, body, location, index: false, partition.Records.TagOf(header.Kind, body), RowPlacement.NoSlot);
        }
    }

    /// <summary>Applies frames that follow each other.</summary>
    private void ApplyRun(LogGroup group, ReadOnlySpan<LogGroup.Entry> run, RecordLocation first, ref uint slot)
    {
        while (run.Length > 0)
        {
            if (slot != RowPlacement.NoSlot && AddNew(group, run, first, slot) is var added and > 0)
            {
                run = run[added..];
                slot += (uint)added;
                continue;
            }

            ref readonly LogGroup.Entry entry = ref run[0];
            KillPoint.Hit(KillPlace.InsideApply);
            ReadOnlySpan<byte> body = group.Body(entry);
            bool hasRow = slot != RowPlacement.NoSlot && GroupRows.TakesRow(entry.Header, body);
            Apply(entry.Header, body, new RecordLocation(first.Segment, first.Offset + entry.Offset), index: true, entry.Tag, hasRow ? slot : RowPlacement.NoSlot);
            slot += hasRow ? 1u : 0;
            run = run[1..];
        }
    }

    /// <summary>
    /// Applies the first frames of a run together, as far as they make records that did not exist and have a vector in every field; the result is the same as
    /// one by one. In the same order too: a record is in the table before it is in the field indexes, and in these before searches can come across it.
    /// </summary>
    /// <returns>How many; 0 when the first frame is another.</returns>
    private int AddNew(LogGroup group, ReadOnlySpan<LogGroup.Entry> run, RecordLocation first, uint slot)
    {
        VectorField[] fields = partition.Fields;
        Span<RecordTable.NewRecord> records = stackalloc RecordTable.NewRecord[ApplyAtOnce];
        int count = 0;
        while (count < run.Length && count < records.Length && IsNewInAll(run[count].Header, group.Body(run[count]), fields))
        {
            KillPoint.Hit(KillPlace.InsideApply);
            ref readonly LogGroup.Entry entry = ref run[count];
            records[count++] = new RecordTable.NewRecord(entry.Tag, new RecordLocation(first.Segment, first.Offset + entry.Offset), entry.Header.Sequence);
        }

        int added = count == 0 ? 0 : AddSome(slot, group, run, records[..count]);
        if (added == 0)
        {
            return 0;
        }

        ulong clockSeen = 0;
        for (int i = 0; i < added; i++)
        {
            RecordBody record = Partition.ReadPut(run[i].Header, group.Body(run[i]));
            clockSeen = Math.Max(clockSeen, record.Fixed.Clock);
            partition.FieldIndexes.Add(slot + (uint)i, record.Metadata, record.Fixed.ExpiresAtMs);
        }

        clock.Observe(clockSeen);
        foreach (VectorField field in fields)
        {
            Delays.Here();
            field.Index.AddRun(slot, added);
        }

        Volatile.Write(ref _applied, (long)run[added - 1].Header.Sequence);
        return added;
    }

    /// <summary>Puts records into the table, with the times at which they expire known before; a slot that got none has no time afterwards.</summary>
    private int AddSome(uint slot, LogGroup group, ReadOnlySpan<LogGroup.Entry> run, ReadOnlySpan<RecordTable.NewRecord> records)
    {
        for (int i = 0; i < records.Length; i++)
        {
            partition.FieldIndexes.Expect(slot + (uint)i, RecordBody.ExpiresAtMsOf(group.Body(run[i])));
        }

        Delays.Here();
        int added = partition.Records.AddSome(slot, records);
        Delays.Here();
        for (int i = added; i < records.Length; i++)
        {
            partition.FieldIndexes.ExpectNone(slot + (uint)i); // whoever applies the record may take another slot
        }

        return added;
    }

    private bool IsNewInAll(FrameHeader header, ReadOnlySpan<byte> body, VectorField[] fields)
    {
        if (!GroupRows.TakesRow(header, body) || RecordBody.FixedOf(body).CreatedSequence != header.Sequence)
        {
            return false;
        }

        RecordBody record = Partition.ReadPut(header, body);
        if (record.VectorCount != fields.Length)
        {
            return false;
        }

        _rows.Check(record);
        return true;
    }

    /// <summary>Applies one frame. Under <see cref="Partition.Still"/>.</summary>
    private void Apply(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location, bool index, uint tag, uint written)
    {
        switch (header.Kind)
        {
            case FrameKind.Put:
                ApplyPut(header, Partition.ReadPut(header, body), location, index, tag, written);
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
        clock.Observe(record.Fixed.Clock);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (!partition.TryFind(tag, record.Id, buffer, out RecordTable.Found found, out FrameHeader oldHeader, out RecordBody old))
            {
                bool reused = false;
                uint slot = written != RowPlacement.NoSlot ? written : _rows.Take(out reused);
                if (reused)
                {
                    partition.Replacements.Begin(slot); // a search may still hold the slot as that of the record it held before
                }

                _rows.Check(record);
                if (written == RowPlacement.NoSlot)
                {
                    _rows.Write(slot, record);
                }

                partition.FieldIndexes.Expect(slot, record.Fixed.ExpiresAtMs);
                Delays.Here();
                partition.Records.Add(tag, slot, location, (uint)row, record.Fixed.CreatedSequence);
                Delays.Here();
                partition.FieldIndexes.Add(slot, record.Metadata, record.Fixed.ExpiresAtMs);
                Delays.Here();
                _rows.AddToIndex(slot, record, index);
                partition.Replacements.End();
            }
            else if (VersionOf(record.Fixed) > VersionOf(old.Fixed))
            {
                CountDead(found.Location, oldHeader);
                if (old.Fixed.VectorsSequence == row)
                {
                    _rows.GiveBack(written);
                    partition.Records.Replace(tag, found.Slot, old.Fixed.CreatedSequence, found.Slot, record.Fixed.CreatedSequence, location, (uint)row);
                    Delays.Here();
                    partition.FieldIndexes.Replace(found.Slot, old.Metadata, found.Slot, record.Metadata, record.Fixed.ExpiresAtMs);
                    return;
                }

                // The new row is searchable before the old one goes, so that the record is found at every moment.
                uint slot = written != RowPlacement.NoSlot ? written : _rows.Take(out _);
                partition.Replacements.Begin(slot);
                _rows.Check(record);
                if (written == RowPlacement.NoSlot)
                {
                    _rows.Write(slot, record);
                }

                partition.FieldIndexes.Expect(slot, record.Fixed.ExpiresAtMs);
                Delays.Here();
                _rows.AddToIndex(slot, record, index);
                Delays.Here();
                partition.Records.Replace(tag, found.Slot, old.Fixed.CreatedSequence, slot, record.Fixed.CreatedSequence, location, (uint)row);
                Delays.Here();
                partition.FieldIndexes.Replace(found.Slot, old.Metadata, slot, record.Metadata, record.Fixed.ExpiresAtMs);
                Delays.Here();
                _rows.RemoveFromIndex(found.Slot, old);
                Delays.Here();
                partition.Replacements.End();
            }
            else
            {
                _rows.GiveBack(written);
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    private void ApplyDelete(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location)
    {
        TombstoneBody tombstone = Partition.ReadDelete(header, body);
        clock.Observe(tombstone.Clock);
        partition.Log.Segments[location.Segment].CountDelete(header.FrameLength);
        Volatile.Write(ref _garbage, _garbage + header.FrameLength);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (partition.TryFind(tombstone.Id, buffer, out RecordTable.Found found, out FrameHeader oldHeader, out RecordBody old)
                && new RecordVersion(tombstone.Clock, tombstone.Node) > VersionOf(old.Fixed))
            {
                CountDead(found.Location, oldHeader);
                partition.Records.Remove(partition.Records.TagOf(tombstone.Id), found.Slot, old.Fixed.CreatedSequence);
                Delays.Here();
                partition.FieldIndexes.Remove(found.Slot, old.Metadata);
                Delays.Here();
                _rows.RemoveFromIndex(found.Slot, old);
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    private void CountDead(RecordLocation location, FrameHeader header)
    {
        partition.Log.Segments[location.Segment].CountDead(header.FrameLength);
        Volatile.Write(ref _garbage, _garbage + header.FrameLength);
    }

    private static RecordVersion VersionOf(in RecordFixed values) => new(values.Clock, values.Node);
}
