using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// Changes to the links of one node, under the lock of that node. On level 0 they keep count of the links that lead to each
/// node; when the last link that leads to one has to go, another node near it is made to lead to it.
/// </summary>
internal static unsafe class LinkList
{
    /// <summary>Number of links in a list.</summary>
    public static int Count(uint* links, int capacity)
    {
        int count = 0;
        while (count < capacity && links[count] != HnswGraph.None)
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether a list holds a link.</summary>
    public static bool Contains(uint* links, int capacity, uint slot) => new ReadOnlySpan<uint>(links, capacity).Contains(slot);

    /// <summary>Whether a node is among candidates.</summary>
    public static bool Holds(Candidate* candidates, int count, uint slot)
    {
        for (int i = 0; i < count; i++)
        {
            if (candidates[i].Slot == slot)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the first list of a node that nobody can reach yet.</summary>
    public static void Begin(HnswGraph graph, uint node, int level, ReadOnlySpan<uint> targets)
    {
        uint* links = graph.Links(node, level);
        for (int i = 0; i < targets.Length; i++)
        {
            links[i] = targets[i];
            CountLink(graph, level, targets[i], 1);
        }
    }

    /// <summary>Adds a link; chooses anew among the links and the new one when the list is full.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="space">Ranks between nodes.</param>
    /// <param name="node">The node whose list changes.</param>
    /// <param name="target">The node that the new link leads to.</param>
    /// <param name="rank">The rank between the two.</param>
    /// <param name="level">The level of the list.</param>
    /// <param name="scratch">Working memory.</param>
    /// <returns>Whether the list holds the link now.</returns>
    public static bool Add<TSpace, TScorer>(HnswGraph graph, TSpace space, uint node, uint target, float rank, int level, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        int capacity = graph.Capacity(level);
        Candidate* candidates = scratch.Candidates.Take(capacity + 1);
        int chosen;
        bool added;
        graph.Locks.Enter(node);
        try
        {
            uint* links = graph.Links(node, level);
            int count = Count(links, capacity);
            if (Contains(links, count, target))
            {
                return true;
            }

            if (count < capacity)
            {
                CountLink(graph, level, target, 1);
                Volatile.Write(ref links[count], target);
                return true;
            }

            TScorer scorer = space.Near(node);
            for (int i = 0; i < count; i++)
            {
                candidates[i] = new Candidate(scorer.Rank(links[i]), links[i]);
            }

            candidates[count] = new Candidate(rank, target);
            CountLink(graph, level, target, 1);
            chosen = Rewrite<TSpace, TScorer>(graph, space, links, capacity, candidates, count + 1, space.Fills ? capacity / 2 : 0, level);
            added = Contains(links, capacity, target);
        }
        finally
        {
            graph.Locks.Exit(node);
        }

        LeadToDropped<TSpace, TScorer>(graph, space, node, candidates, chosen, capacity + 1, level);
        return added;
    }

    /// <summary>
    /// Chooses among candidates and writes the chosen ones. Every candidate is counted as a link already; those that are not
    /// chosen are counted off. The lock of the node is held.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="space">Ranks between nodes.</param>
    /// <param name="links">The list.</param>
    /// <param name="capacity">Greatest number of links.</param>
    /// <param name="candidates">The candidates, in any order.</param>
    /// <param name="count">Number of candidates.</param>
    /// <param name="atLeast">When the heuristic chooses fewer, the nearest of the others are taken too.</param>
    /// <param name="level">The level of the list.</param>
    /// <returns>How many were chosen; they are the first of the candidates now.</returns>
    public static int Rewrite<TSpace, TScorer>(HnswGraph graph, TSpace space, uint* links, int capacity, Candidate* candidates, int count, int atLeast, int level)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        SortByRank(candidates, count);
        int chosen = NeighbourSelection.Choose<TSpace, TScorer>(space, candidates, count, capacity);
        if (chosen < atLeast)
        {
            SortByRank(candidates + chosen, count - chosen);
            chosen = Math.Min(atLeast, count);
        }

        if (level == 0)
        {
            chosen = KeepLastLinks(graph, candidates, chosen, count, capacity);
        }

        for (int i = 0; i < capacity; i++)
        {
            Volatile.Write(ref links[i], i < chosen ? candidates[i].Slot : HnswGraph.None);
        }

        for (int i = chosen; i < count; i++)
        {
            CountLink(graph, level, candidates[i].Slot, -1);
        }

        return chosen;
    }

    /// <summary>Has other nodes lead to those that a list was the last to lead to. Without the lock of any node.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="space">Ranks between nodes.</param>
    /// <param name="node">The node whose list it is.</param>
    /// <param name="candidates">What <see cref="Rewrite"/> chose from.</param>
    /// <param name="chosen">How many it chose.</param>
    /// <param name="count">Number of candidates.</param>
    /// <param name="level">The level of the list.</param>
    public static void LeadToDropped<TSpace, TScorer>(HnswGraph graph, TSpace space, uint node, Candidate* candidates, int chosen, int count, int level)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        var from = new Candidate(0, node);
        for (int i = chosen; level == 0 && i < count; i++)
        {
            uint slot = candidates[i].Slot;
            if (Volatile.Read(ref graph.Node(slot)->InDegree) == 0 && graph.Live.Contains(slot))
            {
                LinkSplice.TryLead(graph, space.Near(slot), &from, 1, slot);
            }
        }
    }

    /// <summary>Counts a level-0 link that leads to a node.</summary>
    public static void CountLink(HnswGraph graph, int level, uint target, int change)
    {
        if (level == 0)
        {
            Interlocked.Add(ref graph.Node(target)->InDegree, change);
        }
    }

    /// <summary>Sorts by rank; lists are nearly sorted already.</summary>
    public static void SortByRank(Candidate* candidates, int count)
    {
        for (int i = 1; i < count; i++)
        {
            Candidate candidate = candidates[i];
            int at = i;
            for (; at > 0 && candidates[at - 1].Rank > candidate.Rank; at--)
            {
                candidates[at] = candidates[at - 1];
            }

            candidates[at] = candidate;
        }
    }

    // A node whose only link would go takes a free place, or that of the farthest neighbour which has others; but never more than half of the list: a hub on which
    // more nodes hang than it has places would lead to nothing else.
    private static int KeepLastLinks(HnswGraph graph, Candidate* candidates, int chosen, int count, int capacity)
    {
        for (int i = chosen; i < count; i++)
        {
            uint slot = candidates[i].Slot;
            if (Volatile.Read(ref graph.Node(slot)->InDegree) > 1)
            {
                continue;
            }

            if (chosen < capacity)
            {
                (candidates[chosen], candidates[i]) = (candidates[i], candidates[chosen]);
                chosen++;
                continue;
            }

            for (int j = chosen - 1; j >= capacity / 2; j--)
            {
                if (Volatile.Read(ref graph.Node(candidates[j].Slot)->InDegree) > 1)
                {
                    (candidates[j], candidates[i]) = (candidates[i], candidates[j]);
                    break;
                }
            }
        }

        return chosen;
    }
}
