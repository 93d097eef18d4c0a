namespace Hypervex.Storage;

/// <summary>
/// The live records as they were at one moment: slot, location, row. The blocks are shared with the table; the table clones one before it changes
/// it, so that a view costs at most one copy of the states. Thread safety: reads from any thread; disposed once, after them.
/// </summary>
internal sealed class FrozenRecords : IDisposable
{
    private readonly RecordTable _table;
    private readonly SlotState[]?[] _blocks;
    private int _disposed;

    public FrozenRecords(RecordTable table, SlotState[]?[] blocks, uint slotCount, int count)
    {
        _table = table;
        _blocks = blocks;
        SlotCount = slotCount;
        Count = count;
    }

    /// <summary>Live records.</summary>
    public int Count { get; }

    /// <summary>Slots that were handed out.</summary>
    public uint SlotCount { get; }

    /// <summary>The live record of a slot; false when the slot was free.</summary>
    public bool TryGet(uint slot, out RecordTable.Found found)
    {
        SlotState state = slot < SlotCount ? SlotStates.Read(_blocks, slot) : default;
        found = new RecordTable.Found(slot, state.Location, state.Row);
        return state.IsLive;
    }

    /// <summary>Ends the view: the table stops cloning for it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _table.EndView();
        }
    }
}
