namespace Hypervex.Distances;

/// <summary>Ranks between stored rows: what building and repairing a graph needs. Implemented by structs.</summary>
/// <typeparam name="TScorer">Ranks rows against one of them.</typeparam>
internal interface ISpace<TScorer>
    where TScorer : struct, IScorer
{
    /// <summary>
    /// How much nearer than the query a chosen neighbour must be to a candidate, as a factor on ranks, for the candidate to
    /// be left out: above 1 keeps more and longer links (the alpha of DiskANN, Subramanya et al., NeurIPS 2019).
    /// </summary>
    float Slack { get; }

    /// <summary>
    /// Whether lists are filled with the nearest of those that the heuristic leaves out (keepPrunedConnections of the HNSW paper). In hyperbolic space what is above a point hides nearly
    /// everything else from it, so that lists without them are a tree, whose hubs have no room for all that hangs on them.
    /// </summary>
    bool Fills { get; }

    /// <summary>A scorer whose query is a stored row, for walking. The one before is void.</summary>
    TScorer From(uint slot);

    /// <summary>
    /// A scorer whose query is a stored row, cheap to make, for comparing a few neighbours. The one before is void; that of
    /// <see cref="From"/> is not.
    /// </summary>
    TScorer Near(uint slot);
}
