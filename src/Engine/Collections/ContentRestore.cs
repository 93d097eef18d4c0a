using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Writes the records of a checked archive into a partition (docs/formats/snapshot.md, "Reading"), and compares afterwards. Used inside of
/// <see cref="PartitionWriter.RunAlone"/>. Thread safety: none.
/// </summary>
internal sealed class ContentRestore(Partition partition, PartitionWriter writer, HybridClock clock, CollectionSchema schema, SnapshotContents contents, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
{
    /// <summary>
    /// Reserves the memory of the restored records, in the fields that the schema will have, before anything is changed: <see cref="ErrorCode.MemoryLimit"/> when there is
    /// too little. What is reserved is settled by the caller.
    /// </summary>
    public long Reserve()
    {
        long queued = Math.Min(contents.BodyBytes, partition.PieceBytes);
        return partition.Reservations.TryReserve(contents.Count, contents.BodyBytes, queued, out long bytes, schema)
            || (partition.Records.Count > 0 && partition.Reservations.TryReserve(CountNewRows(), contents.BodyBytes, queued, out bytes, schema))
            ? bytes
            : throw partition.Reservations.NoMemoryForRestore(bytes, contents.Count);
    }

    /// <summary>Fills an empty partition that nobody else knows yet: in groups, each of which counts at once. Nothing goes: 0.</summary>
    public long Fill()
    {
        Log log = partition.Log;
        ulong sequence = log.LastSequence;
        using var group = new LogGroup();
        ForEach(SnapshotStage.Restoring, record =>
        {
            sequence++;
            RecordFixed values = Values(record, createdSequence: (ulong)contents.RankOf(record) + 1, vectorsSequence: sequence);
            Write(record, values, group.Add(new FrameHeader(record.Input.Body.Length, sequence, 0, schema.Version, FrameKind.Put, Commit: false), partition.Records.TagOf(record.Input.Id)));
            if (group.Length >= partition.PieceBytes)
            {
                WriteGroup(group);
            }
        });
        WriteGroup(group);
        log.Sync();
        return 0;
    }

    /// <summary>Replaces the partition's content as one batch; says how many records went.</summary>
    /// <param name="commit">Commits the batch that it is given, when it has made the schema of the restored records durable.</param>
    public long Replace(Action<LongBatch> commit)
    {
        partition.Rows.Reserve(contents.Count);
        long deleted = 0;
        using (var batch = new LongBatch(partition.Log, partition.PieceBytes))
        {
            ulong firstCreated = batch.NextSequence;
            ForEach(SnapshotStage.Restoring, record =>
            {
                PartitionWriter.Before before = writer.Look(partition.Records.TagOf(record.Input.Id), record.Input.Id, record.Input.VectorSection, partition.NowMs);
                ulong sequence = batch.NextSequence;
                RecordFixed values = Values(
                    record,
                    before.Exists ? before.CreatedSequence : firstCreated + (ulong)contents.RankOf(record),
                    before.SameVectorsSince != 0 ? before.SameVectorsSince : sequence);
                Write(record, values, batch.Add(FrameKind.Put, record.Input.Body.Length, schema.Version));
            });
            deleted = DeleteOthers(batch);
            cancellationToken.ThrowIfCancellationRequested();
            batch.TakeSpace();
            commit(batch);
            if (batch.Length > 0)
            {
                Apply(() => partition.Applier.ApplyBatch(batch));
            }
        }

        return deleted;
    }

    /// <summary>Compares every record with the archive; an error when one is not what it should be.</summary>
    public void Compare()
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            ForEach(SnapshotStage.Verifying, record =>
            {
                if (!partition.TryFind(record.Input.Id, buffer, out _, out _, out RecordBody stored) || !record.IsStoredAs(stored))
                {
                    throw Differs($"the record \"{Names.Decode(record.Input.Id)}\" is not what the snapshot holds");
                }
            });
        }
        finally
        {
            buffer.Return();
        }

        if (partition.Records.Count != contents.Count)
        {
            throw Differs($"it holds {partition.Records.Count} records, expected {contents.Count}");
        }
    }

    /// <summary>Records that will take a slot: those whose vectors are not there already.</summary>
    private int CountNewRows()
    {
        int rows = 0;
        ForEach(SnapshotStage.Checking, record => rows += writer.Look(partition.Records.TagOf(record.Input.Id), record.Input.Id, record.Input.VectorSection, partition.NowMs).SameVectorsSince == 0 ? 1 : 0);
        return rows;
    }

    private void ForEach(SnapshotStage stage, Action<ArchivedRecord> visit) => contents.ForEach(schema, stage, visit, progress, cancellationToken);

    private HypervexException Differs(string how) => new(
        ErrorCode.Damaged, $"The collection \"{schema.Name}\" was restored, but reading it back shows that {how}. Do not use it; check the disk, and run `hypervex verify`.");

    private RecordFixed Values(ArchivedRecord record, ulong createdSequence, ulong vectorsSequence)
    {
        RecordVersion version = clock.Next(out long nowMs);
        return new RecordFixed(version.Clock, version.Node, record.Input.CreatedAtMs!.Value, nowMs, record.ExpiresAtMs, createdSequence, vectorsSequence);
    }

    private static void Write(ArchivedRecord record, RecordFixed values, Span<byte> body)
    {
        record.Input.Body.CopyTo(body);
        RecordBody.WriteFixed(body, values);
    }

    private void WriteGroup(LogGroup group)
    {
        if (group.Length == 0)
        {
            return;
        }

        partition.Rows.Reserve(group.Entries.Length);
        group.CommitLast();
        (LogSegment segment, long offset) = partition.Log.Append(group);
        Apply(() => partition.Applier.ApplyGroup(group, new RecordLocation(segment.Ordinal, offset), partition.Rows.Begin(group)));
        group.Clear();
        KillPoint.Hit(KillPlace.RestoreInsideFill);
    }

    private long DeleteOthers(LongBatch batch)
    {
        long deleted = 0;
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            for (uint slot = 0; slot < partition.Records.SlotCount; slot++)
            {
                if (!partition.Records.TryGet(slot, out RecordTable.Found found))
                {
                    continue;
                }

                ReadOnlySpan<byte> id = partition.Read(found, buffer, out _).Id;
                if (!contents.Contains(id))
                {
                    RecordVersion version = clock.Next(out long nowMs);
                    new TombstoneBody(version.Clock, version.Node, nowMs, id).Write(batch.Add(FrameKind.Delete, TombstoneBody.SizeOf(id.Length), schema.Version));
                    deleted++;
                }
            }
        }
        finally
        {
            buffer.Return();
        }

        return deleted;
    }

    private void Apply(Action apply)
    {
        try
        {
            apply();
        }
#pragma warning disable CA1031 // Whatever happened, memory and log have parted: that must end all writing.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw partition.Log.Poison(exception, "A restore is in the log but could not be applied.");
        }
    }
}
