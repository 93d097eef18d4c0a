using System.Numerics;

namespace Hypervex.Fields;

/// <summary>
/// One value of a field and the slots that have it. Layout: a single slot stands in the object; up to 1,024 stand in one sorted array, 4 bytes each, for
/// few slots are far apart; more stand in a container for each chunk that has any, as sorted 16-bit places up to 4,096 of them, and as 8 KB of bits
/// above (Roaring bitmaps: Lemire et al., arXiv:1603.06549): about 2 bytes a slot, or one bit for each slot of their chunks.
/// Thread safety: one writer, or any readers; the key never changes.
/// </summary>
internal sealed class Posting(byte[] key)
{
    /// <summary>Above it the bits of a chunk are smaller than the places.</summary>
    private const int MostPlaces = 4096;

    /// <summary>Object headers and fields of a posting, its key and its entry in a hash table that is half full.</summary>
    private const int FixedBytes = 160;

    private const int ContainerBytes = 56;

    /// <summary>Slots that one array holds.</summary>
    private const int MostFew = 1024;

    private const int ArrayHeader = 24;

    private Container[] _containers = [];
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

        ref Container container = ref _containers[at];
        long before = container.Bytes;
        if (!container.Remove(SlotChunks.Within(slot)))
        {
            return;
        }

        Count--;
        Bytes += container.Bytes - before;
        if (container.Count == 0)
        {
            Bytes -= container.Bytes;
            _containers.AsSpan(at + 1, _used - at - 1).CopyTo(_containers.AsSpan(at));
            _containers[--_used] = default;
            if (_used == 0)
            {
                Bytes -= _containers.Length * ContainerBytes;
                _containers = [];
            }
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
                Container.SetBit(words, SlotChunks.Within(few[at]));
            }
        }
        else if (_used == 0)
        {
            if (Count == 1 && SlotChunks.Of(_only) == chunk)
            {
                Container.SetBit(words, SlotChunks.Within(_only));
            }
        }
        else if (Find(chunk) is var at and >= 0)
        {
            _containers[at].Or(words);
        }
    }

    /// <summary>How many of the slots are in a set of bits by slot.</summary>
    public long CountIn(ReadOnlySpan<ulong> words)
    {
        long count = 0;
        if (_used == 0)
        {
            ReadOnlySpan<uint> slots = _few is { } few ? few.AsSpan(0, Count) : new ReadOnlySpan<uint>(in _only)[..Count];
            foreach (uint slot in slots)
            {
                count += slot >> 6 < (uint)words.Length && (words[(int)(slot >> 6)] >> (int)(slot & 63) & 1) != 0 ? 1 : 0;
            }

            return count;
        }

        foreach (ref readonly Container container in _containers.AsSpan(0, _used))
        {
            int first = Math.Min(words.Length, container.Chunk * SlotChunks.Words);
            count += container.CountIn(words[first..Math.Min(words.Length, first + SlotChunks.Words)]);
        }

        return count;
    }

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
            foreach (uint one in few)
            {
                AddToContainer(one);
            }

            AddToContainer(slot);
            Count++;
            Bytes -= ArrayHeader + (few.Length * sizeof(uint));
            _few = null;
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

    private bool AddToContainer(uint slot)
    {
        int chunk = SlotChunks.Of(slot);
        int at = Find(chunk);
        if (at < 0)
        {
            at = ~at;
            if (_used == _containers.Length)
            {
                int length = _used == 0 ? 1 : _used * 2;
                Bytes += (length - _used) * ContainerBytes;
                Array.Resize(ref _containers, length);
            }

            _containers.AsSpan(at, _used - at).CopyTo(_containers.AsSpan(at + 1));
            _containers[at] = new Container(chunk);
            _used++;
        }

        ref Container container = ref _containers[at];
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

    /// <summary>The slots of one chunk: places in order, or bits. Invariant: exactly one of both is there once it holds a slot.</summary>
    private struct Container(int chunk)
    {
        private ushort[]? _places;
        private ulong[]? _bits;

        public readonly int Chunk => chunk;

        public int Count { get; private set; }

        public readonly long Bytes => ((_places?.Length ?? 0) * sizeof(ushort)) + ((_bits?.Length ?? 0) * sizeof(ulong));

        public static void SetBit(Span<ulong> words, int place)
        {
            if (place >> 6 < words.Length)
            {
                words[place >> 6] |= 1UL << (place & 63);
            }
        }

        public bool Add(int place)
        {
            if (_bits is { } bits)
            {
                ulong bit = 1UL << (place & 63);
                bool isNew = (bits[place >> 6] & bit) == 0;
                bits[place >> 6] |= bit;
                Count += isNew ? 1 : 0;
                return isNew;
            }

            ushort[] places = _places ??= new ushort[4];
            int at = places.AsSpan(0, Count).BinarySearch((ushort)place);
            if (at >= 0)
            {
                return false;
            }

            if (Count == MostPlaces)
            {
                ToBits(places);
                return Add(place);
            }

            if (Count == places.Length)
            {
                Array.Resize(ref _places, Math.Min(MostPlaces, Count * 2));
                places = _places;
            }

            places.AsSpan(~at, Count - ~at).CopyTo(places.AsSpan(~at + 1));
            places[~at] = (ushort)place;
            Count++;
            return true;
        }

        public bool Remove(int place)
        {
            if (_bits is { } bits)
            {
                ulong bit = 1UL << (place & 63);
                bool wasThere = (bits[place >> 6] & bit) != 0;
                bits[place >> 6] &= ~bit;
                Count -= wasThere ? 1 : 0;
                if (wasThere && Count == MostPlaces / 2)
                {
                    ToPlaces(bits);
                }

                return wasThere;
            }

            int at = _places.AsSpan(0, Count).BinarySearch((ushort)place);
            if (at < 0)
            {
                return false;
            }

            _places.AsSpan(at + 1, Count - at - 1).CopyTo(_places.AsSpan(at));
            Count--;
            return true;
        }

        public readonly void Or(Span<ulong> words)
        {
            if (_bits is { } bits)
            {
                SlotChunks.Or(words, bits);
                return;
            }

            foreach (ushort place in _places.AsSpan(0, Count))
            {
                SetBit(words, place);
            }
        }

        public readonly long CountIn(ReadOnlySpan<ulong> words)
        {
            long count = 0;
            if (_bits is { } bits)
            {
                for (int word = 0; word < words.Length; word++)
                {
                    count += BitOperations.PopCount(words[word] & bits[word]);
                }

                return count;
            }

            foreach (ushort place in _places.AsSpan(0, Count))
            {
                count += place >> 6 < words.Length && (words[place >> 6] >> (place & 63) & 1) != 0 ? 1 : 0;
            }

            return count;
        }

        private void ToBits(ReadOnlySpan<ushort> places)
        {
            var bits = new ulong[SlotChunks.Words];
            foreach (ushort place in places[..Count])
            {
                SetBit(bits, place);
            }

            (_places, _bits) = (null, bits);
        }

        // At half of what made them bits: a value that goes up and down around one number is not laid out anew each time.
        private void ToPlaces(ulong[] bits)
        {
            var places = new ushort[MostPlaces];
            int count = 0;
            for (int word = 0; word < bits.Length; word++)
            {
                for (ulong rest = bits[word]; rest != 0; rest &= rest - 1)
                {
                    places[count++] = (ushort)((word * 64) + BitOperations.TrailingZeroCount(rest));
                }
            }

            (_places, _bits) = (places, null);
        }
    }
}
