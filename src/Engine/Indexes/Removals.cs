using System.Collections.Concurrent;

namespace Hypervex.Indexes;

/// <summary>
/// Takes removed nodes out of the graph, many at a time because each pass looks at all links, and gives their slots back.
/// </summary>
/// <remarks>
/// The passage of a batch: <em>waiting</em> → marked as leaving; once nobody is left who may still write a link to them →
/// unlinked; once nobody is left who may still walk over them → released, their slots may be taken.
/// Thread safety: all members from any thread; one thread at a time advances the batch, others pass by.
/// </remarks>
internal sealed class Removals(HnswGraph graph, ScratchPool scratchPool) : IDisposable
{
    // A pass over all links costs about as much per node as a removed node costs to repair in 256.
    private const int NodesPerRemoval = 256;

    private readonly Lock _advancing = new();
    private readonly Lock _queueing = new();
    private readonly List<uint> _waiting = [];
    private readonly ConcurrentQueue<uint> _freed = new();
    private readonly SlotBits _leaving = new();
    private List<uint> _batch = [];
    private Stage _stage;
    private long _epoch;
    private long _queued;
    private long _released;

    private enum Stage
    {
        Idle,
        Marked,
        Unlinked,
    }

    /// <summary>Removed slots that are not released yet; perhaps some that were released just now.</summary>
    public long Count
    {
        get
        {
            long released = Volatile.Read(ref _released); // first: so it is never too few
            return Volatile.Read(ref _queued) - released;
        }
    }

    /// <summary>Slots queued since the beginning. When as many are released, all are that had been queued.</summary>
    public long Queued => Volatile.Read(ref _queued);

    /// <summary>Slots released since the beginning.</summary>
    public long Released => Volatile.Read(ref _released);

    /// <summary>Whether there is work that is worth a pass.</summary>
    public bool IsDue => _stage != Stage.Idle || Count > graph.Linked / NodesPerRemoval;

    /// <summary>Queues a node that is not live any more.</summary>
    public void Enqueue(uint slot)
    {
        lock (_queueing)
        {
            _waiting.Add(slot);
        }

        Interlocked.Increment(ref _queued);
    }

    /// <summary>Takes a released slot.</summary>
    public bool TryTakeFreed(out uint slot) => _freed.TryDequeue(out slot);

    /// <summary>Goes one stage further if possible. The calling thread has no scratch rented.</summary>
    /// <param name="walker">Tells what repairs the graph; asked while scratch is rented.</param>
    /// <param name="even">Begin a batch even if it is not worth a pass.</param>
    /// <returns>Whether anything was done.</returns>
    public bool Advance(Func<IWalker> walker, bool even)
    {
        if (Count == 0 || !_advancing.TryEnter())
        {
            return false;
        }

        Delays.Here();
        try
        {
            return _stage switch
            {
                Stage.Idle => (even || IsDue) && Mark(),
                Stage.Marked => scratchPool.HasPassed(_epoch) && Unlink(walker),
                _ => scratchPool.HasPassed(_epoch) && Release(walker),
            };
        }
        finally
        {
            _advancing.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _leaving.Dispose();

    private bool Mark()
    {
        var later = new List<uint>();
        lock (_queueing)
        {
            foreach (uint slot in _waiting)
            {
                // A node that waits for linking, or is being linked just now, leaves in a later batch.
                (graph.State(slot) == NodeState.Pending ? later : _batch).Add(slot);
            }

            _waiting.Clear();
            _waiting.AddRange(later);
        }

        if (_batch.Count == 0)
        {
            return false;
        }

        _leaving.EnsureSlot(graph.SlotCount);
        foreach (uint slot in _batch)
        {
            _leaving.Set(slot);
        }

        _epoch = scratchPool.Advance();
        _stage = Stage.Marked;
        return true;
    }

    private bool Unlink(Func<IWalker> walker)
    {
        SearchScratch scratch = scratchPool.Rent();
        try
        {
            ReplaceEntry();
            Delays.Here();
            walker().Unlink(_leaving, scratch);
        }
        finally
        {
            scratchPool.Return(scratch);
        }

        _epoch = scratchPool.Advance();
        _stage = Stage.Unlinked;
        return true;
    }

    private bool Release(Func<IWalker> walker)
    {
        SearchScratch scratch = scratchPool.Rent();
        try
        {
            foreach (uint slot in _batch)
            {
                walker().Release(slot, scratch);
                _leaving.Clear(slot);
            }
        }
        finally
        {
            scratchPool.Return(scratch);
        }

        // Not before all are released: a slot that is used again at once must not be counted off by another one.
        foreach (uint slot in _batch)
        {
            _freed.Enqueue(slot);
        }

        Interlocked.Add(ref _released, _batch.Count);
        _batch = [];
        _stage = Stage.Idle;
        return true;
    }

    private unsafe void ReplaceEntry()
    {
        if (!graph.TryGetEntry(out uint entry, out _) || !_leaving.Contains(entry))
        {
            return;
        }

        uint best = HighestNode();
        graph.ReplaceEntry(entry, best, best == HnswGraph.None ? 0 : graph.Node(best)->Level);

        // A higher node may have been linked between the two: it was not offered against the new entry.
        best = HighestNode();
        if (best != HnswGraph.None && graph.Live.Contains(best))
        {
            graph.OfferEntry(best, graph.Node(best)->Level);
        }
    }

    // The highest live node that stays; a removed one that is not leaving yet when there is no live one.
    private unsafe uint HighestNode()
    {
        uint best = HnswGraph.None;
        int bestHeight = -1;
        for (uint slot = 0; slot < graph.SlotCount; slot++)
        {
            if (graph.State(slot) == NodeState.Linked && !_leaving.Contains(slot))
            {
                int height = graph.Node(slot)->Level + (graph.Live.Contains(slot) ? Levels.Max + 1 : 0);
                best = height > bestHeight ? slot : best;
                bestHeight = Math.Max(height, bestHeight);
            }
        }

        return best;
    }
}
