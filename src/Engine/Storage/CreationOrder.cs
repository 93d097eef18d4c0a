namespace Hypervex.Storage;

/// <summary>
/// Live records in the order in which they were created: created sequence (8 bytes) and slot (4), sorted by sequence, in blocks of up to 512.
/// A block that has lost a quarter of its entries gives the space back; two neighbours that fit into one become one. So a change moves at most
/// one block's entries, whatever the size of the whole.
/// Invariants: (1) no block is empty; (2) sequences grow strictly through the blocks. Thread safety: one thread at a time.
/// </summary>
internal sealed class CreationOrder
{
    private const int SmallestCapacity = 16;
    private const int BlockCapacity = 512;
    private const int MergeAtMost = BlockCapacity * 3 / 4;
    private const int EntryBytes = sizeof(ulong) + sizeof(uint);

    /// <summary>Object headers of a block and its two arrays, and its place in the list.</summary>
    private const int BlockOverheadBytes = 40 + 24 + 24 + 8;

    private readonly List<Block> _blocks = [];
    private long _capacity;

    private sealed class Block(int capacity)
    {
        public ulong[] Sequences = new ulong[capacity];
        public uint[] Slots = new uint[capacity];
        public int Count;
    }

    public long SizeBytes => (_capacity * EntryBytes) + ((long)_blocks.Count * (BlockOverheadBytes - 8)) + (_blocks.Capacity * 8L);

    /// <summary>Adds a record; no other one has its sequence.</summary>
    public void Add(ulong sequence, uint slot)
    {
        int number = BlockOf(sequence);
        if (number < 0)
        {
            number = 0;
            if (_blocks.Count == 0)
            {
                _blocks.Add(NewBlock(SmallestCapacity));
            }
        }

        Block block = _blocks[number];
        int at = block.Count == 0 || block.Sequences[block.Count - 1] < sequence ? block.Count : ~Array.BinarySearch(block.Sequences, 0, block.Count, sequence);
        if (at < 0)
        {
            throw new HypervexException(ErrorCode.Damaged, $"Two live records say that they were created at sequence {sequence}. Run `hypervex verify`.");
        }

        if (block.Count == BlockCapacity)
        {
            Block next = NewBlock(BlockCapacity);
            _blocks.Insert(number + 1, next);
            if (at == BlockCapacity)
            {
                at = 0; // records mostly come in order: a full block stays full
                block = next;
            }
            else
            {
                Move(block, BlockCapacity / 2, next);
                if (at > block.Count)
                {
                    at -= block.Count;
                    block = next;
                }
            }
        }

        if (block.Count == block.Sequences.Length)
        {
            Resize(block, Math.Min(BlockCapacity, block.Count * 2));
        }

        block.Sequences.AsSpan(at, block.Count - at).CopyTo(block.Sequences.AsSpan(at + 1));
        block.Slots.AsSpan(at, block.Count - at).CopyTo(block.Slots.AsSpan(at + 1));
        block.Sequences[at] = sequence;
        block.Slots[at] = slot;
        block.Count++;
    }

    /// <summary>Says that a record has moved to another slot.</summary>
    public void Set(ulong sequence, uint slot)
    {
        (Block block, int at, _) = Find(sequence);
        block.Slots[at] = slot;
    }

    /// <summary>Removes the record of a sequence.</summary>
    public void Remove(ulong sequence)
    {
        (Block block, int at, int number) = Find(sequence);
        block.Count--;
        block.Sequences.AsSpan(at + 1, block.Count - at).CopyTo(block.Sequences.AsSpan(at));
        block.Slots.AsSpan(at + 1, block.Count - at).CopyTo(block.Slots.AsSpan(at));
        if (block.Count == 0)
        {
            _blocks.RemoveAt(number);
            _capacity -= block.Sequences.Length;
        }
        else if (!TryMerge(number - 1) && !TryMerge(number) && block.Count * 4 < block.Sequences.Length * 3 && block.Sequences.Length > SmallestCapacity)
        {
            Resize(block, Math.Max(SmallestCapacity, block.Count));
        }
    }

    /// <summary>Copies records that were created after a sequence, in order; says how many.</summary>
    public int Copy(ulong after, Span<(ulong Sequence, uint Slot)> target)
    {
        int count = 0;
        for (int number = Math.Max(0, BlockOf(after)); number < _blocks.Count && count < target.Length; number++)
        {
            Block block = _blocks[number];
            int at = 0;
            if (block.Sequences[0] <= after)
            {
                at = Array.BinarySearch(block.Sequences, 0, block.Count, after);
                at = at < 0 ? ~at : at + 1;
            }

            for (; at < block.Count && count < target.Length; at++)
            {
                target[count++] = (block.Sequences[at], block.Slots[at]);
            }
        }

        return count;
    }

    private (Block Block, int At, int Number) Find(ulong sequence)
    {
        int number = BlockOf(sequence);
        int at = number < 0 ? -1 : Array.BinarySearch(_blocks[number].Sequences, 0, _blocks[number].Count, sequence);
        return at >= 0
            ? (_blocks[number], at, number)
            : throw new HypervexException(ErrorCode.Damaged, $"A record says that it was created at sequence {sequence}, which the record table does not know. Run `hypervex verify`.");
    }

    /// <summary>The last block whose first sequence is not greater; -1 when there is none.</summary>
    private int BlockOf(ulong sequence)
    {
        int low = 0;
        int high = _blocks.Count;
        if (high > 0 && _blocks[^1].Sequences[0] <= sequence)
        {
            return high - 1;
        }

        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_blocks[middle].Sequences[0] <= sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private bool TryMerge(int number)
    {
        if (number < 0 || number + 1 >= _blocks.Count || _blocks[number].Count + _blocks[number + 1].Count > MergeAtMost)
        {
            return false;
        }

        Block block = _blocks[number];
        Block next = _blocks[number + 1];
        int count = block.Count;
        Resize(block, count + next.Count);
        next.Sequences.AsSpan(0, next.Count).CopyTo(block.Sequences.AsSpan(count));
        next.Slots.AsSpan(0, next.Count).CopyTo(block.Slots.AsSpan(count));
        block.Count = count + next.Count;
        _blocks.RemoveAt(number + 1);
        _capacity -= next.Sequences.Length;
        return true;
    }

    private Block NewBlock(int capacity)
    {
        _capacity += capacity;
        return new Block(capacity);
    }

    private void Resize(Block block, int capacity)
    {
        _capacity += capacity - block.Sequences.Length;
        Array.Resize(ref block.Sequences, capacity);
        Array.Resize(ref block.Slots, capacity);
    }

    private static void Move(Block source, int from, Block target)
    {
        int count = source.Count - from;
        source.Sequences.AsSpan(from, count).CopyTo(target.Sequences);
        source.Slots.AsSpan(from, count).CopyTo(target.Slots);
        target.Count = count;
        source.Count = from;
    }
}
