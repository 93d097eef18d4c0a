namespace Hypervex.Fields;

/// <summary>
/// One value of a field and the slots that have it. Layout: a single slot stands in the object; up to 1,024 stand in one sorted array, 4 bytes each, for
/// few slots are far apart; more stand in a container for each chunk that has any, as sorted 16-bit places up to 4,096 of them, and as 8 KB of bits
/// above (Roaring bitmaps: Lemire et al., arXiv:1603.06549): about 2 bytes a slot, or one bit for each slot of their chunks.
/// Thread safety: one writer, or any readers; the key never changes.
/// </summary>
internal sealed class Posting(byte[] key)
{
    /// <summary>Object headers and fields of a posting, its key and its entry in a hash table that is half full.</summary>
    private const int FixedBytes = 160;

    private const int ContainerBytes = 56;

    /// <summary>Slots that one array holds.</summary>
    private const int MostFew = 1024;

    private const int ArrayHeader = 24;

    private PostingContainer[] _containers = [];
    private int _used;
    private uint[]? _few;
    private uint _only;

    /// <summary>The value.</summary>
    public byte[] Key { get; } = key;

    /// <summary>Slots that have the value.</summary>
    public int Count { get; private set; }

    /// <summary>Memory, in bytes.</summary>
    public long Bytes { get; private set; } = FixedBytes + key.Length;

    public void Add(uint slot)
    {
        if (_used > 0)
        {
            Count += AddToContainer(slot) ? 1 : 0;
        }
        else if (_few is not null)
        {
            AddToFew(slot);
        }
        else if (Count == 0)
        {
            _only = slot;
            Count = 1;
        }
        else if (_only != slot)
        {
            _few = new uint[4];
            _few[0] = _only;
            Bytes += ArrayHeader + (_few.Length * sizeof(uint));
            AddToFew(slot);
        }
    }

    public void Remove(uint slot)
    {
        if (_few is not null)
        {
            RemoveFromFew(slot);
            return;
        }

        if (_used == 0)
        {
            Count -= Count == 1 && _only == slot ? 1 : 0;
            return;
        }

        int at = Find(SlotChunks.Of(slot));
        if (at < 0)
        {
            return;
        }

        ref PostingContainer container = ref _containers[at];
        long before = container.Bytes;
        if (!container.Remove(SlotChunks.Within(slot)))
        {
            return;
        }

        Count--;
        Bytes += container.Bytes - before;
        if (container.Count == 0)
        {
            TakeOut(at);
        }
    }

    /// <summary>Adds the slots of a chunk to a set.</summary>
    public void Or(int chunk, Span<ulong> words)
    {
        if (_few is { } few)
        {
            uint first = (uint)chunk * SlotChunks.Slots;
            int at = few.AsSpan(0, Count).BinarySearch(first);
            for (at = at < 0 ? ~at : at; at < Count && SlotChunks.Of(few[at]) == chunk; at++)
            {
                PostingContainer.SetBit(words, SlotChunks.Within(few[at]));
            }
        }
        else if (_used == 0)
        {
            if (Count == 1 && SlotChunks.Of(_only) == chunk)
            {
                PostingContainer.SetBit(words, SlotChunks.Within(_only));
            }
        }
        else if (Find(chunk) is var at and >= 0)
        {
            _containers[at].Or(words);
        }
    }

    /// <summary>The first chunk, from one on, that has slots; -1 when there is none.</summary>
    public int NextChunk(int from)
    {
        if (_used > 0)
        {
            int at = Find(from);
            at = at < 0 ? ~at : at;
            return at < _used ? _containers[at].Chunk : -1;
        }

        ReadOnlySpan<uint> slots = Few;
        int first = from > SlotChunks.Of(uint.MaxValue) ? ~slots.Length : slots.BinarySearch((uint)from * SlotChunks.Slots);
        first = first < 0 ? ~first : first;
        return first < slots.Length ? SlotChunks.Of(slots[first]) : -1;
    }

    /// <summary>Copies the slots of a chunk: as places, or as bits when they are more than <see cref="PostingContainer.MostPlaces"/>; says how many.</summary>
    public int CopyPlaces(int chunk, Span<ushort> places, out ReadOnlySpan<ulong> bits)
    {
        bits = default;
        if (_used > 0)
        {
            int at = Find(chunk);
            return at < 0 ? 0 : _containers[at].CopyPlaces(places, out bits);
        }

        int count = 0;
        foreach (uint slot in Few)
        {
            if (SlotChunks.Of(slot) == chunk)
            {
                places[count++] = (ushort)SlotChunks.Within(slot);
            }
        }

        return count;
    }

    /// <summary>Adds places of a chunk above all others.</summary>
    public void Append(int chunk, ReadOnlySpan<ushort> places)
    {
        if (_used == 0 && Count + places.Length <= MostFew)
        {
            foreach (ushort place in places)
            {
                Add(((uint)chunk * SlotChunks.Slots) + place);
            }
        }
        else
        {
            Append(new PostingContainer(chunk, places));
        }
    }

    /// <summary>Adds the slots of a chunk above all others, which are bits.</summary>
    public void Append(int chunk, ReadOnlySpan<ulong> bits) => Append(new PostingContainer(chunk, bits));

    /// <summary>Removes the slots that a set has.</summary>
    public void RemoveAll(ChunkedBits slots)
    {
        if (_used == 0)
        {
            uint[] before = Few.ToArray();
            foreach (uint slot in before)
            {
                if (slots.Contains(slot))
                {
                    Remove(slot);
                }
            }

            return;
        }

        for (int at = _used - 1; at >= 0; at--)
        {
            ref PostingContainer container = ref _containers[at];
            (int count, long bytes) = (container.Count, container.Bytes);
            container.RemoveAll(slots.Chunk(container.Chunk));
            Count -= count - container.Count;
            Bytes += container.Bytes - bytes;
            if (container.Count == 0)
            {
                TakeOut(at);
            }
        }
    }

    /// <summary>How many of the slots are in a set of bits by slot.</summary>
    public long CountIn(ReadOnlySpan<ulong> words)
    {
        long count = 0;
        if (_used == 0)
        {
            foreach (uint slot in Few)
            {
                count += slot >> 6 < (uint)words.Length && (words[(int)(slot >> 6)] >> (int)(slot & 63) & 1) != 0 ? 1 : 0;
            }

            return count;
        }

        foreach (ref readonly PostingContainer container in _containers.AsSpan(0, _used))
        {
            int first = Math.Min(words.Length, container.Chunk * SlotChunks.Words);
            count += container.CountIn(words[first..Math.Min(words.Length, first + SlotChunks.Words)]);
        }

        return count;
    }

    /// <summary>The slots while there are no containers.</summary>
    private ReadOnlySpan<uint> Few => _few is { } few ? few.AsSpan(0, Count) : new ReadOnlySpan<uint>(in _only)[..Count];

    private void AddToFew(uint slot)
    {
        uint[] few = _few!;
        int at = few.AsSpan(0, Count).BinarySearch(slot);
        if (at >= 0)
        {
            return;
        }

        if (Count == MostFew)
        {
            FewToContainers();
            AddToContainer(slot);
            Count++;
            return;
        }

        if (Count == few.Length)
        {
            Bytes += few.Length * sizeof(uint);
            Array.Resize(ref _few, few.Length * 2);
            few = _few;
        }

        few.AsSpan(~at, Count - ~at).CopyTo(few.AsSpan(~at + 1));
        few[~at] = slot;
        Count++;
    }

    private void RemoveFromFew(uint slot)
    {
        uint[] few = _few!;
        int at = few.AsSpan(0, Count).BinarySearch(slot);
        if (at < 0)
        {
            return;
        }

        few.AsSpan(at + 1, Count - at - 1).CopyTo(few.AsSpan(at));
        Count--;
        if (Count == 0)
        {
            Bytes -= ArrayHeader + (few.Length * sizeof(uint));
            _few = null;
        }
    }

    private void FewToContainers()
    {
        foreach (uint one in Few)
        {
            AddToContainer(one);
        }

        Bytes -= _few is { } few ? ArrayHeader + (few.Length * sizeof(uint)) : 0;
        _few = null;
    }

    private void Append(PostingContainer container)
    {
        if (_used == 0)
        {
            FewToContainers();
        }

        PutIn(_used, container);
        Bytes += container.Bytes;
        Count += container.Count;
    }

    private void PutIn(int at, PostingContainer container)
    {
        if (_used == _containers.Length)
        {
            int length = _used == 0 ? 1 : _used * 2;
            Bytes += (length - _used) * ContainerBytes;
            Array.Resize(ref _containers, length);
        }

        _containers.AsSpan(at, _used - at).CopyTo(_containers.AsSpan(at + 1));
        _containers[at] = container;
        _used++;
    }

    /// <summary>Takes out a container that has become empty.</summary>
    private void TakeOut(int at)
    {
        Bytes -= _containers[at].Bytes;
        _containers.AsSpan(at + 1, _used - at - 1).CopyTo(_containers.AsSpan(at));
        _containers[--_used] = default;
        if (_used == 0)
        {
            Bytes -= _containers.Length * ContainerBytes;
            _containers = [];
        }
    }

    private bool AddToContainer(uint slot)
    {
        int chunk = SlotChunks.Of(slot);
        int at = Find(chunk);
        if (at < 0)
        {
            at = ~at;
            PutIn(at, new PostingContainer(chunk));
        }

        ref PostingContainer container = ref _containers[at];
        long before = container.Bytes;
        bool added = container.Add(SlotChunks.Within(slot));
        Bytes += container.Bytes - before;
        return added;
    }

    private int Find(int chunk)
    {
        int low = 0;
        int high = _used - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int found = _containers[middle].Chunk;
            if (found == chunk)
            {
                return middle;
            }

            (low, high) = found < chunk ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
