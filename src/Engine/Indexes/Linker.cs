using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>INSERT of the HNSW paper: finds the neighbours of a new node on each of its levels and links it with them.</summary>
/// <remarks>
/// Where clusters hold more rows than the beam is wide, no node sees another cluster on level 0, and each becomes an island that only the first nodes
/// of the graph tied to the others. So a node that has upper levels is linked on level 0 with those near it on level 1 too, as far as the heuristic
/// takes them: those lie in several clusters, and a walk that came down into a wrong one begins at such a node.
/// A node's own lists are complete before any link leads to it, and the lowest level is linked first: a walk that comes
/// across the node can always go on.
/// Thread safety: any number of nodes may be linked at once. Scratch is rented, so that its epoch covers the whole call.
/// </remarks>
internal static unsafe class Linker
{
    private const uint FrontierLength = 1 << 16;

    /// <summary>Links a pending node whose row is complete.</summary>
    public static void Link<TSpace, TScorer>(HnswGraph graph, TSpace space, uint slot, int efConstruction, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        int level = graph.Node(slot)->Level;
        if (!graph.TryGetEntry(out uint entry, out int entryLevel))
        {
            // Linked before it is offered: who finds the entry may link to it.
            graph.SetState(slot, NodeState.Linked);
            if (graph.OfferEntryIfNone(slot, level))
            {
                return;
            }

            _ = graph.TryGetEntry(out entry, out entryLevel);
        }

        TScorer scorer = space.From(slot);
        Candidate nearest = Descent.Run(graph, scorer, entry, entryLevel, level + 1);
        int top = Math.Min(level, entryLevel);
        Candidate* chosen = scratch.Chosen.Take((top + 1) * graph.M);
        Span<int> counts = stackalloc int[top + 1];
        int above = 0;
        for (int l = top; l >= 0; l--)
        {
            counts[l] = FindNeighbours<TSpace, TScorer>(graph, space, scorer, slot, l, ref nearest, ref above, efConstruction, chosen + (l * graph.M), scratch);
        }

        Publish<TSpace, TScorer>(graph, space, scorer, slot, chosen, counts, scratch);
        Delays.Here();
        if (graph.State(slot) != NodeState.Linked)
        {
            graph.SetState(slot, NodeState.Linked);
        }

        if (counts[0] == 0)
        {
            // Every node that could be reached has been removed: walks must begin here now.
            graph.ReplaceEntry(entry, slot, level);
        }
        else
        {
            graph.OfferEntry(slot, level);
        }
    }

    /// <summary>The nodes near a row that a new link may lead to, nearest first, in the scratch's beam.</summary>
    public static Beam FindNear<TScorer>(HnswGraph graph, TScorer scorer, uint self, int level, Candidate start, int ef, SearchScratch scratch)
        where TScorer : struct, IScorer
    {
        Beam beam = Walk(graph, scorer, self, level, start, ef, scratch);
        int found = beam.Count;
        int kept = 0;
        for (int i = 0; i < found; i++)
        {
            if (graph.Live.Contains(beam.Items[i].Slot))
            {
                beam.Items[kept++] = beam.Items[i];
            }
        }

        beam.Truncate(kept);
        if (kept < Math.Min(found, graph.M))
        {
            WalkLive(graph, scorer, self, level, start, ef, scratch, ref beam);
        }

        return beam;
    }

    private static int FindNeighbours<TSpace, TScorer>(
        HnswGraph graph, TSpace space, TScorer scorer, uint slot, int level, ref Candidate nearest, ref int above, int ef, Candidate* chosen, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        Beam beam = FindNear(graph, scorer, slot, level, nearest, ef, scratch);
        if (beam.Count == 0)
        {
            return 0;
        }

        nearest = new Candidate(beam.Items[0].Rank, beam.Items[0].Slot);
        Candidate* candidates = beam.Items;
        int found = beam.Count;
        if (level == 1)
        {
            above = found;
            new ReadOnlySpan<Candidate>(candidates, found).CopyTo(new Span<Candidate>(scratch.Above.Take(found), found));
        }
        else if (level == 0 && above > 0)
        {
            candidates = scratch.Merged.Take(found + above);
            found = Merge(beam.Items, beam.Count, scratch.Above.Take(above), above, candidates);
        }

        int count = NeighbourSelection.Choose<TSpace, TScorer>(space, candidates, found, graph.M);
        if (space.Fills && count < graph.M)
        {
            LinkList.SortByRank(candidates + count, found - count);
            count = Math.Min(graph.M, found);
        }

        for (int i = 0; i < count; i++)
        {
            chosen[i] = new Candidate(candidates[i].Rank, candidates[i].Slot);
        }

        return count;
    }

    // Two lists, each nearest first, into one without doubles.
    private static int Merge(Candidate* near, int nearCount, Candidate* above, int aboveCount, Candidate* merged)
    {
        int count = 0;
        int next = 0;
        for (int i = 0; i < aboveCount; i++)
        {
            for (; next < nearCount && near[next].Rank <= above[i].Rank; next++)
            {
                merged[count++] = near[next];
            }

            if (!LinkList.Holds(near, nearCount, above[i].Slot))
            {
                merged[count++] = above[i];
            }
        }

        for (; next < nearCount; next++)
        {
            merged[count++] = near[next];
        }

        return count;
    }

    private static void Publish<TSpace, TScorer>(HnswGraph graph, TSpace space, TScorer scorer, uint slot, Candidate* chosen, ReadOnlySpan<int> counts, SearchScratch scratch)
        where TSpace : struct, ISpace<TScorer>
        where TScorer : struct, IScorer
    {
        uint* targets = scratch.Links.Take(graph.M);
        for (int level = 0; level < counts.Length; level++)
        {
            for (int i = 0; i < counts[level]; i++)
            {
                targets[i] = chosen[(level * graph.M) + i].Slot;
            }

            Delays.Here();
            LinkList.Begin(graph, slot, level, new ReadOnlySpan<uint>(targets, counts[level]));
        }

        for (int level = 0; level < counts.Length; level++)
        {
            Candidate* neighbours = chosen + (level * graph.M);
            for (int i = 0; i < counts[level]; i++)
            {
                LinkList.Add<TSpace, TScorer>(graph, space, neighbours[i].Slot, slot, neighbours[i].Rank, level, scratch);
            }
        }

        if (counts[0] > 0 && Volatile.Read(ref graph.Node(slot)->InDegree) == 0)
        {
            LinkSplice.TryLead(graph, scorer, chosen, counts[0], slot);
        }
    }

    private static Beam Walk<TScorer>(HnswGraph graph, TScorer scorer, uint self, int level, Candidate start, int ef, SearchScratch scratch)
        where TScorer : struct, IScorer
    {
        var beam = new Beam(scratch.Beam.Take(ef), ef);
        Visited visited = scratch.TakeVisited(graph.SlotCount);
        uint* batch = scratch.Batch.Take(BeamWalk.BatchLength(graph.MaxLinks));
        var limit = new WorkLimit(0, CancellationToken.None);
        visited.Meet(self);
        if (start.Slot != self)
        {
            visited.Meet(start.Slot);
            beam.Insert(start.Rank, start.Slot);
        }

        if (level == 0)
        {
            BeamWalk.Run(new LevelZeroLinks(graph.LevelZero, graph.MaxLinks), scorer, ref beam, visited, batch, ref limit);
        }
        else
        {
            BeamWalk.Run(new UpperLinks(graph, level), scorer, ref beam, visited, batch, ref limit);
        }

        return beam;
    }

    private static void WalkLive<TScorer>(HnswGraph graph, TScorer scorer, uint self, int level, Candidate start, int ef, SearchScratch scratch, ref Beam beam)
        where TScorer : struct, IScorer
    {
        Candidate* items = scratch.Beam.Take(ef);
        var results = new ResultHeap(items, ef);
        int frontier = (int)Math.Min(graph.SlotCount, FrontierLength);
        Visited visited = scratch.TakeVisited(graph.SlotCount);
        uint* batch = scratch.Batch.Take(BeamWalk.BatchLength(graph.MaxLinks));
        var limit = new WorkLimit(0, CancellationToken.None);
        var live = new LiveFilter(graph.Live.Words);
        visited.Meet(self);
        visited.Meet(start.Slot);
        var heap = new CandidateHeap(scratch.Candidates.Take(frontier), frontier);
        if (level == 0)
        {
            FilteredWalk.Run(new LevelZeroLinks(graph.LevelZero, graph.MaxLinks), scorer, live, false, start, heap, ref results, visited, batch, ref limit);
        }
        else
        {
            FilteredWalk.Run(new UpperLinks(graph, level), scorer, live, false, start, heap, ref results, visited, batch, ref limit);
        }

        results.Sort();
        beam = new Beam(items, ef, results.Count);
    }
}
