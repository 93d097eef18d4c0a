using Hypervex.Fields;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Takes checkpoints of a partition while it is read and written (docs/formats/checkpoint.md, "Order of writing"). Thread safety: one checkpoint at a
/// time, and no compaction meanwhile: both hold <see cref="Exclusive"/>.
/// </summary>
internal sealed class Checkpointer(IFileSystem files, string directory, Partition partition, CheckpointEntry? last)
{
    /// <summary>How long to wait for the end of a batch before looking whether the checkpoint is still wanted.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private CheckpointEntry? _last = last;
    private ulong[] _compacted = CompactedOf(partition.Log);
    private long _started;
    private long _completed;

    public Lock Exclusive { get; } = new();

    /// <summary>Checkpoints begun since the partition was opened.</summary>
    public long Started => Volatile.Read(ref _started);

    /// <summary>
    /// The last one that was begun and is durable: it knows everything that had happened when <see cref="Started"/> was less. Without a disk nothing has to
    /// be known.
    /// </summary>
    public long Completed => files.IsDurable ? Volatile.Read(ref _completed) : long.MaxValue;

    /// <summary>The checkpoint that the manifest names; an entry that has been replaced never comes back.</summary>
    public CheckpointEntry? Last => Volatile.Read(ref _last);

    /// <summary>The last sequence that need not be replayed.</summary>
    public ulong Sequence => Last?.Sequence ?? 0;

    /// <summary>Takes a checkpoint; false when nothing has changed since the last one. When it fails, its files are gone and the last one stays.</summary>
    /// <param name="cancellationToken">Ends it early; it has failed then.</param>
    /// <param name="isDue">Take it even though no operation has been applied since and no field index built: slots or segments have changed.</param>
    public bool Run(CancellationToken cancellationToken, bool isDue = false)
    {
        lock (Exclusive)
        {
            long number = Interlocked.Increment(ref _started);
            LogPosition position = Begin(cancellationToken, out IReadOnlyList<BuiltIndex> fieldIndexes);
            try
            {
                if (position.Sequence == Sequence && !isDue && fieldIndexes.All(index => index.IsSaved))
                {
                    return false;
                }

                CheckpointEntry checkpoint = Write(position, fieldIndexes, cancellationToken);
                ulong[] compacted = CompactedOf(partition.Log);
                new Manifest(partition.CollectionId, partition.Log.DurableSequence, compacted, checkpoint).Save(files, directory);
                _compacted = compacted;
                Volatile.Write(ref _last, checkpoint);
                Volatile.Write(ref _completed, number);
                foreach (BuiltIndex index in fieldIndexes)
                {
                    index.IsSaved = true;
                }
            }
            catch (HypervexException exception) when (exception.Code == ErrorCode.DiskFull && partition.Reserve?.Release() == true)
            {
                TryRemoveOthers();
                return Run(cancellationToken, isDue); // there is room now
            }
            catch
            {
                TryRemoveOthers();
                throw;
            }
            finally
            {
                partition.FieldIndexes.EndSaving();
            }

            RemoveOthers(files, directory, _last!.Number);
            return true;
        }
    }

    /// <summary>Writes down where a log ends that is closed, so that nobody can take the end away unnoticed.</summary>
    public void RecordEnd()
    {
        lock (Exclusive)
        {
            new Manifest(partition.CollectionId, partition.Log.DurableSequence, _compacted, _last).Save(files, directory);
        }
    }

    /// <summary>Removes snapshots that the manifest does not name.</summary>
    public static void RemoveOthers(IFileSystem files, string directory, ulong keep)
    {
        string infix = string.Create(System.Globalization.CultureInfo.InvariantCulture, $".{keep}{DatabasePaths.SnapshotSuffix}");
        foreach (string folder in (string[])[directory, DatabasePaths.Indexes(directory)])
        {
            if (!files.DirectoryExists(folder))
            {
                continue;
            }

            foreach (string name in files.ListFiles(folder))
            {
                if (name.EndsWith(DatabasePaths.SnapshotSuffix, StringComparison.Ordinal) && !name.EndsWith(infix, StringComparison.Ordinal))
                {
                    files.DeleteFile(Path.Combine(folder, name));
                }
            }
        }
    }

    /// <summary>
    /// Where the checkpoint stands, and the field indexes that it can hold. From that very moment on it is noted which slots change: none of the operations
    /// behind the position may be in an index unnoticed, so no batch is applied in part.
    /// </summary>
    private LogPosition Begin(CancellationToken cancellationToken, out IReadOnlyList<BuiltIndex> fieldIndexes)
    {
        fieldIndexes = [];
        if (partition.FieldIndexes.All.Count == 0)
        {
            return partition.Position;
        }

        while (!partition.Whole.TryEnter(s_patience))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        try
        {
            lock (partition.Still)
            {
                fieldIndexes = partition.FieldIndexes.BeginSaving();
                return partition.Position;
            }
        }
        finally
        {
            partition.Whole.Exit();
        }
    }

    private CheckpointEntry Write(LogPosition position, IReadOnlyList<BuiltIndex> fieldIndexes, CancellationToken cancellationToken)
    {
        partition.Log.Sync();
        ulong number = (_last?.Number ?? 0) + 1;
        VectorField[] fields = [.. partition.Fields];
        files.CreateDirectory(DatabasePaths.Indexes(directory));
        List<SnapshotFile> indexes = [.. fields.Select(field => SaveIndex(field, number, cancellationToken))];
        List<SnapshotFile?> codes = [.. fields.Select(field => SaveCodes(field, number, cancellationToken))];
        cancellationToken.ThrowIfCancellationRequested();
        RecordLocation end = partition.Log.PlaceBehind(position.Sequence, position.Place);
        SnapshotFile records = RecordsSnapshot.Save(
            files,
            DatabasePaths.RecordsSnapshot(directory, number),
            Header(SnapshotKind.Records, number, 0),
            partition.Records,
            partition.Log,
            end,
            partition.FieldIndexes.Expiries.Has,
            cancellationToken);

        // Behind the table: what changed before either was copied is noted by then.
        List<FieldIndexSnapshot> values = [.. fieldIndexes.Select((index, i) => SaveValues(index, i, number, cancellationToken))];
        uint slots = partition.Records.SlotCount;
        List<FieldSnapshot> snapshots = [.. fields.Select((field, index) => new FieldSnapshot(field.Schema.Id, field.Rows.Sync(), indexes[index], codes[index]))];
        files.SyncDirectory(DatabasePaths.Indexes(directory));
        files.SyncDirectory(directory);

        // What the table left out, because a later write had replaced or deleted it, exists only as long as that write does.
        partition.Log.Sync();
        return new CheckpointEntry(number, position.Sequence, partition.Log.Segments[end.Segment].Header.Nonce, end.Offset, slots, records, snapshots, values) { Clock = partition.LastClock };
    }

    private static ulong[] CompactedOf(Log log) => [.. log.Segments.InOrder.Where(segment => segment.Header.Compacted is not null).Select(segment => segment.Header.Nonce)];

    /// <summary>A checkpoint that failed for lack of room shall not take up what is left.</summary>
    private void TryRemoveOthers()
    {
        try
        {
            RemoveOthers(files, directory, _last?.Number ?? 0);
        }
        catch (HypervexException)
        {
            // The next opening removes them.
        }
    }

    private SnapshotFile SaveIndex(VectorField field, ulong number, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        uint id = field.Schema.Id;
        using var writer = new SnapshotWriter(files, DatabasePaths.IndexSnapshot(directory, id, number), Header(SnapshotKind.FieldIndex, number, id), cancellationToken);
        field.Index.Save(writer);
        (long bytes, uint checksum) = writer.Finish();
        return new SnapshotFile(bytes, checksum);
    }

    /// <summary>The codes go with the graph that was written before: each of its nodes has one, or had its row when it is encoded again.</summary>
    private SnapshotFile? SaveCodes(VectorField field, ulong number, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        uint id = field.Schema.Id;
        SnapshotWriter? writer = null;
        try
        {
            bool isSaved = field.Index.SaveCodes(() =>
                writer = new SnapshotWriter(files, DatabasePaths.CodesSnapshot(directory, id, number), Header(SnapshotKind.FieldCodes, number, id), cancellationToken));
            if (!isSaved)
            {
                return null;
            }

            (long bytes, uint checksum) = writer!.Finish();
            return new SnapshotFile(bytes, checksum);
        }
        finally
        {
            writer?.Dispose();
        }
    }

    private FieldIndexSnapshot SaveValues(BuiltIndex index, int i, ulong number, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var writer = new SnapshotWriter(files, DatabasePaths.ValuesSnapshot(directory, i, number), Header(SnapshotKind.FieldValues, number, (uint)i), cancellationToken);
        partition.FieldIndexes.Save(index, writer);
        (long bytes, uint checksum) = writer.Finish();
        return new FieldIndexSnapshot(index.Values.Field, SchemaNames.Of(index.Type), new SnapshotFile(bytes, checksum));
    }

    private SnapshotHeader Header(SnapshotKind kind, ulong number, uint field) => new(kind, 0, partition.CollectionId, number, field);
}
