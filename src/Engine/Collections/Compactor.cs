using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Compacts a partition while it is read and written (docs/decisions/compaction.md): rewrites ranges of the log without what is out of date, takes a checkpoint
/// that names the new segments, and removes the old ones when nobody reads them any more; then erases and gives up rows.
/// Invariants: (1) an input is deleted only when a durable manifest names what replaced it and every call that began before has ended; (2) inputs go oldest
/// first. Thread safety: one compaction or checkpoint at a time (<see cref="Checkpointer.Exclusive"/>).
/// </summary>
internal sealed class Compactor(IFileSystem files, string directory, Partition partition, PartitionWriter writer, OperationGate gate, DatabaseOptions options)
{
    /// <summary>A background round reads at most this many segments' worth of bytes, so that other collections get their turn.</summary>
    private const int SegmentsInRound = 8;

    /// <summary>Garbage below this part of a segment is left for later.</summary>
    private const int LeastGarbageOfSegment = 8;

    private static readonly TimeSpan s_patienceInBackground = TimeSpan.FromSeconds(1);

    private readonly RangeCompaction _range = new(files, directory, partition, options);
    private readonly RowReclaim _rows = new(partition, writer, gate, options);
    private readonly Queue<Replaced> _replaced = new();
    private bool _publishing;

    /// <summary>An input that has been replaced. It may go when a checkpoint that began at or after this time is durable.</summary>
    private sealed record Replaced(LogSegment Segment, long Time, bool IsLastOfRange);

    /// <summary>Bytes of log segments and chunks on the medium.</summary>
    public long SizeBytes => partition.Log.SizeBytes + partition.Fields.Sum(vectors => vectors.Rows.TakenBytes);

    /// <summary>Compacts everything that has been written before the call.</summary>
    public CompactionReport Run(CancellationToken cancellationToken)
    {
        lock (partition.Checkpointer.Exclusive)
        {
            long before = SizeBytes;
            _rows.LetGo(cancellationToken);
            writer.RunBetween(partition.Log.Seal);
            long moved = Compact(CompactionPlan.Everything(Sealed(), options.SegmentBytes), cancellationToken);
            CheckpointIfChanged(cancellationToken);
            RemoveReplaced(null, cancellationToken);
            moved += _rows.Run(null, cancellationToken);
            return new CompactionReport { BytesBefore = before, BytesAfter = SizeBytes, RecordsMoved = moved };
        }
    }

    /// <summary>Compacts where it is worth it, some of it at a time; true when there is more to do.</summary>
    public bool RunInBackground(CancellationToken cancellationToken)
    {
        lock (partition.Checkpointer.Exclusive)
        {
            RemoveReplaced(s_patienceInBackground, cancellationToken);
            ReadOnlySpan<LogSegment> range = Worthwhile();
            if (range.IsEmpty)
            {
                return false;
            }

            int count = 0;
            for (long bytes = 0; count < range.Length && (count == 0 || bytes + range[count].End <= options.SegmentBytes * SegmentsInRound); count++)
            {
                bytes += range[count].End;
            }

            _rows.LetGo(cancellationToken);
            Compact(CompactionPlan.Everything(range[..count], options.SegmentBytes), cancellationToken);
            CheckpointIfChanged(cancellationToken);
            RemoveReplaced(s_patienceInBackground, cancellationToken);
            _rows.Run(s_patienceInBackground, cancellationToken);
            return !Worthwhile().IsEmpty;
        }
    }

    /// <summary>Compacts some of the sealed segments as one: the door for tests.</summary>
    public void RunOn(Range segments, CancellationToken cancellationToken)
    {
        lock (partition.Checkpointer.Exclusive)
        {
            Compact([Sealed()[segments]], cancellationToken);
            CheckpointIfChanged(cancellationToken);
            RemoveReplaced(null, cancellationToken);
        }
    }

    private ReadOnlySpan<LogSegment> Worthwhile() => CompactionPlan.Worthwhile(
        Sealed(),
        options.CompactionGarbageRatio,
        deletesGo: options.TombstoneRetention == TimeSpan.Zero,
        options.SegmentBytes / LeastGarbageOfSegment);

    /// <summary>The segments that are not written to any more and all of whose operations have been applied.</summary>
    private LogSegment[] Sealed()
    {
        ulong applied = partition.Position.Sequence;
        LogSegment[] chain = partition.Log.Segments.InOrder;
        int count = 0;
        while (count + 1 < chain.Length && chain[count + 1].Header.FirstSequence <= applied + 1)
        {
            count++;
        }

        return chain[..count];
    }

    private long Compact(List<LogSegment[]> parts, CancellationToken cancellationToken)
    {
        if (_publishing)
        {
            throw new HypervexException(
                ErrorCode.StorageUnavailable,
                $"An earlier compaction in {directory} failed while its segment got its name; there is no other until the database is opened again.");
        }

        long total = 0;
        bool isPrefix = parts.Count > 0 && parts[0][0].Header.FirstSequence == 1;
        foreach (LogSegment[] inputs in parts)
        {
            if (inputs is [{ DeadBytes: 0 }] && _range.IsClean(inputs, isPrefix, cancellationToken))
            {
                continue;
            }

            total += _range.Run(inputs, isPrefix, ref _publishing, cancellationToken);
            long time = partition.Checkpointer.Started;
            foreach (LogSegment input in inputs)
            {
                _replaced.Enqueue(new Replaced(input, time, input == inputs[^1]));
            }
        }

        return total;
    }

    private void CheckpointIfChanged(CancellationToken cancellationToken)
    {
        if (files.IsDurable)
        {
            Reach(KillPlace.CompactionBeforeCheckpoint);
            partition.Checkpointer.Run(cancellationToken, isDue: _replaced.Count > 0);
        }
    }

    /// <summary>Closes and deletes what has been replaced. Gives up, for now, when a call that reads it takes too long.</summary>
    private void RemoveReplaced(TimeSpan? patience, CancellationToken cancellationToken)
    {
        if (_replaced.Count == 0 || _replaced.Any(replaced => replaced.Time >= partition.Checkpointer.Completed))
        {
            return;
        }

        lock (partition.Still)
        {
            // The committer may be reading at a location that it found before the record was moved.
        }

        if (!gate.WaitForRunning(patience, cancellationToken))
        {
            return;
        }

        Reach(KillPlace.CompactionBeforeRemoval);
        while (_replaced.TryPeek(out Replaced? next))
        {
            partition.Log.Segments.Retire(next.Segment);
            string path = next.Segment.File.Path;
            bool isTaken = partition.Log.Segments.InOrder.Any(segment => segment.File.Path == path); // by an output of the same range
            if (!isTaken && files.FileExists(path))
            {
                files.DeleteFile(path);
                Reach(KillPlace.CompactionInsideRemoval);
            }

            if (next.IsLastOfRange)
            {
                files.SyncDirectory(DatabasePaths.Logs(directory));
                Reach(KillPlace.CompactionAfterRemoval);
            }

            _replaced.Dequeue();
        }
    }

    private void Reach(KillPlace place)
    {
        KillPoint.Hit(place);
        options.Reached?.Invoke(place);
    }
}
