using System.Runtime.InteropServices;

namespace Hypervex.Indexes;

/// <summary>
/// Memory for one <see cref="Visited"/> at a time. A set is cleared when the next one is asked for: bit by bit where its walk met few nodes of many, so that a search does not take time
/// in proportion to the collection.
/// </summary>
/// <remarks>Invariant: all words are zero but for those of the set that was given out last. Thread safety: one thread at a time.</remarks>
internal sealed unsafe class VisitedMemory : IDisposable
{
    // A guess: clearing a word somewhere as long as clearing a line of them in a row.
    private const int WordsPerNote = 8;

    private readonly NativeBuffer<ulong> _words = new();
    private readonly NativeBuffer<uint> _noted = new();
    private uint _slotCount;
    private uint _capacity;
    private bool _isUsed;

    /// <summary>Bytes held.</summary>
    public long Bytes => _words.Bytes + _noted.Bytes;

    /// <summary>An empty set; the one before is void.</summary>
    /// <param name="slotCount">Slots at and above it are outside of the walk.</param>
    public Visited Take(uint slotCount)
    {
        Clear();
        int words = Visited.Words(slotCount);
        bool grows = words > _words.Length;
        ulong* memory = _words.Take(words);
        if (grows)
        {
            NativeMemory.Clear(memory, (nuint)_words.Bytes);
        }

        uint capacity = (uint)(words / WordsPerNote);
        uint* noted = _noted.Take((int)capacity + 1);
        *noted = 0;
        (_slotCount, _capacity, _isUsed) = (slotCount, capacity, true);
        return new Visited(memory, slotCount, noted, capacity);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _words.Dispose();
        _noted.Dispose();
        _isUsed = false;
    }

    private void Clear()
    {
        if (!_isUsed)
        {
            return;
        }

        ulong* words = _words.Take(0);
        uint* noted = _noted.Take(0);
        uint count = *noted;
        if (count > _capacity)
        {
            NativeMemory.Clear(words, (nuint)Visited.Words(_slotCount) * sizeof(ulong));
            return;
        }

        for (uint i = 1; i <= count; i++)
        {
            words[noted[i] >> 6] = 0;
        }

        words[_slotCount >> 6] = 0;
    }
}
