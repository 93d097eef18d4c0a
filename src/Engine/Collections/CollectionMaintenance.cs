namespace Hypervex.Collections;

/// <summary>
/// Builds field indexes, deletes what has expired, decides when a collection takes a checkpoint or is compacted, and what it does on closing. Thread safety: <see cref="RequestIfDue"/>, <see cref="RequestCheckpointIfDue"/> and <see cref="Request"/> from any thread; <see cref="Run"/> on the
/// thread of <see cref="Maintenance"/>; <see cref="Close"/> when no call is under way.
/// </summary>
internal sealed class CollectionMaintenance(Partition partition, PartitionWriter writer, Compactor compactor, FieldIndexBuilder fieldIndexes, ExpirySweep expired, OperationGate gate, Maintenance thread, DatabaseOptions options) : IDisposable
{
    /// <summary>
    /// A checkpoint is due when so many rows were linked or taken out that a kill would undo, or when opening would replay so many operations, which takes 5 to 10 us each; or an eighth of the slots
    /// where that is more, up to the third number. Rows that wait for linking are no reason: a checkpoint would not save the work that they are still to make.
    /// </summary>
    private const long SmallestLinkedInterval = 20_000, SmallestReplayedInterval = 100_000, LargestInterval = 200_000;

    /// <summary>Whether a compaction is worth it is looked at after so much new garbage: a part of a segment.</summary>
    private const int LooksInSegment = 8;

    /// <summary>Closing takes a checkpoint when opening would otherwise replay this many operations.</summary>
    private const long ReplayWorthACheckpoint = 1_000;

    /// <summary>So does it when as many rows would have to be linked or taken out again, or one in so many slots: linking one takes longer than writing so many (some 200 us of a processor against 0.24 us a slot: H1 in docs/benchmarks.md).</summary>
    private const long LinksWorthACheckpoint = 2_000, SlotsWrittenInOneLinking = 128;

    /// <summary>Beside callers not all slots are written again for changes of less than an eighth of them.</summary>
    private const long SlotsOfInterval = 8;

    /// <summary>Field indexes are built for this long before other maintenance, which may be another collection's, has its turn.</summary>
    private static readonly TimeSpan s_buildingAtOnce = TimeSpan.FromMilliseconds(50);

    private ExpiryTimer? _expiryTimer;
    private int _requested;
    private long _garbageLookedAt;

    private long Unsaved => (long)(partition.AppliedSequence - partition.Checkpointer.Sequence);

    private bool IsCheckpointDue => partition.IsDurable && (IsReplayLong || IsMuchLinked);

    private bool IsReplayLong => Unsaved >= Math.Clamp(partition.Records.SlotCount / SlotsOfInterval, SmallestReplayedInterval, LargestInterval);

    private bool IsMuchLinked => HasLinked(Math.Clamp(partition.Records.SlotCount / SlotsOfInterval, SmallestLinkedInterval, LargestInterval));

    private ExpiryTimer ExpiryTimer => Volatile.Read(ref _expiryTimer) ?? MakeTimer();

    /// <summary>Indexes of few records are built anew as fast as they are read.</summary>
    private bool AreFieldIndexesSaved => partition.Records.Count < ReplayWorthACheckpoint || partition.FieldIndexes.All.All(index => index.IsSaved || !index.IsReady);

    /// <summary>All are built, and building them again after the process was killed would take a while.</summary>
    private bool AreFieldIndexesWorthACheckpoint =>
        partition.IsDurable && partition.Records.Count >= SmallestLinkedInterval && !AreFieldIndexesSaved && !fieldIndexes.HasWork;

    private bool Compacts => options.CompactionGarbageRatio < 1;

    /// <summary>Asks for a look, when enough has changed for one.</summary>
    public void RequestIfDue()
    {
        long garbage = partition.Applier.Garbage;
        bool mayCompact = Compacts && garbage - Volatile.Read(ref _garbageLookedAt) >= options.SegmentBytes / LooksInSegment;
        if (mayCompact)
        {
            Volatile.Write(ref _garbageLookedAt, garbage);
        }

        if (mayCompact || IsCheckpointDue)
        {
            Request();
        }

        ExpiryTimer.SetIfChanged();
    }

    /// <summary>Asks for a look, when a checkpoint is due.</summary>
    public void RequestCheckpointIfDue()
    {
        if (IsCheckpointDue)
        {
            Request();
        }
    }

    /// <summary>Looks whether a checkpoint or a compaction is due, and does it.</summary>
    public void Run()
    {
        Volatile.Write(ref _requested, 0);
        if (!gate.TryEnterMaintenance(out OperationGate.Pass pass))
        {
            return;
        }

        using (pass)
        {
            try
            {
                SweepExpired();
                if (fieldIndexes.BuildFor(s_buildingAtOnce, gate.ClosingToken))
                {
                    Request();
                }

                if (IsCheckpointDue || AreFieldIndexesWorthACheckpoint)
                {
                    partition.Checkpointer.Run(gate.ClosingToken, isDue: IsMuchLinked);
                }

                if (Compacts && compactor.RunInBackground(gate.ClosingToken))
                {
                    Request();
                }
            }
            catch (Exception exception) when (exception is HypervexException or OperationCanceledException)
            {
                // The log holds everything; the next request tries again.
            }
#pragma warning disable CA1031 // A defect in the background must not end the user's process.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                // What is in memory may not be whole: no write builds on it.
                partition.Log.Poison(exception, "A defect ended a checkpoint or compaction in the background; no write failed, but what is in memory may not be whole.");
            }
        }
    }

    /// <summary>Takes a last checkpoint where that is worth it, and proves the log's end.</summary>
    /// <param name="patience">Ends when there is no more time for the checkpoint, which is given up then.</param>
    public void Close(CancellationToken patience)
    {
        try
        {
            if (!partition.IsDurable || partition.Log.Failed is not null)
            {
                return;
            }

            bool isDue = !partition.Fields.All(field => field.Index.AreCodesSaved) || !AreFieldIndexesSaved || HasLinked(Math.Max(LinksWorthACheckpoint, partition.Records.SlotCount / SlotsWrittenInOneLinking));
            if (Unsaved >= ReplayWorthACheckpoint || isDue)
            {
                TakeLastCheckpoint(isDue, patience);
            }

            if (partition.Log.LastSequence != partition.RecordedEnd && partition.Log.Failed is null)
            {
                writer.Close();
                partition.Checkpointer.RecordEnd();
            }
        }
        catch (HypervexException)
        {
            // Closing tells nobody of a failing disk: what was acknowledged is safe, and the next opening checks the log.
        }
    }

    /// <summary>No sweep is asked for any more. Before <see cref="Close"/>.</summary>
    public void Dispose() => _expiryTimer?.Dispose();

    /// <summary>Asks for a look.</summary>
    public void Request()
    {
        if (Interlocked.Exchange(ref _requested, 1) == 0)
        {
            thread.Request(this);
        }
    }

    /// <summary>Whether a field has linked or taken out so many rows since they were saved. In a loop: it is asked after every few writes.</summary>
    private bool HasLinked(long much)
    {
        foreach (VectorField field in partition.Fields)
        {
            if (field.Index.Unsaved >= much)
            {
                return true;
            }
        }

        return false;
    }

    private void TakeLastCheckpoint(bool isDue, CancellationToken patience)
    {
        try
        {
            partition.Checkpointer.Run(patience, isDue);
        }
        catch (OperationCanceledException)
        {
            // The log holds everything; the next opening replays it from the checkpoint before.
        }
    }

    private ExpiryTimer MakeTimer()
    {
        var made = new ExpiryTimer(partition, options.TimeProvider, Request);
        return Interlocked.CompareExchange(ref _expiryTimer, made, null) ?? made;
    }

    private void SweepExpired()
    {
        try
        {
            if (expired.Run() > 0 && partition.FieldIndexes.Expiries.Earliest <= partition.NowMs)
            {
                Request();
                return;
            }
        }
        catch (HypervexException)
        {
            // They are hidden, and stay so; what follows here may make the room that was missing.
        }

        if (partition.FieldIndexes.Expiries.Earliest <= partition.NowMs)
        {
            ExpiryTimer.SetForRetry();
        }
        else
        {
            ExpiryTimer.SetIfChanged();
        }
    }
}
