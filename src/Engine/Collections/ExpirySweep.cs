using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Deletes records that have expired, by deletions in the log like anybody's, each on condition that the record is still in the version that was seen to have
/// expired: so one that is written meanwhile stays, whenever that is. Thread safety: <see cref="Run"/> from one thread at a time.
/// </summary>
internal sealed class ExpirySweep(Partition partition, PartitionWriter writer, Func<CollectionSchema> schema)
{
    /// <summary>Records that are deleted in one batch.</summary>
    private const int AtOnce = 1_000;

    /// <summary>Deletes some of those that have expired; says how many.</summary>
    public int Run()
    {
        long nowMs = partition.NowMs;
        if (partition.FieldIndexes.Expiries.Earliest > nowMs)
        {
            return 0;
        }

        uint[] slots = [];
        partition.FieldIndexes.Read(() => slots = [.. partition.FieldIndexes.Expiries.Due(nowMs).Take(AtOnce)]);
        var ids = new List<byte[]>(slots.Length);
        var versions = new List<RecordVersion>(slots.Length);
        FrameBuffer buffer = FrameBuffer.Rent();
        foreach (uint slot in slots)
        {
            if (TryRead(slot, buffer, out RecordBody record) && record.Fixed.HasExpired(nowMs))
            {
                ids.Add(record.Id.ToArray());
                versions.Add(new RecordVersion(record.Fixed.Clock, record.Fixed.Node));
            }
        }

        buffer.Return();
        return ids.Count == 0 ? 0 : writer.Run(() => TryDelete(ids, versions)).Count;
    }

    private bool TryRead(uint slot, FrameBuffer buffer, out RecordBody record)
    {
        record = default;
        try
        {
            if (partition.Records.TryGet(slot, out RecordTable.Found found))
            {
                record = partition.Read(found, buffer, out _);
                return true;
            }
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Damaged)
        {
            // It cannot be deleted by an id that nobody can read; scrub and verify tell of it.
        }

        return false;
    }

    /// <summary>Where others must be waited for, which may take as long as a restore, nothing is deleted this time.</summary>
    private Attempt<BatchAck> TryDelete(List<byte[]> ids, List<RecordVersion> versions)
    {
        Attempt<BatchAck> attempt = writer.TryDelete(ids, schema(), options: null, versions, evenExpired: true);
        return attempt.RetryAfter is null ? attempt : new Attempt<BatchAck>(new BatchAck(0, 0, []), null, false, null);
    }
}
