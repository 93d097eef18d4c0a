using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// Takes removed nodes out of the links of the others, after FreshDiskANN's consolidation (Singh et al., arXiv:2105.09613): a
/// node that loses a neighbour may take over that neighbour's neighbours (<see cref="Heirs"/>).
/// </summary>
/// <remarks>
/// The caller sees to it that the leaving nodes are not live, that no link to them is being written, and that no second
/// repair is under way. Thread safety: linking and searching go on meanwhile.
/// </remarks>
internal static unsafe class Repairer
{
    private const int EfOfRelinking = 64;

    /// <summary>Removes every link that leads to a leaving node.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="space">Ranks between nodes.</param>
    /// <param name="leaving">The nodes to take out.</param>
    /// <param name="scratch">Working memory.</param>
    public static void Unlink<TSpace, TScorer>(HnswGraph graph, TSpace space, SlotBits leaving, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        uint slotCount = graph.SlotCount;
        for (uint slot = 0; slot < slotCount; slot++)
        {
            if (graph.State(slot) != NodeState.Absent && !leaving.Contains(slot) && LeadsTo(graph, slot, 0, leaving))
            {
                RepairList<TSpace, TScorer>(graph, space, slot, 0, leaving, scratch);
            }
        }

        uint records = graph.Upper.Count;
        for (uint record = 0; record < records; record++)
        {
            uint slot = graph.Upper.SlotOf(record);
            int level = graph.Upper.LevelOf(record);
            if (slot != HnswGraph.None && graph.State(slot) != NodeState.Absent && !leaving.Contains(slot) && LeadsTo(graph, slot, level, leaving))
            {
                RepairList<TSpace, TScorer>(graph, space, slot, level, leaving, scratch);
            }
        }
    }

    /// <summary>Gives a removed node's own links up, and finds a new link for whom only they led to.</summary>
    public static void Release<TSpace, TScorer>(HnswGraph graph, TSpace space, uint slot, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        uint* links = graph.Links(slot, 0);
        int count = LinkList.Count(links, graph.MaxLinks);
        for (int i = 0; i < count; i++)
        {
            uint target = links[i];
            LinkList.CountLink(graph, 0, target, -1);
            if (Volatile.Read(ref graph.Node(target)->InDegree) == 0 && graph.Live.Contains(target))
            {
                LeadTo<TSpace, TScorer>(graph, space, target, scratch);
            }
        }

        graph.Upper.GiveBack(graph.Node(slot)->FirstRecord);
        graph.Node(slot)->FirstRecord = HnswGraph.None;
        graph.SetState(slot, NodeState.Absent);
    }

    /// <summary>Makes a node that can be reached from the entry lead to one that cannot.</summary>
    /// <returns>
    /// Whether one does now. Not when all that can be reached there has been removed; if nothing live can be reached at all,
    /// walks begin at a live node from now on.
    /// </returns>
    public static bool LeadTo<TSpace, TScorer>(HnswGraph graph, TSpace space, uint target, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        if (!graph.TryGetEntry(out uint entry, out _) || entry == target)
        {
            return entry == target;
        }

        // From the entry on level 0 only: the upper levels may lead to nodes that level 0 does not lead to.
        TScorer scorer = space.From(target);
        Beam near = Linker.FindNear(graph, scorer, target, 0, new Candidate(scorer.Rank(entry), entry), EfOfRelinking, scratch);
        if (near.Count == 0 && !graph.Live.Contains(entry))
        {
            ReplaceEntry(graph, entry);
            return false;
        }

        return LinkSplice.TryLead(graph, near.Items, near.Count, target);
    }

    // Every node that can be reached has been removed: walks must begin elsewhere.
    private static void ReplaceEntry(HnswGraph graph, uint entry)
    {
        if (TryFindHighestLive(graph, out uint slot, out int level))
        {
            graph.ReplaceEntry(entry, slot, level);
        }

        // A higher node may have been linked between the two: it was not offered against the new entry.
        if (TryFindHighestLive(graph, out slot, out level))
        {
            graph.OfferEntry(slot, level);
        }
    }

    private static bool TryFindHighestLive(HnswGraph graph, out uint highest, out int level)
    {
        highest = HnswGraph.None;
        level = -1;
        uint slotCount = graph.SlotCount;
        for (uint slot = 0; slot < slotCount; slot++)
        {
            if (graph.Node(slot)->Level > level && graph.State(slot) == NodeState.Linked && graph.Live.Contains(slot))
            {
                highest = slot;
                level = graph.Node(slot)->Level;
            }
        }

        return highest != HnswGraph.None;
    }

    private static bool LeadsTo(HnswGraph graph, uint slot, int level, SlotBits leaving)
    {
        uint* links = graph.Links(slot, level);
        int capacity = graph.Capacity(level);
        for (int i = 0; i < capacity && Volatile.Read(ref links[i]) is var link and not HnswGraph.None; i++)
        {
            if (leaving.Contains(link)) // read once: others may be changing the list
            {
                return true;
            }
        }

        return false;
    }

    private static void RepairList<TSpace, TScorer>(HnswGraph graph, TSpace space, uint node, int level, SlotBits leaving, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        int capacity = graph.Capacity(level);
        Candidate* candidates = scratch.Candidates.Take(capacity * (capacity + 1));
        uint* lost = scratch.Links.Take(Heirs.LostLength(capacity));
        TScorer scorer = space.Near(node);
        int left;
        graph.Locks.Enter(node);
        try
        {
            uint* links = graph.Links(node, level);
            int count = LinkList.Count(links, capacity);
            int found = 0;
            int lostCount = 0;
            for (int i = 0; i < count; i++)
            {
                if (leaving.Contains(links[i]))
                {
                    lost[lostCount++] = links[i];
                    LinkList.CountLink(graph, level, links[i], -1);
                }
                else
                {
                    candidates[found++] = new Candidate(scorer.Rank(links[i]), links[i]);
                }
            }

            int staying = found;
            found = Heirs.Append(graph, scorer, node, level, lost, lostCount, candidates, found);
            for (int i = staying; i < found; i++)
            {
                LinkList.CountLink(graph, level, candidates[i].Slot, 1);
            }

            // Heirs come from one side, and the heuristic leaves most of them out: without a floor lists would shrink from
            // repair to repair, and recall with them.
            LinkList.Rewrite<TSpace, TScorer>(graph, space, links, capacity, candidates, found, Math.Min(count, capacity / 2), level);
            left = LinkList.Count(links, capacity);
        }
        finally
        {
            graph.Locks.Exit(node);
        }

        if (left < Math.Min(graph.M / 2, graph.Linked - 1))
        {
            Relink<TSpace, TScorer>(graph, space, node, level, scratch);
        }
    }

    // When most of a neighbourhood leaves at once there are few heirs: search for new neighbours as for a new node.
    private static void Relink<TSpace, TScorer>(HnswGraph graph, TSpace space, uint node, int level, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        if (!graph.TryGetEntry(out uint entry, out int entryLevel) || entryLevel < level)
        {
            return;
        }

        TScorer scorer = space.From(node);
        Candidate start = Descent.Run(graph, scorer, entry, entryLevel, level + 1);
        Beam near = Linker.FindNear(graph, scorer, node, level, start, EfOfRelinking, scratch);
        int chosen = NeighbourSelection.Choose<TSpace, TScorer>(space, near.Items, near.Count, graph.M);
        Candidate* neighbours = scratch.Chosen.Take(graph.M);
        new ReadOnlySpan<Candidate>(near.Items, chosen).CopyTo(new Span<Candidate>(neighbours, graph.M));
        for (int i = 0; i < chosen; i++)
        {
            LinkList.Add<TSpace, TScorer>(graph, space, node, neighbours[i].Slot, neighbours[i].Rank, level, scratch);
            if (graph.Live.Contains(node))
            {
                LinkList.Add<TSpace, TScorer>(graph, space, neighbours[i].Slot, node, neighbours[i].Rank, level, scratch);
            }
        }
    }
}
