using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// Makes a node reachable on level 0 from one of several others, in such a way that no node which could be reached before
/// becomes unreachable: where a list has room the link is added, or to the list of one that these nodes lead to; where all are full it is put into an existing one.
/// <code>
/// before   from → other            target (nothing leads here)
/// after    from → target → other
/// </code>
/// Every path that went from → other goes on through the target, so nothing has to be known about the rest of the graph.
/// Of the links at hand that to the node with the most incoming ones is taken: it is the least missed by walks, and hubs lose
/// one link each in turn instead of one list losing all. Links of hubs to each other are what walks need most, though, and on a hub of a hyperbolic space
/// hang more nodes than it can lead to: so room is looked for below it first.
/// </summary>
/// <remarks>
/// A target that has no room for the link to <c>other</c> gives one of its own up. That takes nothing from a node that can be
/// reached, because the target could not be.
/// Thread safety: any number of threads, with scratch rented, so that no node which is live now is released meanwhile. The two
/// lists are not changed at once: beside other writers of the same lists a node may be cut off after all, which
/// <see cref="Reconnection"/> finds.
/// </remarks>
internal static unsafe class LinkSplice
{
    // Lists to look for a link in. More would spread the links further, away from the target.
    private const int ListsToTakeFrom = 16;

    // How often a node that had room had none any more when it was to be taken.
    private const int AttemptsBelow = 4;

    /// <summary>Makes one of some nodes lead to a target.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scorer">Ranks against the target.</param>
    /// <param name="from">Nodes that can be reached, nearest first; the target is not among them.</param>
    /// <param name="count">Number of those.</param>
    /// <param name="target">The node that cannot be reached.</param>
    /// <returns>Whether one of them leads to it now; not when all they lead to has been removed.</returns>
    public static bool TryLead<TScorer>(HnswGraph graph, TScorer scorer, Candidate* from, int count, uint target)
        where TScorer : struct, IScorer
    {
        for (int i = 0; i < count; i++)
        {
            if (TryAdd(graph, from[i].Slot, target))
            {
                return true;
            }
        }

        if (TryAddBelow(graph, scorer, from, Math.Min(count, ListsToTakeFrom), target))
        {
            return true;
        }

        // A second time if a link was gone when it was to be taken.
        for (int attempt = 0; attempt < 2 * ListsToTakeFrom && TryFindLink(graph, from, Math.Min(count, ListsToTakeFrom), target, out uint node, out uint other); attempt++)
        {
            Keep(graph, target, other);
            if (TryReplace(graph, node, other, target))
            {
                return true;
            }
        }

        return false;
    }

    // The nearest of those that the full lists lead to and that have room themselves.
    private static bool TryAddBelow<TScorer>(HnswGraph graph, TScorer scorer, Candidate* from, int count, uint target)
        where TScorer : struct, IScorer
    {
        float bound = float.NegativeInfinity;
        for (int attempt = 0; attempt < AttemptsBelow; attempt++)
        {
            uint nearest = HnswGraph.None;
            float least = float.PositiveInfinity;
            for (int i = 0; i < count; i++)
            {
                uint* links = graph.Links(from[i].Slot, 0);
                for (int j = 0; j < graph.MaxLinks && Volatile.Read(ref links[j]) is var slot and not HnswGraph.None; j++)
                {
                    if (slot != target && graph.Live.Contains(slot) && Volatile.Read(ref graph.Links(slot, 0)[graph.MaxLinks - 1]) == HnswGraph.None
                        && scorer.Rank(slot) is var rank && rank > bound && rank < least)
                    {
                        (nearest, least) = (slot, rank);
                    }
                }
            }

            if (nearest == HnswGraph.None)
            {
                return false;
            }

            if (TryAdd(graph, nearest, target))
            {
                return true;
            }

            bound = least;
        }

        return false;
    }

    private static bool TryAdd(HnswGraph graph, uint node, uint target)
    {
        uint* links = graph.Links(node, 0);
        if (Volatile.Read(ref links[graph.MaxLinks - 1]) != HnswGraph.None && !LinkList.Contains(links, graph.MaxLinks, target))
        {
            return false;
        }

        graph.Locks.Enter(node);
        try
        {
            int count = LinkList.Count(links, graph.MaxLinks);
            if (LinkList.Contains(links, count, target))
            {
                return true;
            }

            if (count == graph.MaxLinks)
            {
                return false;
            }

            LinkList.CountLink(graph, 0, target, 1);
            Volatile.Write(ref links[count], target);
            return true;
        }
        finally
        {
            graph.Locks.Exit(node);
        }
    }

    // A new link may lead to live nodes only: removed ones may be about to leave.
    private static bool TryFindLink(HnswGraph graph, Candidate* from, int count, uint target, out uint node, out uint other)
    {
        node = HnswGraph.None;
        other = HnswGraph.None;
        int most = int.MinValue;
        for (int i = 0; i < count; i++)
        {
            uint* links = graph.Links(from[i].Slot, 0);
            for (int j = 0; j < graph.MaxLinks; j++)
            {
                uint slot = Volatile.Read(ref links[j]);
                if (slot == HnswGraph.None)
                {
                    break;
                }

                if (slot != target && graph.Live.Contains(slot) && Incoming(graph, slot) > most)
                {
                    most = Incoming(graph, slot);
                    node = from[i].Slot;
                    other = slot;
                }
            }
        }

        return node != HnswGraph.None;
    }

    // Makes the target lead to a node; gives up its link to the node with the most incoming ones if there is no room.
    private static void Keep(HnswGraph graph, uint target, uint other)
    {
        graph.Locks.Enter(target);
        try
        {
            uint* links = graph.Links(target, 0);
            int count = LinkList.Count(links, graph.MaxLinks);
            if (LinkList.Contains(links, count, other))
            {
                return;
            }

            int place = count;
            if (count == graph.MaxLinks)
            {
                place = 0;
                for (int i = 1; i < count; i++)
                {
                    place = Incoming(graph, links[i]) > Incoming(graph, links[place]) ? i : place;
                }

                LinkList.CountLink(graph, 0, links[place], -1);
            }

            LinkList.CountLink(graph, 0, other, 1);
            Volatile.Write(ref links[place], other);
        }
        finally
        {
            graph.Locks.Exit(target);
        }
    }

    private static bool TryReplace(HnswGraph graph, uint node, uint other, uint target)
    {
        graph.Locks.Enter(node);
        try
        {
            uint* links = graph.Links(node, 0);
            int count = LinkList.Count(links, graph.MaxLinks);
            if (LinkList.Contains(links, count, target))
            {
                return true;
            }

            int place = new ReadOnlySpan<uint>(links, count).IndexOf(other);
            if (place < 0)
            {
                return false;
            }

            LinkList.CountLink(graph, 0, target, 1);
            Volatile.Write(ref links[place], target);
            LinkList.CountLink(graph, 0, other, -1);
            return true;
        }
        finally
        {
            graph.Locks.Exit(node);
        }
    }

    private static int Incoming(HnswGraph graph, uint slot) => Volatile.Read(ref graph.Node(slot)->InDegree);
}
