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
    private readonly SortedSet<uint> _ready = [];

    /// <summary>A slot that no checkpoint and no index knows.</summary>
    public void AddUnknown(uint slot) => _ready.Add(slot);

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

    /// <summary>How many slots <see cref="TryTake"/> could hand out now.</summary>
    public int CountReady(long completed)
    {
        MakeReady(completed);
        return _ready.Count;
    }

    /// <summary>Takes the lowest slot that may be used again.</summary>
    /// <param name="completed">The last checkpoint that has begun and is durable.</param>
    /// <param name="slot">The slot.</param>
    public bool TryTake(long completed, out uint slot) => TryTakeBelow(uint.MaxValue, completed, out slot);

    /// <summary>Takes the lowest slot that may be used again if it is below another.</summary>
    public bool TryTakeBelow(uint limit, long completed, out uint slot)
    {
        MakeReady(completed);
        slot = _ready.Min;
        return _ready.Count > 0 && slot < limit && _ready.Remove(slot);
    }

    /// <summary>The slots that may be used again, in order.</summary>
    public uint[] Ready(long completed)
    {
        MakeReady(completed);
        return [.. _ready];
    }

    /// <summary>Whether a slot may be used again and has not been taken.</summary>
    public bool IsReady(uint slot) => _ready.Contains(slot);

    /// <summary>Forgets the highest slots, as far as they may be used again; returns how many slots are left.</summary>
    public uint DropHighest(uint slotCount, long completed)
    {
        MakeReady(completed);
        while (slotCount > 0 && _ready.Remove(slotCount - 1))
        {
            slotCount--;
        }

        return slotCount;
    }

    private void MakeReady(long completed)
    {
        while (_waiting.TryPeek(out (uint Slot, long Time) first) && first.Time < completed)
        {
            _ready.Add(_waiting.Dequeue().Slot);
        }
    }
}
