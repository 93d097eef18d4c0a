namespace Hypervex.Indexes;

/// <summary>The nearest nodes that pass a filter, the farthest on top: a binary heap in the caller's memory.</summary>
internal unsafe struct ResultHeap(Candidate* items, int capacity)
{
    private readonly Candidate* _items = items;
    private readonly int _capacity = capacity;

    /// <summary>Nodes in the heap.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a further node replaces another one.</summary>
    public readonly bool IsFull => Count == _capacity;

    /// <summary>A rank at or above it does not enter the heap.</summary>
    public readonly float Bound => IsFull ? _items[0].Rank : float.PositiveInfinity;

    /// <summary>Adds a node whose rank is below <see cref="Bound"/>.</summary>
    public void Push(float rank, uint slot)
    {
        if (!IsFull)
        {
            int at = Count++;
            while (at > 0 && _items[(at - 1) >> 1].Rank < rank)
            {
                _items[at] = _items[(at - 1) >> 1];
                at = (at - 1) >> 1;
            }

            _items[at] = new Candidate(rank, slot);
        }
        else
        {
            SiftDown(new Candidate(rank, slot), Count);
        }
    }

    /// <summary>Puts the nodes in order, nearest first; the heap is used up.</summary>
    public readonly Candidate* Sort()
    {
        for (int end = Count - 1; end > 0; end--)
        {
            Candidate farthest = _items[0];
            SiftDown(_items[end], end);
            _items[end] = farthest;
        }

        return _items;
    }

    private readonly void SiftDown(Candidate item, int count)
    {
        int at = 0;
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= count)
            {
                break;
            }

            if (child + 1 < count && _items[child].Rank < _items[child + 1].Rank)
            {
                child++;
            }

            if (_items[child].Rank <= item.Rank)
            {
                break;
            }

            _items[at] = _items[child];
            at = child;
        }

        _items[at] = item;
    }
}
