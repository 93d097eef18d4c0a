using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>The way down through the upper levels: on each, to the nearest node that steps to nearer neighbours lead to.</summary>
internal static unsafe class Descent
{
    /// <summary>Walks from a node of <paramref name="fromLevel"/> down through <paramref name="toLevel"/>.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scorer">Ranks nodes.</param>
    /// <param name="entry">Where to begin.</param>
    /// <param name="fromLevel">The first level to walk on.</param>
    /// <param name="toLevel">The last level to walk on, 1 or more.</param>
    public static Candidate Run<TScorer>(HnswGraph graph, TScorer scorer, uint entry, int fromLevel, int toLevel)
        where TScorer : struct, IScorer
    {
        var nearest = new Candidate(scorer.Rank(entry), entry);
        for (int level = fromLevel; level >= toLevel; level--)
        {
            while (Step(graph, scorer, level, ref nearest))
            {
            }
        }

        return nearest;
    }

    private static bool Step<TScorer>(HnswGraph graph, TScorer scorer, int level, ref Candidate nearest)
        where TScorer : struct, IScorer
    {
        uint* links = graph.Links(nearest.Slot, level);
        int count = 0;
        for (; count < graph.M && links[count] != HnswGraph.None; count++)
        {
            scorer.Prefetch(links[count]);
        }

        bool moved = false;
        for (int i = 0; i < count; i++)
        {
            uint slot = links[i];
            if (slot == HnswGraph.None)
            {
                break;
            }

            float rank = scorer.Rank(slot);
            if (rank < nearest.Rank)
            {
                nearest = new Candidate(rank, slot);
                moved = true;
            }
        }

        return moved;
    }
}
