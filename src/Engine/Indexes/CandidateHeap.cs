using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// The nodes that a filtered walk may expand, nearest on top: a binary heap of bounded size in the caller's memory. When it
/// is full the new node is dropped, which costs a walk of that length nothing it would notice.
/// </summary>
internal unsafe struct CandidateHeap(Candidate* items, int capacity)
{
    private readonly Candidate* _items = items;
    private readonly int _capacity = capacity;
    private int _count;

    /// <summary>Adds a node.</summary>
    public void Push(float rank, uint slot)
    {
        if (_count == _capacity)
        {
            return;
        }

        int at = _count++;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (_items[parent].Rank <= rank)
            {
                break;
            }

            _items[at] = _items[parent];
            at = parent;
        }

        _items[at] = new Candidate(rank, slot);
    }

    /// <summary>Takes the nearest node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPop(out Candidate nearest)
    {
        if (_count == 0)
        {
            nearest = default;
            return false;
        }

        nearest = _items[0];
        Candidate last = _items[--_count];
        int at = 0;
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _items[child + 1].Rank < _items[child].Rank)
            {
                child++;
            }

            if (last.Rank <= _items[child].Rank)
            {
                break;
            }

            _items[at] = _items[child];
            at = child;
        }

        _items[at] = last;
        return true;
    }
}
