using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
    // Candidates of a vector, and the lanes in which it holds their ranks.
    private const int Block = 4;
    private const uint RankLanes = 0b1010_1010;

    // A vector that is read across two fresh writes waits for both of them to reach the cache: worth it only for many places.
    private const int FewMoved = 24;

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

        int end = Math.Min(Count, _width - 1);
        int at = MakePlace(rank, end);
        _items[at] = new Candidate(rank, slot);
        Count = end + 1;
        _next = Math.Min(_next, at);
        return true;
    }

    /// <summary>Whether a further node replaces another one.</summary>
    public readonly bool IsFull
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Count == _width;
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

    // Moves those of greater rank up by one, from the end: one after the other where they are few, then four at once.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int MakePlace(float rank, int end)
    {
        int few = Math.Max(0, end - FewMoved);
        int at = end;
        for (; at > few; at--)
        {
            if (!(_items[at - 1].Rank > rank))
            {
                return at;
            }

            _items[at] = _items[at - 1];
        }

        return at == 0 ? at : MakePlaceFarther(rank, at);
    }

    private readonly int MakePlaceFarther(float rank, int end)
    {
        Vector256<float> bound = Vector256.Create(rank);
        int at = end;
        for (; at >= Block; at -= Block)
        {
            Vector256<float> block = Vector256.Load((float*)(_items + at - Block));
            if ((Vector256.GreaterThan(block, bound).ExtractMostSignificantBits() & RankLanes) != RankLanes)
            {
                break;
            }

            block.Store((float*)(_items + at - Block + 1));
        }

        for (; at > 0 && _items[at - 1].Rank > rank; at--)
        {
            _items[at] = _items[at - 1];
        }

        return at;
    }
}
