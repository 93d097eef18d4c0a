namespace Hypervex.Collections;

/// <summary>
/// Slots whose records have gone and that may hold another record one day: once every index has let go of them, and once a durable checkpoint that began
/// after they had gone no longer names what they held (else a crash would bring back a graph whose nodes stand for other rows). The lowest ones are
/// handed out first, so that the highest can be given up. Thread safety: under the partition's lock.
/// </summary>
internal sealed class FreeSlots
{
    /// <summary>The time of a slot that the checkpoint which was loaded did not name any more.</summary>
    public const long BeforeOpening = -1;

    private readonly Dictionary<uint, (int Indexes, long Time)> _held = [];
    private readonly Queue<(uint Slot, long Time)> _waiting = new();
    private readonly PriorityQueue<uint, uint> _ready = new();

    /// <summary>A slot that no checkpoint and no index knows.</summary>
    public void AddUnknown(uint slot) => _ready.Enqueue(slot, slot);

    /// <summary>A record has gone; so many indexes will let go of its slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="indexes">Indexes that still hold it.</param>
    /// <param name="time">Number of checkpoints that had begun when the record had gone.</param>
    public void Gone(uint slot, int indexes, long time)
    {
        if (indexes == 0)
        {
            _waiting.Enqueue((slot, time));
        }
        else
        {
            _held[slot] = (indexes, time);
        }
    }

    /// <summary>An index has let go of a slot.</summary>
    public void LetGo(uint slot)
    {
        (int indexes, long time) = _held[slot];
        if (indexes > 1)
        {
            _held[slot] = (indexes - 1, time);
            return;
        }

        _held.Remove(slot);
        _waiting.Enqueue((slot, time));
    }

    /// <summary>Takes the lowest slot that may be used again.</summary>
    /// <param name="completed">The last checkpoint that has begun and is durable.</param>
    /// <param name="slot">The slot.</param>
    public bool TryTake(long completed, out uint slot)
    {
        MakeReady(completed);
        return _ready.TryDequeue(out slot, out _);
    }

    /// <summary>Takes the lowest slot that may be used again if it is below another.</summary>
    public bool TryTakeBelow(uint limit, long completed, out uint slot)
    {
        MakeReady(completed);
        if (_ready.TryPeek(out slot, out _) && slot < limit)
        {
            _ready.Dequeue();
            return true;
        }

        return false;
    }

    /// <summary>The slots that may be used again, in order.</summary>
    public uint[] Ready(long completed)
    {
        MakeReady(completed);
        uint[] slots = [.. _ready.UnorderedItems.Select(item => item.Element)];
        Array.Sort(slots);
        return slots;
    }

    /// <summary>Forgets the slots from a number on.</summary>
    public void DropFrom(uint first)
    {
        (uint Slot, uint Priority)[] kept = [.. _ready.UnorderedItems.Where(item => item.Element < first)];
        _ready.Clear();
        _ready.EnqueueRange(kept);
    }

    private void MakeReady(long completed)
    {
        while (_waiting.TryPeek(out (uint Slot, long Time) first) && first.Time < completed)
        {
            uint slot = _waiting.Dequeue().Slot;
            _ready.Enqueue(slot, slot);
        }
    }
}
