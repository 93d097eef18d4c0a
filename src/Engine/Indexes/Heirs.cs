using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// Whom a node may be linked with instead of the neighbours that it loses: their live neighbours, and where a whole region goes,
/// in which these are hardly any, those on its other sides. Without them nothing would lead across the hole any more.
/// </summary>
/// <remarks>
/// Goes breadth-first from one removed node to the next, behind those only whose links lead to removed nodes for the most part:
/// rows that are removed here and there leave enough heirs of their own.
/// Thread safety: as of <see cref="Repairer"/>; nothing is changed. Among the nodes behind are removed ones that leave later, whose
/// lists others may still change.
/// </remarks>
internal static unsafe class Heirs
{
    private const int MaxLost = 128;

    /// <summary>Places that the list of the lost nodes takes.</summary>
    /// <param name="capacity">Greatest number of links of a node.</param>
    public static int LostLength(int capacity) => Math.Max(capacity, MaxLost);

    /// <summary>Appends the heirs to the candidates for a list, as far as they are not among these yet.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scorer">Ranks nodes by the one that loses neighbours.</param>
    /// <param name="node">The node that loses neighbours.</param>
    /// <param name="level">The level.</param>
    /// <param name="lost">uint32[<see cref="LostLength"/>]; the neighbours that it loses, then the removed nodes behind them.</param>
    /// <param name="lostCount">The neighbours that it loses.</param>
    /// <param name="candidates">Candidate[capacity · (capacity + 1)].</param>
    /// <param name="found">Candidates that are there.</param>
    /// <returns>The number of candidates.</returns>
    public static int Append<TScorer>(HnswGraph graph, TScorer scorer, uint node, int level, uint* lost, int lostCount, Candidate* candidates, int found)
        where TScorer : struct, IScorer
    {
        int capacity = graph.Capacity(level);
        int most = capacity * (capacity + 1);
        for (int next = 0; next < lostCount; next++)
        {
            uint* links = graph.Links(lost[next], level);
            int count = 0;
            int removed = 0;
            for (; count < capacity; count++)
            {
                uint slot = Volatile.Read(ref links[count]);
                if (slot == HnswGraph.None)
                {
                    break;
                }

                if (!graph.Live.Contains(slot))
                {
                    removed++;
                }
                else if (found < most && slot != node && !LinkList.Holds(candidates, found, slot))
                {
                    candidates[found++] = new Candidate(scorer.Rank(slot), slot);
                }
            }

            if (removed >= count - (count / 4))
            {
                lostCount = AppendRemoved(graph, links, count, lost, lostCount);
            }
        }

        return found;
    }

    private static int AppendRemoved(HnswGraph graph, uint* links, int count, uint* lost, int lostCount)
    {
        for (int i = 0; i < count && lostCount < MaxLost; i++)
        {
            uint slot = Volatile.Read(ref links[i]);
            if (slot != HnswGraph.None && !graph.Live.Contains(slot) && !new ReadOnlySpan<uint>(lost, lostCount).Contains(slot))
            {
                lost[lostCount++] = slot;
            }
        }

        return lostCount;
    }
}
