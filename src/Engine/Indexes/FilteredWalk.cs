using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// SEARCH-LAYER that returns only nodes which pass a filter. When many pass, all nodes are walked over. When few do, the walk
/// ranks only those and steps over the others to their neighbours (ACORN-1, Patel et al., SIGMOD 2024), which keeps the
/// number of distances near that of an unfiltered search.
/// </summary>
internal static unsafe class FilteredWalk
{
    // Until so many results are known, nodes that do not pass are walked over too: they lead to the first that do.
    private const int ResultsBeforeSteppingOver = 16;

    /// <summary>Walks from one node.</summary>
    /// <param name="links">The level.</param>
    /// <param name="scorer">Ranks nodes.</param>
    /// <param name="filter">Says what may be returned.</param>
    /// <param name="stepOver">Rank only nodes that pass.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="frontier">Empty.</param>
    /// <param name="results">Empty; receives the nearest nodes that pass.</param>
    /// <param name="visited">The starting node is met.</param>
    /// <param name="batch">uint32[2 * capacity of the level].</param>
    /// <param name="limit">How long to go on.</param>
    /// <returns>False when the limit ended the walk.</returns>
    public static bool Run<TLinks, TScorer, TFilter>(
        TLinks links,
        TScorer scorer,
        TFilter filter,
        bool stepOver,
        Candidate start,
        CandidateHeap frontier,
        ref ResultHeap results,
        Visited visited,
        uint* batch,
        ref WorkLimit limit)
        where TLinks : struct, ILinks
        where TScorer : struct, IScorer
        where TFilter : struct, ISlotFilter
    {
        int ahead = scorer.Ahead;
        frontier.Push(start.Rank, start.Slot);
        if (filter.Passes(start.Slot))
        {
            results.Push(start.Rank, start.Slot);
        }

        while (frontier.TryPop(out Candidate node) && (!results.IsFull || node.Rank < results.Bound))
        {
            bool onlyPassing = stepOver && results.Count >= ResultsBeforeSteppingOver;
            int count;
            if (onlyPassing)
            {
                count = GatherPassing(links, filter, node.Slot, visited, batch);
            }
            else
            {
                count = BeamWalk.Gather(links, node.Slot, visited, batch, 0);
                visited.Note(batch, count);
            }

            for (int i = 0; i < Math.Min(ahead, count); i++)
            {
                scorer.Prefetch(batch[i]);
            }

            for (int i = 0; i < count; i++)
            {
                if (i + ahead < count)
                {
                    scorer.Prefetch(batch[i + ahead]);
                }

                float rank = scorer.Rank(batch[i]);
                if (rank < results.Bound)
                {
                    frontier.Push(rank, batch[i]);
                    links.Prefetch(batch[i]);
                    if (onlyPassing || filter.Passes(batch[i]))
                    {
                        results.Push(rank, batch[i]);
                    }
                }
            }

            if (!limit.Spend(count))
            {
                return false;
            }
        }

        return true;
    }

    // The neighbours that pass, and those neighbours' neighbours that pass where the neighbour does not: as many as a full
    // list of links would give.
    private static int GatherPassing<TLinks, TFilter>(TLinks links, TFilter filter, uint node, Visited visited, uint* batch)
        where TLinks : struct, ILinks
        where TFilter : struct, ISlotFilter
    {
        int capacity = links.Capacity;
        uint* overstepped = batch + capacity;
        int count = 0;
        int steps = 0;
        uint* neighbours = links.Of(node);
        for (int i = 0; i < capacity && neighbours[i] != HnswGraph.None; i++)
        {
            uint slot = neighbours[i];
            if (filter.Passes(slot))
            {
                if (visited.Meet(slot))
                {
                    batch[count++] = slot;
                }
            }
            else if (visited.Meet(slot))
            {
                links.Prefetch(slot);
                overstepped[steps++] = slot;
            }
        }

        for (int step = 0; step < steps && count < capacity; step++)
        {
            uint* further = links.Of(overstepped[step]);
            for (int i = 0; i < capacity && count < capacity; i++)
            {
                uint slot = further[i];
                if (slot == HnswGraph.None)
                {
                    break;
                }

                if (filter.Passes(slot) && visited.Meet(slot))
                {
                    batch[count++] = slot;
                }
            }
        }

        return count;
    }
}
