using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>The way down through the upper levels: on each, to the nearest node that steps to nearer neighbours lead to.</summary>
internal static unsafe class Descent
{
    private const int RowsAtOnce = 4;

    /// <summary>Walks from a node of <paramref name="fromLevel"/> down through <paramref name="toLevel"/>.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scorer">Ranks nodes.</param>
    /// <param name="entry">Where to begin.</param>
    /// <param name="fromLevel">The first level to walk on.</param>
    /// <param name="toLevel">The last level to walk on, 1 or more.</param>
    public static Candidate Run<TScorer>(HnswGraph graph, TScorer scorer, uint entry, int fromLevel, int toLevel)
        where TScorer : struct, IScorer
    {
        uint* slots = stackalloc uint[graph.M];
        float* ranks = stackalloc float[graph.M];
        var nearest = new Candidate(scorer.Rank(entry), entry);
        for (int level = fromLevel; level >= toLevel; level--)
        {
            while (Step(graph, scorer, level, ref nearest, slots, ranks))
            {
            }
        }

        return nearest;
    }

    private static bool Step<TScorer>(HnswGraph graph, TScorer scorer, int level, ref Candidate nearest, uint* slots, float* ranks)
        where TScorer : struct, IScorer
    {
        uint* links = graph.Links(nearest.Slot, level);
        int count = 0;
        for (; count < graph.M; count++)
        {
            uint slot = Volatile.Read(ref links[count]);
            if (slot == HnswGraph.None)
            {
                break;
            }

            slots[count] = slot;
            scorer.Prefetch(slot);
        }

        int ranked = 0;
        for (; ranked <= count - RowsAtOnce; ranked += RowsAtOnce)
        {
            scorer.RankFour(slots + ranked, ranks + ranked);
        }

        for (; ranked < count; ranked++)
        {
            ranks[ranked] = scorer.Rank(slots[ranked]);
        }

        bool moved = false;
        for (int i = 0; i < count; i++)
        {
            if (ranks[i] < nearest.Rank)
            {
                nearest = new Candidate(ranks[i], slots[i]);
                moved = true;
            }
        }

        return moved;
    }
}
