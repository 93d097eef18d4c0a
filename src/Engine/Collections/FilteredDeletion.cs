using System.Numerics;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Deletes the records that match a filter. What goes into the log are ids: they are resolved here, and the writer deletes each only in the version in which
/// it was seen to match. Records that were written meanwhile are looked at again. Thread safety: all members.
/// </summary>
internal sealed class FilteredDeletion(Partition partition, PartitionWriter writer, Func<CollectionSchema> schema)
{
    /// <summary>Looks at records that are written again and again end here.</summary>
    private const int Passes = 16;

    /// <summary>Deletes until a look finds nothing left to delete; says how many records went.</summary>
    public long Run(Filter filter, WriteOptions? options, CancellationToken cancellationToken)
    {
        long deleted = 0;
        for (int pass = 0; pass < Passes; pass++)
        {
            bool isDone = TryRunOnce(filter, options, ref deleted, cancellationToken);
            if (isDone)
            {
                break;
            }
        }

        return deleted;
    }

    private bool TryRunOnce(Filter filter, WriteOptions? options, ref long deleted, CancellationToken cancellationToken)
    {
        long before = partition.Replacements.Finished;
        bool all = true;
        var ids = new List<byte[]>();
        var versions = new List<RecordVersion>();
        using var slots = MatchingSlots.Find(partition, filter, null, cancellationToken);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            ReadOnlyMemory<ulong> words = slots.Set.Words;
            for (int word = 0; word < words.Length; word++)
            {
                for (ulong rest = words.Span[word]; rest != 0; rest &= rest - 1)
                {
                    uint slot = ((uint)word * 64) + (uint)BitOperations.TrailingZeroCount(rest);
                    if (!partition.Records.TryGet(slot, out RecordTable.Found found))
                    {
                        continue;
                    }

                    RecordBody record = partition.Read(found, buffer, out _);
                    if (slots.Filter.Matches(record.Metadata))
                    {
                        ids.Add(record.Id.ToArray());
                        versions.Add(new RecordVersion(record.Fixed.Clock, record.Fixed.Node));
                    }

                    if (ids.Count == Limits.MaxBatch)
                    {
                        all &= Delete(ids, versions, options, ref deleted, cancellationToken);
                    }
                }
            }
        }
        finally
        {
            buffer.Return();
        }

        all &= Delete(ids, versions, options, ref deleted, cancellationToken);
        return all && partition.Replacements.Started == before;
    }

    /// <summary>Deletes what was gathered; false when some of it had changed.</summary>
    private bool Delete(List<byte[]> ids, List<RecordVersion> versions, WriteOptions? options, ref long deleted, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return true;
        }

        cancellationToken.ThrowIfCancellationRequested();
        BatchAck ack = writer.Run(() => writer.TryDelete(ids, schema(), options, versions));
        deleted += ack.Count;
        bool all = ack.Count == ids.Count;
        foreach (byte[] id in all ? [] : ids)
        {
            // What was written meanwhile has to be seen before it can be looked at again.
            ((IAsyncResult?)writer.WhenApplied(id))?.AsyncWaitHandle.WaitOne();
        }

        ids.Clear();
        versions.Clear();
        return all;
    }
}
