using System.Runtime.CompilerServices;
using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// SEARCH-LAYER of the HNSW paper over one <see cref="Beam"/>: expand the nearest node that is not expanded yet, until the
/// beam holds expanded ones only.
/// </summary>
internal static unsafe class BeamWalk
{
    /// <summary>
    /// Nodes expanded in one step. Two make the batch of rows to load larger, which hides more of the memory's latency than
    /// the few needless distances cost.
    /// </summary>
    public const int NodesPerStep = 2;

    // Rows asked for ahead of the one that is being ranked.
    private const int PrefetchDistance = 8;

    /// <summary>Walks from the nodes that are in the beam.</summary>
    /// <param name="links">The level.</param>
    /// <param name="scorer">Ranks nodes.</param>
    /// <param name="beam">Holds the starting nodes, receives the nearest ones.</param>
    /// <param name="visited">The starting nodes are met.</param>
    /// <param name="batch">uint32[<see cref="NodesPerStep"/> * capacity of the level].</param>
    /// <param name="limit">How long to go on.</param>
    public static void Run<TLinks, TScorer>(TLinks links, TScorer scorer, ref Beam beam, Visited visited, uint* batch, ref WorkLimit limit)
        where TLinks : struct, ILinks
        where TScorer : struct, IScorer
    {
        // Copies on the stack of this method: what the loops read stays in registers.
        TLinks list = links;
        TScorer rows = scorer;
        Beam nearest = beam;
        while (nearest.TryTakeNearest(out uint node))
        {
            int count = Gather(list, node, visited, batch, 0);
            for (int more = 1; more < NodesPerStep && nearest.TryTakeNearest(out node); more++)
            {
                count = Gather(list, node, visited, batch, count);
            }

            for (int i = 0; i < Math.Min(PrefetchDistance, count); i++)
            {
                rows.Prefetch(batch[i]);
            }

            for (int i = 0; i < count; i++)
            {
                if (i + PrefetchDistance < count)
                {
                    rows.Prefetch(batch[i + PrefetchDistance]);
                }

                uint slot = batch[i];
                if (nearest.Insert(rows.Rank(slot), slot))
                {
                    list.Prefetch(slot);
                }
            }

            if (!limit.Spend(count))
            {
                break;
            }
        }

        beam = nearest;
    }

    /// <summary>Appends the neighbours of a node that are met for the first time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Gather<TLinks>(TLinks links, uint node, Visited visited, uint* batch, int count)
        where TLinks : struct, ILinks
    {
        uint* neighbours = links.Of(node);
        for (int i = 0; i < links.Capacity; i++)
        {
            uint slot = neighbours[i];
            if (slot == HnswGraph.None)
            {
                break;
            }

            if (visited.Meet(slot))
            {
                batch[count++] = slot;
            }
        }

        return count;
    }
}
