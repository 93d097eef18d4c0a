using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>SEARCH of the HNSW paper: down through the upper levels, then along level 0 with a beam.</summary>
internal static unsafe class GraphSearch
{
    private const int FrontierPerResult = 16;
    private const int MinFrontier = 4096;

    /// <summary>Finds the nearest nodes by the scorer's ranks.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scorer">Ranks nodes.</param>
    /// <param name="plan">How to walk.</param>
    /// <param name="pending">Slots that are not walked over.</param>
    /// <param name="scratch">Working memory; its beam holds the result.</param>
    /// <param name="found">The number of nodes found. Without <see cref="WalkPlan.Filtered"/> removed ones may be among them.</param>
    /// <param name="completed">False when the limit on distances ended the walk.</param>
    /// <param name="distances">Rows that were compared on level 0.</param>
    /// <returns>The nodes, nearest first.</returns>
    public static Candidate* Run<TScorer>(
        HnswGraph graph, TScorer scorer, in WalkPlan plan, ReadOnlySpan<uint> pending, SearchScratch scratch, out int found, out bool completed, out long distances)
        where TScorer : struct, IScorer
    {
        found = 0;
        distances = 0;
        completed = true;
        if (!graph.TryGetEntry(out uint entry, out int level))
        {
            return null;
        }

        Visited visited = scratch.TakeVisited(graph.SlotCount);
        foreach (uint slot in pending)
        {
            visited.Meet(slot);
        }

        // A node that was linked a moment ago may be the start, though this search scans it as one that waits.
        Candidate start = Descent.Run(graph, scorer, entry, level, 1);
        uint scanned = pending.Contains(start.Slot) ? start.Slot : HnswGraph.None;
        visited.Meet(start.Slot);
        var limit = new WorkLimit(plan.MaxDistances, plan.CancellationToken);
        uint* batch = scratch.Batch.Take(BeamWalk.BatchLength(graph.MaxLinks));
        var links = new LevelZeroLinks(graph.LevelZero, graph.MaxLinks);
        if (plan.Filtered)
        {
            Candidate* results = RunFiltered(graph, links, scorer, plan, start, visited, batch, scratch, ref limit, out found, out completed);
            found = Without(results, found, scanned);
            distances = limit.Spent;
            return results;
        }

        var beam = new Beam(scratch.Beam.Take(plan.Ef), plan.Ef);
        beam.Insert(start.Rank, start.Slot);
        BeamWalk.Run(links, scorer, ref beam, visited, batch, ref limit);
        found = Without(beam.Items, beam.Count, scanned);
        completed = limit.IsLeft;
        distances = limit.Spent;
        return beam.Items;
    }

    private static int Without(Candidate* candidates, int count, uint slot)
    {
        if (slot == HnswGraph.None)
        {
            return count;
        }

        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            if (candidates[i].Slot != slot)
            {
                candidates[kept++] = candidates[i];
            }
        }

        return kept;
    }

    private static Candidate* RunFiltered<TScorer>(
        HnswGraph graph,
        LevelZeroLinks links,
        TScorer scorer,
        in WalkPlan plan,
        Candidate start,
        Visited visited,
        uint* batch,
        SearchScratch scratch,
        ref WorkLimit limit,
        out int found,
        out bool completed)
        where TScorer : struct, IScorer
    {
        var results = new ResultHeap(scratch.Beam.Take(plan.Ef), plan.Ef);
        int capacity = (int)Math.Min(graph.SlotCount + 1L, Math.Max(MinFrontier, (long)plan.Ef * FrontierPerResult));
        var frontier = new CandidateHeap(scratch.Candidates.Take(capacity), capacity);
        if (plan.Allowed is { } allowed)
        {
            fixed (ulong* words = allowed.Words.Span)
            {
                var filter = new AllowedFilter(graph.Live.Words, words, allowed.Words.Length);
                completed = FilteredWalk.Run(links, scorer, filter, plan.StepOver, start, frontier, ref results, visited, batch, ref limit);
            }
        }
        else
        {
            completed = FilteredWalk.Run(links, scorer, new LiveFilter(graph.Live.Words), false, start, frontier, ref results, visited, batch, ref limit);
        }

        found = results.Count;
        return results.Sort();
    }
}
