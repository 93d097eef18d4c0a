namespace Hypervex.Collections;

/// <summary>
/// Slots whose records have gone and that may hold another record one day: once every index has let go of them, and once a durable checkpoint no longer
/// names what they held (else a crash would bring back a graph whose nodes stand for other rows). Thread safety: the applier only.
/// </summary>
internal sealed class FreeSlots
{
    private readonly Dictionary<uint, int> _held = [];
    private readonly Queue<(uint Slot, ulong Sequence)> _waiting = new();
    private readonly Stack<uint> _ready = new();

    /// <summary>Slots that could be handed out after the next checkpoint, at the latest.</summary>
    public int Count => _ready.Count + _waiting.Count;

    /// <summary>A slot that no checkpoint and no index knows.</summary>
    public void AddUnknown(uint slot) => _ready.Push(slot);

    /// <summary>A record has gone; so many indexes will let go of its slot.</summary>
    public void Gone(uint slot, int indexes, ulong sequence)
    {
        if (indexes == 0)
        {
            _waiting.Enqueue((slot, sequence));
        }
        else
        {
            _held[slot] = indexes;
        }
    }

    /// <summary>An index has let go of a slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="sequence">The last sequence that has been applied.</param>
    public void LetGo(uint slot, ulong sequence)
    {
        int left = _held.GetValueOrDefault(slot, 1) - 1;
        if (left > 0)
        {
            _held[slot] = left;
            return;
        }

        _held.Remove(slot);
        _waiting.Enqueue((slot, sequence));
    }

    /// <summary>Takes a slot that may be used again.</summary>
    /// <param name="checkpoint">The sequence of the last durable checkpoint.</param>
    /// <param name="slot">The slot.</param>
    public bool TryTake(ulong checkpoint, out uint slot)
    {
        while (_waiting.TryPeek(out (uint Slot, ulong Sequence) first) && first.Sequence <= checkpoint)
        {
            _ready.Push(_waiting.Dequeue().Slot);
        }

        return _ready.TryPop(out slot);
    }
}
