namespace Hypervex.Indexes;

/// <summary>
/// The best hits seen so far, kept in the caller's span as a heap with the worst one on top (Floyd; Williams, CACM 1964),
/// so that choosing k of n costs O(n log k) and no memory.
/// </summary>
/// <param name="hits">The places.</param>
/// <param name="farthest">Hits beyond this distance are not kept.</param>
internal ref struct TopHits(Span<SlotHit> hits, float farthest = float.PositiveInfinity)
{
    private readonly Span<SlotHit> _hits = hits;
    private readonly float _farthest = farthest;

    /// <summary>Hits kept.</summary>
    public int Count { get; private set; }

    /// <summary>The distance that a row must not exceed to be kept; while there is room only that of the farthest hit asked for.</summary>
    public readonly float Bound => Count < _hits.Length ? _farthest : _hits[0].Distance;

    /// <summary>Keeps a hit if it is among the best.</summary>
    public void Offer(SlotHit hit)
    {
        if (hit.Distance > _farthest)
        {
            return;
        }

        if (Count < _hits.Length)
        {
            SiftUp(Count++, hit);
        }
        else if (_hits.Length > 0 && hit.IsBefore(_hits[0]))
        {
            SiftDown(hit, Count);
        }
    }

    /// <summary>Puts the hits in order, nearest first. Nothing may be offered afterwards.</summary>
    public readonly Span<SlotHit> Sort()
    {
        for (int end = Count - 1; end > 0; end--)
        {
            SlotHit worst = _hits[0];
            SiftDown(_hits[end], end);
            _hits[end] = worst;
        }

        return _hits[..Count];
    }

    private readonly void SiftUp(int at, SlotHit hit)
    {
        while (at > 0)
        {
            int parent = (at - 1) / 2;
            if (!_hits[parent].IsBefore(hit))
            {
                break;
            }

            _hits[at] = _hits[parent];
            at = parent;
        }

        _hits[at] = hit;
    }

    private readonly void SiftDown(SlotHit hit, int count)
    {
        int at = 0;
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= count)
            {
                break;
            }

            if (child + 1 < count && _hits[child].IsBefore(_hits[child + 1]))
            {
                child++;
            }

            if (!hit.IsBefore(_hits[child]))
            {
                break;
            }

            _hits[at] = _hits[child];
            at = child;
        }

        _hits[at] = hit;
    }
}
