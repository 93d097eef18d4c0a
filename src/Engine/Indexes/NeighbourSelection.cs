using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// SELECT-NEIGHBORS-HEURISTIC, Algorithm 4 of the HNSW paper: a candidate becomes a neighbour unless a nearer one that was
/// chosen before is nearer to it than the node itself. The links that remain point in different directions, and lead out of
/// clusters. Equal rows are not told apart: of many identical ones all can be chosen.
/// </summary>
internal static unsafe class NeighbourSelection
{
    /// <summary>Chooses neighbours.</summary>
    /// <param name="space">Ranks between nodes.</param>
    /// <param name="candidates">The candidates, nearest first; those that are not chosen are moved behind those that are.</param>
    /// <param name="count">Number of candidates.</param>
    /// <param name="limit">Greatest number to choose.</param>
    /// <returns>The number chosen; they are the first ones, nearest first.</returns>
    public static int Choose<TSpace, TScorer>(TSpace space, Candidate* candidates, int count, int limit)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        int chosen = 0;
        for (int i = 0; i < count && chosen < limit; i++)
        {
            Candidate candidate = candidates[i];
            TScorer scorer = space.Near(candidate.Slot);
            bool hidden = false;
            for (int j = 0; j < chosen && !hidden; j++)
            {
                hidden = space.Slack * scorer.Rank(candidates[j].Slot) < candidate.Rank;
            }

            if (!hidden)
            {
                (candidates[chosen], candidates[i]) = (candidate, candidates[chosen]);
                chosen++;
            }
        }

        return chosen;
    }
}
