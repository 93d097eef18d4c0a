using System.Numerics;

namespace Hypervex.Fields;

/// <summary>
/// The slots of one chunk that have a value: sorted 16-bit places up to 4,096 of them, 8 KB of bits above. Invariant: exactly one of both is there once
/// it holds a slot. Thread safety: as its <see cref="Posting"/>.
/// </summary>
internal struct PostingContainer(int chunk)
{
    /// <summary>Above it the bits of a chunk are smaller than the places.</summary>
    public const int MostPlaces = 4096;

    private ushort[]? _places;
    private ulong[]? _bits;

    /// <summary>A container with places, in order.</summary>
    public PostingContainer(int chunk, ReadOnlySpan<ushort> places)
        : this(chunk)
    {
        _places = places.ToArray();
        Count = places.Length;
    }

    /// <summary>A container with bits, of which more than <see cref="MostPlaces"/> are set.</summary>
    public PostingContainer(int chunk, ReadOnlySpan<ulong> bits)
        : this(chunk)
    {
        _bits = bits.ToArray();
        Count = (int)CountOf(bits);
    }

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

    /// <summary>Removes the places that a set of bits has.</summary>
    public void RemoveAll(ReadOnlySpan<ulong> words)
    {
        if (_bits is { } bits)
        {
            SlotChunks.AndNot(bits, words);
            Count = (int)CountOf(bits);
            if (Count <= MostPlaces / 2)
            {
                ToPlaces(bits);
            }

            return;
        }

        int kept = 0;
        foreach (ushort place in _places.AsSpan(0, Count))
        {
            if (place >> 6 >= words.Length || (words[place >> 6] >> (place & 63) & 1) == 0)
            {
                _places![kept++] = place;
            }
        }

        Count = kept;
    }

    /// <summary>Copies the places, up to <see cref="MostPlaces"/>; of more it gives the bits. Says how many there are.</summary>
    public readonly int CopyPlaces(Span<ushort> places, out ReadOnlySpan<ulong> bits)
    {
        bits = Count > MostPlaces ? _bits : default;
        if (Count > MostPlaces)
        {
            return Count;
        }

        if (_bits is { } words)
        {
            return Places(words, places);
        }

        _places.AsSpan(0, Count).CopyTo(places);
        return Count;
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
        Places(bits, places);
        (_places, _bits) = (places, null);
    }

    private static int Places(ReadOnlySpan<ulong> bits, Span<ushort> places)
    {
        int count = 0;
        for (int word = 0; word < bits.Length; word++)
        {
            for (ulong rest = bits[word]; rest != 0; rest &= rest - 1)
            {
                places[count++] = (ushort)((word * 64) + BitOperations.TrailingZeroCount(rest));
            }
        }

        return count;
    }

    private static long CountOf(ReadOnlySpan<ulong> bits)
    {
        long count = 0;
        foreach (ulong word in bits)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }
}
