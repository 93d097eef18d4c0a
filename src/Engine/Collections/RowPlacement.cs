using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Which slots a partition's records have, and their rows: takes slots for new rows, writes these, brings them to the indexes, and takes slots back.
/// Thread safety: under <see cref="Partition.Still"/> unless a member says otherwise.
/// </summary>
internal sealed class RowPlacement(Partition partition)
{
    /// <summary>No slot: slots are dense and end long before.</summary>
    public const uint NoSlot = uint.MaxValue;

    public FreeSlots FreeSlots { get; } = new();

    /// <summary>Takes the space for the rows of so many more records, before they are promised.</summary>
    public void Reserve(int records)
    {
        lock (partition.Still)
        {
            foreach (VectorField field in partition.Fields)
            {
                field.Rows.EnsureSpace(partition.Records.SlotCount + (long)records);
            }
        }
    }

    public int CountReusable()
    {
        lock (partition.Still)
        {
            CollectFreed();
            return FreeSlots.CountReady(partition.Checkpointer?.Completed ?? 0);
        }
    }

    /// <summary>
    /// Takes slots for the records of a group whose vectors are new, and begins to write their rows there; null when it has none of these, or when there are
    /// slots to be used again, which are written one by one. For the committer, not under <see cref="Partition.Still"/>.
    /// </summary>
    public GroupRows? Begin(LogGroup group)
    {
        int count = GroupRows.CountIn(group);
        if (count == 0)
        {
            return null;
        }

        GroupRows rows;
        lock (partition.Still)
        {
            CollectFreed();
            if (FreeSlots.CountReady(partition.Checkpointer?.Completed ?? 0) > 0)
            {
                return null;
            }

            rows = new GroupRows(group, partition.Fields, partition.Records, partition.Records.TakeSlots(count), count);
        }

        rows.Start();
        return rows;
    }

    /// <summary>Takes back the slots of a group that is not in the log. For the committer, not under <see cref="Partition.Still"/>.</summary>
    public void Abandon(GroupRows rows)
    {
        rows.Settle();
        lock (partition.Still)
        {
            for (uint slot = rows.First; slot < rows.First + (uint)rows.Count; slot++)
            {
                FreeSlots.AddUnknown(slot);
            }
        }
    }

    /// <summary>A slot that was taken for a record and is not needed: no index and no checkpoint has heard of it.</summary>
    public void GiveBack(uint written)
    {
        if (written != NoSlot)
        {
            FreeSlots.AddUnknown(written);
        }
    }

    public void Check(in RecordBody record)
    {
        foreach (RecordVector vector in record.Vectors)
        {
            if (partition.FieldOf(vector.Field) is not { } known || !known.Holds(vector))
            {
                throw new HypervexException(ErrorCode.Damaged, $"A record has a vector of dimension {vector.Dimension} in field {vector.Field}, which the collection's schema does not know.");
            }
        }
    }

    public void Write(uint slot, in RecordBody record)
    {
        foreach (RecordVector vector in record.Vectors)
        {
            partition.FieldOf(vector.Field)!.WriteRow(slot, vector, record.Fixed.VectorsSequence);
        }
    }

    public void AddToIndex(uint slot, in RecordBody record, bool index)
    {
        if (!index)
        {
            return;
        }

        foreach (RecordVector vector in record.Vectors)
        {
            partition.FieldOf(vector.Field)!.Index.Add(slot);
        }
    }

    public void RemoveFromIndex(uint slot, in RecordBody record)
    {
        int indexes = 0;
        foreach (RecordVector vector in record.Vectors)
        {
            if (partition.FieldOf(vector.Field) is { } field && field.Index.Contains(slot)) // not yet while a replay puts off indexing
            {
                field.Index.Remove(slot);
                indexes++;
            }
        }

        FreeSlots.Gone(slot, indexes, partition.Checkpointer?.Started ?? 0);
    }

    /// <summary>The record table of a checkpoint is the authority: what its graphs hold beyond it has gone.</summary>
    public void FreeDead()
    {
        VectorField[] fields = partition.Fields;
        for (uint slot = partition.Records.SlotCount; slot-- > 0;)
        {
            if (partition.Records.TryGet(slot, out _))
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

    public uint Take(out bool reused)
    {
        CollectFreed();
        reused = FreeSlots.TryTake(partition.Checkpointer?.Completed ?? 0, out uint slot);
        return reused ? slot : partition.Records.TakeSlot();
    }

    /// <summary>Takes over the slots that indexes have let go of. Under <see cref="Partition.Still"/>.</summary>
    public void CollectFreed()
    {
        foreach (VectorField field in partition.Fields)
        {
            while (field.Index.TryTakeFreed(out uint freed))
            {
                FreeSlots.LetGo(freed);
            }
        }
    }

    /// <summary>After a replay: what is alive at its end and not in its graphs yet waits for being linked. That begins when all of it waits: whoever opens waits for none of it.</summary>
    public void IndexMissing()
    {
        VectorField[] fields = partition.Fields;
        foreach ((VectorField field, uint slot) in Missing(fields))
        {
            partition.Reservations.CheckWhileOpening();
            field.Index.AddWhileOpening(slot);
        }

        foreach (VectorField field in fields)
        {
            field.Index.EndOpening();
        }
    }

    private List<(VectorField Field, uint Slot)> Missing(VectorField[] fields)
    {
        var missing = new List<(VectorField, uint)>();
        FrameBuffer buffer = FrameBuffer.Rent();
        for (uint slot = 0; slot < partition.Records.SlotCount; slot++)
        {
            if (partition.Records.TryGet(slot, out RecordTable.Found found) && !IsInAll(fields, slot))
            {
                foreach (RecordVector vector in partition.Read(found, buffer, out _).Vectors)
                {
                    if (partition.FieldOf(vector.Field) is { } field && !field.Index.Contains(slot))
                    {
                        missing.Add((field, slot));
                    }
                }
            }
        }

        buffer.Return();
        return missing;
    }

    /// <summary>
    /// Moves a live record's row to the lowest slot that may be used again, as if its vectors had been written anew; false when there is none below. Under
    /// <see cref="Partition.Still"/>.
    /// </summary>
    public bool TryMoveDown(uint slot)
    {
        if (!partition.Records.TryGet(slot, out RecordTable.Found found) || !FreeSlots.TryTakeBelow(slot, partition.Checkpointer.Completed, out uint lower))
        {
            return false;
        }

        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            RecordBody record = partition.Read(found, buffer, out _);
            partition.Replacements.Begin(lower);
            Write(lower, record);
            partition.FieldIndexes.Expect(lower, record.Fixed.ExpiresAtMs);
            AddToIndex(lower, record, index: true);
            Delays.Here();
            ulong created = record.Fixed.CreatedSequence;
            partition.Records.Replace(partition.Records.TagOf(record.Id), slot, created, lower, created, found.Location, found.Row);
            Delays.Here();
            partition.FieldIndexes.Replace(slot, record.Metadata, lower, record.Metadata, record.Fixed.ExpiresAtMs);
            RemoveFromIndex(slot, record);
            partition.Replacements.End();
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
        lock (partition.Still)
        {
            CollectFreed();
            uint slots = FreeSlots.DropHighest(partition.Records.SlotCount, partition.Checkpointer.Completed);
            if (slots == partition.Records.SlotCount)
            {
                return false;
            }

            partition.Records.Shrink(slots);
            foreach (VectorField field in partition.Fields)
            {
                field.Rows.GiveUp(slots);
            }

            return true;
        }
    }

    /// <summary>Erases the rows of a slot that holds no record and that no index knows.</summary>
    public void Erase(uint slot)
    {
        foreach (VectorField field in partition.Fields)
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
}
