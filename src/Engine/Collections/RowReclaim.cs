using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// What compaction does to rows: moves the live ones of the highest slots into free low ones, gives up the slots and chunks above, and erases the rows of
/// the free slots that remain (docs/decisions/compaction.md). Each step is one that a crash may follow: a slot is given up or erased only when a
/// durable checkpoint does not name its record any more. Thread safety: under <see cref="Checkpointer.Exclusive"/>; reads and writes go on.
/// </summary>
internal sealed class RowReclaim(Partition partition, PartitionWriter writer, OperationGate gate, DatabaseOptions options)
{
    /// <summary>Rows that are moved or erased before others may write again.</summary>
    private const int RowsAtOnce = 32;

    /// <summary>Rows are moved when this part of the slots is free, since a move costs as much as an insert: writers use free slots anyway.</summary>
    private const double FreeWorthMoves = 0.1, FreeWorthMovesInBackground = 0.5;

    /// <summary>Lets the indexes let go of removed rows, so that the next checkpoint frees their slots.</summary>
    public void LetGo(CancellationToken cancellationToken)
    {
        foreach (VectorField field in partition.Fields)
        {
            field.Index.ReleaseRemoved(cancellationToken);
        }

        lock (partition.Still)
        {
            partition.Rows.CollectFreed();
        }
    }

    /// <summary>Moves, gives up and erases rows; returns how many were moved.</summary>
    /// <param name="patience">How long to wait for calls that read free rows in the background; null = as long as it takes.</param>
    /// <param name="cancellationToken">Ends it early, between two steps.</param>
    public long Run(TimeSpan? patience, CancellationToken cancellationToken)
    {
        long moved = MoveDown(patience is null ? FreeWorthMoves : FreeWorthMovesInBackground, cancellationToken);
        if (moved > 0)
        {
            LetGo(cancellationToken);
            Checkpoint(cancellationToken);
        }

        // What is free now is in nobody's index; whoever began before may still hold it as a hit.
        if (!gate.WaitForRunning(patience, cancellationToken))
        {
            return moved;
        }

        bool shrunk = false;
        Reach(KillPlace.ReclaimBeforeShrink);
        writer.RunBetween(() => shrunk = partition.Rows.GiveUpSlots());
        if (shrunk)
        {
            Reach(KillPlace.ReclaimAfterShrink);
            Checkpoint(cancellationToken);
            if (gate.WaitForRunning(patience, cancellationToken))
            {
                Reach(KillPlace.ReclaimBeforeChunkRemoval);
                writer.RunBetween(RemoveChunks);
            }
        }

        Erase(cancellationToken);
        return moved;
    }

    private long MoveDown(double worth, CancellationToken cancellationToken)
    {
        uint slot = partition.Records.SlotCount;
        long free = slot - (long)partition.Records.Count;
        if (free < slot * worth)
        {
            return 0;
        }

        long moved = 0;
        while (slot > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (partition.Still)
            {
                for (int i = 0; i < RowsAtOnce && slot > 0; i++)
                {
                    slot--;
                    if (partition.Records.TryGet(slot, out _))
                    {
                        if (!partition.Rows.TryMoveDown(slot))
                        {
                            return moved;
                        }

                        moved++;
                        Reach(KillPlace.ReclaimInsideMoves);
                    }
                }
            }
        }

        return moved;
    }

    private void RemoveChunks()
    {
        foreach (VectorField field in partition.Fields)
        {
            field.Rows.RemoveGivenUp();
            Reach(KillPlace.ReclaimAfterChunkRemoval);
        }
    }

    private void Erase(CancellationToken cancellationToken)
    {
        uint[] free;
        lock (partition.Still)
        {
            free = partition.Rows.FreeSlots.Ready(partition.Checkpointer.Completed);
        }

        for (int start = 0; start < free.Length; start += RowsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (partition.Still)
            {
                foreach (uint slot in free.AsSpan(start, Math.Min(RowsAtOnce, free.Length - start)))
                {
                    if (partition.Rows.FreeSlots.IsReady(slot)) // not taken since
                    {
                        partition.Rows.Erase(slot);
                    }
                }
            }

            Reach(KillPlace.ReclaimInsideErase);
        }

        foreach (VectorField field in partition.Fields)
        {
            field.Rows.Sync();
        }
    }

    private void Checkpoint(CancellationToken cancellationToken)
    {
        if (partition.IsDurable)
        {
            Reach(KillPlace.ReclaimBeforeCheckpoint);
            partition.Checkpointer.Run(cancellationToken, isDue: true);
        }
    }

    private void Reach(KillPlace place)
    {
        KillPoint.Hit(place);
        options.Reached?.Invoke(place);
    }
}
