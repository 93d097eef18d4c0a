using System.Runtime.InteropServices;

namespace Hypervex.Storage;

/// <summary>
/// Which slot holds which id, and where the record of a slot stands in the log. Ids themselves stay in the log: a slot keeps 32
/// bits of the id's hash (its tag), and whoever looks an id up compares the bytes in the log.
/// Layout: the states of the slots (16 bytes a slot, <see cref="SlotStates"/>), a hash from tags to slots (5 bytes an entry at 2/3 to 4/5 full,
/// <see cref="SlotHash"/>), the order of creation (12 bytes a record, <see cref="CreationOrder"/>): at most 40 bytes a record together, unused
/// capacity included, while no slot is free. All of them grow by small steps, so that no change holds the lock for long.
/// Invariants: (1) the hash and the order hold exactly the live slots; (2) no two live records were created at one sequence.
/// Thread safety: any thread; one lock, held for tens of nanoseconds (some ten microseconds when a table of the hash is laid out
/// anew, or many records are added at once). <see cref="TryGet"/> takes it only when it meets a change.
/// </summary>
internal sealed class RecordTable
{
    private readonly Lock _lock = new();
    private readonly SlotStates _states = new();
    private readonly SlotHash _hash;
    private readonly CreationOrder _order = new();
    private int _count;
    private int _changes;

    public RecordTable(ulong hashSeed)
    {
        HashSeed = hashSeed;
        _hash = new SlotHash(_states);
    }

    /// <summary>A live record: its slot, where it stands in the log, and its row's identity (the low bits of its vectors sequence).</summary>
    public readonly record struct Found(uint Slot, RecordLocation Location, uint Row);

    /// <summary>A record of which one frame made both itself and its vectors.</summary>
    public readonly record struct NewRecord(uint Tag, RecordLocation Location, ulong Sequence);

    /// <summary>One live record in a checkpoint.</summary>
    public readonly record struct Saved(uint Tag, uint Slot, RecordLocation Location, uint Row, ulong CreatedSequence);

    /// <summary>Seed of the ids' hashes; secret, so that nobody can prepare collisions.</summary>
    public ulong HashSeed { get; }

    /// <summary>Live records.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Slots ever handed out, without those that <see cref="Shrink"/> forgot.</summary>
    public uint SlotCount => _states.Count;

    /// <summary>Changes with every record that is added, moved to another slot or removed: a search by id that met a collision is repeated when it did.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>Memory held, in bytes: unused capacity, object headers and what frozen views hold included.</summary>
    public long SizeBytes
    {
        get
        {
            lock (_lock)
            {
                return _states.SizeBytes + _hash.SizeBytes + _order.SizeBytes;
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

    /// <summary>The hash of the id in the body of a put; 0 for other frames.</summary>
    public uint TagOf(FrameKind kind, ReadOnlySpan<byte> body) => kind == FrameKind.Put && RecordBody.TryRead(body, out RecordBody record) ? TagOf(record.Id) : 0;

    /// <summary>The next record that may have an id with this tag; false when there are no more.</summary>
    /// <param name="tag">The id's tag.</param>
    /// <param name="from">The lowest slot to look at; 0 at first. One above the found slot afterwards.</param>
    /// <param name="found">The record.</param>
    public bool TryFind(uint tag, ref uint from, out Found found)
    {
        lock (_lock)
        {
            if (_hash.Find(tag, from) is { } slot)
            {
                SlotState state = _states[slot];
                found = new Found(slot, state.Location, state.Row);
                from = slot + 1;
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>The live record of a slot; false when the slot is free.</summary>
    public bool TryGet(uint slot, out Found found)
    {
        if (!_states.TryReadAlone(slot, out SlotState state))
        {
            lock (_lock)
            {
                state = _states[slot];
            }
        }

        found = new Found(slot, state.Location, state.Row);
        return state.IsLive;
    }

    /// <summary>
    /// Copies live records in order of creation for a checkpoint, some at a time, while others are added and removed: each record that is live
    /// throughout is copied exactly once.
    /// </summary>
    /// <param name="after">The created sequence of the last record that was copied; 0 at first.</param>
    /// <param name="target">Receives records.</param>
    /// <returns>How many; 0 at the end.</returns>
    public int CopySome(ref ulong after, Span<Saved> target)
    {
        Span<(ulong Sequence, uint Slot)> some = stackalloc (ulong, uint)[64];
        int total = 0;
        while (total < target.Length)
        {
            lock (_lock)
            {
                int count = _order.Copy(after, some[..Math.Min(some.Length, target.Length - total)]);
                if (count == 0)
                {
                    break;
                }

                foreach ((ulong sequence, uint slot) in some[..count])
                {
                    SlotState state = _states[slot];
                    target[total++] = new Saved(state.Tag, slot, state.Location, state.Row, sequence);
                    after = sequence;
                }
            }
        }

        return total;
    }

    /// <summary>Makes the slots below a number known as handed out, as a checkpoint says. Before any other call.</summary>
    public void StartAt(uint slotCount)
    {
        lock (_lock)
        {
            _states.GrowTo(slotCount);
        }
    }

    /// <summary>Hands out a slot that has never been used.</summary>
    public uint TakeSlot() => TakeSlots(1);

    /// <summary>Hands out slots that have never been used; the first of so many that follow each other.</summary>
    public uint TakeSlots(int count)
    {
        lock (_lock)
        {
            return _states.Take(count);
        }
    }

    /// <summary>Adds a record that did not exist.</summary>
    public void Add(uint tag, uint slot, RecordLocation location, uint row, ulong createdSequence)
    {
        lock (_lock)
        {
            AddUnderLock(tag, slot, location, row, createdSequence);
        }
    }

    /// <summary>
    /// Adds the first of some records, in slots that follow each other: all before one with a tag that is there already (its id may be too, which only its bytes in
    /// the log can tell), and fewer when a table of the hash had to be laid out anew, so that the lock is free again.
    /// </summary>
    /// <param name="firstSlot">The slot of the first.</param>
    /// <param name="records">A few records: the lock is held for all of them.</param>
    /// <returns>How many were added; 0 when the first one's tag is there.</returns>
    public int AddSome(uint firstSlot, ReadOnlySpan<NewRecord> records)
    {
        lock (_lock)
        {
            int added = 0;
            bool grew = false;
            while (added < records.Length && !grew && !_hash.Contains(records[added].Tag))
            {
                ref readonly NewRecord record = ref records[added];
                grew = AddUnderLock(record.Tag, firstSlot + (uint)added, record.Location, (uint)record.Sequence, record.Sequence);
                added++;
            }

            return added;
        }
    }

    /// <summary>Makes room for records that will probably be added, so that adding them takes less time. Nobody sees a difference.</summary>
    /// <param name="tags">A few tags: the lock is held for all of them, until a table of the hash is laid out anew.</param>
    /// <returns>How many tags there is room for.</returns>
    public int MakeRoom(ReadOnlySpan<uint> tags)
    {
        lock (_lock)
        {
            int done = 0;
            bool grew = false;
            while (done < tags.Length && !grew)
            {
                grew = _hash.GrowAhead(tags[done++]);
            }

            return done;
        }
    }

    /// <summary>For each tag, whether a live record has it.</summary>
    /// <param name="tags">A few tags: the lock is held for all of them.</param>
    /// <param name="known">bool[tags.Length].</param>
    public void Know(ReadOnlySpan<uint> tags, Span<bool> known)
    {
        lock (_lock)
        {
            for (int i = 0; i < tags.Length; i++)
            {
                known[i] = _hash.Contains(tags[i]);
            }
        }
    }

    /// <summary>Moves a live record to another frame, and to another slot when its vectors changed.</summary>
    /// <param name="tag">Tag of its id.</param>
    /// <param name="oldSlot">Where it is.</param>
    /// <param name="oldCreated">The created sequence that its present frame names.</param>
    /// <param name="newSlot">Where it will be.</param>
    /// <param name="newCreated">The created sequence that the new frame names; the same, unless another writer decided.</param>
    /// <param name="location">The new frame.</param>
    /// <param name="row">Identity of the new row.</param>
    public void Replace(uint tag, uint oldSlot, ulong oldCreated, uint newSlot, ulong newCreated, RecordLocation location, uint row)
    {
        lock (_lock)
        {
            if (oldCreated != newCreated)
            {
                _order.Add(newCreated, newSlot);
                _order.Remove(oldCreated);
            }
            else if (oldSlot != newSlot)
            {
                _order.Set(oldCreated, newSlot);
            }

            var state = new SlotState(location, row, tag);
            if (oldSlot == newSlot)
            {
                _states[newSlot] = state;
            }
            else
            {
                _states.Move(oldSlot, newSlot, state);
                _hash.Replace(tag, oldSlot, newSlot);
            }

            Volatile.Write(ref _changes, _changes + 1);
        }
    }

    /// <summary>Removes a live record, whose frame names the created sequence; its slot holds nothing afterwards.</summary>
    public void Remove(uint tag, uint slot, ulong createdSequence)
    {
        lock (_lock)
        {
            _order.Remove(createdSequence);
            _hash.Remove(tag, slot);
            _states[slot] = default;
            Volatile.Write(ref _count, _count - 1);
            Volatile.Write(ref _changes, _changes + 1);
        }
    }

    /// <summary>Says that the frame of a live record was copied elsewhere; false when the record has changed or gone meanwhile.</summary>
    public bool TryRelocate(uint slot, RecordLocation from, RecordLocation to)
    {
        lock (_lock)
        {
            SlotState state = _states[slot];
            if (!state.IsLive || state.Location != from)
            {
                return false;
            }

            _states[slot] = state with { Location = to };
            return true;
        }
    }

    /// <summary>The live records as they are now, for as long as the answer is not disposed. For a few readers at a time.</summary>
    public FrozenRecords Freeze()
    {
        lock (_lock)
        {
            return new FrozenRecords(this, _states.BeginView(), _states.Count, _count);
        }
    }

    /// <summary>Forgets the slots at and above a number, which are all free, and gives their memory back.</summary>
    public void Shrink(uint slotCount)
    {
        lock (_lock)
        {
            if (_states.FirstLive(slotCount) is { } live)
            {
                throw new InvalidOperationException($"Slot {live} is live: the table cannot shrink to {slotCount} slots.");
            }

            if (slotCount < _states.Count)
            {
                _states.Shrink(slotCount);
            }
        }
    }

    /// <summary>
    /// Copies up to <c>target.Length</c> live records that were created after a sequence, in order of creation; says how many.
    /// </summary>
    public int CopyCreatedAfter(ulong createdSequence, Span<(ulong CreatedSequence, Found Record)> target)
    {
        Span<(ulong Sequence, uint Slot)> some = stackalloc (ulong, uint)[64];
        int total = 0;
        lock (_lock)
        {
            while (total < target.Length && _order.Copy(createdSequence, some[..Math.Min(some.Length, target.Length - total)]) is var count and > 0)
            {
                foreach ((ulong sequence, uint slot) in some[..count])
                {
                    SlotState state = _states[slot];
                    target[total++] = (sequence, new Found(slot, state.Location, state.Row));
                    createdSequence = sequence;
                }
            }
        }

        return total;
    }

    internal void EndView()
    {
        lock (_lock)
        {
            _states.EndView();
        }
    }

    private bool AddUnderLock(uint tag, uint slot, RecordLocation location, uint row, ulong createdSequence)
    {
        _order.Add(createdSequence, slot);
        _states[slot] = new SlotState(location, row, tag);
        bool grew = _hash.Add(tag, slot);
        Volatile.Write(ref _count, _count + 1);
        Volatile.Write(ref _changes, _changes + 1);
        return grew;
    }

    private static ulong Mix(ulong value)
    {
        UInt128 product = (UInt128)value * 0xD6E8FEB86659FD93;
        return (ulong)product ^ (ulong)(product >> 64);
    }
}
