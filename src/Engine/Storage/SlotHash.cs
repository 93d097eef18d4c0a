using System.Buffers;

namespace Hypervex.Storage;

/// <summary>
/// Which slots hold ids with a given tag (32 bits of the id's hash): extendible hashing. The first bits of a tag choose a table; a table is
/// open-addressed with linear probing and holds a mark (1 byte, 8 bits of the tag) and a slot number (4 bytes) an entry; the whole tag stands in the
/// slot's state. A table grows by half until it holds 2,048 slots, then splits in two: no change moves more entries than that.
/// Invariants: (1) an entry's slot is live and its state holds the tag; (2) a table is at most 4/5 full, removed entries included.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class SlotHash(SlotStates states)
{
    private const byte Empty = 0;
    private const byte Gone = 1;
    private const int SmallestCapacity = 16;
    private const int SplitAt = 2048;

    /// <summary>Little room is this part of a table's entries.</summary>
    private const int AheadParts = 16;

    /// <summary>Tables of a deeper level would hold few distinct tags each: from here on they only grow.</summary>
    private const int MaxDepth = 22;

    /// <summary>Object headers of a table and its two arrays.</summary>
    private const int TableOverheadBytes = 48 + 24 + 24;

    private Table[] _directory = [new Table(0, SmallestCapacity)];
    private int _depth;
    private int _tables = 1;
    private long _capacity = SmallestCapacity;

    private sealed class Table(int depth, int capacity)
    {
        public byte[] Marks = new byte[capacity];
        public uint[] Slots = new uint[capacity];

        /// <summary>Entries that are not empty.</summary>
        public int Used;
        public int Live;
        public int Depth = depth;
    }

    public long SizeBytes => (_capacity * (1 + sizeof(uint))) + ((long)_tables * TableOverheadBytes) + (_directory.Length * 8L);

    /// <summary>The lowest slot, from a number on, whose id has this tag; null when there is none.</summary>
    public uint? Find(uint tag, uint from)
    {
        Table table = TableOf(tag);
        byte mark = MarkOf(tag);
        uint? lowest = null;
        for (int at = Home(tag, table); table.Marks[at] != Empty; at = Next(at, table))
        {
            if (table.Marks[at] == mark && table.Slots[at] is uint slot && slot >= from && slot < (lowest ?? uint.MaxValue) && states[slot].Tag == tag)
            {
                lowest = slot;
            }
        }

        return lowest;
    }

    /// <summary>Adds a slot; says whether a table had to be laid out anew for it.</summary>
    public bool Add(uint tag, uint slot)
    {
        Table table = TableOf(tag);
        bool grew = false;
        while ((table.Used + 1) * 5L > table.Marks.Length * 4L)
        {
            MakeRoom(table, tag);
            table = TableOf(tag);
            grew = true;
        }

        int at = Home(tag, table);
        while (table.Marks[at] > Gone)
        {
            at = Next(at, table);
        }

        table.Used += table.Marks[at] == Empty ? 1 : 0;
        table.Live++;
        table.Marks[at] = MarkOf(tag);
        table.Slots[at] = slot;
        return grew;
    }

    /// <summary>Whether a slot has an id with this tag.</summary>
    public bool Contains(uint tag)
    {
        Table table = TableOf(tag);
        byte mark = MarkOf(tag);
        for (int at = Home(tag, table); table.Marks[at] != Empty; at = Next(at, table))
        {
            if (table.Marks[at] == mark && states[table.Slots[at]].Tag == tag)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Does what adding a slot with this tag would soon have to do: grows its table, or splits it, when little room is left; says whether it did.</summary>
    public bool GrowAhead(uint tag)
    {
        Table table = TableOf(tag);
        if ((table.Used + (table.Marks.Length / AheadParts)) * 5L > table.Marks.Length * 4L)
        {
            MakeRoom(table, tag);
            return true;
        }

        return false;
    }

    /// <summary>Says that an id has moved to another slot.</summary>
    public void Replace(uint tag, uint slot, uint newSlot)
    {
        Table table = TableOf(tag);
        table.Slots[IndexOf(tag, slot, table)] = newSlot;
    }

    /// <summary>Removes an id's slot; its state is still there.</summary>
    public void Remove(uint tag, uint slot)
    {
        Table table = TableOf(tag);
        table.Marks[IndexOf(tag, slot, table)] = Gone;
        table.Live--;
        if (table.Live * 3 < table.Marks.Length && table.Marks.Length > SmallestCapacity)
        {
            Rebuild(table);
        }
    }

    private static byte MarkOf(uint tag) => (byte)(2 + ((tag & 0xFF) % 254));

    private static int Home(uint tag, Table table) => (int)(((ulong)(tag * 0x9E3779B1) * (ulong)table.Marks.Length) >> 32);

    private static int Next(int at, Table table) => at + 1 == table.Marks.Length ? 0 : at + 1;

    private static int CapacityFor(int live) => Math.Max(SmallestCapacity, live + (live / 2) + 1);

    private static int IndexOf(uint tag, uint slot, Table table)
    {
        int at = Home(tag, table);
        while (table.Slots[at] != slot || table.Marks[at] <= Gone)
        {
            if (table.Marks[at] == Empty)
            {
                throw new InvalidOperationException($"Slot {slot} is not in the hash.");
            }

            at = Next(at, table);
        }

        return at;
    }

    private Table TableOf(uint tag) => _directory[(int)((ulong)tag >> (32 - _depth))];

    private void MakeRoom(Table table, uint tag)
    {
        if (table.Live < SplitAt || table.Depth == MaxDepth)
        {
            Rebuild(table);
            return;
        }

        if (table.Depth == _depth)
        {
            var doubled = new Table[_directory.Length * 2];
            for (int i = 0; i < doubled.Length; i++)
            {
                doubled[i] = _directory[i / 2];
            }

            _directory = doubled;
            _depth++;
        }

        int bit = 31 - table.Depth;
        (uint Tag, uint Slot)[] entries = Collect(table, bit, out int lower);
        int live = table.Live;
        var second = new Table(table.Depth + 1, 0);
        table.Depth++;
        _tables++;
        Fill(table, entries.AsSpan(0, lower));
        Fill(second, entries.AsSpan(entries.Length - (live - lower)));
        ArrayPool<(uint, uint)>.Shared.Return(entries);
        int step = 1 << (_depth - table.Depth); // as many places of the directory as name the table
        int start = (int)(((ulong)tag >> (32 - _depth)) & ~(((ulong)step * 2) - 1)) + step;
        _directory.AsSpan(start, step).Fill(second);
    }

    private void Rebuild(Table table)
    {
        (uint Tag, uint Slot)[] entries = Collect(table, bit: null, out int count);
        Fill(table, entries.AsSpan(0, count));
        ArrayPool<(uint, uint)>.Shared.Return(entries);
    }

    /// <summary>The entries of a table in a rented array: from its beginning on, but those whose tag has the bit at its end.</summary>
    private (uint Tag, uint Slot)[] Collect(Table table, int? bit, out int lower)
    {
        (uint Tag, uint Slot)[] entries = ArrayPool<(uint, uint)>.Shared.Rent(Math.Max(1, table.Live));
        uint mask = bit is { } which ? 1u << which : 0;
        lower = 0;
        int upper = entries.Length;
        for (int at = 0; at < table.Marks.Length; at++)
        {
            if (table.Marks[at] > Gone)
            {
                uint slot = table.Slots[at];
                uint tag = states[slot].Tag;
                entries[(tag & mask) == 0 ? lower++ : --upper] = (tag, slot);
            }
        }

        return entries;
    }

    private void Fill(Table table, ReadOnlySpan<(uint Tag, uint Slot)> entries)
    {
        int capacity = CapacityFor(entries.Length);
        _capacity += capacity - table.Marks.Length;
        byte[] marks = table.Marks.Length == capacity ? table.Marks : new byte[capacity];
        uint[] slots = table.Slots.Length == capacity ? table.Slots : new uint[capacity];
        marks.AsSpan().Clear();
        table.Marks = marks;
        table.Slots = slots;
        table.Used = entries.Length;
        table.Live = entries.Length;
        foreach ((uint tag, uint slot) in entries)
        {
            int at = Home(tag, table);
            while (marks[at] != Empty)
            {
                at = Next(at, table);
            }

            marks[at] = MarkOf(tag);
            slots[at] = slot;
        }
    }
}
