using Hypervex.Fields;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Builds field indexes from the records, some at a time, between the operations that are applied: what is applied to a slot that has been built changes
/// the index too, what is applied to a later one is met when the building comes there. Thread safety: all members.
/// </summary>
internal sealed class FieldIndexBuilder(Partition partition)
{
    /// <summary>Records that are read while nothing is applied: some hundred microseconds.</summary>
    private const int Step = 64;

    /// <summary>Slots without records that are passed in one step.</summary>
    private const int FreeSlotsInStep = 16 * 1024;

    /// <summary>Whether there is something to build.</summary>
    public bool HasWork => partition.FieldIndexes.Unfinished is not null;

    /// <summary>Builds for about a time; false when nothing is left to build.</summary>
    public bool BuildFor(TimeSpan time, CancellationToken cancellationToken)
    {
        long started = Environment.TickCount64;
        while (!cancellationToken.IsCancellationRequested && Environment.TickCount64 - started < time.TotalMilliseconds)
        {
            if (!BuildSome())
            {
                return false;
            }
        }

        return HasWork;
    }

    /// <summary>Builds some more; false when nothing is left to build.</summary>
    public bool BuildSome()
    {
        bool fits = partition.Reservations.TryReserveFieldIndexes(Step, Step * (long)Limits.MaxMetadataBytes / 16, out long reserved);
        try
        {
            lock (partition.Still)
            {
                if (partition.FieldIndexes.Unfinished is not { } index)
                {
                    return false;
                }

                if (fits)
                {
                    BuildStep(index);
                }
                else
                {
                    partition.FieldIndexes.GiveUp(index, "there is not enough memory. Drop it, raise memory_limit, and create it again.");
                }

                return true;
            }
        }
        finally
        {
            partition.Memory.Settle(reserved);
        }
    }

    private void BuildStep(BuiltIndex index)
    {
        uint slot = index.BuiltUpTo;
        uint end = partition.Records.SlotCount;
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            int read = 0;
            for (int passed = 0; slot < end && read < Step && passed < FreeSlotsInStep; slot++, passed++)
            {
                if (partition.Records.TryGet(slot, out RecordTable.Found found))
                {
                    partition.FieldIndexes.Build(index, slot, partition.Read(found, buffer, out _).Metadata);
                    index.BuiltUpTo = slot + 1;
                    read++;
                }
            }

            index.BuiltUpTo = slot;
            if (slot >= end) // slots above may have been given up since they were built
            {
                index.Finish();
            }
        }
        catch (HypervexException exception)
        {
            partition.FieldIndexes.GiveUp(index, exception.Message);
        }
        finally
        {
            buffer.Return();
        }
    }
}
