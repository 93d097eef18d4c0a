namespace Hypervex.Indexes;

/// <summary>
/// The working memory of one search or link at a time, and its entry in the epochs: while <see cref="Epoch"/> is not 0, no
/// node that was reachable when it was set is reused. Lent by <see cref="ScratchPool"/>, kept for the next search.
/// </summary>
internal sealed unsafe class SearchScratch : IDisposable
{
    private readonly VisitedMemory _visited = new();

    /// <summary>The epoch in which the current use began; 0 = not in use.</summary>
    public long Epoch;

    /// <summary>For a <see cref="Beam"/>.</summary>
    public readonly NativeBuffer<Candidate> Beam = new();

    /// <summary>For the candidate heap of a filtered walk, and for rewriting a list of links.</summary>
    public readonly NativeBuffer<Candidate> Candidates = new();

    /// <summary>For the neighbours that were chosen for a node.</summary>
    public readonly NativeBuffer<Candidate> Chosen = new();

    /// <summary>For what a new node may be linked with on level 0: those near it, and those near it on level 1.</summary>
    public readonly NativeBuffer<Candidate> Merged = new();

    /// <summary>For the nodes near a new one on level 1, until it is linked on level 0.</summary>
    public readonly NativeBuffer<Candidate> Above = new();

    /// <summary>For the neighbours of the nodes that are being expanded.</summary>
    public readonly NativeBuffer<uint> Batch = new();

    /// <summary>For lists of links.</summary>
    public readonly NativeBuffer<uint> Links = new();

    /// <summary>For the slots of rows that wait for linking.</summary>
    public readonly NativeBuffer<uint> Pending = new();

    /// <summary>For the code of a query.</summary>
    public readonly NativeBuffer<sbyte> Query = new();

    /// <summary>For the code of a row that a few neighbours are compared with.</summary>
    public readonly NativeBuffer<sbyte> Neighbour = new();

    /// <summary>For making a code.</summary>
    public readonly NativeBuffer<float> Work = new();

    /// <summary>Bytes held.</summary>
    public long Bytes => _visited.Bytes + Beam.Bytes + Candidates.Bytes + Chosen.Bytes + Merged.Bytes + Above.Bytes + Batch.Bytes + Links.Bytes + Pending.Bytes + Query.Bytes + Neighbour.Bytes + Work.Bytes;

    /// <summary>An empty set of visited nodes; the one before is void.</summary>
    /// <param name="slotCount">Slots at and above it are outside of the walk.</param>
    public Visited TakeVisited(uint slotCount) => _visited.Take(slotCount);

    /// <inheritdoc/>
    public void Dispose()
    {
        _visited.Dispose();
        Beam.Dispose();
        Candidates.Dispose();
        Chosen.Dispose();
        Merged.Dispose();
        Above.Dispose();
        Batch.Dispose();
        Links.Dispose();
        Pending.Dispose();
        Query.Dispose();
        Neighbour.Dispose();
        Work.Dispose();
    }
}
