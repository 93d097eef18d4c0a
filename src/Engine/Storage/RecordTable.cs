using System.Runtime.InteropServices;

namespace Hypervex.Storage;

/// <summary>
/// Which slot holds which id, and where the record of a slot stands in the log. Ids themselves stay in the log: an entry keeps 32
/// bits of the id's hash, and whoever looks an id up compares the bytes in the log.
/// Layout: an open-addressing table of (tag, slot + 1), 8 bytes an entry, linear probing, at most 3/4 full; per slot the packed
/// location (8 bytes), the row's identity (4), the position in the order of creation (4); per created record the created
/// sequence (8) and slot (4).
/// Invariants: (1) an entry's slot is live; (2) <c>_order</c> is sorted by created sequence. Thread safety: one lock, held for
/// tens of nanoseconds.
/// </summary>
internal sealed class RecordTable
{
    private const uint Removed = uint.MaxValue;
    private readonly Lock _lock = new();
    private Entry[] _entries = new Entry[16];
    private int _shift = 32 - 4;
    private int _used;
    private int _count;
    private SlotState[][] _slots = [];
    private List<Created> _order = [];
    private int _orderRemoved;
    private uint _slotCount;
    private bool _orderSorted = true;

    public RecordTable(ulong hashSeed) => HashSeed = hashSeed;

    private record struct Entry(uint Tag, uint SlotPlusOne);

    private record struct Created(ulong Sequence, uint Slot);

    private record struct SlotState(RecordLocation Location, uint Row, uint Order);

    /// <summary>A live record: its slot, where it stands in the log, and its row's identity (the low bits of its vectors sequence).</summary>
    public readonly record struct Found(uint Slot, RecordLocation Location, uint Row);

    private const int BlockBits = 12;
    private const int BlockSlots = 1 << BlockBits;

    /// <summary>One live record in a checkpoint.</summary>
    public readonly record struct Saved(uint Tag, uint Slot, RecordLocation Location, uint Row, ulong CreatedSequence);

    /// <summary>Seed of the ids' hashes; secret, so that nobody can prepare collisions.</summary>
    public ulong HashSeed { get; }

    /// <summary>Live records.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Slots ever handed out.</summary>
    public uint SlotCount => Volatile.Read(ref _slotCount);

    public long SizeBytes
    {
        get
        {
            lock (_lock)
            {
                return (_entries.Length * 8L) + (_slots.Length * (long)BlockSlots * 16) + (_order.Capacity * 16L);
            }
        }
    }

    /// <summary>The seeded hash of an id.</summary>
    public uint TagOf(ReadOnlySpan<byte> id)
    {
        ulong hash = HashSeed ^ ((ulong)id.Length * 0x9E3779B97F4A7C15);
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(id))
        {
            hash = Mix(hash ^ word);
        }

        ulong rest = 0;
        foreach (byte value in id[(id.Length & ~7)..])
        {
            rest = (rest << 8) | value;
        }

        return (uint)(Mix(hash ^ rest) >> 32);
    }

    /// <summary>The records that may have an id with this tag, from the given number on; false when there are no more.</summary>
    public bool TryFind(uint tag, ref int probe, out Found found)
    {
        lock (_lock)
        {
            uint mask = (uint)_entries.Length - 1;
            for (; probe < _entries.Length; probe++)
            {
                Entry entry = _entries[((tag >> _shift) + (uint)probe) & mask];
                if (entry == default)
                {
                    break;
                }

                if (entry.Tag == tag && entry.SlotPlusOne != Removed)
                {
                    uint slot = entry.SlotPlusOne - 1;
                    SlotState state = State(slot);
                    found = new Found(slot, state.Location, state.Row);
                    probe++;
                    return true;
                }
            }
        }

        found = default;
        return false;
    }

    /// <summary>The live record of a slot; false when the slot is free.</summary>
    public bool TryGet(uint slot, out Found found)
    {
        lock (_lock)
        {
            if (slot < _slotCount && State(slot) is { Location.Packed: not 0 } state)
            {
                found = new Found(slot, state.Location, state.Row);
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>
    /// Copies live records for a checkpoint, some at a time, while others are added and removed: each record that is live throughout is
    /// copied exactly once.
    /// </summary>
    /// <param name="position">Where to go on; 0 at first. Negative afterwards when the copying must begin anew.</param>
    /// <param name="size">Size of the table at the first call; the table's own afterwards.</param>
    /// <param name="target">Receives records.</param>
    /// <returns>How many; 0 at the end.</returns>
    public int CopySome(ref int position, ref int size, Span<Saved> target)
    {
        lock (_lock)
        {
            if (position > 0 && size != _entries.Length)
            {
                position = -1; // the table has grown: its entries stand elsewhere now
                return 0;
            }

            size = _entries.Length;
            int count = 0;
            for (; position < _entries.Length && count < target.Length; position++)
            {
                Entry entry = _entries[position];
                if (entry != default && entry.SlotPlusOne != Removed)
                {
                    SlotState state = State(entry.SlotPlusOne - 1);
                    target[count++] = new Saved(entry.Tag, entry.SlotPlusOne - 1, state.Location, state.Row, _order[(int)state.Order].Sequence);
                }
            }

            return count;
        }
    }

    /// <summary>Makes the slots below a number known as handed out, as a checkpoint says. Before any other call.</summary>
    public void StartAt(uint slotCount)
    {
        while (_slotCount < slotCount)
        {
            TakeSlot();
        }
    }

    /// <summary>Hands out a slot that has never been used.</summary>
    public uint TakeSlot()
    {
        lock (_lock)
        {
            if ((_slotCount & (BlockSlots - 1)) == 0)
            {
                _slots = [.. _slots, new SlotState[BlockSlots]];
            }

            return _slotCount++;
        }
    }

    /// <summary>Adds a record that did not exist.</summary>
    public void Add(uint tag, uint slot, RecordLocation location, uint row, ulong createdSequence)
    {
        lock (_lock)
        {
            if ((_used + 1) * 4L > _entries.Length * 3L)
            {
                Rebuild();
            }

            _orderSorted &= _order.Count == 0 || _order[^1].Sequence <= createdSequence;
            State(slot) = new SlotState(location, row, (uint)_order.Count);
            _order.Add(new Created(createdSequence, slot));
            Place(new Entry(tag, slot + 1));
            _count++;
        }
    }

    /// <summary>Moves a live record to another frame, and to another slot when its vectors changed.</summary>
    public void Replace(uint tag, uint oldSlot, uint newSlot, RecordLocation location, uint row)
    {
        lock (_lock)
        {
            uint order = State(oldSlot).Order;
            if (oldSlot != newSlot)
            {
                _entries[IndexOf(tag, oldSlot)].SlotPlusOne = newSlot + 1;
                State(oldSlot) = default;
                _order[(int)order] = _order[(int)order] with { Slot = newSlot };
            }

            State(newSlot) = new SlotState(location, row, order);
        }
    }

    /// <summary>Removes a live record; its slot holds nothing afterwards.</summary>
    public void Remove(uint tag, uint slot)
    {
        lock (_lock)
        {
            _entries[IndexOf(tag, slot)].SlotPlusOne = Removed;
            var order = (int)State(slot).Order;
            _order[order] = _order[order] with { Slot = Removed };
            State(slot) = default;
            _count--;
            if (++_orderRemoved > 64 && _orderRemoved * 2 > _order.Count)
            {
                SortOrder();
            }
        }
    }

    /// <summary>
    /// Copies up to <c>target.Length</c> live records that were created after a sequence, in order of creation; says how many.
    /// </summary>
    public int CopyCreatedAfter(ulong createdSequence, Span<(ulong CreatedSequence, Found Record)> target)
    {
        lock (_lock)
        {
            if (!_orderSorted)
            {
                SortOrder();
            }

            int at = FirstAfter(createdSequence);
            int count = 0;
            for (; at < _order.Count && count < target.Length; at++)
            {
                if (_order[at] is { Slot: not Removed } created)
                {
                    SlotState state = State(created.Slot);
                    target[count++] = (created.Sequence, new Found(created.Slot, state.Location, state.Row));
                }
            }

            return count;
        }
    }

    private static ulong Mix(ulong value)
    {
        UInt128 product = (UInt128)value * 0xD6E8FEB86659FD93;
        return (ulong)product ^ (ulong)(product >> 64);
    }

    private ref SlotState State(uint slot) => ref _slots[slot >> BlockBits][slot & (BlockSlots - 1)];

    private int FirstAfter(ulong createdSequence)
    {
        int low = 0;
        int high = _order.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_order[middle].Sequence <= createdSequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void SortOrder()
    {
        _order.RemoveAll(created => created.Slot == Removed);
        _order.Sort((left, right) => left.Sequence.CompareTo(right.Sequence));
        for (int i = 0; i < _order.Count; i++)
        {
            State(_order[i].Slot).Order = (uint)i;
        }

        _orderRemoved = 0;
        _orderSorted = true;
    }

    private void Rebuild()
    {
        Entry[] old = _entries;
        int size = old.Length;
        while ((_count + 1) * 2L > size)
        {
            size *= 2;
        }

        _entries = new Entry[size];
        _shift = 32 - System.Numerics.BitOperations.Log2((uint)size);
        _used = 0;
        foreach (Entry entry in old)
        {
            if (entry != default && entry.SlotPlusOne != Removed)
            {
                Place(entry);
            }
        }
    }

    private void Place(Entry entry)
    {
        uint mask = (uint)_entries.Length - 1;
        uint at = entry.Tag >> _shift;
        while (_entries[at & mask] is { } there && there != default && there.SlotPlusOne != Removed)
        {
            at++;
        }

        if (_entries[at & mask] == default)
        {
            _used++;
        }

        _entries[at & mask] = entry;
    }

    private int IndexOf(uint tag, uint slot)
    {
        uint mask = (uint)_entries.Length - 1;
        uint at = tag >> _shift;
        while (_entries[at & mask].SlotPlusOne != slot + 1)
        {
            at++;
        }

        return (int)(at & mask);
    }
}
