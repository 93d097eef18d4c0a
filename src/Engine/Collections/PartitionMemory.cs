using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// What a partition's memory is and what writes will add to it: reserves it before anything is appended. Thread safety: all members, except for
/// <see cref="CheckWhileOpening"/>.
/// </summary>
internal sealed class PartitionMemory(Partition partition, MemoryBudget memory)
{
    /// <summary>While the partition opens, its memory is looked at after so many records.</summary>
    private const int OpeningStep = 256;

    /// <summary>What a write takes while it is under way, for each byte of its body: the queue's buffer doubles.</summary>
    private const int QueueBytesPerBodyByte = 3;

    /// <summary>Parts of the record table grow in steps; no write causes more of them than this.</summary>
    private const long GrowthSteps = 64 * 1024;

    /// <summary>What the record table takes for a record, and a search's set of visited slots.</summary>
    public const long TableBytesPerRecord = 40 + 1;

    private int _addedSinceCheck;

    /// <summary>
    /// Reserves the memory of a write, before it is appended: <see cref="ErrorCode.MemoryLimit"/> when there is too little. Slots that can be used again
    /// cost nothing.
    /// </summary>
    /// <param name="rows">Records that will take a slot.</param>
    /// <param name="bodies">Bytes of all bodies.</param>
    /// <param name="records">All records.</param>
    /// <param name="metadata">Bytes of metadata among these.</param>
    /// <param name="expiring">Records among these that expire.</param>
    /// <returns>What was reserved, to be settled when the write has been applied or has failed.</returns>
    public long Reserve(int rows, long bodies, int records, long metadata, int expiring = 0)
    {
        if (!TryReserve(rows, bodies, bodies, out long bytes))
        {
            throw memory.Exceeded(bytes, $"the write to a collection of {partition.Records.Count} records");
        }

        if (!TryReserveFieldIndexes(records, metadata, out long indexed, expiring))
        {
            partition.Memory.Settle(bytes);
            throw memory.Exceeded(partition.FieldIndexes.BytesFor(records, metadata, expiring), $"the field indexes of a collection of {partition.Records.Count} records");
        }

        return bytes + indexed;
    }

    /// <summary>Reserves the memory that field indexes take for records.</summary>
    public bool TryReserveFieldIndexes(int records, long metadata, out long bytes, int expiring = 0)
    {
        bytes = partition.FieldIndexes.BytesFor(records, metadata, expiring);
        if (partition.Memory.TryReserve(bytes))
        {
            return true;
        }

        bytes = 0;
        return false;
    }

    /// <summary>As <see cref="Reserve"/>, for a write that is done in pieces.</summary>
    /// <param name="rows">Records that will take a slot.</param>
    /// <param name="bodies">Bytes of all bodies.</param>
    /// <param name="queued">Bytes of the bodies that are under way at a time.</param>
    /// <param name="bytes">What was reserved, or would have been needed.</param>
    /// <param name="coming">Schema with the fields that will be there, when these are more than there are now.</param>
    public bool TryReserve(int rows, long bodies, long queued, out long bytes, CollectionSchema? coming = null)
    {
        long queue = (queued * QueueBytesPerBodyByte) + (partition.IsDurable ? 0 : bodies) + MemoryOfComing(coming, rows);
        bytes = queue + RowMemory(rows);
        if (partition.Memory.TryReserve(bytes))
        {
            return true;
        }

        bytes = queue + RowMemory(Math.Max(0, rows - partition.Rows.CountReusable()));
        return partition.Memory.TryReserve(bytes);
    }

    /// <summary>The error of a restore for which there is too little memory.</summary>
    public HypervexException NoMemoryForRestore(long bytes, int records) =>
        memory.Exceeded(bytes, $"the restore of {records} records");

    /// <summary>Bytes of memory that the partition holds.</summary>
    public long Measure()
    {
        long bytes = partition.FieldIndexes.Bytes + partition.Records.SizeBytes + (partition.IsDurable ? 0 : partition.Log?.SizeBytes ?? 0);
        foreach (VectorField field in partition.Fields)
        {
            bytes += field.MemoryBytes;
        }

        return bytes;
    }

    /// <summary>To be called for each record while the partition opens.</summary>
    public void CheckWhileOpening()
    {
        if (++_addedSinceCheck == OpeningStep)
        {
            _addedSinceCheck = 0;
            CheckOpening();
        }
    }

    /// <summary>Looks at the memory of a partition that opens. Field indexes give way to records: a collection opens without them.</summary>
    public void CheckOpening()
    {
        try
        {
            partition.Memory.CheckOpening();
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.MemoryLimit && partition.FieldIndexes.Bytes > 0)
        {
            partition.FieldIndexes.StartAnew();
            partition.Memory.CheckOpening();
        }
    }

    private long MemoryOfComing(CollectionSchema? coming, long rows) => coming is null ? 0 : coming.Fields
        .Where(field => field.Options.Dimension is not null && partition.FieldOf(field.Id) is null)
        .Sum(field => VectorField.FixedBytes + (rows * VectorField.EstimateBytesPerRow(field.Options, partition.RowAccess)));

    private long RowMemory(long rows)
    {
        if (rows == 0)
        {
            return 0;
        }

        long each = TableBytesPerRecord;
        foreach (VectorField field in partition.Fields)
        {
            each += field.MemoryBytesPerRow;
        }

        return GrowthSteps + (rows * each);
    }
}
