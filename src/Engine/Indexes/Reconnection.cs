namespace Hypervex.Indexes;

/// <summary>
/// Looks for live nodes that cannot be reached on level 0, and has others lead to them. Pruning a list may cut off a group of
/// nodes as a whole, which no count of incoming links can tell: one has to look.
/// </summary>
/// <remarks>
/// A look is a breadth-first walk over all links of level 0, 0.06 µs a node while these fit into the cache; it is due when an
/// eighth of the nodes has come or gone, so that it costs a new node less than a percent of what linking it does.
/// Each node that is led to takes those along which it leads to, and <see cref="LinkSplice"/> cuts nobody off: while nobody else
/// changes the graph the number of unreachable nodes falls with each step, and one round is enough. Beside linking and repairs
/// a second one may be needed.
/// Thread safety: all members from any thread; one thread at a time looks. The caller has no scratch rented.
/// </remarks>
internal sealed class Reconnection(HnswGraph graph, ScratchPool scratchPool)
{
    private const int MaxRounds = 8;
    private const int NodesPerChange = 8;

    private readonly Lock _looking = new();
    private long _changesAtLook;
    private long _looks;
    private long _led;

    /// <summary>How often the graph was looked over.</summary>
    public long Looks => Volatile.Read(ref _looks);

    /// <summary>Nodes that others were made to lead to.</summary>
    public long Led => Volatile.Read(ref _led);

    /// <summary>Whether enough has changed for a look to be worth its cost.</summary>
    /// <param name="changes">Nodes that have come and gone since the beginning.</param>
    public bool IsDue(long changes) => changes - Volatile.Read(ref _changesAtLook) > graph.Linked / NodesPerChange;

    /// <summary>Notes that nothing is known about the graph.</summary>
    /// <param name="changes">Nodes that have come and gone since the beginning.</param>
    public void Forget(long changes) => Volatile.Write(ref _changesAtLook, changes - graph.Linked - 1);

    /// <summary>Makes every live node reachable, unless nothing has changed since that was done.</summary>
    /// <param name="walker">Tells what walks the graph; asked while scratch is rented.</param>
    /// <param name="changes">Nodes that have come and gone since the beginning, read before the call.</param>
    /// <param name="cancellationToken">Ends the call between two nodes.</param>
    public void Run(Func<IWalker> walker, long changes, CancellationToken cancellationToken)
    {
        lock (_looking)
        {
            if (changes <= _changesAtLook)
            {
                return;
            }

            for (int round = 0; round < MaxRounds && Look(walker, cancellationToken); round++)
            {
            }

            Volatile.Write(ref _changesAtLook, changes);
        }
    }

    private bool Look(Func<IWalker> walker, CancellationToken cancellationToken)
    {
        SearchScratch scratch = scratchPool.Rent();
        try
        {
            bool found = false;
            using var reachability = new Reachability(graph);
            foreach (uint slot in reachability.Unreached())
            {
                cancellationToken.ThrowIfCancellationRequested();
                found = true;
                if (walker().LeadTo(slot, scratch))
                {
                    reachability.Extend(slot);
                    _led++;
                }
            }

            _looks++;
            return found;
        }
        finally
        {
            scratchPool.Return(scratch);
        }
    }
}
