namespace Hypervex.Storage;

/// <summary>What is kept of a slot: where its record's frame stands (zero when the slot is free), the row's identity and the id's tag. 16 bytes.</summary>
internal readonly record struct SlotState(RecordLocation Location, uint Row, uint Tag)
{
    public bool IsLive => Location.Packed != 0;
}

/// <summary>
/// The states of a partition's slots: SlotState[slotCount] in blocks of 256 that never move and that begin to exist with the first live slot in
/// them. A frozen view shares the blocks; whoever changes a block that a view may hold clones it first.
/// Invariants: (1) slots at and above <see cref="Count"/> are free; (2) <c>_version</c> is odd exactly while a state or the list of blocks changes.
/// Thread safety: one thread at a time, except for <see cref="TryReadAlone"/>, which takes no lock.
/// </summary>
internal sealed class SlotStates
{
    private const int BlockBits = 8;
    private const int BlockSlots = 1 << BlockBits;
    private const int BlockBytes = (BlockSlots * 16) + 24;
    private const int BytesPerListed = sizeof(ulong) + sizeof(int);

    private SlotState[]?[] _blocks = new SlotState[]?[4];
    private int[] _ages = new int[4];
    private int _allocated;
    private int _cloned;
    private int _freezes;
    private int _views;
    private int _version;
    private uint _count;

    /// <summary>Slots ever handed out, without those that were forgotten again.</summary>
    public uint Count => Volatile.Read(ref _count);

    /// <summary>Memory held, the blocks that only views still see included.</summary>
    public long SizeBytes => ((long)(_allocated + _cloned) * BlockBytes) + ((long)_blocks.Length * BytesPerListed);

    /// <summary>The state of a slot; that of a free one when it was never handed out.</summary>
    public SlotState this[uint slot]
    {
        get => Read(_blocks, slot);
        set
        {
            BeginChange();
            Set(slot, value);
            EndChange();
        }
    }

    /// <summary>Frees one slot and sets another in one change: no reader sees both of them live, or neither.</summary>
    public void Move(uint from, uint to, SlotState state)
    {
        BeginChange();
        Set(to, state);
        Delays.Here();
        Set(from, default);
        EndChange();
    }

    /// <summary>Reads a state without a lock; false when a change came in between, so that the caller asks again under its lock.</summary>
    public bool TryReadAlone(uint slot, out SlotState state)
    {
        int before = Volatile.Read(ref _version);
        state = Read(Volatile.Read(ref _blocks), slot);
        Delays.Here();
        Volatile.ReadBarrier();
        return (before & 1) == 0 && before == _version;
    }

    /// <summary>Hands out slots that were never used; the first of so many that follow each other.</summary>
    public uint Take(int count)
    {
        uint slot = _count;
        GrowTo(checked(slot + (uint)count));
        return slot;
    }

    /// <summary>Makes the slots below a number known as handed out.</summary>
    public void GrowTo(uint count)
    {
        int blocks = (int)((count + (ulong)BlockSlots - 1) >> BlockBits);
        if (blocks > _blocks.Length)
        {
            int length = Math.Max(blocks, _blocks.Length * 2);
            Array.Resize(ref _ages, length);
            SlotState[]?[] longer = _blocks;
            Array.Resize(ref longer, length);
            Volatile.Write(ref _blocks, longer);
        }

        Volatile.Write(ref _count, Math.Max(_count, count));
    }

    /// <summary>Forgets the slots at and above a number; all of them are free.</summary>
    public void Shrink(uint count)
    {
        int keep = (int)((count + (ulong)BlockSlots - 1) >> BlockBits);
        for (int number = keep; number < _blocks.Length; number++)
        {
            if (_blocks[number] is not null)
            {
                Release(number);
            }
        }

        if (keep * 4 < _blocks.Length && _blocks.Length > 4)
        {
            int length = Math.Max(4, keep);
            Array.Resize(ref _ages, length);
            SlotState[]?[] shorter = _blocks;
            Array.Resize(ref shorter, length);
            Volatile.Write(ref _blocks, shorter);
        }

        Volatile.Write(ref _count, count);
    }

    /// <summary>The first slot at or above a number that is live and below <see cref="Count"/>; null when there is none.</summary>
    public uint? FirstLive(uint from)
    {
        for (ulong slot = from; slot < _count;)
        {
            if (_blocks[slot >> BlockBits] is not { } block)
            {
                slot = ((slot >> BlockBits) + 1) << BlockBits;
            }
            else if (block[slot & (BlockSlots - 1)].IsLive)
            {
                return (uint)slot;
            }
            else
            {
                slot++;
            }
        }

        return null;
    }

    /// <summary>Starts a view: every block that exists now stays as it is until <see cref="EndView"/>.</summary>
    public SlotState[]?[] BeginView()
    {
        _freezes++;
        _views++;
        return [.. _blocks.AsSpan(0, (int)((_count + (ulong)BlockSlots - 1) >> BlockBits))];
    }

    public void EndView()
    {
        if (--_views == 0)
        {
            _cloned = 0; // the copies that the views held are theirs alone, and go with them
        }
    }

    /// <summary>The state of a slot in a list of blocks.</summary>
    public static SlotState Read(SlotState[]?[] blocks, uint slot)
    {
        uint number = slot >> BlockBits;
        return number < (uint)blocks.Length && blocks[number] is { } block ? block[slot & (BlockSlots - 1)] : default;
    }

    private void BeginChange()
    {
        _version++;
        Volatile.WriteBarrier();
    }

    private void EndChange() => Volatile.Write(ref _version, _version + 1);

    private void Set(uint slot, SlotState state)
    {
        var number = (int)(slot >> BlockBits);
        SlotState[] block = Owned(number);
        block[slot & (BlockSlots - 1)] = state;
        _blocks[number] = block;
    }

    private SlotState[] Owned(int number)
    {
        SlotState[]? block = _blocks[number];
        if (block is null)
        {
            block = new SlotState[BlockSlots];
            _allocated++;
            _ages[number] = _freezes;
        }
        else if (_views > 0 && _ages[number] != _freezes)
        {
            block = [.. block];
            _cloned++;
            _ages[number] = _freezes;
        }

        return block;
    }

    private void Release(int number)
    {
        if (_views > 0 && _ages[number] != _freezes)
        {
            _cloned++;
        }

        _allocated--;
        BeginChange();
        _blocks[number] = null;
        EndChange();
    }
}
