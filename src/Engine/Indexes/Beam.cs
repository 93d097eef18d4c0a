using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// The nearest nodes seen so far in ascending order of rank, at most <c>width</c> of them, each expanded or not. One
/// structure serves as the candidate heap and the result heap of the HNSW paper: a node that falls off the end would be
/// neither a result nor worth expanding.
/// </summary>
/// <remarks>
/// Memory: Candidate[width + 1] of the caller. Invariant: all items before <c>_next</c> are expanded.
/// Thread safety: one thread.
/// </remarks>
internal unsafe struct Beam(Candidate* items, int width, int count = 0)
{
    private readonly Candidate* _items = items;
    private readonly int _width = width;
    private int _next;

    /// <summary>Nodes in the beam.</summary>
    public int Count { get; private set; } = count;

    /// <summary>The nodes, nearest first.</summary>
    public readonly Candidate* Items => _items;

    /// <summary>A rank at or above it does not enter the beam.</summary>
    public readonly float Bound
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Count < _width ? float.PositiveInfinity : _items[_width - 1].Rank;
    }

    /// <summary>Puts a node in its place, behind those of equal rank.</summary>
    /// <returns>Whether it entered the beam.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Insert(float rank, uint slot)
    {
        if (Count == _width && !(rank < _items[_width - 1].Rank))
        {
            return false;
        }

        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_items[middle].Rank <= rank)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        int moved = Math.Min(Count, _width - 1) - low;
        new ReadOnlySpan<Candidate>(_items + low, moved).CopyTo(new Span<Candidate>(_items + low + 1, moved));
        _items[low] = new Candidate(rank, slot);
        Count = Math.Min(Count + 1, _width);
        _next = Math.Min(_next, low);
        return true;
    }

    /// <summary>Keeps only the first nodes.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>Takes the nearest node that has not been expanded, and marks it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeNearest(out uint slot)
    {
        while (_next < Count)
        {
            Candidate* item = _items + _next++;
            if (!item->IsExpanded)
            {
                slot = item->Slot;
                item->MarkExpanded();
                return true;
            }
        }

        slot = 0;
        return false;
    }
}
